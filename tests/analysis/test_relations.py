"""`related.<Type>`: who points at what, by reference, by name, and where that is not known."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

from tests.timing import growth

from mainstay.analysis import Links, relate
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import ABSENT, Items, OneOf, Record, Ref, Unknown, Value

LOG, VPC = "AWS::EC2::FlowLog", "AWS::EC2::VPC"
LINKS = {LOG: Links({("ResourceId",): (VPC,)}), VPC: Links({}, "VpcId")}
WANTED = {VPC: frozenset({LOG})}


def resource(
    type: str,
    address: str,
    properties: dict[str, Value],
    references: Iterable[str] = (),
    may_exist: Unknown | None = None,
) -> Resource:
    origin = Origin("terraform", "root", None)
    return Resource(type, address, Record(properties), origin, may_exist=may_exist, references=frozenset(references))


def vpc(address: str = "vpc.a", **properties: Value) -> Resource:
    return resource(VPC, address, properties)


def log(value: Value = ABSENT, references: Iterable[str] = (), may_exist: Unknown | None = None) -> Resource:
    properties = {} if value is ABSENT else {"ResourceId": value}
    return resource(LOG, "log.l", {**properties, "Name": "log"}, references, may_exist)


def related(resources: list[Resource], address: str = "vpc.a") -> Items:
    found = next(one for one in relate(resources, WANTED, LINKS) if one.address == address)
    logs = found.properties["related"].get(LOG, Items())
    assert isinstance(logs, Items)
    return logs


def test_a_reference_relates() -> None:
    logs = related([vpc(), log(Ref("vpc.a", "id"), ["vpc.a"])])
    assert [one["Name"] for one in logs] == ["log"]
    assert logs.rest is ABSENT


def test_a_reference_to_another_does_not() -> None:
    logs = related([vpc(), vpc("vpc.b"), log(Ref("vpc.b", "id"), ["vpc.b"])])
    assert (list(logs), logs.rest) == ([], ABSENT)


def test_an_equal_name_relates() -> None:
    assert len(related([vpc(VpcId="vpc-1"), log("vpc-1")])) == 1
    assert len(related([vpc(VpcId="vpc-1"), log("arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1")])) == 1


def test_another_name_does_not() -> None:
    logs = related([vpc(VpcId="vpc-1"), log("vpc-2")])
    assert (list(logs), logs.rest) == ([], ABSENT)


def test_a_name_may_be_that_of_one_whose_name_is_not_known() -> None:
    logs = related([vpc(VpcId=Unknown("var.id is not set")), log("vpc-2")])
    assert (list(logs), logs.rest["Name"]) == ([], "log")


def test_an_unknown_link_may_lead_to_any() -> None:
    logs = related([vpc(), log(Unknown("var.id is not set"))])
    assert (list(logs), logs.rest["Name"]) == ([], "log")


def test_of_two_unknown_links_nothing_is_known() -> None:
    logs = related([vpc(), log(Unknown("var.a")), log(Unknown("var.b"))])
    assert list(logs) == []
    assert isinstance(logs.rest, Unknown)


def test_a_link_to_one_of_two_is_certain_of_neither() -> None:
    value = OneOf([Ref("vpc.a", "id"), Ref("vpc.b", "id")], "var.blue is not set")
    logs = related([vpc(), vpc("vpc.b"), log(value, ["vpc.a", "vpc.b"])])
    assert (list(logs), logs.rest["Name"]) == ([], "log")


def test_one_that_may_not_exist_may_be_there() -> None:
    logs = related([vpc(), log(Ref("vpc.a", "id"), ["vpc.a"], Unknown("count"))])
    assert (list(logs), logs.rest["Name"]) == ([], "log")


def test_no_plan_settles_a_doubt_about_a_stack() -> None:
    unsure = log(Ref("vpc.a", "id"), ["vpc.a"], Unknown("it may not", settle="set parameter Logs"))
    for one, settle in ((unsure, "set parameter Logs"), (log(Unknown("an import")), "")):
        stacked = replace(one, origin=replace(one.origin, source="cloudformation"))
        doubts = [related([vpc(), each, replace(each, address="log.m")]).doubt for each in (one, stacked)]
        assert [doubt and doubt.settle for doubt in doubts] == ["pass a plan", settle]


def test_links_in_lists_relate() -> None:
    links = {LOG: Links({("Rules", "Id"): (VPC,)}), VPC: Links({}, "VpcId")}
    pointer = resource(LOG, "log.l", {"Rules": Items([Record({"Id": "vpc-1"})], Record({"Id": Unknown("?")}))})
    one, other, _ = relate([vpc(VpcId="vpc-1"), vpc("vpc.b", VpcId="vpc-2"), pointer], WANTED, links)
    assert len(one.properties["related"][LOG]) == 1
    assert other.properties["related"][LOG].rest is not ABSENT


def test_a_resource_is_not_related_to_itself_by_an_unknown_link() -> None:
    links = {VPC: Links({("Peer",): (VPC,)})}
    (alone,) = relate([vpc(Peer=Unknown("?"))], {VPC: frozenset({VPC})}, links)
    assert alone.properties["related"] == {}


def test_only_those_whose_controls_ask_are_changed() -> None:
    other = log("vpc-1")
    assert relate([vpc(), other], WANTED, LINKS)[1] is other
    assert relate([vpc(), other], {}, LINKS)[0].properties == {}


def test_many_resources_take_time_in_proportion() -> None:
    def seconds(count: int) -> float:
        many = [vpc(f"vpc.{number}", VpcId=f"vpc-{number}") for number in range(count)]
        many += [resource(LOG, f"log.{number}", {"ResourceId": f"vpc-{number}"}) for number in range(count)]
        many += [resource(LOG, f"more.{number}", {"ResourceId": Unknown("?")}) for number in range(count // 10)]
        begin = time.process_time()
        relate(many, WANTED, LINKS)
        return time.process_time() - begin

    assert growth(seconds, 800) < 40

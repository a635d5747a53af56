"""Derived facts as a whole: the table that everyone sees, what works them out, and what is told of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.analysis.workload import BALANCER, EVERY_FACT, SUBNET, balancer, ref, resource, subnet

from mainstay.analysis import derive, facts_read, properties_read
from mainstay.analysis.derive import DERIVATIONS, ON_THE_WAY
from mainstay.analysis.networks import ZONES
from mainstay.analysis.subnets import FILE_SYSTEM, GROUPS, SUBNETS
from mainstay.catalog import load_shapes
from mainstay.model.facts import FACTS, IN_SUBNETS
from mainstay.model.places import Place
from mainstay.model.resources import Resource
from mainstay.model.shapes import step
from mainstay.model.values import Record, find_mark
from mainstay.sources.spelling import load_tables, unspelled

CONDITIONS = Path(__file__).parents[2] / "docs/reference/conditions.md"

# They only tell subnets and lists apart, and stand in none themselves.
NOT_IN_SUBNETS = {
    "AWS::EC2::FlowLog",
    "AWS::EC2::LaunchTemplate",
    "AWS::EC2::SubnetNetworkAclAssociation",
    "AWS::EC2::SubnetRouteTableAssociation",
}


def test_every_fact_is_worked_out_and_nothing_else_is() -> None:
    assert DERIVATIONS.keys() == ON_THE_WAY.keys() == FACTS.keys()


def test_every_type_that_stands_in_subnets_says_where() -> None:
    assert set(SUBNETS) | set(GROUPS) | {FILE_SYSTEM} == set(IN_SUBNETS)
    assert set(ZONES) <= set(IN_SUBNETS)


def test_every_property_that_is_read_on_the_way_is_in_its_schema() -> None:
    shapes = load_shapes()
    for type, paths in properties_read(EVERY_FACT).items():
        for path in paths:
            shape = shapes[type]
            for name in path.split("."):
                inner = step(shape, name)
                assert inner is not None, f"{type} has no property {path}"
                shape = inner


def test_every_link_to_a_subnet_is_followed() -> None:
    linking = {
        type
        for type, facts in load_tables().types.items()
        if any(SUBNET in targets for targets in facts.links.values())
    }
    assert linking - set(IN_SUBNETS) == NOT_IN_SUBNETS, "say where its subnets stand in analysis/subnets.py"


def test_what_terraform_spells_has_everything_that_is_read_on_the_way() -> None:
    tables, shapes = load_tables(), load_shapes()
    read = properties_read(EVERY_FACT)
    missing = {
        name: paths
        for name, table in tables.terraform.items()
        if table.merge is None and table.type in read
        if (paths := unspelled(read[table.type], table, tables.terraform.values(), shapes[table.type]))
    }
    assert missing.keys() <= {"aws_default_subnet"}  # its network is the account's, which no code declares


def test_nothing_is_worked_out_that_no_control_reads() -> None:
    resources = [subnet("a", "eu-west-1a"), balancer("a")]
    assert derive(resources, {}) == resources
    only = derive(resources, {BALANCER: frozenset({"public_subnets"})})
    assert only[0] is resources[0]
    assert list(only[1].properties["derived"]) == ["public_subnets"]


def test_the_facts_that_controls_read_are_found_in_their_paths() -> None:
    reads = {
        BALANCER: frozenset({"Scheme", "derived.availability_zones", f"related.{SUBNET}.derived.routes_to_internet"}),
        "AWS::S3::Bucket": frozenset({"derivedName", "raw.derived"}),
    }
    assert facts_read(reads) == {
        BALANCER: frozenset({"availability_zones"}),
        SUBNET: frozenset({"routes_to_internet"}),
    }


def test_a_fact_of_another_type_is_not_said_of_a_resource() -> None:
    (bucket,) = derive([resource("AWS::S3::Bucket", "b")], {"AWS::S3::Bucket": frozenset({"availability_zones"})})
    assert bucket.properties["derived"] == {}


def test_a_fact_stands_where_its_resource_names_the_subnets() -> None:
    mark = Place("main.tf", 7, 3)
    lb = Resource(
        BALANCER,
        "lb.l",
        Record({"Subnets": [ref("subnet.a")]}, Place("main.tf", 1, 1), {"Subnets": mark}),
        balancer().origin,
    )
    (_, found) = derive([subnet("a"), lb], EVERY_FACT)
    assert find_mark(found.properties, ["derived", "availability_zones"]) == mark


def test_the_facts_are_documented() -> None:
    text = CONDITIONS.read_text("utf-8")
    table = text.partition("<!-- derived facts -->\n")[2].partition("<!-- end -->")[0]
    assert table.splitlines()[2:] == list(_rows())


def _rows() -> Iterable[str]:
    for name, fact in FACTS.items():
        if fact.types == IN_SUBNETS:
            of = "what stands in subnets"
        else:
            of = ", ".join(f"`{type}`" for type in fact.types)
        yield f"| `{name}` | {fact.value} | {fact.phrase} | {of} |"


@pytest.mark.parametrize("name", FACTS)
def test_what_a_fact_is_can_be_put_into_a_sentence(name: str) -> None:
    assert FACTS[name].phrase.startswith(("the ", "whether "))
    assert not FACTS[name].phrase.endswith(".")

"""Pieces and their owners: who belongs to whom, surely or perhaps, and what becomes of those without an owner."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from tests.timing import growth

from mainstay.engine import evaluate, parse
from mainstay.model.controls import Control
from mainstay.model.places import Place
from mainstay.model.values import Items, OneOf, Record, Ref, Text, Unknown, Value, find_mark
from mainstay.sources.raw import RawResource

if TYPE_CHECKING:
    from conftest import Workbench

Raws = Callable[..., RawResource]
Show = Callable[[Value], Value]

TABLES = """
terraform:
  t_thing:
    type: T::T::Thing
    same: [name, rule.id, parent_id, encryption.enabled]
    emit:
      policy: {type: T::T::Policy, rename: {"": Document}}
      entry: {type: T::T::Policy, same: [number], split: {cidrs: Cidr}}
  t_key:
    type: T::T::Thing
    merge_into: {by: {thing: Name}}
    rename: {key: Encryption.Key}
    default: {key: {value: default, since: "2026-11"}}
  t_rule:
    type: T::T::Thing
    merge_into: {by: {thing: Name}, append: Rules}
    same: [id]
    split: {cidrs: Cidr}
  t_switch:
    type: T::T::Thing
    merge_into: {by: {thing: Name}, append: {kind: {arn: Arns, tag: Tags}}}
    rename: {value: ""}
  t_part:
    type: T::T::Thing
    merge_into: {by: {parent: ParentId, thing: Name}}
    same: [status]
cloudformation:
  T::T::Rule:
    type: T::T::Thing
    merge_into: {by: {Thing: Name}, append: Rules}
types:
  T::T::Thing:
    default:
      Encryption.Enabled: {value: true, since: "2026-11"}
"""
DOUBT = Unknown("var.count is not set")


@pytest.fixture
def made(bench: Workbench, showing: Show) -> Callable[..., Value]:
    """The properties of the thing `t_thing.a` when these raw resources are put together."""

    def put_together(*raws: RawResource) -> Value:
        bench.tables(TABLES)
        return showing(bench.resources(*raws)["t_thing.a"].properties)

    return put_together


def linked(address: str) -> dict[str, frozenset[str]]:
    return {"thing": frozenset({address})}


def test_a_piece_that_refers_to_its_owner_belongs_to_it(made: Callable[..., Value], raws: Raws) -> None:
    key = raws("t_key", "k", thing=Ref("t_thing.a", "id"), key="own")
    assert made(raws("t_thing", "a"), key) == {"Encryption": {"Key": "own", "Enabled": True}}


def test_a_piece_whose_value_came_from_its_owner_belongs_to_it(made: Callable[..., Value], raws: Raws) -> None:
    key = raws("t_key", "k", thing="n", key="own", links=linked("t_thing.a"))
    assert made(raws("t_thing", "a"), raws("t_thing", "b", name="n"), key)["Encryption"]["Key"] == "own"


def test_a_piece_that_names_its_owner_belongs_to_it(made: Callable[..., Value], raws: Raws) -> None:
    key = raws("t_key", "k", thing="n", key="own")
    assert made(raws("t_thing", "a", name="n"), raws("t_thing", "b", name="m"), key)["Encryption"]["Key"] == "own"
    assert made(raws("t_thing", "a", name="m"), key) == {"Name": "m"}


@pytest.mark.parametrize("name", [Unknown("var.n"), Text(["x-", Unknown("var.n")]), Ref("random.r", "id")])
def test_the_same_unknown_name_is_the_same_name(made: Callable[..., Value], raws: Raws, name: Value) -> None:
    assert (
        made(raws("t_thing", "a", name=name), raws("t_key", "k", thing=name, key="own"))["Encryption"]["Key"] == "own"
    )


def test_an_unknown_name_may_be_that_of_any_with_a_name(made: Callable[..., Value], raws: Raws) -> None:
    key = raws("t_key", "k", thing=Unknown("var.n"), key="own")
    perhaps = ("one of", None, {"Key": "own", "Enabled": True})
    assert made(raws("t_thing", "a", name="n"), key) == {"Name": "n", "Encryption": perhaps}
    assert made(raws("t_thing", "a"), key) == {}


def test_a_name_may_be_that_of_one_whose_name_is_unknown(made: Callable[..., Value], raws: Raws) -> None:
    rule = raws("t_rule", "r", thing="n", id="i")
    assert made(raws("t_thing", "a", name=Unknown("var.n")), rule)["Rules"] == [("...", {"Id": "i"})]


def test_what_refers_to_something_else_belongs_to_nobody_here(made: Callable[..., Value], raws: Raws) -> None:
    key = raws("t_key", "k", thing=Ref("data.t_thing.other", "id"), key="own")
    assert made(raws("t_thing", "a", name=Unknown("var.n")), key) == {"Name": "?"}


def test_a_piece_that_refers_to_a_piece_belongs_to_the_same_owner(made: Callable[..., Value], raws: Raws) -> None:
    key = raws("t_key", "k", thing=Ref("t_thing.a", "id"), key="own")
    rule = raws("t_rule", "r", thing=Ref("t_key.k", "id"), id="i")
    assert made(raws("t_thing", "a"), rule, key)["Rules"] == [{"Id": "i"}]


def test_pieces_that_refer_to_each_other_come_to_an_end(made: Callable[..., Value], raws: Raws) -> None:
    one = raws("t_key", "k", thing=Ref("t_key.l", "id"), key="own")
    other = raws("t_key", "l", thing=Ref("t_key.k", "id"), key="own")
    assert made(raws("t_thing", "a"), one, other) == {}


def test_two_links_must_both_match(made: Callable[..., Value], raws: Raws) -> None:
    things = [raws("t_thing", "a", name="n", parent_id="p"), raws("t_thing", "b", name="n", parent_id="q")]
    part = raws("t_part", "s", parent="q", thing="n", status="on")
    assert "Status" not in made(*things, part)
    part = raws("t_part", "s", parent="p", thing="n", status="on")
    assert made(*things, part)["Status"] == "on"
    part = raws("t_part", "s", parent=Unknown("var.p"), thing="n", status="on")
    assert made(*things, part)["Status"] == ("one of", None, "on")


def test_a_link_to_one_of_two_is_a_doubt_for_both(made: Callable[..., Value], raws: Raws) -> None:
    either = OneOf([Ref("t_thing.a", "id"), Ref("t_thing.b", "id")], "var.x")
    key = raws("t_key", "k", thing=either, key="own")
    made_of = made(raws("t_thing", "a"), raws("t_thing", "b"), key)
    assert made_of == {"Encryption": ("one of", None, {"Key": "own", "Enabled": True})}


def test_two_pieces_add_up(made: Callable[..., Value], raws: Raws) -> None:
    rules = [raws("t_rule", name, id=name, thing=Ref("t_thing.a", "id")) for name in "xy"]
    thing = raws("t_thing", "a", rule=[{"id": "w"}])
    assert made(thing, *rules)["Rules"] == [{"Id": "w"}, {"Id": "x"}, {"Id": "y"}]


def test_a_piece_adds_to_what_the_owner_says_of_the_same_property(made: Callable[..., Value], raws: Raws) -> None:
    key = raws("t_key", "k", thing=Ref("t_thing.a", "id"), key="own")
    thing = raws("t_thing", "a", encryption=[{"enabled": False}])
    assert made(thing, key)["Encryption"] == {"Enabled": False, "Key": "own"}


def test_a_piece_adds_to_a_list_that_is_not_known(made: Callable[..., Value], raws: Raws) -> None:
    rule = raws("t_rule", "r", thing=Ref("t_thing.a", "id"), id="i")
    assert made(raws("t_thing", "a", rule=Unknown("var.r")), rule)["Rules"] == [{"Id": "i"}, ("...", "?")]


def test_pieces_are_split(made: Callable[..., Value], raws: Raws) -> None:
    rule = raws("t_rule", "r", thing=Ref("t_thing.a", "id"), id="i", cidrs=Items(["x"], Unknown("var.c")))
    assert made(raws("t_thing", "a"), rule)["Rules"] == [
        {"Id": "i", "Cidr": "x"}, ("...", {"Id": "i", "Cidr": "?"}),
    ]  # fmt: skip


def test_where_a_piece_goes_may_hang_on_an_attribute(made: Callable[..., Value], raws: Raws) -> None:
    switch = raws("t_switch", "s", thing=Ref("t_thing.a", "id"), kind="arn", value="v")
    assert made(raws("t_thing", "a"), switch) == {"Arns": ["v"]}
    switch = raws("t_switch", "s", thing=Ref("t_thing.a", "id"), kind=Unknown("var.k"), value="v")
    assert made(raws("t_thing", "a"), switch) == {"Arns": [("...", "v")], "Tags": [("...", "v")]}


@pytest.mark.parametrize(
    ("piece", "owner", "together"),
    [
        ({}, {"may_exist": DOUBT, "condition": "var.on"}, True),
        ({"may_exist": DOUBT, "condition": "var.on"}, {}, False),
        ({"may_exist": DOUBT, "condition": "var.on"}, {"may_exist": Unknown("x"), "condition": "var.on"}, True),
        ({"may_exist": DOUBT, "condition": "var.on"}, {"may_exist": Unknown("x"), "condition": "var.off"}, False),
        (
            {"may_exist": DOUBT, "condition": "var.on", "module": "module.m"},
            {"may_exist": Unknown("x"), "condition": "var.on"},
            False,
        ),
        ({"may_exist": DOUBT, "module": "module.m"}, {"may_exist": Unknown("x"), "condition": "var.on"}, False),
        ({"may_exist": DOUBT, "module": "module.m"}, {"may_exist": DOUBT}, True),
    ],
)  # fmt: skip
def test_a_piece_is_sure_where_it_is_there_whenever_its_owner_is(
    made: Callable[..., Value], raws: Raws, piece: dict[str, Value], owner: dict[str, Value], together: bool
) -> None:
    key = raws("t_key", "k", thing=Ref("t_thing.a", "id"), key="own", **piece)
    encryption = {"Key": "own", "Enabled": True}
    expected = encryption if together else ("one of", None, encryption)
    assert made(raws("t_thing", "a", **owner), key)["Encryption"] == expected


def test_a_piece_in_another_module_belongs_to_its_owner(bench: Workbench, raws: Raws) -> None:
    bench.tables(TABLES)
    key = raws("t_key", "k", module="module.keys", thing=Ref("module.things.t_thing.a", "id"), key="own")
    resources = bench.resources(raws("t_thing", "a", module="module.things"), key)
    assert list(resources) == ["module.things.t_thing.a"]


def test_references_to_a_piece_are_references_to_its_owner(bench: Workbench, raws: Raws) -> None:
    bench.tables(TABLES)
    key = raws("t_key", "k", thing="n", key="own", links={"key": frozenset({"t_thing.b"})})
    other = raws("t_thing", "b", name="m", links={"name": frozenset({"t_key.k"})})
    resources = bench.resources(raws("t_thing", "a", name="n"), other, key)
    assert resources["t_thing.b"].references == {"t_thing.a"}
    assert resources["t_thing.a"].references == {"t_thing.b"}


def test_a_finding_points_into_the_piece(bench: Workbench, raws: Raws) -> None:
    bench.tables(TABLES)
    key = raws("t_key", "k", 20, thing="n", key="own")
    rule = raws("t_rule", "r", 30, thing="n", id="i")
    properties = bench.resources(raws("t_thing", "a", name="n"), key, rule)["t_thing.a"].properties
    assert find_mark(properties, ["Encryption", "Key"]) == Place("main.tf", 22, 1)
    assert find_mark(properties, ["Rules", "0", "Id"]) == Place("main.tf", 32, 1)
    assert find_mark(properties, ["Name"]) == Place("main.tf", 2, 1)


def verdicts(resources: Iterable[Value], **expect: Value) -> list[str]:
    control = Control("t-c", "t", ("T::T::Thing",), parse(Record(expect)), "low", "data", (), "", "")
    return [finding.verdict for finding in evaluate([control], resources, datetime.now(UTC))]


def test_a_piece_without_an_owner_is_judged_by_what_it_says(bench: Workbench, raws: Raws) -> None:
    bench.tables(TABLES)
    resources = bench.resources(raws("t_key", "k", thing="n", key="own"), raws("t_rule", "r", thing="n", id="i"))
    assert [one.partial for one in resources.values()] == [True, True]
    assert verdicts(resources.values(), **{"Encryption.Key": "own"}) == ["pass"]
    assert verdicts(resources.values(), **{"Encryption.Key": "other"}) == ["fail"]
    assert verdicts(resources.values(), **{"Name|exists": True}) == []
    assert verdicts(resources.values(), **{"Rules|none": {"Id": "i"}}) == ["fail"]
    assert verdicts(resources.values(), **{"Rules|none": {"Id": "j"}}) == []


def test_defaults_inside_what_a_piece_says_are_filled_in(bench: Workbench, raws: Raws) -> None:
    bench.tables(TABLES)
    (alone,) = bench.resources(raws("t_key", "k", thing="n")).values()
    assert alone.properties["Encryption"] == {"Key": "default", "Enabled": True}


def test_pieces_of_templates_belong_to_their_owners_too(bench: Workbench, raws: Raws) -> None:
    bench.tables(TABLES)
    thing = raws("T::T::Thing", "A", source="cloudformation", Name="n")
    rule = raws("T::T::Rule", "R", source="cloudformation", Thing="n", Id="i")
    (made,) = bench.resources(thing, rule).values()
    assert made.properties["Rules"] == [{"Id": "i"}]
    assert "Rules" not in thing.body


def test_the_sources_own_attributes_of_pieces_are_on_the_owner_where_a_control_asks(
    bench: Workbench, raws: Raws, showing: Show
) -> None:
    given = [raws("t_thing", "a", name="n"), raws("t_key", "k", thing="n", odd=1)]
    given.append(raws("t_rule", "r", thing="n", may_exist=DOUBT, condition="x"))
    bench.tables(TABLES, {"T::T::Thing": frozenset({"raw.t_key.odd"})})
    raw = bench.resources(*given)["t_thing.a"].raw
    assert showing(raw) == {"name": "n", "t_key": [{"thing": "n", "odd": 1}], "t_rule": [("...", "?")]}
    bench.tables(TABLES)
    assert bench.resources(*given)["t_thing.a"].raw is given[0].body


def test_an_attribute_may_be_a_resource_of_its_own(bench: Workbench, raws: Raws, showing: Show) -> None:
    bench.tables(TABLES)
    resources = bench.resources(raws("t_thing", "a", policy='{"a": 1}'))
    policy = resources["t_thing.a.policy"]
    assert (policy.type, policy.properties) == ("T::T::Policy", {"Document": {"a": 1}})
    assert policy.references == {"t_thing.a"}
    assert policy.may_exist is None
    assert find_mark(policy.properties, ["Document"]) == Place("main.tf", 2, 1)
    perhaps = bench.resources(raws("t_thing", "a", policy=OneOf([None, "{}"], "var.p")))["t_thing.a.policy"]
    assert perhaps.properties == {"Document": {}}
    assert perhaps.may_exist is not None


def test_blocks_may_be_resources_of_their_own(bench: Workbench, raws: Raws, showing: Show) -> None:
    bench.tables(TABLES)
    entries = Items([{"number": 1, "cidrs": ["x", "y"]}, {"number": 2}], OneOf([{"number": 3}, {"number": 4}], "?"))
    made = list(bench.spelling.resources([raws("t_thing", "a", entry=entries)])) if bench.spelling else []
    assert [(one.address, showing(one.properties), one.may_exist is None) for one in made[:-1]] == [
        ("t_thing.a.entry[0]", {"Number": 1, "Cidr": "x"}, True),
        ("t_thing.a.entry[0]", {"Number": 1, "Cidr": "y"}, True),
        ("t_thing.a.entry[1]", {"Number": 2}, True),
        ("t_thing.a.entry[?]", {"Number": 3}, False),
        ("t_thing.a.entry[?]", {"Number": 4}, False),
    ]


def test_unknown_blocks_are_a_resource_of_which_nothing_is_known(bench: Workbench, raws: Raws, showing: Show) -> None:
    bench.tables(TABLES)
    entry = bench.resources(raws("t_thing", "a", entry=Unknown("var.e")))["t_thing.a.entry"]
    assert showing(entry.properties) == {"...": "?"}
    assert entry.may_exist is not None


def test_many_pieces_take_time_in_proportion(bench: Workbench, raws: Raws) -> None:
    bench.tables(TABLES)
    assert bench.spelling is not None

    def seconds(count: int) -> float:
        given = [raws("t_thing", "a", name="n")]
        given += [raws("t_thing", f"t{number}", name=f"t{number}") for number in range(count)]
        given += [raws("t_key", f"k{number}", thing=f"t{number}", key="k") for number in range(count)]
        given += [raws("t_rule", f"r{number}", thing="n", id="i") for number in range(count)]
        begin = time.process_time()
        assert bench.spelling is not None
        bench.spelling.resources(given)
        return time.process_time() - begin

    assert growth(seconds, 300) < 40

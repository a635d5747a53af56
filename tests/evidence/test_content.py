"""Resources as the ledger keeps them."""

from __future__ import annotations

import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.evidence.content import decode, encode, owner, pack, unpack
from mainstay.model.places import Place, ServiceDefault
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import ABSENT, Items, OneOf, Record, Ref, Text, Unknown, Value, find_mark

# what Python makes of bytes that are not UTF-8 is among the characters
CHARACTERS = st.characters(exclude_categories=("Cs",)) | st.sampled_from("\udc80\udcff\0$")
WORDS = st.text(CHARACTERS, max_size=8)
KEYS = st.sampled_from(["$", "Name", "A b", "", "ü", "\udc80"])
UNKNOWNS = st.builds(Unknown, WORDS, st.none(), WORDS)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.just(math.inf) | WORDS | UNKNOWNS
    | st.builds(lambda path: Ref("aws_thing.a", path), WORDS)
)  # fmt: skip


def containers(children: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    rest = st.just(ABSENT) | children
    doubt = st.none() | UNKNOWNS
    return (
        st.lists(children, max_size=3)
        | st.builds(Items, st.lists(children, max_size=3), rest, doubt)
        | st.builds(records, st.dictionaries(KEYS, children, max_size=3), rest, doubt)
    )


def records(entries: dict[str, Value], rest: Value, doubt: Unknown | None) -> Record:
    return Record(entries, None, None, rest, doubt)


VALUES = st.recursive(LEAVES, containers, max_leaves=12)
PROPERTIES = st.dictionaries(KEYS, VALUES, max_size=4)
PLACES = st.none() | st.builds(Place, WORDS, st.integers(1, 99), st.integers(1, 99))


def plain(value: Value) -> Value:
    """All that the ledger promises to keep of a value, as something that compares."""
    if isinstance(value, Unknown):
        return ("unknown", value.is_set, value.reason, value.settle)
    if isinstance(value, dict):
        rest = value.rest if isinstance(value, Record) else ABSENT
        open_ = () if rest is ABSENT else (plain(rest), plain(value.doubt))  # type: ignore[attr-defined] # a Record
        return ("map", {key: plain(child) for key, child in value.items()}, open_)
    if isinstance(value, list):
        rest = value.rest if isinstance(value, Items) else ABSENT
        open_ = () if rest is ABSENT else (plain(rest), plain(value.doubt))  # type: ignore[attr-defined] # Items
        return ("list", [plain(child) for child in value], open_)
    return (type(value).__name__, repr(value))


@st.composite
def resources(draw: st.DrawFn) -> Resource:
    origin = Origin(
        draw(st.sampled_from(["live", "terraform"])), draw(WORDS), draw(PLACES), draw(WORDS), draw(WORDS),
        tuple(filter(None, draw(st.lists(PLACES, max_size=2)))), draw(WORDS), draw(WORDS),
    )  # fmt: skip
    return Resource(
        draw(WORDS), draw(WORDS), Record(draw(PROPERTIES)), origin, Record(), draw(st.none() | UNKNOWNS),
        frozenset(draw(st.lists(WORDS, max_size=3))), draw(st.booleans()), frozenset(draw(st.lists(WORDS, max_size=3))),
    )  # fmt: skip


@given(resources())
def test_a_resource_comes_back_as_it_was(given_: Resource) -> None:
    text = encode(given_)
    assert text.isascii()
    back = decode(unpack(pack(text)))
    assert encode(back) == text
    assert plain(back.properties) == plain(given_.properties)
    assert plain(back.may_exist) == plain(given_.may_exist)
    for name in ("type", "address", "origin", "references", "partial", "names"):
        assert getattr(back, name) == getattr(given_, name)


def thing(properties: Record) -> Resource:
    return Resource("AWS::S3::Bucket", "arn:aws:s3:::a", properties, Origin("live", "111122223333", None))


def test_the_order_of_keys_and_the_places_make_no_difference() -> None:
    place = Place("main.tf", 1, 1)
    one = Record({"A": Record({"x": 1, "y": 2.0}), "B": [1]}, place, {"A": place})
    other = Record({"B": Items([1]), "A": {"y": 2.0, "x": 1}})
    assert encode(thing(one)) == encode(thing(other))
    assert encode(thing(Record({"A": 1}))) != encode(thing(Record({"A": 1.0})))
    assert encode(thing(Record({"A": 1}))) != encode(thing(Record({"A": True})))
    assert encode(thing(Record({"A": None}))) != encode(thing(Record()))


def test_what_only_a_service_default_says_is_left_out() -> None:
    marks = {"Status": ServiceDefault("2026-01")}
    nested = Record({"Status": "Suspended", "Name": "a"}, None, marks)
    found = decode(
        encode(thing(Record({"Versioning": nested, "Encrypted": True}, None, {"Encrypted": marks["Status"]})))
    )
    assert found.properties == {"Versioning": {"Name": "a"}}
    assert find_mark(found.properties, ["Versioning"]) is None


def test_what_is_known_in_part_becomes_unknown_and_stays_set() -> None:
    text = Text(["arn:", Unknown("var.name has no value", None, "set var.name")])
    either = OneOf([1, None], "var.x has no value")
    found = decode(encode(thing(Record({"Arn": text, "Size": either})))).properties
    assert (found["Arn"].is_set, found["Arn"].settle, found["Arn"].prefix) == (True, "set var.name", "")
    assert (found["Size"].is_set, found["Size"].reason) == (False, "var.x has no value")


def test_what_json_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError):
        encode(thing(Record({"Made": object()})))


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ([{"Key": "OWNER", "Value": "ops"}], "ops"),
        ([{"Key": "team", "Value": "blue"}, {"Key": "Owner", "Value": "ops"}], "ops"),
        ([{"Key": "Team", "Value": "blue"}], "blue"),
        ({"owner": "ops"}, "ops"),
        ([{"Key": "Owner", "Value": Unknown("not told")}, {"Key": "Name"}, "Owner"], ""),
        (Unknown("not allowed"), ""),
        ([{"Key": "Owners", "Value": string.digits}], ""),
    ],
)
def test_the_owner_is_what_the_tag_says(tags: Value, expected: str) -> None:
    assert owner(thing(Record({"Tags": tags}))) == expected

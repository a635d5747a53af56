"""What is not known of the source is not known of the translation, and never absent: a property test.

A body is made, and the same body with some of it unknown. Whatever the body says in the model's words, the blurred
body must leave open.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstay.model.values import ABSENT, Items, OneOf, Record, Unknown, Value
from mainstay.sources.spelling import read_tables
from mainstay.sources.spelling.translate import translate

TABLE = """
terraform:
  t_thing:
    type: T::T::Thing
    same: [name, encryption.enabled, encryption.entry.algorithm, options]
    rename:
      rule: Rules
      rule.expiry.days: Rules.Days
      rule.filter.prefix: Rules.Filter.Prefix
      rule.owner: ParentId
      rule.step: Rules.Steps
      box.title: Outer.Inner.Name
      box.size: Outer.Inner.Size
      box.on: Status
      item.kind.algorithm: Encryption.Entries.Algorithm
      item.bucket: Encryption.Entries.Bucket
    split: {rule.cidrs: Cidr}
    pairs: {protect: {in: Attributes, key: protect}, flags.drop: {in: Attributes, key: drop}}
    keyed: {option: {in: Options, key: kind}, parameter: {in: Parameters, key: name, value: value}}
    value: {Status: {"true": On, "false": Off}}
    default:
      protect: {value: false, since: "2026-11"}
      rule.id: {value: none, since: "2026-11"}
      encryption.enabled: {value: true, since: "2026-11"}
"""

WORD = st.sampled_from(["a", "b"])
OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "name": WORD,
    "protect": st.booleans(),
    "tags": st.dictionaries(WORD, WORD, max_size=2),
    "rule": st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "id": WORD,
                "cidrs": st.lists(WORD, max_size=2),
                "expiry": st.lists(st.fixed_dictionaries({}, optional={"days": st.integers(1, 2)}), max_size=1),
                "filter": st.lists(st.fixed_dictionaries({}, optional={"prefix": WORD, "tag": WORD}), max_size=1),
                "step": st.lists(st.fixed_dictionaries({}, optional={"name": WORD}), max_size=2),
            },
        ),
        max_size=2,
    ),
    "box": st.lists(
        st.fixed_dictionaries({}, optional={"title": WORD, "size": st.integers(1, 2), "on": st.booleans()}), max_size=1
    ),
    "encryption": st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "enabled": st.booleans(),
                "key": WORD,
                "entry": st.lists(st.fixed_dictionaries({}, optional={"algorithm": WORD}), max_size=2),
            },
        ),
        max_size=1,
    ),
    "flags": st.lists(st.fixed_dictionaries({}, optional={"drop": st.booleans()}), max_size=1),
    "option": st.lists(
        st.fixed_dictionaries({"kind": WORD}, optional={"group": WORD}), max_size=2, unique_by=lambda one: one["kind"]
    ),
    "parameter": st.lists(
        st.fixed_dictionaries({"name": WORD, "value": WORD}), max_size=2, unique_by=lambda one: one["name"]
    ),
}
BODIES = st.fixed_dictionaries({}, optional=OPTIONAL)


def blur(value: Value, draw: st.DataObject, depth: int = 0) -> Value:
    """The value with some of it unknown."""
    how = draw.draw(st.integers(0, 11), label="how")
    if depth and how == 0:
        return Unknown("blurred")
    if depth and how == 1:
        return OneOf([value, None], "blurred")
    if isinstance(value, list):
        if how == 2 and value:
            return Items([blur(one, draw, depth + 1) for one in value[1:]], value[0])
        if how == 3:
            return Items([blur(one, draw, depth + 1) for one in value[1:]], Unknown("blurred"))
        if how == 4:
            return OneOf([value, []], "blurred")
        if how == 5:
            return OneOf([[], value], "blurred")
        if how == 6 and len(value) == 2:
            return Items([], OneOf(value, "blurred"))
        return [blur(one, draw, depth + 1) for one in value]
    if isinstance(value, dict):
        record = Record({name: blur(one, draw, depth + 1) for name, one in value.items()})
        if how == 2 and depth:
            return Record(list(record.items())[1:], rest=Unknown("blurred"))
        return record
    return value


def leaves_open(known: Value, value: Value) -> bool:
    """True where `known` may be `value`."""
    if isinstance(known, OneOf):
        return any(leaves_open(option, value) for option in known.options)
    if isinstance(known, Unknown):
        return True
    if value is ABSENT or value is None:
        return known is ABSENT or known is None or known == []
    if known is ABSENT or known is None:
        return bool(value == [])
    if isinstance(known, dict) and isinstance(value, dict):
        opened = known if isinstance(known, Record) else Record(known)
        return all(leaves_open(opened.look_up(name), value.get(name, ABSENT)) for name in {*known, *value})
    if isinstance(known, list) and isinstance(value, list):
        rest = known.rest if isinstance(known, Items) else ABSENT
        return matches(known, value, rest)
    return bool(known == value)


def matches(known: Sequence[Value], values: Sequence[Value], rest: Value) -> bool:
    """True where each known element may be one of the values, and all other values what the list goes on with."""
    if not known:
        return not values or (rest is not ABSENT and all(leaves_open(rest, value) for value in values))
    first, *others = known
    return any(
        leaves_open(first, value) and matches(others, [*values[:index], *values[index + 1 :]], rest)
        for index, value in enumerate(values)
    )


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Any:
    file: Path = tmp_path_factory.mktemp("tables") / "t.yaml"
    file.write_text(TABLE, encoding="utf-8")
    return read_tables([file]).terraform["t_thing"]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES, draw=st.data())
def test_the_translation_of_a_blurred_body_leaves_the_translation_open(
    table: Any, shapes: Any, body: dict[str, Value], draw: st.DataObject
) -> None:
    blurred = blur(body, draw)
    value, known = (translate(one, table, shapes["T::T::Thing"]) for one in (Record(body), blurred))
    assert leaves_open(known, value), f"{blurred} became {known}"


def test_what_is_left_open_is_told_from_what_is_not() -> None:
    assert leaves_open(Items([{"a": 1}], Unknown("?")), [{"a": 2}, {"a": 1}])
    assert not leaves_open([{"a": 1}], [{"a": 1}, {"a": 2}])
    assert not leaves_open(Record({"a": 1}), {"a": 1, "b": 2})
    assert leaves_open(Record({"a": 1}, rest=Unknown("?")), {"a": 1, "b": 2})
    assert not leaves_open(OneOf([1, 2], "?"), ABSENT)

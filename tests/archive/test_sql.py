"""Conditions as SQL: an upper bound of what the closures say, and exact where columns tell everything."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import select
from tests.archive.trail import batch

from mainstay.archive.on_duckdb import DuckDB
from mainstay.archive.rows import Gathered, Rows
from mainstay.archive.sql import bounds, column, is_true, may_hold
from mainstay.engine.compile import compile
from mainstay.engine.parse import parse
from mainstay.model.conditions import All, Condition, Not
from mainstay.model.conditions import Any as Either
from mainstay.model.conditions import Test as OneTest

TEXTS = st.sampled_from(
    ["Get", "GetObject", "get%", "a_b", "a!b", "a\\b", "é", "ß", "SS", "", "true", "443", "*", "'", "K"]
)
VALUES = st.one_of(TEXTS, st.none(), st.booleans(), st.integers(-3, 3), st.just({"x": 1}), st.just(["Get"]))
OPERATORS = ["equals", "neq", "contains", "startswith", "endswith", "exists", "gt", "lte", "fieldref", "re"]
COLUMNS = ["eventName", "userAgent", "readOnly", "userIdentity.arn"]
PATHS = st.sampled_from([*COLUMNS, "requestParameters.x", "userIdentity", "derived.x"])
ENGINE = DuckDB(threads=1)


@st.composite
def one_test(draw: st.DrawFn, paths: st.SearchStrategy[str]) -> OneTest:
    path = tuple(draw(paths).split("."))
    operator = draw(st.sampled_from(OPERATORS))
    cased = draw(st.booleans())
    if operator == "exists":
        return OneTest(path, operator, (draw(st.booleans()),))
    if operator == "fieldref":
        return OneTest(path, operator, (draw(st.sampled_from(COLUMNS)),), cased=cased)
    if operator in ("gt", "lte"):
        return OneTest(path, operator, (draw(st.integers(-3, 3) | st.just(1.5)),))  # type: ignore[arg-type]
    if operator == "re":
        return OneTest(path, operator, ("^G.t",))
    nulls = st.none() if operator in ("equals", "neq") else TEXTS
    texts = st.one_of(TEXTS, st.sampled_from(["*et*", "?et", "Get*", "*\\**", "ſ"]), nulls)
    values = tuple(draw(st.lists(texts, min_size=1, max_size=3)))
    return OneTest(path, operator, values, every_value=draw(st.booleans()), cased=cased)  # type: ignore[arg-type]


def conditions(paths: st.SearchStrategy[str] = PATHS) -> st.SearchStrategy[Condition]:
    return st.recursive(
        one_test(paths),
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(All, st.lists(inner, max_size=3).map(tuple)),
            st.builds(Either, st.lists(inner, max_size=3).map(tuple)),
        ),
        max_leaves=5,
    )


RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "eventName": VALUES,
        "userAgent": VALUES,
        "readOnly": st.one_of(st.booleans(), VALUES),
        "userIdentity": st.one_of(st.fixed_dictionaries({}, optional={"arn": VALUES}), VALUES),
        "requestParameters": st.one_of(st.fixed_dictionaries({"x": VALUES}), VALUES),
    },
)


def table(records: list[dict[str, Any]]) -> pa.Table:
    rows = Rows("cloudtrail", b"salt")
    rows.add(batch([json.dumps(record).encode() for record in records]), gathered := Gathered())
    ((_, made),) = rows.tables(gathered, lambda: 0)
    return made


def held(condition: Condition, records: list[dict[str, Any]]) -> set[int]:
    query = select(column("row")).from_("events").where(may_hold(condition, "cloudtrail"))
    return {row for (row,) in ENGINE.rows(query, {"events": table(records)})}


@settings(max_examples=150, deadline=None)
@given(conditions(), st.lists(RECORDS, min_size=1, max_size=12))
def test_sql_finds_every_event_that_the_closure_holds_of(condition: Condition, records: list[dict[str, Any]]) -> None:
    judge = compile(condition)
    wanted = {at for at, record in enumerate(records) if judge(record) is True}
    assert wanted <= held(condition, records)


@settings(max_examples=150, deadline=None)
@given(conditions(st.sampled_from(COLUMNS)), st.lists(RECORDS, min_size=1, max_size=12))
def test_sql_is_exact_on_plain_rows_where_columns_tell_everything(
    condition: Condition, records: list[dict[str, Any]]
) -> None:
    lower, upper = bounds(condition, "cloudtrail")
    if lower != upper:  # a regular expression, or a text that is compared as a number: the closures' own business
        return
    judge = compile(condition)
    plain = {at for at, is_plain in enumerate(table(records)["plain"].to_pylist()) if is_plain}
    wanted = {at for at, record in enumerate(records) if judge(record) is True}
    assert held(condition, records) & plain == wanted & plain


def test_what_no_column_tells_is_left_to_the_closures_on_both_sides_of_a_not() -> None:
    nested = parse({"requestParameters.bucketName": "x"})
    assert is_true(bounds(nested, "cloudtrail").upper)
    assert is_true(bounds(Not(nested), "cloudtrail").upper)
    some = parse({"eventName": "PutObject", "requestParameters.bucketName": "x"})
    assert may_hold(some, "cloudtrail").sql("duckdb") == 'NOT "plain" OR LOWER("eventName") = \'putobject\''


def test_characters_that_like_or_a_dialect_would_read_stay_themselves() -> None:
    condition = parse({"userAgent|contains": "50%_!\\'"})
    records = [{"userAgent": "a 50%_!\\' b"}, {"userAgent": "a 50xy!\\' b"}]
    assert held(condition, records) == {0}
    assert "ESCAPE '!'" in may_hold(condition, "cloudtrail").sql("spark")


def test_rows_tell_whether_their_columns_say_all() -> None:
    records = [
        {"eventName": "Get"},
        {"eventName": 5},
        {"eventName": "Gét"},
        {"userIdentity": {"arn": ["x"]}},
        {"x": "é"},
    ]
    assert table(records)["plain"].to_pylist() == [True, False, False, False, True]

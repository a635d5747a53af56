"""What functions keep of arguments that are known in part."""

from __future__ import annotations

from pathlib import Path

import pytest

from mainstay.model.places import Place
from mainstay.model.values import ABSENT, Document, Items, OneOf, Record, Ref, Set, Text, Unknown, Value
from mainstay.sources.terraform.functions import Context, EvaluationError, call

PLACE = Place("main.tf", 3, 5)
U = Unknown("var.u has no value", PLACE, "set var.u")
V = Unknown("var.v has no value", None, "set var.v")
ID = Ref("aws_vpc.v", "id")
ARN = Ref("aws_vpc.v", "arn")
TAGS = Ref("aws_vpc.v", "tags")
NAMED = Text(["web-", U])


def one_of(*options: Value) -> OneOf:
    return OneOf(options, "var.c has no value")


def open_list(*elements: Value, rest: Value = U) -> Items:
    return Items(elements, rest)


def open_set(*elements: Value, rest: Value = U) -> Set:
    return Set(elements, rest)


def open_map(rest: Value = U, **entries: Value) -> Record:
    return Record(entries, rest=rest)


def ask(name: str, *arguments: Value) -> Value:
    nowhere = Path("/nowhere")
    return call(name, list(arguments), Context(nowhere, nowhere, lambda text, _: text), PLACE)


def shown(value: Value) -> str:
    """The value on one line: ? for what is unknown, ... for what may follow."""
    if isinstance(value, OneOf):
        return "(" + " or ".join(shown(option) for option in value.options) + ")"
    if isinstance(value, Ref):
        return f"{value.address}.{value.path}"
    if isinstance(value, Text):
        return "`" + "".join(part if isinstance(part, str) else f"<{shown(part)}>" for part in value.parts) + "`"
    if isinstance(value, Document):
        return f"json {shown(value.value)}"
    if isinstance(value, Unknown):
        return "?"
    if isinstance(value, dict | list):
        rest = value.rest if isinstance(value, Record | Items) else ABSENT
        more = [] if rest is ABSENT else [f"...{shown(rest)}"]
        if isinstance(value, dict):
            return "{" + ", ".join([*(f"{name}: {shown(child)}" for name, child in value.items()), *more]) + "}"
        inside = ", ".join([*map(shown, value), *more])
        return f"set({inside})" if isinstance(value, Set) else f"[{inside}]"
    return repr(value)


ROWS: list[tuple[str, list[Value], str]] = [
    # strict functions
    ("upper", [U], "?"),
    ("upper", [NAMED], "?"),
    ("cidrsubnet", ["10.0.0.0/8", 8, U], "?"),
    ("split", [",", U], "?"),
    ("max", [1, U], "?"),
    ("yamlencode", [{"a": U}], "?"),
    ("md5", [Document({"a": U})], "?"),
    # an argument that is one of a few values
    ("upper", [one_of("a", "b")], "('A' or 'B')"),
    ("length", [one_of([1], [2])], "1"),
    ("cidrsubnet", ["10.0.0.0/8", 8, one_of(1, 2)], "('10.1.0.0/16' or '10.2.0.0/16')"),
    ("tonumber", [one_of("1", "x")], "?"),
    ("upper", [one_of("a", None)], "?"),
    ("merge", [{"a": 1}, one_of({}, {"b": 2})], "({a: 1} or {a: 1, b: 2})"),
    ("concat", [one_of([1], []), one_of([2], [])], "([1, 2] or [1] or [2] or [])"),
    ("upper", [one_of(*"abcdefghi")], "?"),
    ("coalesce", [one_of(None, "a"), "b"], "('b' or 'a')"),
    # strings
    ("format", ["%s-%s", "a", U], "`a-<?>`"),
    ("format", ["%s-%s", "a", NAMED], "`a-web-<?>`"),
    ("format", ["%s", ID], "`<aws_vpc.v.id>`"),
    ("format", ["%d/%05d", 1, U], "`1/<?>`"),
    ("format", ["x%v", [U]], "`x<?>`"),
    ("format", [U, "a"], "?"),
    ("formatlist", ["%s-%s", ["a", U], "x"], "['a-x', `<?>-x`]"),
    ("formatlist", ["%s", U], "?"),
    ("formatlist", ["%s", open_list("a")], "?"),
    ("join", [",", ["a", U, "b"]], "`a,<?>,b`"),
    ("join", [",", [ID]], "`<aws_vpc.v.id>`"),
    ("join", [",", open_list("a")], "?"),
    ("join", [U, ["a"]], "?"),
    ("provider::aws::arn_build", ["aws", "s3", "", "", NAMED], "`arn:aws:s3:::web-<?>`"),
    # lists
    ("length", [["a", U]], "2"),
    ("length", [open_list("a")], "?"),
    ("length", [U], "?"),
    ("length", [open_map(a=1)], "?"),
    ("length", [{"a": U}], "1"),
    ("concat", [["a"], U], "['a', ...?]"),
    ("concat", [["a"], U, ["b"]], "set('a', 'b', ...?)"),
    ("concat", [open_list("a"), [ID]], "set('a', aws_vpc.v.id, ...?)"),
    ("concat", [["a"], open_list("b")], "['a', 'b', ...?]"),
    ("concat", [open_set("a"), ["b"]], "set('a', 'b', ...?)"),
    ("flatten", [[["a"], ID, [NAMED, ["b"]]]], "['a', aws_vpc.v.id, `web-<?>`, 'b']"),
    ("flatten", [[["a"], U]], "['a', ...(? or ?)]"),
    ("flatten", [[open_list("a"), ["b"]]], "set('a', 'b', ...(? or ?))"),
    ("flatten", [U], "?"),
    ("distinct", [["a", U, "a", "b"]], "set('a', 'b', ...?)"),
    ("distinct", [["a", ID, ID]], "['a', ...aws_vpc.v.id]"),
    ("distinct", [[open_list(), [V]]], "[...([...?] or [?])]"),
    ("distinct", [["xx", NAMED]], "['xx', `web-<?>`]"),
    ("compact", [["a", "", ID, None]], "['a', aws_vpc.v.id]"),
    ("compact", [["a", U, "b"]], "set('a', 'b', ...?)"),
    ("compact", [[NAMED, Text([U])]], "[`web-<?>`, ...`<?>`]"),
    ("element", [["a", U], 1], "?"),
    ("element", [["a", U], 2], "'a'"),
    ("element", [["a", "b"], U], "('a' or 'b')"),
    ("element", [["a", "a"], U], "'a'"),
    ("element", [open_list("a"), 0], "'a'"),
    ("element", [open_list("a"), 1], "('a' or ?)"),
    ("element", [open_set("a"), 0], "('a' or ?)"),
    ("element", [U, 0], "?"),
    ("slice", [["a", U, "c"], 1, 3], "[?, 'c']"),
    ("slice", [open_list("a"), 0, 3], "['a', ?, ?]"),
    ("slice", [["a"], 0, U], "?"),
    ("reverse", [["a", U]], "[?, 'a']"),
    ("reverse", [open_list("a", "b")], "set('a', 'b', ...?)"),
    ("sort", [["b", U, "a"]], "set('a', 'b', ...?)"),
    ("sort", [[U]], "[?]"),
    ("chunklist", [["a", U, "c"], 2], "[['a', ?], ['c']]"),
    ("chunklist", [U, 2], "?"),
    ("index", [["a", U], "a"], "0"),
    ("index", [[U, "a"], "a"], "?"),
    ("contains", [["a", U], "a"], "True"),
    ("contains", [["a", U], "b"], "?"),
    ("contains", [["a", NAMED], "b"], "False"),
    ("contains", [open_list("a"), "a"], "True"),
    ("contains", [open_list("a"), "b"], "?"),
    ("contains", [["a"], U], "?"),
    ("contains", [[ID], ID], "True"),
    ("coalesce", [None, "", "a", U], "'a'"),
    ("coalesce", [U, "a"], "(? or 'a')"),
    ("coalesce", [None, ID, "a"], "aws_vpc.v.id"),
    ("coalesce", [NAMED, "a"], "`web-<?>`"),
    ("coalesce", [Text([U]), "a"], "(`<?>` or 'a')"),
    ("coalesce", [U], "?"),
    ("coalescelist", [[], ["a", U]], "['a', ?]"),
    ("coalescelist", [U, ["a"]], "(? or ['a'])"),
    ("coalescelist", [open_list("a"), ["b"]], "['a', ...?]"),
    ("one", [[U]], "?"),
    ("one", [[ID]], "aws_vpc.v.id"),
    ("one", [open_list(rest=ID)], "(None or aws_vpc.v.id)"),
    ("one", [open_list("a")], "?"),
    ("matchkeys", [["a", U], ["x", "y"], ["y"]], "[?]"),
    ("matchkeys", [["a", "b"], ["x", U], ["x"]], "['a', ...'b']"),
    ("alltrue", [[False, U]], "False"),
    ("alltrue", [[True, U]], "?"),
    ("anytrue", [[True, U]], "True"),
    ("anytrue", [open_list(False)], "?"),
    # maps
    ("merge", [{"a": 1}, U], "{a: ?, ...?}"),
    ("merge", [U, {"a": 1}], "{a: 1, ...?}"),
    ("merge", [{"a": 1}, TAGS, {"b": 2}], "{a: ?, b: 2, ...?}"),
    ("merge", [{"a": 1, "b": 2}, open_map(b=3)], "{a: ?, b: 3, ...?}"),
    ("merge", [{"a": U}, {"b": 1}], "{a: ?, b: 1}"),
    ("keys", [{"b": U, "a": 1}], "['a', 'b']"),
    ("keys", [open_map(b=1)], "set('b', ...?)"),
    ("values", [{"b": U, "a": 1}], "[1, ?]"),
    ("values", [open_map(b=1, rest=NAMED)], "set(1, ...`web-<?>`)"),
    ("lookup", [{"a": U}, "a", 1], "?"),
    ("lookup", [open_map(a=1), "a", 2], "1"),
    ("lookup", [open_map(a=1), "b", 2], "(? or 2)"),
    ("lookup", [open_map(a=1), "b"], "?"),
    ("lookup", [{"a": 1, "b": 2}, U, 3], "(1 or 2 or 3)"),
    ("lookup", [{"a": 1}, U], "?"),
    ("zipmap", [["a", "b"], [U, 1]], "{a: ?, b: 1}"),
    ("zipmap", [["a", U], [1, 2]], "{a: (1 or 2), ...2}"),
    ("zipmap", [U, [1]], "?"),
    ("transpose", [{"a": [U]}], "?"),
    # sets
    ("toset", [["b", U, "a"]], "set('a', 'b', ...?)"),
    ("toset", [[ID, ARN]], "set(...(aws_vpc.v.id or aws_vpc.v.arn))"),
    ("toset", [U], "?"),
    ("tolist", [open_set("a")], "set('a', ...?)"),
    ("tolist", [[1, U]], "[1, ?]"),
    ("tolist", [["x", 1, U]], "['x', '1', ?]"),
    ("tomap", [{"a": 1, "b": U}], "{a: 1, b: ?}"),
    ("tostring", [ID], "aws_vpc.v.id"),
    ("tostring", [NAMED], "`web-<?>`"),
    ("tobool", [U], "?"),
    ("setunion", [["a"], open_set("b")], "set('a', 'b', ...?)"),
    ("setunion", [["a"], U], "set('a', ...?)"),
    ("setintersection", [["a", "b"], open_set("b")], "set('b', ...'a')"),
    ("setsubtract", [["a", "b"], open_set("b")], "set(...'a')"),
    ("setsubtract", [open_set("a"), ["b"]], "set('a', ...?)"),
    ("setproduct", [["a", "b"], [U]], "[['a', ?], ['b', ?]]"),
    ("setproduct", [["a"], open_list("b")], "set(['a', 'b'], ...?)"),
    # JSON
    ("jsonencode", [{"a": U, "b": 1}], "json {a: ?, b: 1}"),
    ("jsonencode", [{"a": 1}], "'{\"a\":1}'"),
    ("jsonencode", [U], "json ?"),
    ("jsondecode", [Document({"a": U, "b": Set(["x"])})], "{a: ?, b: ['x']}"),
    ("jsondecode", [U], "?"),
    # marks
    ("sensitive", [[U]], "[?]"),
    ("nonsensitive", [NAMED], "`web-<?>`"),
]


@pytest.mark.parametrize(("name", "arguments", "result"), ROWS)
def test_what_is_known_is_kept(name: str, arguments: list[Value], result: str) -> None:
    assert shown(ask(name, *arguments)) == result


@pytest.mark.parametrize("name", ["upper", "flatten", "length", "keys", "sum", "jsondecode"])
def test_an_unknown_result_says_why_where_and_what_would_settle_it(name: str) -> None:
    result = ask(name, U)
    assert (result.reason, result.place, result.settle) == (U.reason, PLACE, "set var.u")


def test_the_first_unknown_leaf_gives_the_reason() -> None:
    assert ask("cidrsubnets", "10.0.0.0/8", V, U).reason == V.reason
    assert ask("yamlencode", {"a": [1, V], "b": U}).reason == V.reason


def test_merge_keeps_where_each_key_stands() -> None:
    first, second = Place("a.tf", 1, 1), Place("b.tf", 2, 2)
    left = Record({"a": 1, "b": 1}, first, {"a": first, "b": first})
    right = Record({"b": 2, "c": 2}, second, {"b": second, "c": second})
    merged = ask("merge", left, right)
    assert merged == {"a": 1, "b": 2, "c": 2}
    assert merged.place == first
    assert merged.marks == {"a": first, "b": second, "c": second}
    assert ask("merge", left, {"a": 3}).marks == {"b": first}


def test_conversion_keeps_where_each_key_stands() -> None:
    record = Record({"a": 1, "b": "x"}, PLACE, {"a": PLACE}, U)
    converted = ask("tomap", record)
    assert converted == {"a": "1", "b": "x"}
    assert (converted.place, converted.marks, converted.rest) == (PLACE, {"a": PLACE}, U)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("concat", [NAMED]), ("merge", [NAMED]), ("keys", [Document([U])]), ("flatten", [NAMED]), ("join", [",", NAMED])],
)
def test_a_string_known_in_part_is_refused_where_a_collection_is_wanted(name: str, arguments: list[Value]) -> None:
    with pytest.raises(EvaluationError, match="is required, not a string"):
        ask(name, *arguments)


def test_arguments_are_left_as_they_were() -> None:
    elements: list[Value] = ["b", U, "a"]
    for name in ("sort", "reverse", "compact", "distinct", "concat", "flatten", "toset", "tolist"):
        ask(name, elements)
    assert elements == ["b", U, "a"]

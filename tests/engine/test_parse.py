"""What the parser makes of a condition, and what it says of a wrong one."""

from __future__ import annotations

import pytest

from mainstay.documents import read_yaml
from mainstay.engine import parse, reads
from mainstay.model.conditions import All, Any, Count, Each, Keywords, Not
from mainstay.model.conditions import Test as Entry  # pytest takes a `Test` for a class of tests
from mainstay.model.errors import DataError, Fault
from mainstay.model.places import Place
from mainstay.model.values import Value


def faults(text: str) -> tuple[Fault, ...]:
    parsed = read_yaml(text, "control.yaml")
    assert parsed.faults == ()
    with pytest.raises(DataError) as raised:
        parse(parsed.value, Place("control.yaml", 1, 1))
    return raised.value.faults


@pytest.mark.parametrize(
    ("document", "condition"),
    [
        ({"A": 1}, Entry(("A",), "equals", (1,))),
        ({"A.B|startswith": ["x", "y"]}, Entry(("A", "B"), "startswith", ("x", "y"))),
        ({"A": 1, "B": None}, All((Entry(("A",), "equals", (1,)), Entry(("B",), "equals", (None,))))),
        ([{"A": 1}, {"B": 2}], Any((Entry(("A",), "equals", (1,)), Entry(("B",), "equals", (2,))))),
        ({"A|contains|all": ["x", "y"]}, Entry(("A",), "contains", ("x", "y"), every_value=True)),
        ({"A|cased|endswith": "x"}, Entry(("A",), "endswith", ("x",), cased=True)),
        ({"A|re|i|m": "x"}, Entry(("A",), "re", ("x",), flags="im")),
        ({"A|fieldref|startswith": "B"}, Entry(("A",), "fieldref", ("B",), flags="startswith")),
        ({"A|count": 2}, Count(("A",), "equals", 2)),
        ({"A|count|gte": 2}, Count(("A",), "gte", 2)),
        ({"A|any": {"B": 1}}, Each(("A",), "any", Entry(("B",), "equals", (1,)))),
        ({"A|none|contains": "x"}, Each(("A",), "none", Entry((), "contains", ("x",)))),
        ({"A|every": ["x", "y"]}, Each(("A",), "every", Entry((), "equals", ("x", "y")))),
    ],
)
def test_a_condition_becomes_a_tree(document: Value, condition: object) -> None:
    assert parse(document) == condition


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("one", "one"),
        ("one and two or not three", "(one & two) | !three"),
        ("one and (two or three)", "one & (two | three)"),
        ("NOT one AND two", "!one & two"),
        ("not (one or two)", "!(one | two)"),
        ("1 of them", "one | two | three"),
        ("all of t*", "two & three"),
        ("any of t* and not 1 of o*", "(two | three) & !(one)"),
        ("all of them and _hidden", "(one & two & three) & _hidden"),
    ],
)
def test_a_detection_block_combines_its_selections(text: str, condition: str) -> None:
    selections = {name: {name: 1} for name in ("one", "two", "three", "_hidden")}

    assert spelled(parse({**selections, "condition": text})) == condition


def spelled(condition: object) -> str:
    match condition:
        case Entry(path):
            return path[0]
        case Not(part):
            return f"!{inside(part)}"
        case All(parts):
            return " & ".join(map(inside, parts))
        case Any(parts):
            return " | ".join(map(inside, parts))
    raise TypeError(condition)


def inside(condition: object) -> str:
    return f"({spelled(condition)})" if isinstance(condition, All | Any) else spelled(condition)


def test_a_selection_of_strings_holds_keywords() -> None:
    assert parse({"words": ["a", 1], "condition": "words"}) == Keywords(("a", 1))


def test_values_with_several_spellings_that_all_have_to_occur_become_a_test_each() -> None:
    condition = parse({"A|windash|contains|all": [" -a", " -b"]})

    assert isinstance(condition, All)
    assert [len(part.values) for part in condition.parts if isinstance(part, Entry)] == [5, 5]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("A|contain: x", "there is no modifier 'contain'", "did you mean 'contains'?"),
        ("A|startswith|endswith: x", "'startswith' and 'endswith' can't stand in one entry", ""),
        ("A|contains|any: x", "'any' stands behind 'contains'", "'any' comes first"),
        ("A|contains|contains: x", "'A|contains|contains' says a modifier twice", ""),
        ("A|i: x", "'i' is a flag of 're'", "write 're|i'"),
        ("A|re: '('", "'(' is no regular expression", ""),
        ("A|re|cased: x", "'cased' and 're' can't stand in one entry", ""),
        ("A|cidr: 10.0.0.0/33", "'10.0.0.0/33' is no network", ""),
        ("A|gt: many", "'gt' takes a number, not 'many'", ""),
        ("A|gt: [1, 2]", "'gt' takes one value, not a list", ""),
        ("A|exists: maybe", "'exists' takes true or false, not 'maybe'", ""),
        ("A|hour: 1.5", "'hour' takes a whole number, not 1.5", ""),
        ("A|all: x", "'all' takes a list of values", ""),
        ("A|neq|all: [x]", "'all' and 'neq' can't stand in one entry", "'neq' with a list already means none of them"),
        ("A|contains: true", "'contains' takes strings, not true", ""),
        ("A|contains: null", "'contains' takes strings, not nothing", ""),
        ("A|expand: admins", "'admins' holds no placeholder such as %name%", ""),
        ("A|base64: 'a*'", "'a*' has wildcards, which can't be encoded", ""),
        ("A|base64offset: abc", "'base64offset' finds a value inside a longer text", "write 'base64offset|contains'"),
        ("A|count: 1.5", "'count' compares with a whole number, not 1.5", ""),
        ("A|count: true", "'count' compares with a whole number, not true", ""),
        ("A|count|contains: 1", "'count' can't be followed by 'contains'", "use neq, gt, gte, lt, lte"),
        ("A|any|contains: {B: 1}", "'contains' compares strings and numbers, and the value is a condition", ""),
        ("A: {B: 1}", "the value is a map, and no quantifier says of which elements it should hold", "write 'A|any'"),
        ("A: []", "the list of values is empty", "null stands for absent or empty"),
        ("A: [{B: 1}]", "the values are scalars", "a list of maps needs 'any', 'every' or 'none'"),
        ("A..B: 1", "the path 'A..B' has an empty name", ""),
        ("'|contains': 1", "an entry begins with a path", "only '|all', for keywords, has none"),
        ("{}", "the condition is an empty map", ""),
        ("[]", "a condition is a map or a list of maps, not an empty list", ""),
        ("text", "a condition is a map or a list of maps, not a string", ""),
        ("[a, b]", "a condition is a map or a list of maps", "plain strings are selections of a detection block"),
        ("{sel: {A: 1}, condition: sle}", "there is no selection 'sle'", "did you mean 'sel'?"),
        ("{sel: {A: 1}, condition: 1 of x*}", "there is no selection 'x*'", "there are sel"),
        ("{sel: {A: 1}, condition: 2 of them}", "'2' of them is not a quantity", "use 1, any or all"),
        ("{sel: {A: 1}, condition: sel and}", "the condition ends too early", ""),
        ("{sel: {A: 1}, condition: (sel}", "a parenthesis is not closed", ""),
        ("{sel: {A: 1}, condition: sel sel}", "'sel' is not expected here", "join selections with and, or"),
        ("{sel: {A: 1}, condition: sel and or}", "'or' is not expected here", ""),
        ("{sel: {A: 1}, condition: ''}", "the condition is empty", ""),
        ("{sel: {A: 1}, condition: true}", "the condition of a detection block is a string, not a boolean", ""),
        ("{sel: {A: 1}, condition: sel | count() > 1}", "aggregations after | are no part of Sigma any more", "a corr"),
        ("{sel: [[a], x], condition: sel}", "the selection 'sel' holds what is neither a map nor a keyword", ""),
        ("{sel: {A: 1}, condition: []}", "the condition of a detection block is a string, not an empty list", ""),
        ("A|startswith|neq|all: [x]", "'all' and 'neq' can't stand in one entry", "'neq' with a list already"),
        ("{sel: null, condition: sel}", "the selection 'sel' is empty", ""),
    ],
)
def test_a_wrong_condition_is_a_fault(text: str, message: str, hint: str) -> None:
    (fault,) = faults(text)

    assert fault.message.startswith(message)
    assert fault.hint.startswith(hint)
    assert fault.place is not None


def test_all_faults_are_found_each_at_its_place() -> None:
    found = faults("A|contain: x\nB|any:\n  C|gt: x\n  D|every:\n    - {E|cidr: no}\n")

    assert [str(fault.place) for fault in found] == ["control.yaml:1:1", "control.yaml:3:3", "control.yaml:5:8"]


def test_what_a_condition_reads_is_said_from_the_top() -> None:
    document = {
        r"A.b\.c": 1,
        "Rules|none": {"From|lte": 22, "Ports|any": {"To|fieldref": "Other"}},
        "Subnets|count": 2,
        "Logs|every|startswith": "x",
        "related.AWS::EC2::FlowLog|any": {"TrafficType": "ALL"},
    }

    assert reads(parse(document)) == {
        r"A.b\.c",
        "Rules.From",
        "Rules.Ports.To",
        "Rules.Ports.Other",
        "Subnets",
        "Logs",
        "related.AWS::EC2::FlowLog.TrafficType",
    }

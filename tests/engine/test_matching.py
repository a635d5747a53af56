"""How values compare with values: Sigma's strings, what CloudFormation spells in two ways, partly known text."""

from __future__ import annotations

import pytest

from mainstay.engine import compile, interpret, parse
from mainstay.model.values import Items, OneOf, Record, Ref, Set, Text, Unknown, Value

SOMETHING = Unknown("var.x has no default")
ARN = Ref("aws_sqs_queue.q", "arn")


def judge(entry: str, value: Value, actual: Value) -> bool | None:
    condition = parse({f"A{entry}": value})
    answer = compile(condition)(Record({"A": actual}))
    assert interpret(condition, Record({"A": actual})) is answer
    return answer


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("abc", "ABC", True),
        ("ABC", "abd", False),
        ("a*", "abc", True),
        ("a*", "a", True),
        ("*c", "abc", True),
        ("*b*", "abc", True),
        ("a*c", "abbc", True),
        ("a*c", "ab\nbc", True),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("*", "", True),
        ("?", "", False),
        (r"\*", "*", True),
        (r"\*", "x", False),
        (r"a\?", "a?", True),
        (r"a\?", "ab", False),
        (r"C:\Windows", r"c:\windows", True),
        (r"C:\\Windows", r"C:\Windows", True),
        (r"C:\\*", r"C:\Windows", True),
        (r"C:\\\*", r"C:\*", True),
        (r"C:\\\*", r"C:\x", False),
        ("a.c", "abc", False),
        ("[a]", "a", False),
        ("straße", "STRASSE", True),
    ],
)
def test_strings_compare_as_in_sigma(pattern: str, text: str, matches: bool) -> None:
    assert judge("", pattern, text) is matches


@pytest.mark.parametrize(
    ("entry", "value", "actual", "matches"),
    [
        ("", True, "True", True),
        ("", "true", True, True),
        ("", True, 1, False),
        ("", 443, "443", True),
        ("", "443", 443, True),
        ("", 443, 443.0, True),
        ("", "a", {"a": 1}, False),
        ("", ["a", "b"], ["c", "b"], True),
        ("", None, [], True),
        ("", None, [None], True),
        ("", None, "", False),
        ("|cased", "a", "A", False),
        ("|cased", "A*", "AB", True),
        ("|contains", "b", "ABC", True),
        ("|contains|all", ["a", "z"], ["xa", "zx"], True),
        ("|startswith", 10, "10.0.0.1", True),
        ("|endswith|cased", "C", "abc", False),
        ("|neq", "a", None, True),
        ("|neq", ["a", "b"], "b", False),
        ("|neq", ["a", "b"], "c", True),
        ("|neq", "a", ["a", "b"], False),
        ("|re", "^b", "abc", False),
        ("|re", "B", "abc", False),
        ("|re|i", "B", "abc", True),
        ("|re|m", "^b", "a\nb", True),
        ("|re|s", "a.b", "a\nb", True),
        ("|cidr", "10.0.0.0/8", "10.1.0.0/16", True),
        ("|cidr", "10.0.0.0/8", "10.1.2.3", True),
        ("|cidr", "10.0.0.0/8", "0.0.0.0/0", False),
        ("|cidr", ["10.0.0.0/8", "fd00::/8"], "fd00::1", True),
        ("|cidr", "10.0.0.0/8", "here", False),
        ("|gt", 7, "8", True),
        ("|gt", 7, "a week", False),
        ("|gte", 7, 7, True),
        ("|lt", 7, True, False),
        ("|lte", 0.5, "0.5", True),
        ("|exists", True, "", True),
        ("|exists", True, None, False),
        ("|exists", False, [], True),
        ("|hour", 22, "2026-11-03T22:05:00Z", True),
        ("|week", 45, "2026-11-03T22:05:00Z", True),
        ("|year", 2026, "recently", False),
        ("|base64", "foobar", "Zm9vYmFy", True),
        ("|base64offset|contains", "foobar", "eGZvb2Jhcg==", True),
        ("|base64offset|contains", "foobar", "eHhmb29iYXI=", True),
        ("|wide|base64offset|contains", "ab", "eABhAGIA", True),
        ("|wide|base64", "ab", "YQBiAA==", True),
        ("|utf16|base64", "a", "//5hAA==", True),
        ("|utf16be|base64", "a", "AGE=", True),
        ("|windash|contains", " -a -b", "x /a –b", True),
        ("|count", 2, ["a", "b"], True),
        ("|count|gte", 1, [], False),
        ("|count|lt", 2, "one", True),
        ("|count", 3, [["a", "b"], "c"], True),
        ("|every|startswith", "s", [], True),
        ("|every|startswith", "s", ["sa", "b"], False),
        ("|none", ["a", "b"], ["c"], True),
        ("|any|gte", 5, [1, 7], True),
    ],
)
def test_known_values_compare(entry: str, value: Value, actual: Value, matches: bool) -> None:
    assert judge(entry, value, actual) is matches


@pytest.mark.parametrize(
    ("entry", "value", "actual", "answer"),
    [
        ("|exists", True, SOMETHING, None),
        ("|exists", True, ARN, True),
        ("", None, ARN, False),
        ("", "x", ARN, False),
        ("", r"\*", ARN, False),
        ("|startswith", "arn:", ARN, True),
        ("|startswith", "arn:aws:", ARN, None),
        ("", "x", Ref("aws_sqs_queue.q", "id"), None),
        ("", r"\*", Text(["arn:aws:s3:::", SOMETHING, "/*"]), False),
        ("", "arn:aws:*", Text(["arn:aws:s3:::", SOMETHING, "/*"]), True),
        ("", "arn:aws:s3:::logs/*", Text(["arn:aws:s3:::", SOMETHING, "/*"]), None),
        ("|contains", "s3", Text(["ARN:AWS:S3:::", SOMETHING]), True),
        ("|contains", "sqs", Text(["arn:aws:s3:::", SOMETHING]), None),
        ("|endswith", "/b", Text([SOMETHING, "/a"]), False),
        ("", "a?", Text(["a", SOMETHING]), None),
        ("", "a?*", Text(["a", SOMETHING]), None),
        ("", "*a?b*", Text([SOMETHING, "axb", SOMETHING]), True),
        ("|re", "AKIA[0-9]+", Text(["AKIA12", SOMETHING]), True),
        ("|re", "^AKIA[0-9]+$", Text(["AKIA12", SOMETHING]), None),
        ("|cidr", "10.0.0.0/8", Text(["10.0.", SOMETHING]), None),
        ("", "a", OneOf(["a", "A"], "it depends"), True),
        ("", "a", OneOf(["a", "b"], "it depends"), None),
        ("", "a", OneOf(["c", None], "it depends"), False),
        ("|any", "a", Items(["b"], rest=SOMETHING), None),
        ("|any", "a", Items(["a"], rest=SOMETHING), True),
        ("|any", "a", Items(["b"], rest="c"), False),
        ("|every", "a", Items(["a"], rest="a"), True),
        ("|every", "a", Items(["a"], rest="b"), None),
        ("|none", "a", Items([], rest=ARN), True),
        ("|count|gte", 1, Items(["a"], rest=SOMETHING), True),
        ("|count", 1, Items(["a"], rest=SOMETHING), None),
        ("|count|gte", 2, Set(["a", SOMETHING]), None),
        ("|count|gte", 2, ["a", ARN], True),
        ("|count|lt", 2, SOMETHING, None),
        ("|expand", "%admins%", "root", None),
        ("|expand", "%admins%", None, False),
    ],
)
def test_what_is_partly_known_is_decided_where_that_part_decides(
    entry: str, value: Value, actual: Value, answer: bool | None
) -> None:
    assert judge(entry, value, actual) is answer


def test_a_key_that_an_open_map_may_hold_is_neither_there_nor_absent() -> None:
    subject = Record({"A": Record({"B": 1}, rest=ARN)})

    assert compile(parse({"A.B": 1}))(subject) is True
    assert compile(parse({"A.C|exists": True}))(subject) is None
    assert compile(parse({"A.C": None}))(subject) is None
    assert compile(parse({"A.C": "x"}))(subject) is False
    assert compile(parse({"A.C|count|lte": 1}))(subject) is True


def test_a_field_compares_with_another_field() -> None:
    condition = parse({"A|fieldref": "B.C"})

    assert compile(condition)(Record({"A": "x", "B": {"C": ["y", "X"]}})) is True
    assert compile(condition)(Record({"A": "x"})) is False
    assert compile(condition)(Record({"A": "x", "B": SOMETHING})) is None
    assert compile(parse({"A|fieldref|startswith": "B"}))(Record({"A": "abc", "B": "ab"})) is True


def test_keywords_are_looked_for_in_every_string() -> None:
    condition = parse({"words": ["secret", "key*id"], "condition": "words"})

    assert compile(condition)(Record({"A": [{"B": "a SECRET"}]})) is True
    assert compile(condition)(Record({"A": {"B": "my key and id"}})) is True
    assert compile(condition)(Record({"secret": "a"})) is False
    assert compile(condition)(Record({"A": SOMETHING})) is None


def test_all_keywords_have_to_occur_where_the_selection_says_so() -> None:
    condition = parse({"words": {"|all": ["a", "b"]}, "condition": "words"})

    assert compile(condition)(Record({"A": "a", "B": ["b"]})) is True
    assert compile(condition)(Record({"A": "a"})) is False


def test_a_dot_in_a_name_is_escaped() -> None:
    assert compile(parse({r"A.b\.c": 1}))(Record({"A": {"b.c": 1}})) is True


def test_a_star_steps_into_every_value_of_a_map() -> None:
    condition = parse({"Variables.*|contains": "secret"})

    assert compile(condition)(Record({"Variables": {"a": "x", "b": "secrets"}})) is True
    assert compile(condition)(Record({"Variables": Record({"a": "x"}, rest=SOMETHING)})) is None

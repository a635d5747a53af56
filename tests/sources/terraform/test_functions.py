"""Calls and their results, one row each, and what the Go core makes of the same rows."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from mainstay.model.places import Place
from mainstay.model.values import Text, Unknown, Value
from mainstay.sources.terraform.functions import FUNCTIONS, Context, EvaluationError, call

CASES = Path(__file__).with_name("test_functions_cases.txt")
TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:e-?\d+)?)|([\w:]+)|(.))')


@cache
def rows() -> list[tuple[str, str]]:
    lines = [line for line in CASES.read_text(encoding="utf-8").split("\n") if line and not line.startswith("#")]
    return [(call_text, result) for call_text, _, result in (line.partition("  =>  ") for line in lines)]


def context(directory: Path = Path("/nowhere")) -> Context:
    return Context(directory, directory, lambda text, variables: text.format(**variables))


class Reading:
    """The few expressions that rows are made of: literals, lists, maps and calls."""

    def __init__(self, text: str) -> None:
        self.tokens = [match.groups() for match in TOKEN.finditer(text)]
        self.at = 0

    def value(self) -> Value:
        quoted, number, word, sign = self.tokens[self.at]
        self.at += 1
        if quoted:
            return json.loads(quoted).replace("$${", "${")
        if number:
            return json.loads(number)
        if word:
            if word in ("true", "false", "null"):
                return json.loads(word)
            self.at += 1
            return call(word, list(self.until(")")), context(), None)
        if sign == "[":
            return list(self.until("]"))
        return self.pairs()

    def peek(self) -> str:
        return self.tokens[self.at][3]

    def until(self, end: str) -> Iterator[Value]:
        while self.peek() != end:
            value = self.value()
            if self.peek() == ".":
                self.at += 3
                yield from value
            else:
                yield value
            self.at += self.peek() == ","
        self.at += 1

    def pairs(self) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while self.peek() != "}":
            quoted, _, word, _ = self.tokens[self.at]
            self.at += 2
            found[json.loads(quoted) if quoted else word] = self.value()
            self.at += self.peek() == ","
        self.at += 1
        return found


def outcome(text: str) -> Value:
    try:
        return Reading(text).value()
    except EvaluationError:
        return "error"


def typed(value: Value) -> Value:
    """The value so that true and 1 differ, and numbers read from text equal those computed."""
    if isinstance(value, dict):
        return {key: typed(child) for key, child in value.items()}
    if isinstance(value, list):
        return [typed(child) for child in value]
    return (type(value).__name__, value) if isinstance(value, bool | str) else value


@pytest.mark.parametrize("name", sorted({text.partition("(")[0] for text, _ in rows()}))
def test_a_function_gives_the_results_of_its_rows(name: str) -> None:
    mine = [(text, result) for text, result in rows() if text.startswith(f"{name}(")]
    expected = {text: typed(result if result == "error" else json.loads(result)) for text, result in mine}
    assert {text: typed(outcome(text)) for text, _ in mine} == expected


# What the Go core, which follows a newer YAML library, makes of a row otherwise than Terraform 1.11.
DEVIATIONS = {'yamldecode("<<: [{a: 1},{a: 2, b: 3}]")': "newer versions merge a list of maps"}

# A panic of the Go core ends its process.
GO_CORE = """
import json, sys
from tfparse import load_from_path
print(json.dumps(load_from_path(sys.argv[1])["row"][0]))
"""


def test_the_go_core_gives_the_same_results(tmp_path: Path) -> None:
    pytest.importorskip("tfparse", reason="tfparse, the Go core, has no wheel for this Python: nothing to compare with")
    cases = rows()
    attributes = [f"  row{index} = jsonencode([{text}])" for index, (text, _) in enumerate(cases)]
    (tmp_path / "main.tf").write_text("\n".join(['resource "row" "all" {', *attributes, "}"]), encoding="utf-8")
    command = [sys.executable, "-c", GO_CORE, str(tmp_path)]
    answers = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    assert sum(answers.get(f"row{index}") is not None for index in range(len(cases))) > 600
    different = []
    for index, (text, _) in enumerate(cases):
        answer = answers.get(f"row{index}")
        theirs = "error" if answer is None else json.loads(answer)[0]
        if typed(theirs) != typed(outcome(text)):
            different.append(text)
    assert different == list(DEVIATIONS)


# Functions and behaviours that Terraform 1.11 does not have: OpenTofu's, a newer version's, the AWS provider's.
BEYOND = [
    ("cidrcontains", ["10.0.0.0/8", "10.1.0.0/16"], True),
    ("cidrcontains", ["10.0.0.0/16", "10.0.0.0/8"], False),
    ("cidrcontains", ["10.0.0.0/8", "10.255.255.255"], True),
    ("cidrcontains", ["10.0.0.0/8", "11.0.0.0"], False),
    ("cidrcontains", ["fd00::/8", "fd12::1"], True),
    ("cidrcontains", ["fd00::/8", "10.0.0.1"], "error"),
    ("cidrcontains", ["nothing", "10.0.0.1"], "error"),
    ("element", [["a", "b", "c"], -1], "c"),
    ("element", [["a", "b", "c"], -4], "c"),
    ("ephemeralasnull", ["a"], "a"),
    ("flipsensitive", [["a"]], ["a"]),
    ("nonsensitive", [1], 1),
    ("provider::aws::arn_build", ["aws", "iam", "", "444455556666", "role/a"], "arn:aws:iam::444455556666:role/a"),
    ("provider::aws::arn_build", ["aws", "iam", "", None, "role/a"], "error"),
    (
        "provider::aws::arn_parse",
        ["arn:aws:rds:eu-west-1:444455556666:db:a"],
        {
            "partition": "aws",
            "service": "rds",
            "region": "eu-west-1",
            "account_id": "444455556666",
            "resource": "db:a",
        },
    ),
    ("provider::aws::arn_parse", ["arn:aws:rds"], "error"),
    ("provider::aws::trim_iam_role_path", ["arn:aws:iam::1:role/a/b/c"], "arn:aws:iam::1:role/c"),
    ("provider::aws::trim_iam_role_path", ["arn:aws:iam::1:role/c"], "arn:aws:iam::1:role/c"),
    ("provider::aws::trim_iam_role_path", ["arn:aws:iam::1:user/c"], "error"),
    ("sensitive", [{"a": 1}], {"a": 1}),
    ("urldecode", ["a+b%2Fc%C3%A9"], "a b/cé"),
    ("urldecode", ["%zz"], "error"),
    ("urldecode", ["%ff"], "error"),
    ("format", ["%s", None], "error"),
    ("format", ["%v", None], "null"),
    ("core::upper", ["a"], "A"),
]


@pytest.mark.parametrize(("name", "arguments", "result"), BEYOND)
def test_a_call_that_terraform_1_11_lacks_gives_its_result(name: str, arguments: list[Value], result: Value) -> None:
    if result == "error":
        with pytest.raises(EvaluationError):
            call(name, arguments, context(), None)
    else:
        assert typed(call(name, arguments, context(), None)) == typed(result)


RUN_TIME = {
    "abspath": ["a"],
    "base64gunzip": ["a"],
    "base64gzip": ["a"],
    "bcrypt": ["a"],
    "issensitive": ["a"],
    "plantimestamp": [],
    "rsadecrypt": ["a", "b"],
    "timestamp": [],
    "uuid": [],
}


@pytest.mark.parametrize("name", RUN_TIME)
def test_what_only_a_run_can_tell_is_a_text_that_says_so(name: str) -> None:
    result = call(name, RUN_TIME[name], context(), Place("main.tf", 3, 5))
    assert isinstance(result, Text)
    assert result.is_set
    assert result.reason
    assert result.place == Place("main.tf", 3, 5)


def test_every_function_has_a_row() -> None:
    called = {text.partition("(")[0] for text, _ in rows()} | {name for name, _, _ in BEYOND} | RUN_TIME.keys()
    files = {name for name in FUNCTIONS if name.startswith(("file", "template"))}
    assert FUNCTIONS.keys() - called - files == set()


def test_an_unknown_function_is_refused_with_a_suggestion() -> None:
    with pytest.raises(EvaluationError, match="did you mean cidrsubnet"):
        call("cidrsubnett", [], context(), None)
    with pytest.raises(EvaluationError, match=r"there is no function qqqqqq$"):
        call("qqqqqq", [], context(), None)


@pytest.mark.parametrize(("name", "arguments"), [("upper", []), ("upper", ["a", "b"]), ("lookup", [{}, "a", 1, 2])])
def test_a_wrong_number_of_arguments_is_refused(name: str, arguments: list[Value]) -> None:
    with pytest.raises(EvaluationError, match=f"{name}: the function takes"):
        call(name, arguments, context(), None)


def test_an_error_names_its_function() -> None:
    with pytest.raises(EvaluationError, match=r'^tonumber: a number is required, not the string "a"$'):
        call("tonumber", ["a"], context(), None)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("(a+)+$", "a" * 2000 + "b"), ("(a|a)*c", "a" * 2000 + "b"), ("(.*)(.*)(.*)(.*)x", "a" * 2000)],
)
def test_no_pattern_takes_exponential_time(pattern: str, text: str) -> None:
    assert call("regexall", [pattern, text], context(), None) == []


def test_a_pattern_that_backtracks_elsewhere_ends_at_once() -> None:
    with pytest.raises(EvaluationError, match="does not match"):
        call("regex", ["(a*)*b", "a" * 100_000], context(), None)


def test_a_script_is_a_class_of_letters() -> None:
    assert call("regex", [r"\p{Greek}+", "xαβy"], context(), None) == "αβ"


def test_two_groups_of_one_name_are_refused_where_terraform_takes_the_last() -> None:
    with pytest.raises(EvaluationError, match="not both"):
        call("regex", ["(?P<a>.)(?P<a>.)", "ab"], context(), None)


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    with pytest.raises(EvaluationError, match="too large"):
        call("yamldecode", ["\n".join(lines)], context(), None)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("jsondecode", "[" * 100_000),
        ("jsondecode", "[" * 900 + "]" * 900),
        ("jsondecode", "1e999999999"),
        ("yamldecode", "9" * 5000),
        ("tonumber", "9" * 5000),
        ("tonumber", "1e9999"),
        ("yamldecode", "[" * 1_000 + "]" * 1_000),
        ("yamldecode", "a: &a [*a]"),
        ("regex", "(" * 100_000),
    ],
)
def test_deep_nesting_and_huge_numbers_are_refused_or_unknown_and_never_a_crash(name: str, text: str) -> None:
    arguments = [text, "a"] if name == "regex" else [text]
    try:
        assert isinstance(call(name, arguments, context(), None), Unknown)
    except EvaluationError as error:
        assert str(error).startswith(name)  # noqa: PT017 - either outcome is right

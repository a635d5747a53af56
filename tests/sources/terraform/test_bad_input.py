"""Whatever is thrown at the reader, it ends in time, without an exception, and loses nothing that was good."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstay.model.values import Unknown, is_known
from mainstay.sources.terraform import Library, Options, read_root

GOOD = 'resource "a_b" "good" {\n  x = 1\n}\n'


def chain(first: str, step: str, length: int = 40) -> str:
    """Locals that each make more of the one before."""
    steps = "".join(f"  l{at + 1} = {step.replace('@', f'local.l{at}')}\n" for at in range(length))
    return f"locals {{\n  l0 = {first}\n{steps}}}\n" + bad(f"local.l{length}")


def bad(expression: str, more: str = "") -> str:
    return f'{more}resource "a_b" "bad" {{\n  x = {expression}\n}}\n'


HOSTILE = {
    "deep lists": bad("[" * 10_000 + "]" * 10_000),
    "deep parentheses": bad("(" * 10_000 + "1" + ")" * 10_000),
    "deep templates": bad('"${' * 10_000 + "1" + '}"' * 10_000),
    "deep lists left open": bad("[" * 10_000),
    "deep templates left open": bad('"${' * 10_000),
    "many signs": bad("!" * 50_000 + "true"),
    "a long sum": bad("1" + " + 1" * 20_000),
    "deep blocks": 'resource "a_b" "bad" {\n' + "x {\n" * 10_000 + "}\n" * 10_000 + "}\n",
    "deep types": 'variable "v" {\n  type = ' + "list(" * 5_000 + "any" + ")" * 5_000 + "\n}\n" + bad("var.v"),
    "deep JSON": bad('jsondecode("' + "[" * 5_000 + "]" * 5_000 + '")'),
    "many quotes": '"' * 70_000 + "\n",
    "many heredocs": "x = <<A\n" * 20_000,
    "doubled strings": chain('"xx"', '"${@}${@}"'),
    "doubled lists": chain("[1]", "[@, @]"),
    "doubled maps": chain("{ a = 1 }", "{ a = @, b = @ }"),
    "doubled by concat": chain("[1]", "concat(@, @)"),
    "doubled by join": chain('"xx"', 'join("", [@, @])'),
    "squares": chain("3", "@ * @"),
    "replaced by itself": chain('"aaaaaaaaaa"', 'replace(@, "a", @)', 12),
    "nested loops": bad("[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : a]]]"),
    "loops in templates": bad('"%{ for a in range(1000) }%{ for b in range(1000) }x%{ endfor }%{ endfor }"'),
    "a large product": bad("setproduct(range(1000), range(1000), range(1000))"),
    "a large count": 'resource "a_b" "bad" {\n  count = 1000000000\n}\n',
    "large numbers": bad("[pow(10, 1000000000), range(0, 1, 0.0000000001), 9.9e999999999]"),
    "many undecided": 'variable "u" {}\nlocals {\n'
    + "".join(f'  l{at} = var.u == "{at}" ? "p{at}" : "q{at}"\n' for at in range(30))
    + "}\n"
    + bad('"' + "".join(f"${{local.l{at}}}" for at in range(30)) + '"'),
    "a circle of locals": "locals {\n  a = local.b\n  b = local.a\n}\n" + bad("local.a"),
    "a local of itself": "locals {\n  a = [local.a]\n}\n" + bad("local.a"),
    "a circle of resources": 'resource "a_b" "other" {\n  x = a_b.bad.x\n}\n' + bad("a_b.other.x"),
    "a count of itself": 'resource "a_b" "bad" {\n  count = length(a_b.bad)\n}\n',
    "a circle of modules": 'module "m" {\n  source = "./"\n  x = module.m.y\n}\n',
    "a default that names others": 'variable "v" {\n  default = var.v\n}\n' + bad("var.v"),
    "unknown words": bad("frobnicate(1)") + bad("each.value") + bad("self.x"),
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_code_ends_in_time_and_loses_nothing_else(read: Callable[..., Any], hostile: str) -> None:
    started = time.process_time()
    reading = read({"bad.tf": hostile, "good.tf": GOOD})
    assert time.process_time() - started < 8
    assert reading["a_b.good"] == {"x": 1}
    told = [found.body.get("x") for address, found in reading.resources.items() if address != "a_b.good"]
    assert reading.gaps or told
    for value in told:
        is_known(value)  # can be walked through


READERS = ["file(@)", "filebase64(@)", "filesha256(@)", "templatefile(@, {})", 'fileset(@, "*")', "fileexists(@)"]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("target", ["/etc/passwd", "../../../../../../etc/passwd", "link/passwd", "~/x"])
def test_no_file_outside_the_tree_is_read(read: Callable[..., Any], tmp_path: Path, reader: str, target: str) -> None:
    (tmp_path / "link").symlink_to("/etc")
    reading = read(bad(reader.replace("@", f'"{target}"')))
    assert isinstance(reading["a_b.bad"]["x"], Unknown)
    assert [gap.kind for gap in reading.gaps] == ["refused"]


def test_links_that_lead_out_of_the_tree_or_nowhere_are_gaps(read: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "out.tf").symlink_to("/etc/passwd")
    (tmp_path / "out.auto.tfvars").symlink_to("/etc/passwd")
    (tmp_path / "loop.tf").symlink_to(tmp_path / "loop.tf")
    (tmp_path / "dangling.tf").symlink_to(tmp_path / "nothing")
    reading = read({"good.tf": GOOD})
    assert list(reading.resources) == ["a_b.good"]
    assert sorted(gap.kind for gap in reading.gaps) == ["refused", "refused", "unreadable", "unreadable"]


ENCODINGS = {
    "UTF-16": bad('"é"').encode("utf-16"),
    "UTF-16 without a mark": bad('"é"').encode("utf-16-le"),
    "Latin-1": bad('"caf\xe9"').encode("latin-1"),
    "cut off": bad('"é"').encode()[:-5],
    "not text": bytes(range(256)) * 50,
    "zero bytes": b"\0" * 5_000,
}


@pytest.mark.parametrize("content", ENCODINGS.values(), ids=ENCODINGS.keys())
def test_files_in_wrong_encodings_are_read_or_gaps(read: Callable[..., Any], content: bytes) -> None:
    reading = read({"bad.tf": content, "bad.tf.json": content, "terraform.tfvars": content, "good.tf": GOOD})
    assert reading["a_b.good"] == {"x": 1}
    assert "bad.tf" in {gap.place.file for gap in reading.gaps} or "a_b.bad" in reading.resources


def test_a_file_of_50_megabytes_is_a_gap_at_once(read: Callable[..., Any]) -> None:
    started = time.process_time()
    reading = read({"large.tf": b'resource "a_b" "c" {\n}\n' * 2_300_000, "good.tf": GOOD})
    assert time.process_time() - started < 1
    assert list(reading.resources) == ["a_b.good"]
    assert [gap.kind for gap in reading.gaps] == ["limit"]


def test_a_large_file_that_is_not_hcl_ends_in_time(read: Callable[..., Any]) -> None:
    started = time.process_time()
    reading = read({"large.tf": b'"' * 700_000, "good.tf": GOOD})
    assert time.process_time() - started < 8
    assert reading.gaps


def test_modules_that_call_two_modules_each_come_to_an_end(read: Callable[..., Any]) -> None:
    files = {
        f"m{at}/main.tf": f'module "a" {{\n  source = "../m{at + 1}"\n}}\nmodule "b" {{\n'
        f'  source = "../m{at + 1}"\n}}\n{GOOD}'
        for at in range(30)
    }
    reading = read({**files, "m30/main.tf": "", "main.tf": GOOD + 'module "m" {\n  source = "./m0"\n}\n'})
    assert reading["a_b.good"] == {"x": 1}
    assert "is one module too many" in "".join(reading.reasons)


SEED = GOOD + (
    'variable "v" {\n  type = object({ a = optional(number, 1) })\n  default = {}\n}\nlocals {\n'
    '  a = [for k, v in { x = 1 } : "${k}-${v}" if v > 0]\n'
    '  b = <<-EOT\n    %{ for x in local.a ~}\n    ${x}\n    %{ endfor ~}\n  EOT\n}\nresource "c_d" "e" {\n'
    '  for_each = toset(["p", "q"])\n'
    '  y = var.v.a == 1 ? local.b : try(each.value[0], null)\n  dynamic "z" {\n    for_each = local.a[*]\n'
    "    content {\n      w = z.value\n    }\n  }\n}\n"
)
PIECES = st.sampled_from(
    [
        '"',
        "${",
        "}",
        "{",
        "[",
        "]",
        "(",
        ")",
        "%{ if ",
        "~}",
        "<<E\n",
        "\n",
        "=",
        "...",
        "\0",
        "é",
        "\\",
        "for",
        "#",
        "/*",
        ".*",
        "[*]",
        "null",
        ",",
    ]
)
CUT = st.integers(min_value=0, max_value=len(SEED))


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(CUT, st.integers(0, 12), st.one_of(PIECES, st.text(max_size=4))), min_size=1, max_size=5)
)
def test_no_change_of_the_text_ends_a_review(tmp_path: Path, changes: list[tuple[int, int, str]]) -> None:
    text = SEED
    for at, length, piece in changes:
        text = text[:at] + piece + text[at + length :]
    (tmp_path / "main.tf").write_bytes(text.encode("utf-8", "surrogatepass"))
    started = time.process_time()
    for item in read_root(tmp_path.resolve(), Library(tmp_path, str), Options()):
        if hasattr(item, "body"):
            is_known(item.body)
    assert time.process_time() - started < 2

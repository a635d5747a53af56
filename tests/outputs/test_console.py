"""The console output: whole pages against golden files, and what must hold of every page.

`UPDATE_GOLDEN=1 pytest tests/outputs/test_console.py` writes the golden files anew; read what changed.
"""

from __future__ import annotations

import io
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mainstay.model.findings import Finding, Gap, Reason, Review
from mainstay.model.places import Place
from mainstay.outputs import FORMATS, Style

GOLDEN = Path(__file__).parent / "golden"
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def page(review: Review, style: Style) -> str:
    stream = io.StringIO()
    FORMATS["console"](review, stream, style)
    return stream.getvalue()


def first_failure(review: Review, control: str) -> Finding:
    return next(f for f in review.findings if f.control.id == control and f.verdict == "fail")


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize(("color", "suffix"), [(False, "txt"), (True, "ansi")])
def test_the_page_is_the_golden_one(weak: Review, code: Path, width: int, color: bool, suffix: str) -> None:
    golden = GOLDEN / f"console-{width}.{suffix}"
    written = page(weak, Style(color=color, width=width, base=code))
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(written)
    assert written == golden.read_text()


@pytest.mark.parametrize("width", [40, 60, 80, 132])
def test_colour_changes_nothing_but_the_colour(weak: Review, code: Path, width: int) -> None:
    plain = page(weak, Style(width=width, base=code))
    colored = page(weak, Style(color=True, width=width, base=code))
    assert "\x1b[" not in plain
    assert ESCAPE.sub("", colored) == plain


@pytest.mark.parametrize("width", [60, 80, 132])
def test_only_names_that_cannot_be_broken_are_wider_than_the_page(weak: Review, code: Path, width: int) -> None:
    for line in page(weak, Style(width=width, base=code)).splitlines():
        assert len(line) <= width or " on " in line or len(line.split()) == 1, line


def test_the_order_of_the_findings_does_not_change_the_page(weak: Review, code: Path) -> None:
    shuffled = list(weak.findings)
    random.Random(7).shuffle(shuffled)
    style = Style(base=code)
    assert page(replace(weak, findings=shuffled), style) == page(weak, style)


def test_the_worst_comes_first(weak: Review, code: Path) -> None:
    headlines = re.findall(r"^(CRITICAL|HIGH|MEDIUM|LOW) ", page(weak, Style(base=code)), re.M)
    assert headlines == ["CRITICAL"] * 3 + ["HIGH"] * 7 + ["MEDIUM"] + ["LOW"] * 2


def test_a_module_called_five_times_takes_one_block(weak: Review, code: Path) -> None:
    text = page(weak, Style(base=code))
    assert text.count("ebs-volume-is-encrypted on") == 1
    assert "    module.storage[2].aws_ebs_volume.data\n    and 2 more\n" in text
    assert "module.storage[4].aws_ebs_volume.data\n" in page(weak, Style(base=code, verbose=True))


def test_one_module_in_several_roots_names_the_roots(weak: Review, code: Path) -> None:
    finding = first_failure(weak, "ebs-volume-is-encrypted")
    twice = [replace(finding, subject=replace(finding.subject, scope=scope)) for scope in ("examples/a", "examples/b")]
    text = page(replace(weak, findings=twice), Style(base=code))
    assert "on 2 resources\n" in text
    assert "    module.storage[0].aws_ebs_volume.data in examples/b\n" in text


def test_findings_that_say_different_things_of_one_place_stay_apart(weak: Review, code: Path) -> None:
    finding = first_failure(weak, "ebs-volume-is-encrypted")
    other = replace(finding, reasons=(replace(finding.reasons[0], actual="absent"),))
    text = page(replace(weak, findings=[finding, other]), Style(base=code))
    assert text.count("ebs-volume-is-encrypted on") == 2


def test_resources_without_a_place_stay_apart_and_have_no_frame(weak: Review) -> None:
    finding = first_failure(weak, "ebs-volume-is-encrypted")
    bare = replace(finding, reasons=(Reason("Encrypted", "true", "false"),))
    named = [replace(bare, subject=replace(bare.subject, place=None, address=name)) for name in ("a.b", "c.d")]
    text = page(replace(weak, findings=named), Style())
    assert "on a.b\n  found  Encrypted is false, expected true\n" in text
    assert "on c.d\n" in text


@pytest.mark.parametrize("source", ["", "one line\n", "\x00\xff\xfe" * 50, "\n" * 100])
def test_a_file_that_changed_since_costs_its_frame_and_nothing_else(weak: Review, tmp_path: Path, source: str) -> None:
    for finding in weak.findings:
        if finding.subject.place:
            file = tmp_path / finding.subject.place.file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(source.encode("latin-1"))
    text = page(weak, Style(base=tmp_path))
    assert "  --> infra/database.tf:14:3\n  found  PubliclyAccessible is true, expected false\n" in text
    assert text.endswith("21 resources, 5 files\n11 undecided; 3 gaps\n")


def test_a_file_that_vanished_or_became_a_pipe_costs_its_frame_and_nothing_else(weak: Review, tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    os.mkfifo(tmp_path / "infra" / "database.tf")
    assert "  --> infra/database.tf:14:3\n  found  Publicly" in page(weak, Style(base=tmp_path))


def test_what_was_reviewed_sends_no_escape_sequences(weak: Review, tmp_path: Path) -> None:
    finding = first_failure(weak, "rds-survives-zone-loss")
    (tmp_path / "a.tf").write_text('multi_az = "\x1b[2J\u202e"\n')
    evil = replace(
        finding,
        subject=replace(finding.subject, address="x\x1b[31m", place=Place("a.tf", 1, 1), may_exist="a\x9b"),
        reasons=(Reason("MultiAZ", "true", "\x1b]8;;http://x\x07\nfalse", Place("a.tf", 1, 12)),),
    )
    gap = Gap("syntax", "no \x1b[0m here", Place("\x1b.tf", 1, 1))
    text = page(replace(weak, findings=[evil], gaps=[gap]), Style(base=tmp_path))
    assert all(character.isprintable() or character == "\n" for character in text)
    assert r'1 | multi_az = "\x1b[2J\u202e"' in text


def test_a_stream_that_knows_no_unicode_gets_escapes(weak: Review, tmp_path: Path) -> None:
    gap = Gap("syntax", "größer", Place("名.tf", 1, 1))
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    FORMATS["console"](replace(weak, gaps=[gap]), stream, Style(base=tmp_path))
    stream.flush()
    assert b"syntax: gr\\xf6\\xdfer\n      \\u540d.tf:1:1\n" in raw.getvalue()


def test_unknown_verdicts_stand_under_what_would_settle_them(weak: Review, code: Path) -> None:
    text = page(weak, Style(base=code))
    assert "Undecided: 11 verdicts, by what would settle them\n  10  set var.encrypt or pass a plan\n" in text
    assert (
        "   1  set the parameter Subnets\n        rds-survives-zone-loss on Balancer  stacks/web.yaml:18:16\n" in text
    )


def test_an_unknown_verdict_that_nothing_is_known_to_settle_says_what_is_unknown(weak: Review) -> None:
    finding = next(f for f in weak.findings if f.verdict == "unknown")
    reason = Reason("KmsKeyId", "set", "unknown: aws_kms_key.a.arn is known after apply")
    text = page(replace(weak, findings=[replace(finding, reasons=(reason,))]), Style())
    assert "  1  aws_kms_key.a.arn is known after apply\n" in text


def test_a_list_has_elements_and_a_property_is_something(weak: Review) -> None:
    finding = first_failure(weak, "rds-survives-zone-loss")
    reason = Reason("Subnets", "at least 2 elements", "1 element")
    text = page(replace(weak, findings=[replace(finding, reasons=(reason, *finding.reasons))]), Style())
    assert (
        "  found  Subnets has 1 element, expected at least 2 elements\n         MultiAZ is false, expected true\n"
        in text
    )


@pytest.mark.parametrize(
    ("verdicts", "last"),
    [
        (["pass"], "No weaknesses found: 1 control over 1 resource, 1 file"),
        (["pass", "unknown"], "No weaknesses found: 1 control over 1 resource, 1 file; 1 undecided"),
        (["pass", "waived"], "No weaknesses found: 1 control over 1 resource, 1 file; 1 waived"),
        ([], "Nothing was judged: no control applies to what is in 1 resource, 1 file"),
    ],
)
def test_without_weaknesses_the_last_line_says_what_was_checked(
    sound: Callable[..., Review], verdicts: Sequence[str], last: str
) -> None:
    assert page(sound(verdicts), Style()).splitlines()[-1] == last


def test_plain_text_imports_no_rich() -> None:
    script = (
        "import io, sys; from mainstay.outputs import FORMATS, Style; from mainstay.model.findings import Review\n"
        "FORMATS['console'](Review([], [], [], 0, 0), io.StringIO(), Style())\n"
        "sys.exit('rich' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0

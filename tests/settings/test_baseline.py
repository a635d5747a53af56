"""Baselines: written whole or not at all, read with located faults, and compared finding by finding."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine import parse
from mainstay.model.controls import Control
from mainstay.model.errors import DataError, UsageError
from mainstay.model.findings import Finding, Gap, Review, Subject, Verdict
from mainstay.model.places import Place
from mainstay.settings.baseline import Baseline, baseline_of, compare, parse_baseline, read_baseline, write_baseline


def control(id: str) -> Control:
    condition = parse({"A": 1})
    return Control(id, "t", ("AWS::S3::Bucket",), condition, "low", "data", ("SEC01-BP01",), "w", "f")


VERSIONS, LOGS = control("s3-keeps-versions"), control("s3-logs-access")


def finding(address: str, verdict: Verdict = "fail", which: Control = VERSIONS, scope: str = "infra") -> Finding:
    return Finding(which, verdict, Subject("AWS::S3::Bucket", address, scope, "", "terraform", Place("f.tf", 1, 1)))


def review(*findings: Finding, gaps: tuple[Gap, ...] = ()) -> Review:
    return Review(findings, gaps, (VERSIONS, LOGS), len(findings), 1)


def changes(result: Review) -> list[str | None]:
    return [one.change for one in result.findings]


GAP = Gap("syntax", "expected a block", Place("infra/a.tf", 3, 1))


def test_what_was_known_is_unchanged_and_the_rest_is_new() -> None:
    before = baseline_of(review(finding("a"), finding("b"), finding("c", "pass")))
    after = compare(review(finding("a"), finding("c"), finding("d", "unknown")), before)
    assert changes(after) == ["unchanged", "new", None]
    assert [one.address for one in after.fixed] == ["b"]


def test_findings_with_one_fingerprint_are_counted() -> None:
    before = baseline_of(review(finding("a"), finding("a")))
    assert changes(compare(review(finding("a"), finding("a"), finding("a")), before)) == ["unchanged"] * 2 + ["new"]
    assert len(compare(review(finding("a")), before).fixed) == 1
    assert len(compare(review(), before).fixed) == 2


@pytest.mark.parametrize("verdict", ["unknown", "waived"])
def test_what_is_unknown_or_waived_now_is_not_fixed(verdict: Verdict) -> None:
    assert compare(review(finding("a", verdict)), baseline_of(review(finding("a")))).fixed == []


def test_only_what_was_asked_and_judged_can_be_fixed() -> None:
    before = baseline_of(review(finding("a"), finding("a", which=LOGS), finding("a", scope="other")))
    narrower = replace(review(), controls=(VERSIONS,))
    [fixed] = compare(narrower, before, judged=lambda scope: scope == "infra").fixed
    assert (fixed.control, fixed.scope) == ("s3-keeps-versions", "infra")


def test_what_can_no_longer_be_read_is_not_fixed() -> None:
    before = baseline_of(review(finding("a")))
    module = replace(GAP, place=Place("modules/m/a.tf", 1, 1))
    elsewhere = replace(GAP, place=Place("other/a.tf", 1, 1))
    assert compare(review(gaps=(GAP,)), before).fixed == []
    assert compare(review(gaps=(module,)), before).fixed == []
    assert len(compare(review(finding("z", "pass", scope="other"), gaps=(elsewhere,)), before).fixed) == 1


def test_known_gaps_are_told_from_new_ones_by_kind_reason_and_file() -> None:
    before = baseline_of(review(gaps=(GAP,)))
    moved, twice = replace(GAP, place=Place("infra/a.tf", 9, 1)), replace(GAP, place=Place("infra/a.tf", 12, 1))
    other = replace(GAP, reason="never closed")
    assert compare(review(gaps=(moved, twice, other)), before).known_gaps == {moved}


def test_a_baseline_is_read_as_it_was_written_with_one_entry_a_line_in_order(tmp_path: Path) -> None:
    file = tmp_path / "new/baseline.json"
    made = baseline_of(review(finding("b"), finding("a"), finding('q["é"]'), gaps=(GAP,)))
    write_baseline(made, file)
    assert read_baseline(file, "b.json") == made
    text = file.read_text()
    assert json.loads(text)["schema"] == "mainstay/baseline/v1"
    assert [json.loads(line.rstrip(","))["address"] for line in text.splitlines() if "fingerprint" in line] == [
        "a", "b", 'q["é"]'
    ]  # fmt: skip
    write_baseline(baseline_of(review(finding('q["é"]'), finding("a"), finding("b"), gaps=(GAP,))), file)
    assert file.read_text() == text, "the order of findings does not move it"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "b.json:1:1: is no baseline of the schema mainstay/baseline/v1"),
        ('{"schema": "mainstay/baseline/v2"}', "b.json:1:1: is no baseline of the schema"),
        ('{"schema": "mainstay/baseline/v1",\n "findings": 1}', "b.json:2:2: 'findings' has to be a list"),
        (
            '{"schema": "mainstay/baseline/v1",\n "gaps": [\n{"kind": 1}]}',
            "b.json:3:1: an entry of 'gaps' has",
        ),
        ("{\n<<<<<<< HEAD\n", "b.json:1:1: a merge has left conflicts in it (write it anew with --write-baseline)"),
        ("", "b.json:1:1: "),
    ],
)
def test_what_is_no_baseline_has_faults_with_places(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "b.json").write_text(text)
    with pytest.raises(DataError) as caught:
        read_baseline(tmp_path / "b.json", "b.json")
    assert said in str(caught.value)


def test_a_file_that_cannot_be_read_or_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"b\.json:1:1: cannot be read: No such file"):
        read_baseline(tmp_path / "b.json", "b.json")
    with pytest.raises(UsageError, match="cannot write"):
        write_baseline(Baseline(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_file_keeps_its_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("{}")
    real.chmod(0o640)
    link.symlink_to(real)
    write_baseline(Baseline(), link)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert read_baseline(real, "b") == Baseline()


WRITER = """
import sys
from pathlib import Path
from mainstay.model.decisions import Known
from mainstay.settings.baseline import Baseline, write_baseline
made = Baseline(tuple(Known(f"{n:016x}", "c", "t", f"a{n}", "s") for n in range(20_000)))
print("ready", flush=True)
while True:
    write_baseline(made, Path(sys.argv[1]))
"""


def test_a_writer_that_is_killed_leaves_a_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    write_baseline(Baseline(), file)
    for wait in (0.02, 0.15, 0.3):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(wait)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        assert len(read_baseline(file, "b").findings) in (0, 20_000)


PIECES = ["{", "}", '"schema": "mainstay/baseline/v1"', '"findings"', '"gaps"', ": ", "[", "]", ",", '"a"', "1", "\\"]


@given(st.lists(st.sampled_from(PIECES) | st.characters(), max_size=30).map("".join))
def test_any_text_gives_a_baseline_or_faults(text: str) -> None:
    baseline, faults = parse_baseline(text, "b.json")
    assert faults or isinstance(baseline, Baseline)

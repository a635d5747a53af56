"""`review --fix`: patches and the reasons for none, several fixes of one file, and the writing of files."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.verbs.repairs import reviewed, written

import mainstay
from mainstay.model import conditions
from mainstay.model.errors import UsageError
from mainstay.model.findings import Review
from mainstay.model.patches import Edit, NoPatch, Patch
from mainstay.verbs.fixing import Fixes, apply, fixes, outcome, unified_diff, with_patches, write

DATABASE = """\
resource "aws_db_instance" "orders" {
  engine                  = "postgres"
  backup_retention_period = 0
}
"""
WEEK, STANDBY = "rds-keeps-backups-for-a-week", "rds-survives-zone-loss"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_failure_has_a_patch_or_says_why_a_person_is_needed() -> None:
    written(Path(), {"main.tf": DATABASE})
    found = with_patches(reviewed(WEEK, STANDBY, "rds-ships-logs"))
    told = {one.control.id: one.patch for one in found.findings}
    start = DATABASE.index("0\n")
    assert told[WEEK] == Patch("set BackupRetentionPeriod", (Edit("main.tf", start, start + 1, "7"),))
    assert isinstance(told[STANDBY], Patch)
    assert told["rds-ships-logs"] == NoPatch("which EnableCloudwatchLogsExports, and how many, is yours to decide")


GUIDE = Path(__file__).parents[2] / "docs/guides/fixing.md"


def _reasons() -> Iterator[str]:
    """Every reason that the code gives, `...` for what is filled in."""
    for package in ("sources", "engine", "verbs"):
        for file in sorted((Path(mainstay.__file__).parent / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "NoPatch":
                    parts = node.args[0].values if isinstance(node.args[0], ast.JoinedStr) else [node.args[0]]
                    if not all(isinstance(part, ast.Name) for part in parts):
                        texts = (str(part.value) if isinstance(part, ast.Constant) else "..." for part in parts)
                        yield "".join(texts)


def test_every_reason_for_no_patch_is_in_the_guide() -> None:
    table = "\n".join(line for line in GUIDE.read_text("utf-8").splitlines() if line.startswith("| `"))
    reasons = list(_reasons())
    assert len(reasons) > 30
    missing = [reason for reason in reasons if reason.partition(": ...")[0].removeprefix("...") not in table]
    assert missing == []


def test_what_passes_or_is_not_known_has_neither() -> None:
    written(Path(), {"main.tf": 'variable "on" {}\nresource "aws_kms_key" "k" {\n  enable_key_rotation = var.on\n}\n'})
    (finding,) = with_patches(reviewed("kms-key-rotates")).findings
    assert (finding.verdict, finding.patch) == ("unknown", None)


def test_a_fix_is_shown_as_a_diff_before_anything_is_written() -> None:
    written(Path(), {"main.tf": DATABASE})
    assert unified_diff(fixes(reviewed(WEEK))) == (
        "--- a/main.tf\n"
        "+++ b/main.tf\n"
        "@@ -1,4 +1,4 @@\n"
        ' resource "aws_db_instance" "orders" {\n'
        '   engine                  = "postgres"\n'
        "-  backup_retention_period = 0\n"
        "+  backup_retention_period = 7\n"
        " }\n"
    )
    assert Path("main.tf").read_text() == DATABASE


def test_a_written_fix_is_known_to_have_worked() -> None:
    written(Path(), {"main.tf": DATABASE})
    found = fixes(reviewed(WEEK, STANDBY))
    write(found)
    after = outcome(found, reviewed(WEEK, STANDBY))
    assert ({one.control.id for one in after.gone}, after.still) == ({WEEK, STANDBY}, ())
    assert fixes(reviewed(WEEK, STANDBY)).edits == {}


def test_a_fix_that_did_not_work_is_told() -> None:
    written(Path(), {"main.tf": DATABASE})
    before = reviewed(WEEK)
    assert [one.control.id for one in outcome(fixes(before), before).still] == [WEEK]


def test_controls_that_want_different_values_get_the_one_that_all_are_content_with() -> None:
    written(Path(), {"main.tf": 'resource "aws_kms_key" "k" {\n  deletion_window_in_days = 7\n}\n'})
    found = reviewed("kms-key-leaves-time-to-take-deletion-back", "kms-key-rotates")
    assert {one.verdict for one in found.findings} == {"fail"}
    stricter = _asking_for(found, "kms-key-leaves-time-to-take-deletion-back", 30)
    both = replace(found, findings=[*found.findings, *stricter.findings])
    made = fixes(both)
    assert made.edits["main.tf"][0].text == "30"
    assert len(made.fixed) == len(both.findings)


def _asking_for(found: Review, id: str, days: int) -> Review:
    """The finding as another control would have it, that asks for more."""
    (one,) = (finding for finding in found.findings if finding.control.id == id)
    assert isinstance(one.control.expect, conditions.Test)
    stricter = replace(one.control, id=f"{id}-indeed", expect=replace(one.control.expect, values=(days,)))
    return replace(found, findings=[replace(one, control=stricter)])


def test_edits_are_made_from_the_offsets_of_the_text_as_it_was() -> None:
    edits = [Edit("f", 4, 5, "E"), Edit("f", 0, 1, "AA"), Edit("f", 2, 2, "-"), Edit("f", 2, 2, "-")]
    assert apply(b"abcdef", edits) == b"AAb-cdEf"


def test_offsets_count_the_byte_order_mark_and_characters_of_several_bytes() -> None:
    text = '# für\nresource "aws_kms_key" "k" {\n  description = "ä"\n}\n'
    Path("main.tf").write_bytes(b"\xef\xbb\xbf" + text.encode())
    write(fixes(reviewed("kms-key-rotates")))
    written_text = Path("main.tf").read_bytes()
    assert written_text == b"\xef\xbb\xbf" + text.replace('"ä"\n', '"ä"\n  enable_key_rotation = true\n').encode()


def test_a_file_keeps_its_mode_and_a_link_stays_a_link() -> None:
    written(Path(), {"real/main.tf": DATABASE, "live/other.tf": ""})
    Path("real/main.tf").chmod(0o640)
    Path("live/main.tf").symlink_to("../real/main.tf")
    found = fixes(reviewed(WEEK))
    assert [one.control.id for one in found.fixed]
    write(found)
    assert Path("real/main.tf").stat().st_mode & 0o777 == 0o640
    assert Path("live/main.tf").is_symlink()
    assert "= 7" in Path("real/main.tf").read_text()
    assert sorted(os.listdir("real")) == ["main.tf"]


def test_a_file_outside_of_what_is_under_review_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, {"shared/main.tf": DATABASE, "live/main.tf": "", ".git/HEAD": ""})
    monkeypatch.chdir(tmp_path / "live")
    (tmp_path / "live" / "linked.tf").symlink_to("../shared/main.tf")
    found = fixes(reviewed(WEEK), [Path()])
    assert found.edits == {}
    assert [why.reason for _, why in found.left] == ["its file lies outside of what is under review"]


def test_a_file_that_is_gone_meanwhile_is_a_usage_error() -> None:
    found = Fixes({"gone.tf": (Edit("gone.tf", 0, 0, "x"),)}, (), ())
    with pytest.raises(UsageError, match=r"gone\.tf cannot be read"):
        write(found)

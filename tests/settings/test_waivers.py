"""The waiver file: read whole, or all that is wrong with it told with its place."""

from __future__ import annotations

import json
from datetime import date
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.errors import DataError
from mainstay.settings.waivers import find_waivers, home_of, parse_waivers, read_waivers

IDS = ("s3-keeps-versions", "s3-logs-access", "rds-is-not-public")
SCHEMA = json.loads(files("mainstay.settings").joinpath("waivers.schema.json").read_text())
GOOD = """\
- control: s3-keeps-versions
  address: aws_s3_bucket.scratch
  reason: It is rebuilt every night.
  owner: data-team
  until: 2027-01-31
- {control: s3-*, path: infra/dev/*, reason: nothing real is there, owner: platform}
- {control: rds-is-not-public, everywhere: true, reason: guarded by the network, owner: platform}
"""


def test_a_waiver_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / ".mainstay").mkdir()
    file = tmp_path / ".mainstay/waivers.yaml"
    file.write_text(GOOD)
    first, second, third = read_waivers(file, "waivers.yaml", IDS, tmp_path, home_of(file))
    assert (first.control, first.address) == ("s3-keeps-versions", "aws_s3_bucket.scratch")
    assert (first.waiver.owner, first.waiver.until, first.waiver.source) == ("data-team", date(2027, 1, 31), "file")
    assert str(first.waiver.place) == "waivers.yaml:1:3"
    assert second.path == f"{tmp_path.as_posix()}/infra/dev/*", "paths are relative to the directory around .mainstay"
    assert third.waiver.until is None
    assert home_of(tmp_path / "waivers.yaml") == tmp_path.resolve()


@pytest.mark.parametrize(
    ("written", "instead", "line", "said"),
    [
        (
            "control: s3-keeps-versions",
            "control: s3-keep-versions",
            1,
            "(did you mean 's3-keeps-versions'?)",
        ),
        ("  owner: data-team\n", "", 1, "the waiver lacks the key 'owner'"),
        ("reason: It is", "reasons: It is", 3, "a waiver has no key 'reasons' (did you mean 'reason'?)"),
        (
            "until: 2027-01-31",
            "until: 2027-02-31",
            5,
            "'2027-02-31' is no day (YYYY-MM-DD, the last",
        ),
        ("until: 2027-01-31", "until: 2027", 5, "'until' has to be text"),
        (
            "  address: aws_s3_bucket.scratch\n",
            "",
            1,
            "the waiver does not say what it is for (name an address, a type",
        ),
        ("everywhere: true", "everywhere: yes", 7, "'everywhere' has to be true or false"),
        (
            "everywhere: true",
            "everywhere: true, type: x",
            7,
            "a waiver is for everything or for",
        ),
        ("  reason: It", "  owner: It", 4, "the key 'owner' stands twice in one map"),
        ("- control: s3-keeps", "- [\n- control: s3-keeps", 2, "did not find expected"),
    ],
)
def test_what_is_wrong_has_its_place(tmp_path: Path, written: str, instead: str, line: int, said: str) -> None:
    assert written in GOOD
    file = tmp_path / "waivers.yaml"
    file.write_text(GOOD.replace(written, instead, 1))
    with pytest.raises(DataError) as caught:
        read_waivers(file, "w.yaml", IDS, tmp_path, home_of(file))
    told = [str(fault) for fault in caught.value.faults]
    assert any(one.startswith(f"w.yaml:{line}:") and said in one for one in told), told


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_bytes(b"- text\n- {control: nothing}\n- \xff\n")
    with pytest.raises(DataError) as caught:
        read_waivers(file, "w.yaml", IDS, tmp_path, home_of(file))
    assert len(caught.value.faults) == 7


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^w.yaml:1:1: cannot be read"):
        read_waivers(tmp_path / "none.yaml", "w.yaml", IDS, tmp_path, tmp_path)


CASES = [
    "",
    "[]",
    "- {control: s3-*, address: a, reason: r, owner: o}",
    "- {control: s3-*, everywhere: true, reason: r, owner: o}",
    "- {control: s3-*, everywhere: false, scope: x, reason: r, owner: o, until: '2027-01-31'}",
    "- {control: s3-*, everywhere: false, reason: r, owner: o}",
    "- {control: s3-*, everywhere: true, scope: x, reason: r, owner: o}",
    "- {control: s3-*, reason: r, owner: o}",
    "- {control: s3-*, address: a, reason: '', owner: o}",
    "- {control: s3-*, address: a, reason: r, owner: o, until: soon}",
    "- {control: s3-*, address: a, reason: r, owner: 3}",
    "- {control: s3-*, address: a, reason: r}",
    "- {control: s3-*, adress: a, reason: r, owner: o}",
    "{}",
    "- text",
]


@pytest.mark.parametrize("text", CASES)
def test_the_schema_and_the_reader_agree(text: str) -> None:
    _, faults = parse_waivers(text, "w.yaml", IDS, "", "")
    errors = list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(text)))
    assert bool(faults) == bool(errors), (faults, errors)


PIECES = [
    "- ",
    "control",
    "s3-*",
    ": ",
    "\n",
    "  ",
    "until",
    "2027-01-31",
    "{",
    "}",
    "[",
    "&a ",
    "*a",
    "everywhere",
    "true",
]


@given(st.lists(st.sampled_from(PIECES) | st.characters(), max_size=40).map("".join))
def test_any_text_gives_entries_or_faults(text: str) -> None:
    entries, faults = parse_waivers(text, "w.yaml", IDS, "/home", "/home")
    assert faults or all(entry.waiver.owner and entry.waiver.reason for entry in entries)


def test_the_default_file_is_found_at_or_above_what_is_reviewed(tmp_path: Path) -> None:
    deep = tmp_path / "repository/infra"
    deep.mkdir(parents=True)
    for directory in (tmp_path, tmp_path / "repository"):
        (directory / ".mainstay").mkdir()
        (directory / ".mainstay/waivers.yaml").write_text("[]\n")
    assert find_waivers((), None, deep) == (tmp_path / "repository/.mainstay/waivers.yaml",)
    (tmp_path / "repository/.mainstay/waivers.yaml").unlink()
    assert find_waivers((), None, deep) == (tmp_path / ".mainstay/waivers.yaml",)
    (tmp_path / "repository/.git").mkdir()
    assert find_waivers((), None, deep) == ()
    assert find_waivers((), (), tmp_path) == (), "a configuration may say that there are none"
    assert find_waivers((deep / "w.yaml",), (tmp_path / "x.yaml",), tmp_path) == (deep / "w.yaml",)

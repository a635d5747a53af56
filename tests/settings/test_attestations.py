"""Attestations: read whole, or all that is wrong with them told with its place."""

from __future__ import annotations

import json
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml

from mainstay.model.errors import DataError
from mainstay.settings.attestations import canonical, find_attestations, identity, last_day, read_attestations
from mainstay.settings.freshness import read_ages

PRACTICES = ("OPS03-BP01", "OPS03-BP02", "SEC01-BP01")
TODAY = date(2026, 11, 23)
SCHEMA = json.loads(files("mainstay.settings").joinpath("attestations.schema.json").read_text())
GOOD = """\
practice: OPS03-BP01
statement: >-
  The head of payments sponsors the workload,
  and asks for its health every month.
by: Web Team <web@example.org>
on: 2026-11-02
expires: 2027-11-02
link: https://wiki.example.org/sponsors
"""


def write(directory: Path, name: str, text: str) -> Path:
    (directory / "attestations").mkdir(exist_ok=True)
    file = directory / "attestations" / name
    file.write_text(text, "utf-8")
    return file


def test_an_attestation_is_read_whole(tmp_path: Path) -> None:
    write(tmp_path, "sponsor.yaml", GOOD)
    write(tmp_path, "notes.txt", "no attestation")
    [entry] = read_attestations(find_attestations(None, tmp_path), PRACTICES, TODAY, tmp_path)
    said = entry.attestation
    assert said.statement == "The head of payments sponsors the workload, and asks for its health every month."
    assert (said.practice, said.applies, said.scope) == ("OPS03-BP01", True, "")
    assert (said.on, said.expires) == (date(2026, 11, 2), date(2027, 11, 2))
    assert str(said.place) == "attestations/sponsor.yaml:1:1"
    assert identity(said.by) == "web@example.org"
    assert identity("platform-team") == "platform-team"


@pytest.mark.parametrize(
    ("written", "instead", "line", "said"),
    [
        ("OPS03-BP01", "OPS3-BP01", 1, "the framework has no practice 'OPS3-BP01' (did you mean 'OPS03-BP01'?)"),
        ("by: Web Team <web@example.org>\n", "", 1, "the attestation lacks the key 'by'"),
        ("link:", "links:", 8, "an attestation has no key 'links' (did you mean 'link'?)"),
        ("on: 2026-11-02", "on: 2026-11-24", 6, "it is dated 2026-11-24, which is still to come"),
        ("on: 2026-11-02", "on: 2026-02-30", 6, "'2026-02-30' is no day (YYYY-MM-DD)"),
        ("2027-11-02", "2027-11-03", 7, "a statement holds for a year at most (2027-11-02 is its last day)"),
        ("expires: 2027-11-02", "expires: 2026-11-01", 7, "it expires before it says anything"),
        ("link: https", "applies: sometimes\nlink: https", 8, "'applies' has to be true or false"),
        ("link: https", "practice: OPS03-BP02\nlink: https", 8, "the key 'practice' stands twice in one map"),
        ("practice: OPS", "practice: [OPS", 2, "did not find expected"),
        ("by: Web Team <web@example.org>", 'by: "Web\\nTeam"', 5, "'by' has to be one line"),
    ],
)
def test_what_is_wrong_has_its_place(tmp_path: Path, written: str, instead: str, line: int, said: str) -> None:
    assert written in GOOD
    write(tmp_path, "a.yaml", GOOD.replace(written, instead, 1))
    with pytest.raises(DataError) as caught:
        read_attestations(find_attestations(None, tmp_path), PRACTICES, TODAY, tmp_path)
    [fault] = caught.value.faults
    assert said in str(fault)
    assert fault.place is not None
    assert (fault.place.file, fault.place.line) == ("attestations/a.yaml", line)


def test_one_practice_has_one_statement_a_scope(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", GOOD)
    write(tmp_path, "b.yaml", GOOD + "scope: account 111122223333\n")
    read_attestations(find_attestations(None, tmp_path), PRACTICES, TODAY, tmp_path)
    write(tmp_path, "c.yaml", GOOD)
    write(tmp_path, "d.yaml", "- a list\n")
    with pytest.raises(DataError) as caught:
        read_attestations(find_attestations(None, tmp_path), PRACTICES, TODAY, tmp_path)
    assert [str(fault) for fault in caught.value.faults] == [
        "attestations/d.yaml:1:1: a file of an attestation holds a map",
        "attestations/c.yaml:1:1: OPS03-BP01 is attested twice (first at attestations/a.yaml:1:1)",
    ]


def test_they_are_found_at_or_above_a_path_and_not_beyond_its_repository(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", GOOD)
    inner = tmp_path / "repository" / "infra"
    inner.mkdir(parents=True)
    assert find_attestations(None, inner) == (tmp_path / "attestations",)
    assert find_attestations([inner / "x.yaml"], inner) == (inner / "x.yaml",)
    (tmp_path / "repository" / ".git").mkdir()
    assert find_attestations(None, inner) == ()


def test_what_is_signed_changes_with_the_words_and_not_with_their_layout(tmp_path: Path) -> None:
    def signed(text: str) -> bytes:
        [entry] = read_attestations([write(tmp_path, "a.yaml", text)], PRACTICES, TODAY, tmp_path)
        return canonical(entry.attestation)

    lines = GOOD.splitlines(keepends=True)
    assert signed(GOOD) == signed("# a comment\n" + "".join(lines[4:] + lines[:4]))
    for word, instead in (
        ("every month", "every year"),
        ("BP01", "BP02"),
        ("2027-11-02", "2027-11-01"),
        ("web@", "ops@"),
    ):
        assert signed(GOOD) != signed(GOOD.replace(word, instead))
    assert signed(GOOD) != signed(GOOD + "applies: false\n")
    assert signed(GOOD) != signed(GOOD + "scope: production\n")


def test_a_year_ends_on_the_same_day_of_the_next_one() -> None:
    assert last_day(date(2026, 11, 2)) == date(2027, 11, 2)
    assert last_day(date(2028, 2, 29)) == date(2029, 2, 28)


def test_the_schema_says_what_the_reader_says() -> None:
    class AsText(yaml.SafeLoader):
        """Days are text to the reader, and `on` is a word."""

    AsText.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in found if not tag.endswith((":timestamp", ":bool")) or first in "tf"]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    validator = jsonschema.Draft202012Validator(SCHEMA)
    assert list(validator.iter_errors(yaml.load(GOOD + "applies: false\n", AsText))) == []
    for line in ("days: 3\n", "applies: perhaps\n", "scope: ''\n"):
        assert list(validator.iter_errors(yaml.load(GOOD + line, AsText))), line
    assert list(validator.iter_errors(yaml.load(GOOD.replace("by:", "signature:"), AsText)))


def test_ages_are_numbers_of_minutes_hours_or_days() -> None:
    ages, wrong = read_ages({"config": "90m", "identity": "14d", "logs": "24 h"})
    assert (ages, wrong) == (
        {"config": timedelta(minutes=90), "identity": timedelta(days=14), "logs": timedelta(hours=24)},
        [],
    )
    ages, wrong = read_ages({"confg": "1h", "config": "soon", "logs": 24, "metrics": "0h", "attestation": "400d"})
    assert not ages
    assert [(key, said) for key, said, _ in wrong] == [
        ("confg", "there is no kind of evidence 'confg'"),
        ("config", "'config' has to be a time"),
        ("logs", "'logs' has to be a time"),
        ("metrics", "'metrics' has to be a time"),
        ("attestation", "'attestation' is longer than evidence can last"),
    ]
    assert wrong[0][2] == "did you mean 'config'?"

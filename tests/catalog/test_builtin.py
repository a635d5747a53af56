"""The built-in catalogue, entry by entry: true to the schemas, to the framework, and to how we write."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from functools import lru_cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from mainstay.catalog import control_files, in_words, load
from mainstay.catalog.loader import BUILTIN
from mainstay.documents import read_yaml
from mainstay.model.controls import Control

FILES = list(control_files(BUILTIN))
SCHEMA = BUILTIN / "control.schema.json"
PEERS = Path(__file__).with_name("peer_ids.json")
"""Scanner -> id -> the ideas that it stands for, those that three scanners share or more."""

NAMES_WITH_DIGITS = {"s3", "ec2", "route53", "http2", "ipv6", "ipv4", "tls12", "x509", "gp3", "imdsv2"}
FILLERS = re.compile(r"\b(simply|just(?! anyone)|obviously|easily|of course|please)\b", re.IGNORECASE)


@lru_cache(maxsize=1)
def controls() -> tuple[Control, ...]:
    return load().controls


def test_every_entry_is_true_to_schemas_and_practices() -> None:
    assert len(load(check=True).controls) >= 130


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_schema_for_editors_accepts_every_file(file: Path) -> None:
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    document = read_yaml(file.read_text("utf-8"), file.name).value
    errors = [
        f"{file.name}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error in Draft202012Validator(schema).iter_errors(document)
    ]
    assert errors == []


def test_the_schema_for_editors_refuses_what_the_loader_refuses() -> None:
    validator = Draft202012Validator(json.loads(SCHEMA.read_text()))
    (entry, *_) = read_yaml(FILES[0].read_text("utf-8"), "").value
    for wrong in (
        {"layer": "storage"},
        {"id": "No_Kebab"},
        {"practice": "x"},
        {"also": {"chekov": ["x"]}},
        {"expect": 1},
    ):
        assert not validator.is_valid([{**entry, **wrong}]), wrong


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_is_small_enough_to_read(file: Path) -> None:
    assert 1 <= len(read_yaml(file.read_text("utf-8"), file.name).value) <= 30


def test_no_two_controls_say_the_same() -> None:
    titles = Counter(control.title.lower() for control in controls())
    assert [title for title, count in titles.items() if count > 1] == []
    conditions = defaultdict(list)
    for control in controls():
        words = (in_words(control.when) if control.when else "", in_words(control.expect))
        for kind in control.applies_to:
            conditions[kind, words].append(control.id)
    assert [ids for ids in conditions.values() if len(ids) > 1] == []


def test_ids_are_kebab_and_have_digits_in_names_only() -> None:
    odd = [
        control.id
        for control in controls()
        for word in control.id.split("-")
        if not re.fullmatch("[a-z]+", word) and word not in NAMES_WITH_DIGITS
    ]
    assert odd == []


def test_titles_are_short_sentences_that_state_and_do_not_advise() -> None:
    wrong = {
        control.id: control.title
        for control in controls()
        if len(control.title) > 80
        or control.title.endswith(".")
        or not control.title[0].isupper()
        or re.search(r"\b(should|must|ensure)\b", control.title, re.IGNORECASE)
    }
    assert wrong == {}


def test_why_and_fix_are_whole_sentences() -> None:
    wrong = {
        f"{control.id}.{key}": text
        for control in controls()
        for key, text in (("why", control.why), ("fix", control.fix))
        if not text.endswith(".") or not re.match(r"[A-Z`*\"]", text) or "\n" in text
    }
    assert wrong == {}


def test_the_prose_does_without_fillers_and_advice() -> None:
    wrong = {
        control.id: filler[0]
        for control in controls()
        for text in (control.title, control.why, control.fix)
        if (filler := FILLERS.search(text))
    }
    assert wrong == {}
    assert [control.id for control in controls() if re.search(r"\bshould\b", control.why)] == []


def test_every_id_of_another_scanner_is_known() -> None:
    peers = json.loads(PEERS.read_text())
    unknown = [
        f"{control.id}: {scanner} {name}"
        for control in controls()
        for scanner, names in control.also.items()
        for name in names
        if name not in peers[scanner]
    ]
    assert unknown == []


def test_every_idea_that_four_scanners_share_has_a_control() -> None:
    peers = json.loads(PEERS.read_text())
    scanners = defaultdict(set)
    for scanner, names in peers.items():
        for ideas in names.values():
            for idea in ideas:
                scanners[idea].add(scanner)
    covered = {
        idea
        for control in controls()
        for scanner, names in control.also.items()
        for name in names
        for idea in peers[scanner].get(name, ())
    }
    shared = {idea for idea, known in scanners.items() if len(known) >= 4}
    assert len(shared) == 133
    assert sorted(shared - covered) == []


def test_every_pillar_but_sustainability_is_touched() -> None:
    # what scanners share says little of sustainability
    assert {"OPS", "SEC", "REL", "PERF", "COST"} <= {pillar for control in controls() for pillar in control.pillars}

"""The built-in catalogue, entry by entry: true to the schemas, to the framework, and to how we write."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Set
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

ROOT = Path(__file__).parent.parent.parent
NAMES_WITH_DIGITS = {"s3", "ec2", "route53", "http2", "ipv6", "ipv4", "tls12", "x509", "gp3", "imdsv2", "cloud9"}
FILLERS = re.compile(
    r"\b(simply|just(?! anyone)|obviously|easily|of course|please|very|best practice|robust|seamless|leverage)\b",
    re.IGNORECASE,
)
OTHER_SPELLINGS = re.compile(
    r"organisation|\butili[sz]e|\bAZs?\b|\b(e\.g|i\.e|etc)\.|of the account's own|\bcan not\b|[!?—–]"
    r"|(?<=[a-z,] )Regions?\b(?![.,])"
)
"""What the catalogue says in other words: organization, use, zone, such as, a key of your own, region, cannot."""

IMPERATIVES = re.compile(
    "(Add|Agree|Allow|Assess|Associate|Attach|Build|Change|Choose|Compare|Connect|Declare|Delete|Deliver|Enable|Export"
    "|Forward|Give|Have|Keep|Leave|Let|List|Make|Measure|Mount|Move|Name|Narrow|Open|Publish|Put|Register|Remove"
    "|Replace|Request|Require|Resize|Restore|Revoke|Route|Set|Share|Start|Tag|Take|Use|Write)\\b"
)

PRACTICES_SERVED = {"OPS": 22, "SEC": 42, "REL": 43, "PERF": 16, "COST": 26, "SUS": 16}
"""To how many practices of a pillar controls give evidence, at least: floors to raise."""

FAMILIES: Mapping[str, tuple[str, Set[str], Set[str]]] = {
    "withstands-a-mistaken-delete": ("are protected from deletion$", {"OPS06-BP01"}, {"medium"}),
    "leaves-a-final-snapshot": ("behind( when they are deleted)?$", {"REL09-BP01"}, {"medium", "low"}),
    "keeps-backups-for-a-week": ("for a week or longer$", {"REL09-BP01", "REL09-BP03"}, {"medium"}),
    "uses?-customer-key": ("with a key of your own$", {"SEC08-BP01"}, {"low"}),
    "logs-access": ("write( server)? access logs|keep access logs", {"SEC04-BP01"}, {"medium"}),
    "(password|value)-is-not-in-code": ("are not written in code$", {"SEC02-BP03"}, {"high"}),
    "manages-its-password": ("^Secrets Manager makes and changes", {"SEC02-BP03", "SEC02-BP05"}, {"low"}),
    "policy-names-its-principals": ("just anyone$", {"SEC03-BP07"}, {"high", "critical"}),
    "metadata-tokens|-metadata-asks-for-tokens": ("token", {"SEC06-BP02"}, {"low", "medium", "high"}),
    "(is|are)-of-a-current-generation": ("current|managed storage", set(), {"low"}),
    "runs-on-(arm|graviton)": ("run on (Arm processors|Graviton)$", {"SUS05-BP02", "COST05-BP05"}, {"low"}),
    "(spans?-zones|survives-zone-loss)": ("zone", {"REL10-BP01"}, {"low", "medium", "high"}),
    "is-not-public": ("public|named accounts|shared with everybody|open to every", set(), {"high", "critical"}),
    "traces-requests": ("trace|ties? visits", {"OPS04-BP05"}, {"low"}),
    "says-who-pays": ("tag that says who pays$", {"COST03-BP02"}, {"low"}),
}
"""What ends an id -> what the title says, practices that are among its own, and how severe such a control may be."""


@lru_cache(maxsize=1)
def controls() -> tuple[Control, ...]:
    return load().controls


def test_every_entry_is_true_to_schemas_and_practices() -> None:
    assert len(load(check=True).controls) >= 680


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
    assert 1 <= len(read_yaml(file.read_text("utf-8"), file.name).value) <= 25


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
        if not text.endswith(".") or not re.match(r"[A-Z`*\"]", text) or "\n" in text or "  " in text
    }
    assert wrong == {}


def test_why_and_fix_are_read_in_a_breath() -> None:
    assert [control.id for control in controls() if len(control.why) > 200 or len(control.fix) > 240] == []


def test_a_fix_begins_with_what_to_do() -> None:
    wrong = {control.id: control.fix for control in controls() if not IMPERATIVES.match(control.fix)}
    assert wrong == {}


def test_one_thing_has_one_spelling() -> None:
    wrong = {
        control.id: other[0]
        for control in controls()
        for text in (control.title, control.why, control.fix)
        if (other := OTHER_SPELLINGS.search(text))
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
    assert [control.id for control in controls() if re.search(r"\bshould\b", control.why + control.fix)] == []


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


def test_every_idea_that_three_scanners_share_has_a_control() -> None:
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
        for idea in peers[scanner][name]
    }
    shared = {idea for idea, known in scanners.items() if len(known) >= 3}
    assert len(shared) == 234
    assert shared - covered == set()


def test_a_third_of_the_catalogue_and_more_is_in_no_other_scanner() -> None:
    own = [control.id for control in controls() if not control.also]
    assert len(own) >= max(350, len(controls()) / 3)


def test_the_practices_of_every_pillar_are_served() -> None:
    served = defaultdict(set)
    for practice in {practice for control in controls() for practice in control.practices}:
        served[re.match("[A-Z]+", practice)[0]].add(practice)  # type: ignore[index]
    assert {pillar: count for pillar, count in PRACTICES_SERVED.items() if len(served[pillar]) < count} == {}


@pytest.mark.parametrize("ending", FAMILIES)
def test_controls_of_one_idea_speak_and_weigh_alike(ending: str) -> None:
    title, practices, severities = FAMILIES[ending]
    family = [control for control in controls() if re.search(f"-{ending}$", control.id)]
    assert len(family) >= 2
    unlike = {
        control.id: (control.title, control.practices, control.severity)
        for control in family
        if not re.search(title, control.title)
        or not practices <= set(control.practices)
        or control.severity not in severities
    }
    assert unlike == {}


def test_what_asks_for_an_alarm_is_of_the_layer_operations() -> None:
    alarms = [control for control in controls() if re.search("-warns-(of|when|before)-|-has-an-alarm$", control.id)]
    assert len(alarms) >= 15
    assert {control.id: control.layer for control in alarms if control.layer != "operations"} == {}


def test_the_controls_of_a_service_are_in_its_file_or_in_files_that_begin_with_its_name() -> None:
    files = defaultdict(set)
    for control in controls():
        assert control.place is not None
        stem = Path(control.place.file).stem
        if stem != "tags":
            files[control.id.partition("-")[0]].add(stem)
    spread = {
        service: stems
        for service, stems in files.items()
        if len(stems) > 1 and not all(stem == service or stem.startswith(f"{service}-") for stem in stems)
    }
    assert spread == {}


def test_the_page_on_controls_says_what_is_in_files_that_are_named_for_no_service() -> None:
    services = {control.id.partition("-")[0] for control in controls()}
    page = (ROOT / "docs/reference/controls.md").read_text("utf-8")
    names = {file.stem for file in FILES if not {file.stem, file.stem.partition("-")[0]} & services}
    assert {name for name in names if f"`{name}.yaml`" not in page} == set()
    assert set(re.findall(r"^\| `([a-z-]+)\.yaml`", page, re.MULTILINE)) <= {file.stem for file in FILES}

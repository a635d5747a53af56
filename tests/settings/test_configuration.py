"""The configuration file: found, read whole, and everything wrong in it told with its place."""

from __future__ import annotations

import json
import tomllib
from datetime import timedelta
from importlib.metadata import EntryPoint
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.catalog import load
from mainstay.model.errors import DataError
from mainstay.settings.configuration import Adjustment, Configuration, Detecting, adjusted
from mainstay.settings.plugins import Plugin, installed_catalogs
from mainstay.settings.reading import KEYS, find_configuration, parse_configuration, read_configuration
from mainstay.settings.toml_places import key_places

SCHEMA = json.loads(files("mainstay.settings").joinpath("configuration.schema.json").read_text())
WHOLE = '''\
paths = ["infra"]
severity = "medium"
fail-on = "high"
allow-incomplete = true
pillars = ["SEC", "rel"]
practices = ["SEC08", "REL09-BP01"]
format = ["console", "sarif=out/mainstay.sarif", "json=-"]
variable-files = ["prod.tfvars"]
workspace = "prod"
region = "eu-central-1"
account = "123456789012"
partition = "aws"
catalogs = ["house"]
baseline = ".mainstay/baseline.json"
waivers = ["waivers.yaml"]
with = ["semgrep.sarif"]
exclude = ["**/examples/*"]
profile = "review"
role-arn = "arn:aws:iam::123456789012:role/mainstay"
role-name = "mainstay"
regions = ["eu-central-1", "eu-west-1"]
ledger = ".mainstay/ledger.sqlite"

[freshness]
config = "36h"

[attestations]
paths = ["governance"]
allowed-signers = "governance/allowed_signers"
unsigned = "accept"

[variables]
multi_az = true
zones = ["a", "b"]
name = "orders"

[parameters]
Zones = ["a", "b"]
Size = 3

[controls.s3-logs-access]
severity = "low"

[controls.s3-keeps-versions]
enabled = false
reason = """Copies are kept
elsewhere."""

[detect]
rules = ["sigma"]
state = ".mainstay/state.sqlite"
places = "places.csv"
digest-keys = "keys.json"

[detect.lists]
own_accounts = ["111122223333"]

[detections.root-is-used]
severity = "critical"
'''


def parse(text: str, name: str = "mainstay.toml") -> tuple[Configuration, list[str]]:
    configuration, faults = parse_configuration(text, name, Path("/repository") / name)
    return configuration, [str(fault) for fault in faults]


def test_a_configuration_is_read_whole_and_its_paths_begin_at_the_file() -> None:
    found, faults = parse(WHOLE)
    assert faults == []
    home = Path("/repository")
    assert found.home == home
    assert found.paths == (home / "infra",)
    assert (found.severity, found.fail_on, found.allow_incomplete) == ("medium", "high", True)
    assert (found.pillars, found.practices) == (("SEC", "REL"), ("SEC08", "REL09-BP01"))
    assert found.formats == ("console", "sarif=/repository/out/mainstay.sarif", "json=-")
    assert found.variables == {"multi_az": "true", "zones": '["a", "b"]', "name": "orders"}
    assert found.parameters == {"Zones": "a,b", "Size": "3"}
    assert (found.baseline, found.waivers) == (home / ".mainstay/baseline.json", (home / "waivers.yaml",))
    assert (found.catalogs, found.reports, found.variable_files) == (
        (home / "house",), (home / "semgrep.sarif",), (home / "prod.tfvars",)
    )  # fmt: skip
    assert (found.workspace, found.region, found.account) == ("prod", "eu-central-1", "123456789012")
    assert (found.profile, found.role_name, found.regions) == ("review", "mainstay", ("eu-central-1", "eu-west-1"))
    assert found.ledger == "/repository/.mainstay/ledger.sqlite"
    assert found.freshness == {"config": timedelta(hours=36)}
    assert found.attestations == (home / "governance",)
    assert (found.allowed_signers, found.accept_unsigned) == (home / "governance/allowed_signers", True)
    assert found.detecting == Detecting(
        (home / "sigma",), home / ".mainstay/state.sqlite", home / "places.csv", home / "keys.json",
        {"own_accounts": ("111122223333",)},
    )  # fmt: skip
    assert found.detections["root-is-used"].severity == "critical"
    assert found.controls["s3-logs-access"].severity == "low"
    off = found.controls["s3-keeps-versions"]
    assert (off.enabled, off.reason, str(off.place)) == (False, "Copies are kept\nelsewhere.", "mainstay.toml:44:11")


def test_every_key_is_in_the_whole_example_and_in_the_schema() -> None:
    assert set(tomllib.loads(WHOLE)) == set(KEYS) == set(SCHEMA["properties"])


def test_pyproject_says_the_same_in_its_table() -> None:
    assert parse('[tool.other]\nx = 1\n[tool.mainstay]\nregion = "r"\n', "pyproject.toml")[0].region == "r"
    _, faults = parse('[tool.mainstay]\nrejion = "r"\n', "pyproject.toml")
    assert faults == ["pyproject.toml:2:1: the configuration has no key 'rejion' (did you mean 'region'?)"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('severty = "low"', "1:1: the configuration has no key 'severty' (did you mean 'severity'?)"),
        ("# c\n\n  severity = 3", "3:3: 'severity' has to be text"),
        ('severity = "hihg"', "1:1: there is no severity 'hihg' (did you mean 'high'?)"),
        ('fail-on = "always"', "1:1: there is no fail-on 'always' (one of low, medium, high, critical, never)"),
        ('allow-incomplete = "yes"', "1:1: 'allow-incomplete' has to be true or false"),
        ('paths = "infra"', "1:1: 'paths' has to be a list of texts"),
        ('pillars = ["SECURITY"]', "1:1: there is no pillar 'SECURITY' (one of OPS, SEC, REL, PERF, COST, SUS)"),
        ('format = ["=x"]', "1:1: '=x' is no format (a name, or name=file)"),
        ("variables = {\n}", "1:14: "),
        ("[variables]\na = 1\nday = 2027-01-31", "3:1: the value of 'day' cannot be given"),
        ('variables = {a = "x", b = nan}', "1:23: the value of 'b' cannot be given"),
        ("[parameters]\na = {b = 1}", "2:1: the value of 'a' cannot be given"),
        ("controls = 3", "1:1: 'controls' has to be a table"),
        ("[controls]\na-b = 3", "2:1: 'controls.a-b' has to be a table"),
        ("[controls.a-b]\nenabled = false", "1:11: a control is switched off with a reason (reason = \"...\")"),
        ('[controls.a-b]\nseverity = "lo"', "2:1: there is no severity 'lo' (did you mean 'low'?)"),
        ("controls.a-b.enable = true", "1:14: a control is not changed by a key 'enable' (did you mean 'enabled'?)"),
        ('x = """a""""" # fine\nseverity = 1', "2:1: 'severity' has to be text"),
        ("a = 1\na = 2", "2:6: Cannot overwrite a value"),
        ('region = "x', "1:12: "),
        ("a = " + "[" * 5_000, "1:1: nested too deep"),
        ("a = " + "1" * 5_000, "1:1: "),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_place(text: str, said: str) -> None:
    _, faults = parse(text)
    assert any(fault.startswith(f"mainstay.toml:{said}") for fault in faults), faults


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "mainstay.toml"
    file.write_bytes(b'severity = 1\nregion = 2\n"b\xffd" = 3\n')
    with pytest.raises(DataError) as caught:
        read_configuration(file, "m.toml")
    assert [str(fault.place) for fault in caught.value.faults] == [
        "m.toml:3:3",
        "m.toml:3:1",
        "m.toml:1:1",
        "m.toml:2:1",
    ]


# -- finding


def test_the_nearest_file_counts_up_to_the_top_of_the_repository(tmp_path: Path) -> None:
    deep = tmp_path / "repository/infra/prod"
    deep.mkdir(parents=True)
    outer = tmp_path / "mainstay.toml"
    outer.write_text("")
    assert find_configuration(deep) == outer
    (tmp_path / "repository/.git").mkdir()
    assert find_configuration(deep) is None
    project = tmp_path / "repository/pyproject.toml"
    project.write_text("[project]\nname = 'mainstay-x'\n")
    assert find_configuration(deep) is None, "a pyproject.toml without our table is none of ours"
    project.write_text("[tool.mainstay]\n")
    (deep / "main.tf").write_text("")
    assert find_configuration(deep / "main.tf") == project
    (tmp_path / "repository/mainstay.toml").write_text("")
    assert find_configuration(deep) == tmp_path / "repository/mainstay.toml"
    (deep / "pyproject.toml").write_text("[tool.mainstay]\nregion = \n")
    assert find_configuration(deep) == deep / "pyproject.toml", "its errors have to be told"


# -- controls


def test_controls_get_other_severities_or_are_switched_off() -> None:
    controls = load().controls
    first, second = controls[0], controls[1]
    other = "low" if first.severity != "low" else "high"
    changed = adjusted(controls, {first.id: Adjustment(other), second.id: Adjustment(enabled=False, reason="r")})
    assert changed[0].severity == other
    assert second.id not in {control.id for control in changed}
    assert len(changed) == len(controls) - 1


def test_a_control_that_there_is_not_is_a_fault_with_its_place() -> None:
    configuration, _ = parse("[controls.s3-keep-versions]\nenabled = true\n")
    with pytest.raises(DataError) as caught:
        adjusted(load().controls, configuration.controls)
    assert str(caught.value) == (
        "mainstay.toml:1:11: there is no control 's3-keep-versions' (did you mean 's3-keeps-versions'?)"
    )


# -- entry points


def test_catalogues_of_installed_packages_are_found_without_importing_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "house_rules/catalog"
    package.mkdir(parents=True)
    for init in (package / "__init__.py", package.parent / "__init__.py"):
        init.write_text("raise SystemExit('imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    point = EntryPoint("house", "house_rules.catalog", "mainstay.catalogs")
    assert installed_catalogs([point]) == [Plugin("house", "house_rules.catalog", package)]
    with pytest.raises(DataError, match=r"the catalogue 'gone' is no directory: there is no package 'nowhere\.at_all'"):
        installed_catalogs([EntryPoint("gone", "nowhere.at_all", "mainstay.catalogs")])
    assert installed_catalogs() == []


# -- the schema


CASES = [
    WHOLE, "", 'severity = "low"', 'severity = "none"', 'fail-on = "never"', "fail-on = 1", "allow-incomplete = 1",
    'pillars = ["sec"]', 'pillars = ["x"]', 'practices = [""]', "practices = []", 'format = ["a=b"]', 'format = ["a="]',
    "variables = 1", "variables = {a = [1, {b = 2}]}", "parameters = {a = 1.5}", "parameters = {a = [[1]]}",
    "parameters = {a = {}}", 'region = ""', 'region = "r"', "waivers = []", 'waivers = "x"', "with = [1]", "other = 1",
    "[controls]", "[controls.x]\nenabled = false", '[controls.x]\nenabled = false\nreason = " "', "controls = []",
    '[controls.x]\nenabled = false\nreason = "r"', '[controls.x]\nseverity = "x"', "[controls.x]\nother = 1",
    "[controls.x]\nenabled = 1", "[controls.x]\nreason = 1",
]  # fmt: skip


@pytest.mark.parametrize("text", CASES)
def test_the_schema_and_the_reader_agree(text: str) -> None:
    errors = list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(tomllib.loads(text)))
    assert bool(errors) == bool(parse(text)[1]), (errors, parse(text)[1])


# -- any text

PIECES = [
    "severity", "controls", "variables", "with", ".", " = ", "[", "]", "[[", "]]", "{", "}", ",", "\n", '"', "'", '"""',
    "'''", "a", "1", "0x" + "f" * 5_000, "nan", "2027-01-31", "true", "#", "\\", "\\u00e9", "\r\n", "tool", "mainstay",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.characters(), max_size=30).map("".join), st.booleans())
def test_any_text_gives_a_configuration_or_faults(text: str, project: bool) -> None:
    configuration, _ = parse(text, "pyproject.toml" if project else "mainstay.toml")
    assert configuration.file is not None


KEYWORDS = st.sampled_from(["a", "b-c", '"d.e"', "'f'", '"\\u00e9"'])
LEAVES = ["1", "true", '"x = 1"', "'[y]'", '"""\nz = 1\n"""', "'''\n[q]'''''", "1979-05-27 07:32:00", "-inf"]


def array(items: list[str]) -> str:
    return "[" + ",\n# c = 1\n".join(items) + "]"


def table(entries: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key} = {value}" for key, value in entries.items()) + "}"


VALUES = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.lists(inner, max_size=3).map(array) | st.dictionaries(KEYWORDS, inner, max_size=2).map(table),
    max_leaves=4,
)


@given(st.dictionaries(KEYWORDS, VALUES, max_size=4), st.dictionaries(KEYWORDS, VALUES, max_size=2))
def test_every_key_of_a_document_has_its_place(top: dict[str, str], inner: dict[str, str]) -> None:
    text = "".join(f"{key} = {value}\n" for key, value in top.items())
    text += "[table . 'x']\n" + "".join(f"  {key} = {value} # c\n" for key, value in inner.items())
    places = key_places(text, "f")
    lines = text.split("\n")
    for key in (*top, *inner):
        name = tomllib.loads(f"{key} = 1")
        path = (*(("table", "x") if key in inner and key not in top else ()), next(iter(name)))
        place = places[path]
        assert lines[place.line - 1][place.column - 1 :].startswith(key)
    assert {("table",), ("table", "x")} <= set(places)

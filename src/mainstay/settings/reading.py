"""Finds the configuration file and reads it; everything wrong in it is told at once, with its place."""

from __future__ import annotations

import datetime
import json
import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from mainstay.documents import decode, did_you_mean
from mainstay.model.controls import PILLARS, SEVERITIES, Pillar, Severity
from mainstay.model.errors import DataError, Fault
from mainstay.model.places import Place
from mainstay.model.practices import EvidenceKind
from mainstay.settings.configuration import FILE, PROJECT_FILE, Adjustment, Configuration, Detecting
from mainstay.settings.freshness import read_ages
from mainstay.settings.toml_places import KeyPath, key_places

FAIL_ON = (*SEVERITIES, "never")
_AT = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)$")
_FORMAT = re.compile(r"[a-z][a-z0-9-]*(=.*\S.*)?")

Table = Mapping[str, Any]


def find_configuration(start: Path) -> Path | None:
    """The configuration file for a path: the nearest one at or above it, up to the top of its repository.

    In one directory mainstay.toml goes before pyproject.toml, which counts where it has a table `[tool.mainstay]`.
    """
    resolved = start.resolve()
    directory = resolved if resolved.is_dir() else resolved.parent
    for each in (directory, *directory.parents):
        if (each / FILE).is_file():
            return each / FILE
        if _speaks_of_us(each / PROJECT_FILE):
            return each / PROJECT_FILE
        if (each / ".git").exists():
            return None
    return None


def _speaks_of_us(file: Path) -> bool:
    """Whether a pyproject.toml is ours as well. One with errors is, where it names us: its errors are told then."""
    try:
        text = file.read_text("utf-8", errors="replace")
        return "mainstay" in text and "mainstay" in tomllib.loads(text).get("tool", {})
    except OSError:
        return False
    except (ValueError, RecursionError, AttributeError, TypeError):
        return re.search(r"^\s*\[\s*tool\s*\.\s*mainstay\b", text, re.MULTILINE) is not None


def read_configuration(file: Path, shown: str) -> Configuration:
    """The configuration in a file. Raises DataError with all that is wrong."""
    try:
        text, unreadable = decode(file.read_bytes(), shown)
    except OSError as error:
        raise DataError([Fault(f"cannot be read: {error.strerror}", Place(shown, 1, 1))]) from None
    configuration, faults = parse_configuration(text, shown, file.resolve())
    if unreadable or faults:
        raise DataError([*([unreadable] if unreadable else []), *faults])
    return configuration


def parse_configuration(text: str, shown: str, file: Path) -> tuple[Configuration, list[Fault]]:
    """The configuration in a text, and all that is wrong with it. `file` is where relative paths begin."""
    text = text.replace("\r\n", "\n")
    try:
        document: Table = tomllib.loads(text)
        places = key_places(text, shown)
    except RecursionError:
        return Configuration(file), [Fault("nested too deep", Place(shown, 1, 1))]
    except ValueError as error:
        return Configuration(file), [_syntax(str(error), text, shown)]
    prefix: KeyPath = ()
    if file.name == PROJECT_FILE:
        tool = document.get("tool", {})
        document, prefix = (tool.get("mainstay", {}) if isinstance(tool, dict) else {}), ("tool", "mainstay")
    reader = _Reader(document, prefix, places, file, Place(shown, 1, 1))
    if not isinstance(document, dict):
        reader.fault((), "'mainstay' has to be a table")
        return Configuration(file), reader.faults
    return reader.configuration(), reader.faults


def _syntax(message: str, text: str, shown: str) -> Fault:
    found = _AT.search(message)
    said = message[: found.start()].strip() if found else message.splitlines()[0]
    if found and found[1]:
        return Fault(said, Place(shown, int(found[1]), int(found[2])))
    if found:
        return Fault(said, Place(shown, text.count("\n") + 1, len(text) - text.rfind("\n")))
    return Fault(said, Place(shown, 1, 1))


class _Reader:
    """The keys of one configuration, read one by one."""

    def __init__(
        self, table: Table, prefix: KeyPath, places: Mapping[KeyPath, Place], file: Path, start: Place
    ) -> None:
        self.table = table
        self.prefix = prefix
        self.places = places
        self.file = file
        self.start = start
        self.faults: list[Fault] = []

    def configuration(self) -> Configuration:
        self.check_keys((), self.table, KEYS, "the configuration has no key")
        return Configuration(
            file=self.file,
            paths=self.paths("paths"),
            severity=cast(Severity | None, self.choice("severity", SEVERITIES)),
            fail_on=self.choice("fail-on", FAIL_ON),
            allow_incomplete=self.flag("allow-incomplete"),
            pillars=self.pillars(),
            practices=self.texts("practices"),
            formats=self.formats(),
            variables=self.values("variables", _as_variable),
            variable_files=self.paths("variable-files"),
            parameters=self.values("parameters", _as_parameter),
            workspace=self.text("workspace"),
            region=self.text("region"),
            account=self.text("account"),
            partition=self.text("partition"),
            catalogs=self.paths("catalogs"),
            baseline=self.path("baseline"),
            waivers=self.paths("waivers") if "waivers" in self.table else None,
            reports=self.paths("with"),
            exclude=self.texts("exclude"),
            profile=self.text("profile"),
            role_arn=self.text("role-arn"),
            role_name=self.text("role-name"),
            regions=self.texts("regions"),
            ledger=self.ledger(),
            freshness=self.freshness(),
            **self.attestations(),
            controls=dict(self.adjustments("controls", "a control")),
            detecting=self.detecting(),
            detections=dict(self.adjustments("detections", "a detection")),
        )

    def place(self, path: KeyPath) -> Place:
        """Where a key stands, or the nearest thing around it."""
        whole = (*self.prefix, *path)
        return next((self.places[whole[:n]] for n in range(len(whole), 0, -1) if whole[:n] in self.places), self.start)

    def fault(self, path: KeyPath, message: str, hint: str = "") -> None:
        self.faults.append(Fault(message, self.place(path), hint))

    def check_keys(self, path: KeyPath, table: Table, known: Sequence[str], complaint: str) -> None:
        for key in table:
            if key not in known:
                self.fault((*path, key), f"{complaint} '{key}'", did_you_mean(key, known))

    def text(self, key: str) -> str | None:
        value = self.table.get(key)
        if isinstance(value, str) and value.strip():
            return value
        if key in self.table:
            self.fault((key,), f"'{key}' has to be text")
        return None

    def flag(self, key: str) -> bool | None:
        value = self.table.get(key)
        if key in self.table and not isinstance(value, bool):
            self.fault((key,), f"'{key}' has to be true or false")
        return value if isinstance(value, bool) else None

    def choice(self, key: str, options: Sequence[str]) -> str | None:
        value = self.text(key)
        if value is not None and value not in options:
            self.fault(
                (key,), f"there is no {key} '{value}'", did_you_mean(value, options) or f"one of {', '.join(options)}"
            )
            return None
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.table.get(key, [])
        if isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value):
            return tuple(value)
        self.fault((key,), f"'{key}' has to be a list of texts")
        return ()

    def paths(self, key: str) -> tuple[Path, ...]:
        return tuple(path for text in self.texts(key) if (path := self.resolved(key, text)) is not None)

    def path(self, key: str) -> Path | None:
        text = self.text(key)
        return None if text is None else self.resolved(key, text)

    def resolved(self, key: str, text: str) -> Path | None:
        if "\0" in text:
            self.fault((key,), f"'{key}' is no path")
            return None
        return self.file.parent / text

    def ledger(self) -> str | None:
        """The URL of a database, or a file."""
        text = self.text("ledger")
        if text is None or "://" in text:
            return text
        path = self.resolved("ledger", text)
        return None if path is None else str(path)

    def table_of(self, key: str) -> Table:
        table = self.table.get(key, {})
        if isinstance(table, dict):
            return table
        self.fault((key,), f"'{key}' has to be a table")
        return {}

    def freshness(self) -> dict[EvidenceKind, datetime.timedelta]:
        ages, wrong = read_ages(self.table_of("freshness"))
        for key, message, hint in wrong:
            self.fault(("freshness", key), message, hint)
        return ages

    def attestations(self) -> dict[str, Any]:
        table = self.table_of("attestations")
        inner = _Reader(table, (*self.prefix, "attestations"), self.places, self.file, self.start)
        inner.check_keys((), table, ATTESTATIONS, "attestations have no key")
        unsigned = inner.choice("unsigned", ("accept", "refuse"))
        found = {
            "attestations": inner.paths("paths") if "paths" in table else None,
            "allowed_signers": inner.path("allowed-signers"),
            "accept_unsigned": unsigned == "accept",
        }
        self.faults += inner.faults
        return found

    def detecting(self) -> Detecting:
        table = self.table_of("detect")
        inner = _Reader(table, (*self.prefix, "detect"), self.places, self.file, self.start)
        inner.check_keys((), table, DETECT, "detections have no key")
        lists: dict[str, tuple[str, ...]] = {}
        named = inner.table_of("lists")
        within = _Reader(named, (*inner.prefix, "lists"), self.places, self.file, self.start)
        for name in named:
            lists[name] = within.texts(name)
        found = Detecting(
            inner.paths("rules"), inner.path("state"), inner.path("places"), inner.path("digest-keys"), lists
        )
        self.faults += [*inner.faults, *within.faults]
        return found

    def pillars(self) -> tuple[Pillar, ...]:
        found: list[Pillar] = []
        for one in self.texts("pillars"):
            if one.upper() in PILLARS:
                found.append(cast(Pillar, one.upper()))
            else:
                self.fault(("pillars",), f"there is no pillar '{one}'", f"one of {', '.join(PILLARS)}")
        return tuple(found)

    def formats(self) -> tuple[str, ...]:
        """Formats, each with the file that it goes to; which there are is for the outputs to say."""
        written = self.texts("format")
        for one in written:
            if not _FORMAT.fullmatch(one):
                self.fault(("format",), f"'{one}' is no format", "a name, or name=file")
        files = {one: one.partition("=")[2] for one in written}
        paths = {one: self.resolved("format", file) for one, file in files.items() if file and file != "-"}
        return tuple(f"{one.partition('=')[0]}={paths[one]}" if one in paths else one for one in written)

    def values(self, key: str, spell: Callable[[Any], str | None]) -> dict[str, str]:
        """A table of values, as they would be given on the command line."""
        table = self.table.get(key, {})
        if not isinstance(table, dict):
            self.fault((key,), f"'{key}' has to be a table")
            return {}
        found = {name: spell(value) for name, value in table.items()}
        for name, value in found.items():
            if value is None:
                self.fault((key, name), f"the value of '{name}' cannot be given")
        return {name: value for name, value in found.items() if value is not None}

    def adjustments(self, key: str, what: str) -> Iterator[tuple[str, Adjustment]]:
        """What is changed about controls or detections, by id."""
        for id, said in self.table_of(key).items():
            path = (key, id)
            if not isinstance(said, dict):
                self.fault(path, f"'{key}.{id}' has to be a table")
                continue
            self.check_keys(path, said, ADJUSTMENTS, f"{what} is not changed by a key")
            severity, enabled, reason = said.get("severity"), said.get("enabled", True), said.get("reason", "")
            if "severity" in said and not isinstance(severity, str):
                self.fault((*path, "severity"), "'severity' has to be text")
            elif severity is not None and severity not in SEVERITIES:
                hint = did_you_mean(severity, SEVERITIES) or f"one of {', '.join(SEVERITIES)}"
                self.fault((*path, "severity"), f"there is no severity '{severity}'", hint)
            if not isinstance(enabled, bool):
                self.fault((*path, "enabled"), "'enabled' has to be true or false")
            elif not isinstance(reason, str) or not (enabled or reason.strip()):
                self.fault(path, f"{what} is switched off with a reason", 'reason = "..."')
            else:
                known = cast(Severity, severity) if severity in SEVERITIES else None
                yield id, Adjustment(known, enabled, reason, self.place(path))


def _as_variable(value: Any) -> str | None:
    """A value as `--var` takes it: text as it is, everything else as JSON, which Terraform's language reads."""
    if isinstance(value, str):
        return value
    return None if _unspellable(value) else json.dumps(value)


def _as_parameter(value: Any) -> str | None:
    """A value as `--parameter` takes it: lists are written with commas."""
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return ",".join(str(_as_parameter(one)) for one in value)
    return None if isinstance(value, dict | list) else _as_variable(value)


def _unspellable(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_unspellable, value.values()))
    if isinstance(value, list):
        return any(map(_unspellable, value))
    if isinstance(value, int):
        return value.bit_length() > 1_000  # Python refuses to write numbers of a few thousand digits
    if isinstance(value, float):
        return not math.isfinite(value)
    return isinstance(value, datetime.date | datetime.time)


KEYS = (
    "paths", "severity", "fail-on", "allow-incomplete", "pillars", "practices", "format", "variables",
    "variable-files", "parameters", "workspace", "region", "account", "partition", "catalogs", "baseline", "waivers",
    "with", "exclude", "profile", "role-arn", "role-name", "regions", "ledger", "freshness", "attestations", "controls",
    "detect", "detections",
)  # fmt: skip
ATTESTATIONS = ("paths", "allowed-signers", "unsigned")
DETECT = ("rules", "state", "places", "digest-keys", "lists")
ADJUSTMENTS = ("severity", "enabled", "reason")

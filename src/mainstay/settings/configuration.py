"""The configuration: `mainstay.toml`, or `[tool.mainstay]` in pyproject.toml, so that nobody types the same options
every day. `configuration.schema.json` is its schema."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from mainstay.documents import did_you_mean
from mainstay.model.controls import Control, Pillar, Severity
from mainstay.model.errors import DataError, Fault
from mainstay.model.places import Place
from mainstay.model.practices import EvidenceKind

FILE = "mainstay.toml"
PROJECT_FILE = "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What the user changed about a control: its severity, or that it is not asked, with the reason."""

    severity: Severity | None = None
    enabled: bool = True
    reason: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Detecting:
    """What a configuration says of detections: directories of rules besides the pack, the file that states are kept in,
    the table of networks and places, CloudTrail's public keys, and the lists that fill in placeholders."""

    rules: tuple[Path, ...] = ()
    state: Path | None = None
    places: Path | None = None
    digest_keys: Path | None = None
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a configuration file says; None and empty are what it does not say.

    Paths are absolute: in the file they are relative to its directory, `home`; so is the ledger where it is a file.
    `file` is None where there is none.
    """

    file: Path | None = None
    paths: tuple[Path, ...] = ()
    severity: Severity | None = None
    fail_on: str | None = None
    allow_incomplete: bool | None = None
    pillars: tuple[Pillar, ...] = ()
    practices: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    variable_files: tuple[Path, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    workspace: str | None = None
    region: str | None = None
    account: str | None = None
    partition: str | None = None
    catalogs: tuple[Path, ...] = ()
    baseline: Path | None = None
    waivers: tuple[Path, ...] | None = None
    reports: tuple[Path, ...] = ()
    exclude: tuple[str, ...] = ()
    profile: str | None = None
    role_arn: str | None = None
    role_name: str | None = None
    regions: tuple[str, ...] = ()
    ledger: str | None = None
    freshness: Mapping[EvidenceKind, timedelta] = field(default_factory=dict)
    attestations: tuple[Path, ...] | None = None
    allowed_signers: Path | None = None
    accept_unsigned: bool = False
    controls: Mapping[str, Adjustment] = field(default_factory=dict)
    detecting: Detecting = Detecting()
    detections: Mapping[str, Adjustment] = field(default_factory=dict)

    @property
    def home(self) -> Path | None:
        return self.file.parent if self.file is not None else None


def adjusted(controls: Iterable[Control], adjustments: Mapping[str, Adjustment]) -> tuple[Control, ...]:
    """The controls as the user wants them: with their severities, and without those that are switched off.

    Raises DataError for a control that there is not.
    """
    known = list(controls)
    ids = {control.id for control in known}
    faults = [_unknown(id, one, ids) for id, one in adjustments.items() if id not in ids]
    if faults:
        raise DataError(faults)
    return tuple(
        replace(control, severity=adjustment.severity) if adjustment and adjustment.severity else control
        for control in known
        if (adjustment := adjustments.get(control.id)) is None or adjustment.enabled
    )


def _unknown(id: str, adjustment: Adjustment, ids: Collection[str]) -> Fault:
    return Fault(f"there is no control '{id}'", adjustment.place, did_you_mean(id, ids))

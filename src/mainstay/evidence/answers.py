"""What the ledger is asked, and what its answers are made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from mainstay.evidence.content import place_from_json, place_to_json
from mainstay.evidence.errors import as_written
from mainstay.model.controls import Control, Severity
from mainstay.model.decisions import Waiver
from mainstay.model.evidence import Milestone, Pass
from mainstay.model.findings import Finding, Reason, Subject, Verdict
from mainstay.model.places import Mark, ServiceDefault
from mainstay.model.resources import Resource

Moment = datetime | Milestone | Pass
"""A point in the ledger's life. Of a pass it is the moment before its first entry."""

StandingVerdict = Verdict | Literal["gone"]
"""`gone`: the unit was looked at again and the finding was not there any more."""

By = Literal["verdict", "severity", "control", "scope", "region", "type", "owner"]


@dataclass(frozen=True, slots=True)
class Query:
    """Which findings are asked for. An empty choice is all; `gone` ones come only where `verdicts` names them.

    `address` is a glob (`*`, `?`) in any case of letters. Practices and pillars are chosen by the `controls` that
    answer them; None is every control. Sorted by severity, the highest first, then by scope, address and control.
    """

    verdicts: frozenset[StandingVerdict] = frozenset()
    severities: frozenset[Severity] = frozenset()
    controls: frozenset[str] | None = None
    scopes: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()
    address: str = ""
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """A finding as it stands. `since` is when it got its verdict, `last_seen` when its unit was last looked at.

    `failures` counts how often it began to fail: 2 has come back once. `failing` stays True while an open failure is
    waived or cannot be told. `pass_number` is the pass that last changed it.
    """

    fingerprint: str
    control: str
    verdict: StandingVerdict
    severity: Severity
    scope: str
    region: str
    type: str
    address: str
    owner: str
    first_seen: datetime
    since: datetime
    last_seen: datetime
    failing: bool
    failures: int
    pass_number: int
    seq: int
    body: str = field(repr=False)

    @property
    def came_back(self) -> int:
        """How often it was fixed and failed again."""
        return max(self.failures - 1, 0)

    @property
    def subject(self) -> Subject:
        with as_written():
            return _subject(json.loads(self.body), self.type, self.address, self.scope, self.region)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        with as_written():
            return _reasons(json.loads(self.body))

    @property
    def waiver(self) -> Waiver | None:
        if '"waiver"' not in self.body:  # most have none, and reading takes longer than looking
            return None
        with as_written():
            body = json.loads(self.body).get("waiver")
            if body is None:
                return None
            until = None if body["until"] is None else date.fromisoformat(body["until"])
            return Waiver(body["reason"], body["source"], body["owner"], until, place_from_json(body["place"]))


def failure(control: Control, text: str, type: str, address: str, scope: str, region: str) -> Finding:
    """A finding that fails, from its body and the columns that stand beside it."""
    with as_written():
        body = json.loads(text)
        return Finding(control, "fail", _subject(body, type, address, scope, region), _reasons(body))


def _subject(body: Mapping[str, Any], type: str, address: str, scope: str, region: str) -> Subject:
    about = body.get("subject", {})
    return Subject(
        type=type,
        address=address,
        scope=scope,
        module=about.get("module", ""),
        source=about.get("source", ""),
        place=place_from_json(about.get("place")),
        may_exist=about.get("may_exist"),
        calls=tuple(filter(None, map(place_from_json, about.get("calls", ())))),
        construct=about.get("construct", ""),
        region=region,
    )


def _reasons(body: Mapping[str, Any]) -> tuple[Reason, ...]:
    return tuple(
        Reason(path, expected, actual, _mark_from_json(mark), settle)
        for path, expected, actual, mark, settle in body.get("reasons", ())
    )


def finding_body(finding: Finding) -> dict[str, Any]:
    """What is kept of a finding besides its columns; what is empty is left out."""
    subject = finding.subject
    about = {
        "module": subject.module,
        "source": subject.source,
        "place": place_to_json(subject.place),
        "may_exist": subject.may_exist,
        "calls": [place_to_json(call) for call in subject.calls],
        "construct": subject.construct,
    }
    body: dict[str, Any] = {"subject": {key: value for key, value in about.items() if value}}
    if finding.reasons:
        body["reasons"] = [
            [reason.path, reason.expected, reason.actual, _mark_to_json(reason.mark), reason.settle]
            for reason in finding.reasons
        ]
    if finding.waiver is not None:
        waiver = finding.waiver
        body["waiver"] = {
            "reason": waiver.reason,
            "source": waiver.source,
            "owner": waiver.owner,
            "until": None if waiver.until is None else waiver.until.isoformat(),
            "place": place_to_json(waiver.place),
        }
    return body


def _mark_to_json(mark: Mark | None) -> Any:
    return {"since": mark.since} if isinstance(mark, ServiceDefault) else place_to_json(mark)


def _mark_from_json(mark: Any) -> Mark | None:
    return ServiceDefault(mark["since"]) if isinstance(mark, dict) else place_from_json(mark)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording the findings of a pass has changed; `changed` are those that differ in any other way."""

    new: int = 0
    fixed: int = 0
    came_back: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """The failures that differ between two moments; `fixed` ones as they stand at the later one.

    `counts` has the number of each, also where a limit cut the lists short.
    """

    new: tuple[Standing, ...]
    fixed: tuple[Standing, ...]
    came_back: tuple[Standing, ...]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Observed:
    """A resource as it was from `at` on, seen first by the pass; None where it was gone."""

    at: datetime
    pass_number: int
    scope: str
    region: str
    type: str
    address: str
    owner: str
    digest: str | None
    resource: Resource | None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a pass ended, with the number of findings by verdict that stood then: the stuff of trends."""

    number: int
    at: datetime
    state: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Extent:
    """How much a pass read: units, resources in them, and gaps."""

    units: int = 0
    resources: int = 0
    gaps: int = 0


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed, or would be: rows by table, contents that nothing refers to any more."""

    rows: Mapping[str, int]
    contents: int


FlawKind = Literal["changed", "removed", "inserted", "reordered", "projection", "content", "damaged"]


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with the ledger: in which table, at which row (0 where it has no number), and what."""

    kind: FlawKind
    table: str
    seq: int
    message: str

    def __str__(self) -> str:
        where = f"{self.table} {self.seq}" if self.table and self.seq else self.table or f"row {self.seq}"
        return f"{where}: {self.message}"

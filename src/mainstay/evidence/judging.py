"""Recording findings: a row for each that differs from how it stood, and one for each that is gone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Final

from sqlalchemy import Column, Connection, MetaData, Table, Text, and_, exists, select
from sqlalchemy.schema import CreateTable

from mainstay.evidence.answers import finding_body
from mainstay.evidence.chain import Appender, Row, canonical, put
from mainstay.evidence.schema import findings, present, standing
from mainstay.model.controls import SEVERITIES
from mainstay.model.findings import Finding

Covered = Callable[[str, str, str, str], bool]
"""Whether a pass has looked at (scope, region, type, control id), so that what it did not find is gone."""

RANKS: Final = {severity: rank for rank, severity in enumerate(SEVERITIES)}

OPEN: Final = ("fail",)
CLOSED: Final = ("pass", "not_applicable", "gone")
"""Verdicts that open a failure and that close it; the others, waived and unknown, leave it as it is."""

SAME: Final = ("verdict", "severity", "region", "type", "owner", "body")
"""The columns that, when they are all as they were, make a finding unchanged."""

FINGERPRINT: Final = Text().with_variant(Text(collation="C"), "postgresql")
SEEN: Final = Table(
    "mainstay_seen", MetaData(), Column("fingerprint", FINGERPRINT, primary_key=True), prefixes=["TEMPORARY"]
)
"""The findings of the pass, as far as they are recorded; for the connection only."""

CHUNK: Final = 1_000


class Judgements:
    """The findings of a pass, a chunk at a time, on one connection that keeps in mind which ones were there."""

    def __init__(self, connection: Connection, number: int, at: str) -> None:
        self.connection = connection
        self.number = number
        self.at = at
        self.counts = dict.fromkeys(("new", "fixed", "came_back", "changed"), 0)

    def start(self) -> None:
        self.connection.execute(CreateTable(SEEN, if_not_exists=True))
        self.connection.execute(SEEN.delete())

    def record(self, chunk: list[Finding]) -> None:
        """Appends those of the findings that differ from how they stood. Holds the write lock already."""
        appender = Appender(self.connection)
        judged = {finding.fingerprint: finding for finding in chunk}
        put(self.connection, SEEN, [{"fingerprint": fingerprint} for fingerprint in judged])
        before = {row["fingerprint"]: row for row in self._standing(list(judged))}
        owners = self._owners(chunk)
        rows = []
        for fingerprint, finding in judged.items():
            subject = finding.subject
            row = {
                "fingerprint": fingerprint, "control": finding.control.id, "scope": subject.scope,
                "region": subject.region, "type": subject.type, "address": subject.address,
                "verdict": finding.verdict, "severity": finding.control.severity,
                "owner": owners.get((subject.scope, subject.address), ""), "body": canonical(finding_body(finding)),
            }  # fmt: skip
            known = before.get(fingerprint)
            if known is None or any(row[name] != known[name] for name in SAME):
                rows.append(self._append(appender, row, known))
        appender.flush()
        put(self.connection, standing, rows)

    def unseen(self, covered: Covered, scopes: Collection[str] | None) -> Iterator[Row]:
        """The findings that stood, whose unit was looked at, and that are not among the recorded ones."""
        query = (
            select(standing.c.fingerprint, standing.c.scope, standing.c.region, standing.c.type, standing.c.control)
            .where(standing.c.verdict != "gone", ~exists().where(SEEN.c.fingerprint == standing.c.fingerprint))
            .order_by(standing.c.fingerprint)
        )
        if scopes is not None:
            query = query.where(standing.c.scope.in_(scopes))
        last = ""
        while page := self.connection.execute(query.where(standing.c.fingerprint > last).limit(CHUNK)).mappings().all():
            for row in page:
                if covered(row["scope"], row["region"], row["type"], row["control"]):
                    yield dict(row)
            last = page[-1]["fingerprint"]

    def record_gone(self, chunk: list[Row]) -> None:
        appender = Appender(self.connection)
        rows = []
        for known in self._standing([row["fingerprint"] for row in chunk]):
            row = {
                name: known[name] for name in ("fingerprint", "control", "scope", "region", "type", "address", "owner")
            }
            rows.append(
                self._append(appender, {**row, "severity": known["severity"], "verdict": "gone", "body": "{}"}, known)
            )
        appender.flush()
        put(self.connection, standing, rows)

    def _append(self, appender: Appender, row: dict[str, Any], known: Row | None) -> Row:
        open_before, failures = (bool(known["failing"]), known["failures"]) if known else (False, 0)
        verdict = row["verdict"]
        opened = verdict in OPEN and not open_before
        closed = verdict in CLOSED and open_before
        kind = ("came_back" if failures else "new") if opened else "fixed" if closed else "changed" if known else ""
        if kind:
            self.counts[kind] += 1
        row["failures"] = failures + opened
        row["failing"] = int((open_before or opened) and not closed)
        row["first_seen"] = known["first_seen"] if known else self.at
        row["since"] = known["since"] if known and known["verdict"] == verdict else self.at
        row["pass"], row["at"] = self.number, self.at
        appended = appender.append(findings, row)
        return {**appended, "rank": RANKS[row["severity"]]}

    def _standing(self, fingerprints: list[str]) -> list[Row]:
        query = (
            select(standing, findings.c.body)
            .join(findings, findings.c.seq == standing.c.seq)
            .where(standing.c.fingerprint.in_(fingerprints))
        )
        return [dict(row) for row in self.connection.execute(query).mappings()]

    def _owners(self, chunk: Iterable[Finding]) -> dict[tuple[str, str], str]:
        addresses = {finding.subject.address for finding in chunk}
        scopes = {finding.subject.scope for finding in chunk}
        query = select(present.c.scope, present.c.address, present.c.owner).where(
            and_(present.c.address.in_(addresses), present.c.scope.in_(scopes), present.c.owner != "")
        )
        # gone ones first, so that a resource that is there has the last word
        ordered = query.order_by(present.c.digest.is_not(None), present.c.seq)
        return {(row.scope, row.address): row.owner for row in self.connection.execute(ordered)}

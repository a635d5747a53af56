"""The ledger itself: what is appended to it, and what it is asked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, and_, func, select

from mainstay.evidence import asking, collecting, measuring, pruning, stating, verifying
from mainstay.evidence.answers import (
    By,
    Changes,
    Ended,
    Extent,
    Flaw,
    Moment,
    Observed,
    Pruned,
    Query,
    Recorded,
    Standing,
)
from mainstay.evidence.chain import BATCH, Appender, canonical, chunks, last_row
from mainstay.evidence.errors import LedgerError, as_written, in_plain_words
from mainstay.evidence.judging import CHUNK, Covered, Judgements
from mainstay.evidence.opening import connect, is_sound, lock
from mainstay.evidence.schema import gaps, moment, observations, pass_ends, passes, present, stamp, units
from mainstay.model.controls import Control
from mainstay.model.evidence import Attestation, Evidence, Milestone, Pass, PassSource, PassState
from mainstay.model.findings import Finding, Gap
from mainstay.model.places import Unit
from mainstay.model.resources import Resource


def open_ledger(url: str | Path, *, write: bool) -> Ledger:
    """Opens the ledger in a file or at a `postgresql://` URL; for writing it is made, and brought up to date.

    Raises LedgerError where there is none to read, where it is damaged, locked, read-only or made by a newer mainstay.
    """
    engine, name = connect(url, write=write)
    return Ledger(engine, name, write)


class Ledger:
    """Remembers passes. What an appending call has returned from is on the disk; threads and processes may share it."""

    def __init__(self, engine: Engine, name: str, write: bool) -> None:
        self.name = name
        self._write = write
        self._engine = engine

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._engine.dispose()

    # -- appending

    def begin(self, source: PassSource, target: str, version: str, at: datetime) -> Pass:
        with self._writing() as connection:
            number = (connection.execute(select(func.max(passes.c.number))).scalar() or 0) + 1
            row = {"number": number, "source": source, "target": target, "version": version, "started": stamp(at)}
            _append_one(connection, passes, row)
        return Pass(number, source, target, version, moment(stamp(at)))

    def record_unit(
        self,
        pass_: Pass,
        unit: Unit,
        resources: Iterable[Resource],
        gaps: Iterable[Gap],
        at: datetime,
        *,
        listed: bool | None = None,
    ) -> None:
        """Records what a unit holds, in one transaction: when this returns, the unit is collected.

        A resource that is not among them any more is gone where `listed`, that is, where the calls that list the unit
        were answered in full; by default, where there are no gaps. `resources` are read while the ledger is locked.
        """
        found = list(gaps)
        whole = not found if listed is None else listed
        with self._writing() as connection:
            collecting.record(connection, pass_.number, unit, resources, found, whole, stamp(at))

    def record_findings(
        self,
        pass_: Pass,
        findings: Iterable[Finding],
        covered: Covered,
        gaps: Iterable[Gap] = (),
        at: datetime | None = None,
        scopes: Collection[str] | None = None,
    ) -> Recorded:
        """Records the findings that are not as they stood; those that the pass covered and did not find are gone.

        Goes chunk by chunk, each in a transaction of its own: interrupted, it can be called again with the same
        findings. A fingerprint comes once. Where `scopes` are given, `covered` is asked about no others.
        """
        with self._appending() as connection:
            now = stamp(at or datetime.now(UTC))
            judgements = Judgements(connection, pass_.number, now)
            with _locked(connection):
                judgements.start()
                appender = Appender(connection)
                collecting.record_gaps(appender, pass_.number, gaps, now)
                appender.flush()
            for chunk in chunks(findings, CHUNK):
                with _locked(connection):
                    judgements.record(chunk)
            with _locked(connection):
                for unseen in chunks(judgements.unseen(covered, scopes), CHUNK):
                    judgements.record_gone(unseen)
        return Recorded(**judgements.counts)

    def end(self, pass_: Pass, state: PassState, at: datetime) -> None:
        """Says how the pass ended, with the number of findings that stand, by verdict."""
        with self._writing() as connection:
            standing = {
                key[0]: count for key, count in asking.count_findings(connection, ("verdict",), Query()).items()
            }
            row = {"pass": pass_.number, "at": stamp(at), "state": state, "counts": canonical(standing)}
            _append_one(connection, pass_ends, row)

    def attest(self, attestations: Iterable[Attestation], at: datetime) -> int:
        """Records all that is attested now; what was and is not any more is withdrawn. Returns the rows appended."""
        with self._writing() as connection:
            return stating.attest(connection, attestations, stamp(at))

    def milestone(self, name: str, note: str, at: datetime) -> Milestone:
        """Gives the moment a name. Raises LedgerError where the name is taken."""
        with self._writing() as connection:
            return stating.set_milestone(connection, name, note, stamp(at))

    def prune(self, before: datetime, at: datetime, *, dry_run: bool = False) -> Pruned:
        """Removes what was superseded before the time and stood at no milestone. A dry run only counts."""
        with self._appending() as connection:
            with connection.begin() as transaction:
                lock(connection)
                pruned = pruning.prune(connection, stamp(before), stamp(at))
                if dry_run:
                    transaction.rollback()
            if not dry_run and connection.dialect.name == "sqlite":
                with closing(self._engine.raw_connection()) as raw:
                    raw.cursor().execute("PRAGMA incremental_vacuum").fetchall()
        return pruned

    def rebuild(self) -> None:
        """Makes the derived tables anew, where `verify` says that they differ."""
        with self._writing() as connection:
            verifying.rebuild(connection)

    # -- passes and what they collected

    def passes(self) -> list[Pass]:
        with self._reading() as connection:
            return [_pass(row) for row in connection.execute(_passes().order_by(passes.c.number))]

    def resumable(self, source: PassSource, target: str) -> Pass | None:
        """The last pass of the target, where it was interrupted or killed; None where it was completed."""
        query = _passes().where(passes.c.source == source, passes.c.target == target)
        with self._reading() as connection:
            row = connection.execute(query.order_by(passes.c.number.desc()).limit(1)).first()
            last = _pass(row) if row else None
        return None if last is None or last.state == "complete" else last

    def ended(self) -> list[Ended]:
        """How passes ended, the first one first."""
        with self._reading() as connection:
            rows = connection.execute(select(pass_ends).order_by(pass_ends.c.seq)).mappings()
            return [Ended(row["pass"], moment(row["at"]), row["state"], json.loads(row["counts"])) for row in rows]

    def extents(self) -> Mapping[int, Extent]:
        """How much each pass read, by its number. Of passes that were pruned it is less than they read."""
        with self._reading() as connection:
            return measuring.read_extents(connection)

    def collected(self, pass_: Pass) -> frozenset[Unit]:
        """The units that the pass has read without a gap, at least the last time: the others are to be read again."""
        unit = (units.c.scope, units.c.region, units.c.type)
        last = select(func.max(units.c.seq)).where(units.c["pass"] == pass_.number).group_by(*unit)
        query = select(*unit).where(units.c.seq.in_(last), units.c.gaps == 0)
        with self._reading() as connection:
            return frozenset(Unit(*row) for row in connection.execute(query))

    def observed(self, units: Iterable[Unit]) -> Iterator[Resource]:
        """The resources that the units have, as they were recorded."""
        for unit in units:
            yield from self._resources(*collecting.in_unit(unit))

    def resources(self, type: str = "", scope: str = "") -> Iterator[Resource]:
        """The resources that are there, of a type or scope or of all."""
        query = select(present)
        if type:
            query = query.where(present.c.type == type)
        if scope:
            query = query.where(present.c.scope == scope)
        return self._resources(query)

    def resource_count(self) -> int:
        """How many resources are there."""
        with self._reading() as connection:
            return measuring.count_present(connection)

    def gaps(self, pass_: Pass) -> list[Gap]:
        """What the pass could not read, also not when it went on."""
        query = collecting.gaps_left(pass_.number).order_by(gaps.c.seq)
        with self._reading() as connection:
            rows = connection.execute(query).mappings()
            return list(dict.fromkeys(collecting.gap_of(row, json.loads(row["body"])) for row in rows))

    def history(self, address: str) -> list[Observed]:
        """How a resource changed, the first state first. `address` may also be its id or its ARN."""
        key = (observations.c.scope, observations.c.region, observations.c.type, observations.c.address)
        named = observations.c.names.contains(canonical(address), autoescape=True)
        same = select(*key).where((observations.c.address == address) | named).distinct().subquery()
        joined = and_(*(column == same.c[column.name] for column in key))
        query = select(observations).join(same, joined).order_by(observations.c.seq)
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
            states = collecting.read_resources(connection, [row for row in rows if row["digest"]])
            return [_observed(row, next(states) if row["digest"] else None) for row in rows]

    # -- findings

    def findings(self, query: Query | None = None, at: Moment | None = None) -> list[Standing]:
        """The findings that stand, or stood at a moment."""
        with self._reading() as connection:
            return asking.list_findings(connection, query or Query(), self._until(connection, at))

    def counts(
        self, by: Sequence[By], query: Query | None = None, at: Moment | None = None
    ) -> Counter[tuple[str, ...]]:
        """How many findings stand, by the values of one column or more."""
        with self._reading() as connection:
            return Counter(asking.count_findings(connection, by, query or Query(), self._until(connection, at)))

    def growth(self, by: Sequence[By]) -> Mapping[tuple[int, tuple[str, ...]], int]:
        """By how many each pass raised or lowered the number of failures, by pass and the values of columns."""
        with self._reading() as connection:
            return measuring.read_growth(connection, by)

    def changes(self, since: Moment, until: Moment | None = None, limit: int | None = None) -> Changes:
        """The failures that are new, fixed or back between two moments; with a limit, as many of each."""
        with self._reading() as connection:
            return asking.compare(connection, asking.seq_at(connection, since), self._until(connection, until), limit)

    def failures(self, controls: Mapping[str, Control]) -> list[Finding]:
        """The failures of the controls that stand, in the order of `findings`."""
        with self._reading() as connection:
            return asking.read_failures(connection, controls)

    def evidence(self, controls: Mapping[str, Control], at: Moment | None = None) -> list[Evidence]:
        """What each control found, by kind of source, and when it last looked at the part looked at longest ago."""
        with self._reading() as connection:
            return list(asking.read_evidence(connection, controls, self._until(connection, at)))

    # -- what people said, and the chain

    def attestations(self, at: Milestone | None = None) -> list[Attestation]:
        """What people state, or stated at a milestone."""
        with self._reading() as connection:
            return stating.read_attestations(connection, self._until(connection, at))

    def milestones(self) -> list[Milestone]:
        with self._reading() as connection:
            return stating.read_milestones(connection)

    def head(self) -> str:
        """The hash of the last entry: kept elsewhere, it proves later that nothing before it was touched."""
        with self._reading() as connection:
            return last_row(connection)[1]

    def row_count(self) -> int:
        """How many rows the chain has, without those that were pruned."""
        with self._reading() as connection:
            return measuring.count_rows(connection)

    def verify(self, expected_head: str | None = None) -> list[Flaw]:
        """Everything that shows that the ledger was not only appended to; `expected_head` was its head once."""
        with in_plain_words(self.name):
            damage = is_sound(self._engine)
        if damage:
            return [Flaw("damaged", "", 0, f"the file is damaged: {damage}")]
        with self._reading() as connection:
            flaws = list(verifying.Walk(connection).go(expected_head))
            flaws += verifying.check_contents(connection)
            flaws += verifying.check_derived(connection)
        return flaws

    # -- connections

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with in_plain_words(self.name), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._appending() as connection, _locked(connection):
            yield connection

    @contextmanager
    def _appending(self) -> Iterator[Connection]:
        if not self._write:
            raise LedgerError(f"ledger {self.name}: it was opened to be read only")
        with self._connected() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """All that is read through the connection is of one moment."""
        with self._connected() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            else:
                connection = connection.execution_options(begin="BEGIN")
            with connection.begin(), as_written(self.name):
                yield connection

    def _resources(self, query: Select[Any], parameters: Mapping[str, str] | None = None) -> Iterator[Resource]:
        """Page by page, so that a slow reader does not hold a transaction open."""
        last = 0
        while True:
            with self._reading() as connection:
                page_query = query.where(present.c.digest.is_not(None), present.c.seq > last)
                rows = connection.execute(page_query.order_by(present.c.seq).limit(BATCH), parameters or {})
                page = rows.mappings().all()
                found = list(collecting.read_resources(connection, page))
            yield from found
            if len(page) < BATCH:
                return
            last = page[-1]["seq"]

    def _until(self, connection: Connection, at: Moment | None) -> int | None:
        return None if at is None else asking.seq_at(connection, at)


@contextmanager
def _locked(connection: Connection) -> Iterator[None]:
    with connection.begin():
        lock(connection)
        yield


def _append_one(connection: Connection, table: Any, row: dict[str, Any]) -> None:
    appender = Appender(connection)
    appender.append(table, row)
    appender.flush()


def _passes() -> Select[Any]:
    """Passes, each with its last end."""
    last = select(func.max(pass_ends.c.seq)).group_by(pass_ends.c["pass"])
    ends = select(pass_ends).where(pass_ends.c.seq.in_(last)).subquery()
    return select(passes, ends.c.at, ends.c.state).outerjoin(ends, ends.c["pass"] == passes.c.number)


def _pass(row: Row[Any]) -> Pass:
    ended = None if row.at is None else moment(row.at)
    return Pass(row.number, row.source, row.target, row.version, moment(row.started), ended, row.state or "running")


def _observed(row: Mapping[Any, Any], resource: Resource | None) -> Observed:
    return Observed(
        at=moment(row["at"]),
        pass_number=row["pass"],
        scope=row["scope"],
        region=row["region"],
        type=row["type"],
        address=row["address"],
        owner=row["owner"],
        digest=row["digest"],
        resource=resource,
    )

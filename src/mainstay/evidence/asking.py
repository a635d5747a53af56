"""Questions about findings: which stand, now or at an earlier moment, how many, and what changed in between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Label,
    Table,
    and_,
    case,
    func,
    literal,
    or_,
    select,
)  # fmt: skip
from sqlalchemy.sql.selectable import Select

from mainstay.evidence.answers import By, Changes, Moment, Query, Standing, failure
from mainstay.evidence.chain import chunks
from mainstay.evidence.errors import LedgerError, PrunedAway
from mainstay.evidence.judging import RANKS
from mainstay.evidence.schema import (
    coverage,
    findings,
    milestones,
    moment,
    passes,
    present,
    prunes,
    stamp,
    standing,
    units,
)
from mainstay.model.controls import Control
from mainstay.model.evidence import Evidence, Milestone
from mainstay.model.findings import Finding, Verdict

FACTS: Final = ("fingerprint", "control", "verdict", "severity", "scope", "region", "type", "address", "owner")
"""The columns that a Standing begins with, in its order."""

COLUMNS: Final = tuple(column.name for column in standing.columns)


def seq_at(connection: Connection, when: Moment, table: Table = findings) -> int:
    """The number of the last row that was there at the moment. Of a time it is the last of `table`.

    Raises PrunedAway for a moment of which something was pruned: only what stood at milestones is kept.
    """
    pruned = connection.execute(select(func.max(prunes.c.before))).scalar()
    if pruned and not isinstance(when, Milestone):
        at = stamp(when if isinstance(when, datetime) else when.started)
        if at < pruned:
            kept = "ask about a later moment, or a milestone"
            raise PrunedAway(f"what stood at {at[:16].replace('T', ' ')} was pruned: {kept}")
    if isinstance(when, datetime):
        known = select(table.c.seq).where(table.c.at <= stamp(when)).order_by(table.c.seq.desc()).limit(1)
        return connection.execute(known).scalar() or 0
    if isinstance(when, Milestone):
        query = select(milestones.c.seq).where(milestones.c.name == when.name)
        missing = f"there is no milestone {when.name!r} in the ledger"
    else:
        query = select(passes.c.seq - 1).where(passes.c.number == when.number)
        missing = f"there is no pass {when.number} in the ledger"
    found = connection.execute(query).scalar()
    if found is None:
        raise LedgerError(missing)
    return int(found)


def list_findings(connection: Connection, query: Query, until: int | None = None) -> list[Standing]:
    source = _source(until)
    page = select(*(source.c[name] for name in COLUMNS)).where(*_filters(source, query)).order_by(*_order(source))
    page = page.limit(query.limit).offset(query.offset or None)
    return _standings(connection, page, until)


def count_findings(
    connection: Connection, by: Sequence[By], query: Query, until: int | None = None
) -> dict[tuple[str, ...], int]:
    source = _source(until)
    columns = [source.c[name] for name in by]
    counted = select(*columns, func.count()).where(*_filters(source, query)).group_by(*columns)
    return {tuple(row[:-1]): row[-1] for row in connection.execute(counted)}


def compare(connection: Connection, since: int, until: int | None, limit: int | None = None) -> Changes:
    """The failures that differ between two numbers; only what stands by a row in between can.

    With a limit, as many of each kind are read; the counts are of all.
    """
    now, before, earlier = _source(until), findings.alias(), findings.alias()
    last = select(func.max(earlier.c.seq)).where(earlier.c.fingerprint == now.c.fingerprint, earlier.c.seq <= since)
    failing, failures = func.coalesce(before.c.failing, 0), func.coalesce(before.c.failures, 0)
    opened = and_(now.c.failing == 1, now.c.failures > failures)
    state = (
        select(now.c.fingerprint, now.c.failing, now.c.failures)
        .select_from(now.outerjoin(before, before.c.seq == last.scalar_subquery()))
        .where(now.c.seq > since, or_(opened, and_(failing == 1, now.c.failing == 0)))
    )
    kinds: dict[str, list[str]] = {"new": [], "fixed": [], "came_back": []}
    for fingerprint, is_failing, count in connection.execute(state.order_by(*_order(now))):
        kinds["fixed" if not is_failing else "came_back" if count > 1 else "new"].append(fingerprint)
    source = _source(until)
    wanted = {fingerprint for some in kinds.values() for fingerprint in some[:limit]}
    page = select(*(source.c[name] for name in COLUMNS))
    rows = {}
    for chunk in chunks(sorted(wanted)):
        found = _standings(connection, page.where(source.c.fingerprint.in_(chunk)), until)
        rows.update({row.fingerprint: row for row in found})
    lists = {kind: tuple(rows[fingerprint] for fingerprint in some[:limit]) for kind, some in kinds.items()}
    return Changes(**lists, counts={kind: len(some) for kind, some in kinds.items()})


def read_failures(connection: Connection, controls: Mapping[str, Control]) -> list[Finding]:
    """The failures that stand, as they were found; those of a control that is not among `controls` are left out."""
    columns = (
        standing.c.control,
        findings.c.body,
        *(standing.c[name] for name in ("type", "address", "scope", "region")),
    )
    query = select(*columns).join(findings, findings.c.seq == standing.c.seq).where(standing.c.verdict == "fail")
    rows = connection.execute(query.order_by(*_order(standing)))
    return [failure(controls[control], *facts) for control, *facts in rows if control in controls]


def read_evidence(
    connection: Connection, controls: Mapping[str, Control], until: int | None = None
) -> Iterator[Evidence]:
    """By control and source of the passes; what was judged by a control that is not among them is left out."""
    source = _source(until)
    facts = (source.c.control, passes.c.source, source.c.verdict)
    query, looked = _with_coverage(source, _coverage(until), *facts, whole=True)
    query = query.join(passes, passes.c.number == source.c["pass"]).where(source.c.verdict != "gone")
    each = query.add_columns(looked).subquery()
    keys = (each.c.control, each.c.source, each.c.verdict)
    found: dict[tuple[str, str], dict[Verdict, str]] = defaultdict(dict)
    for row in connection.execute(select(*keys, func.min(each.c.last_seen).label("at")).group_by(*keys)):
        found[row.control, row.source][row.verdict] = row.at
    for (control, _), oldest in sorted(found.items()):
        if control in controls:
            yield Evidence(controls[control], "config", frozenset(oldest), moment(min(oldest.values())))


# -- how a question is put


def _source(until: int | None) -> FromClause:
    return standing if until is None else _past(until)


def _past(until: int) -> FromClause:
    """The findings as they stood when row `until` was the last one, with the columns of `standing`."""
    latest = select(func.max(findings.c.seq)).where(findings.c.seq <= until).group_by(findings.c.fingerprint)
    rank = case(RANKS, value=findings.c.severity, else_=-1).label("rank")
    columns = [rank if name == "rank" else findings.c[name] for name in COLUMNS]
    return select(*columns).where(findings.c.seq.in_(latest)).subquery()


def _filters(source: FromClause, query: Query) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = []
    choices = {
        "verdict": query.verdicts, "severity": query.severities, "scope": query.scopes, "region": query.regions,
        "type": query.types, "owner": query.owners,
    }  # fmt: skip
    chosen += [source.c[name].in_(sorted(values)) for name, values in choices.items() if values]
    if not query.verdicts:
        chosen.append(source.c.verdict != "gone")
    if query.controls is not None:
        chosen.append(source.c.control.in_(sorted(query.controls)))
    if query.address:
        escaped = query.address.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        chosen.append(source.c.address.ilike(escaped.replace("*", "%").replace("?", "_"), escape="\\"))
    return chosen


def _order(source: FromClause) -> tuple[ColumnElement[Any], ...]:
    return (source.c.rank.desc(), source.c.scope, source.c.address, source.c.control)


def _standings(connection: Connection, page: Select[Any], until: int | None) -> list[Standing]:
    rows = page.subquery()
    query, looked = _with_coverage(rows, _coverage(until), *(rows.c[name] for name in FACTS))
    body = findings.alias()
    query = query.join(body, body.c.seq == rows.c.seq).order_by(*_order(rows))
    query = query.add_columns(rows.c.first_seen, rows.c.since, looked)
    query = query.add_columns(rows.c.failing, rows.c.failures, rows.c["pass"], rows.c.seq, body.c.body)
    found = []
    for *facts, first_seen, since, last_seen, failing, failures, number, seq, text in connection.execute(query):
        fingerprint, control, verdict, severity, scope, region, type, address, owner = facts
        found.append(
            Standing(
                fingerprint, control, verdict, severity, scope, region, type, address, owner,
                moment(first_seen), moment(since), moment(last_seen), bool(failing), failures, number, seq, text,
            )
        )  # fmt: skip
    return found


def _coverage(until: int | None) -> FromClause:
    if until is None:
        return coverage
    unit = (units.c.scope, units.c.region, units.c.type)
    looked = select(*unit, func.max(units.c.at).label("at")).where(units.c.listed == 1, units.c.seq <= until)
    return looked.group_by(*unit).subquery()


def _with_coverage(
    rows: FromClause, looked: FromClause, *columns: ColumnElement[Any], whole: bool = False
) -> tuple[Select[Any], Label[Any]]:
    """A query of the rows, and when what each is about was last looked at: nothing is older than the row itself.

    That is when the unit was that its resource was found in. Where no resource is recorded it is the unit of its region
    and type, or, of code, of its scope. With `whole`, all resources are looked up first, which pays where most rows are
    read.
    """
    unit, own, scope = looked.alias(), looked.alias(), looked.alias()
    in_unit = present.join(unit, _same(unit, present.c.scope, present.c.region, present.c.unit))
    joined = rows.outerjoin(own, _same(own, rows.c.scope, rows.c.region, rows.c.type)).outerjoin(
        scope, _same(scope, rows.c.scope, literal(""), literal(""))
    )
    found_in: ColumnElement[Any]
    if whole:
        each = select(present.c.scope, present.c.address, func.max(unit.c.at).label("at")).select_from(in_unit)
        seen = each.group_by(present.c.scope, present.c.address).subquery()
        joined = joined.outerjoin(seen, and_(seen.c.scope == rows.c.scope, seen.c.address == rows.c.address))
        found_in = seen.c.at
    else:
        mine = and_(present.c.scope == rows.c.scope, present.c.address == rows.c.address)
        found_in = select(func.max(unit.c.at)).select_from(in_unit).where(mine).scalar_subquery()
    query = select(*columns).select_from(joined)
    at = func.coalesce(found_in, own.c.at, scope.c.at, rows.c.at)
    return query, case((at > rows.c.at, at), else_=rows.c.at).label("last_seen")


def _same(unit: FromClause, *key: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(unit.c.scope == key[0], unit.c.region == key[1], unit.c.type == key[2])

"""Recording what a unit holds: only what differs from what the ledger has of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, bindparam, func, or_, select

from mainstay.evidence.chain import Appender, Row, canonical, chunks, put
from mainstay.evidence.content import decode, digest, encode, owner, pack, place_from_json, place_to_json, unpack
from mainstay.evidence.errors import LedgerError
from mainstay.evidence.schema import contents, coverage, gaps, observations, present, units
from mainstay.model.findings import Gap
from mainstay.model.places import Unit
from mainstay.model.resources import Resource

OF_SCOPE: Final = select(present).where(present.c.scope == bindparam("in_scope"))
OF_UNIT: Final = OF_SCOPE.where(present.c.region == bindparam("in_region"), present.c.unit == bindparam("in_unit"))

KEPT: Final = ("scope", "region", "unit", "type", "address", "owner", "first_seen")
"""The columns that a resource keeps when it is gone."""


def record(
    connection: Connection,
    number: int,
    unit: Unit,
    resources: Iterable[Resource],
    found: list[Gap],
    listed: bool,
    at: str,
) -> None:
    """Appends what changed in the unit, its gaps, and the unit itself as the last row."""
    appender = Appender(connection)
    known = _known(connection, unit)
    seen: set[tuple[str, str]] = set()
    count = 0
    for chunk in chunks(resources):
        count += len(chunk)
        _record_chunk(appender, number, unit, chunk, known, seen, at)
    if listed:
        _record_gone(appender, number, [row for key, row in known.items() if key not in seen and row["digest"]], at)
    record_gaps(appender, number, found, at, unit)
    columns = {"scope": unit.scope, "region": unit.region, "type": unit.type, "pass": number, "at": at}
    row = appender.append(units, {**columns, "resources": count, "gaps": len(found), "listed": int(listed)})
    appender.flush()
    if listed:
        put(connection, coverage, [row])


def record_gaps(appender: Appender, number: int, found: Iterable[Gap], at: str, unit: Unit | None = None) -> None:
    """Appends gaps; one that names no unit of its own belongs to `unit`."""
    for gap in found:
        where = gap.unit or unit or Unit("")
        body = {"place": place_to_json(gap.place), "controls": list(gap.controls), "unit": gap.unit is not None}
        row = {
            "pass": number, "kind": gap.kind, "scope": where.scope, "region": where.region, "type": where.type,
            "call": gap.call, "permission": gap.permission, "reason": gap.reason, "body": canonical(body), "at": at,
        }  # fmt: skip
        appender.append(gaps, row)


def gaps_left(number: int | None = None) -> Select[Any]:
    """A query of the gaps of one pass or of all, save those of a unit that the same pass has read again since.

    A unit's gaps come before the row that says it is collected, and after the row of the time before.
    """
    key = (units.c["pass"], units.c.scope, units.c.region, units.c.type)
    latest_first = func.row_number().over(partition_by=key, order_by=units.c.seq.desc())
    reads = select(*key, units.c.seq, latest_first.label("back"))
    query = select(gaps)
    if number is not None:
        reads, query = reads.where(units.c["pass"] == number), query.where(gaps.c["pass"] == number)
    before = reads.subquery()
    same = (gaps.c[column.name] == before.c[column.name] for column in key)
    query = query.outerjoin(before, and_(before.c.back == 2, *same))
    return query.where(or_(before.c.seq.is_(None), gaps.c.seq > before.c.seq))


def gap_of(row: Mapping[Any, Any], body: Mapping[str, Any]) -> Gap:
    unit = Unit(row["scope"], row["region"], row["type"]) if body["unit"] else None
    place = place_from_json(body["place"])
    return Gap(row["kind"], row["reason"], place, unit, row["call"], row["permission"], tuple(body["controls"]))


def in_unit(unit: Unit) -> tuple[Select[Any], dict[str, str]]:
    """A query of the present resources of a unit, and its parameters. Of code the unit is all of the scope."""
    if not unit.type:
        return OF_SCOPE, {"in_scope": unit.scope}
    return OF_UNIT, {"in_scope": unit.scope, "in_region": unit.region, "in_unit": unit.type}


def read_resources(connection: Connection, rows: Iterable[Mapping[Any, Any]]) -> Iterator[Resource]:
    """The resources whose digests the rows have, in the rows' order."""
    for chunk in chunks(rows, 500):
        wanted = [row["digest"] for row in chunk]
        found = connection.execute(select(contents).where(contents.c.digest.in_(wanted)))
        bodies = {row.digest: row.body for row in found}
        for name in wanted:
            yield content_of(bodies.get(name), name)


def content_of(body: bytes | None, name: str) -> Resource:
    if body is None:
        raise LedgerError(
            f"the ledger has lost the content {name[:12]} of a resource; `mainstay show verify` says more"
        )
    try:
        return decode(unpack(body))
    except (ValueError, KeyError, TypeError) as error:
        raise LedgerError(
            f"the content {name[:12]} of a resource was changed in the ledger; `mainstay show verify` says more"
        ) from error


def _known(connection: Connection, unit: Unit) -> dict[tuple[str, str], Row]:
    rows = connection.execute(*in_unit(unit)).mappings()
    return {(row["type"], row["address"]): dict(row) for row in rows}


def _record_chunk(
    appender: Appender,
    number: int,
    unit: Unit,
    chunk: list[Resource],
    known: Mapping[tuple[str, str], Row],
    seen: set[tuple[str, str]],
    at: str,
) -> None:
    rows: list[Row] = []
    bodies: dict[str, bytes] = {}
    for resource in chunk:
        key = (resource.type, resource.address)
        if key in seen:  # a listing that changed while it was paged through
            continue
        seen.add(key)
        text = encode(resource)
        name = digest(text)
        before = known.get(key)
        if before is not None and before["digest"] == name:
            continue
        bodies[name] = pack(text)
        row = {
            "pass": number, "scope": unit.scope, "region": unit.region, "unit": unit.type, "type": resource.type,
            "address": resource.address, "names": canonical(sorted(resource.names)), "owner": owner(resource),
            "digest": name, "at": at, "first_seen": before["first_seen"] if before else at,
        }  # fmt: skip
        rows.append(appender.append(observations, row))
    put(appender.connection, contents, [{"digest": name, "body": body} for name, body in bodies.items()])
    put(appender.connection, present, rows)


def _record_gone(appender: Appender, number: int, gone: list[Row], at: str) -> None:
    rows = []
    for before in gone:
        columns = {name: before[name] for name in KEPT}
        rows.append(appender.append(observations, {**columns, "pass": number, "names": "[]", "digest": None, "at": at}))
    put(appender.connection, present, rows)

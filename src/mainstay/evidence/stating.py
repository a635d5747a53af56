"""What people say: attestations and milestones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from mainstay.evidence.chain import Appender, canonical
from mainstay.evidence.content import place_from_json, place_to_json
from mainstay.evidence.errors import LedgerError
from mainstay.evidence.schema import attestations, milestones, moment
from mainstay.model.evidence import Attestation, Milestone

Key = tuple[str, str, str]


def attest(connection: Connection, stated: Iterable[Attestation], at: str) -> int:
    """Appends what is said anew or otherwise, withdraws what is not said any more; returns how many rows it took."""
    appender = Appender(connection)
    before = _latest(connection)
    first = appender.seq
    said: set[Key] = set()
    for attestation in stated:
        key = (attestation.practice, attestation.scope, attestation.by)
        said.add(key)
        body = canonical(_body(attestation))
        if before.get(key) != ("stated", body):
            appender.append(attestations, _row(key, "stated", body, at))
    for key, (state, body) in before.items():
        if state == "stated" and key not in said:
            appender.append(attestations, _row(key, "withdrawn", body, at))
    appender.flush()
    return appender.seq - first


def read_attestations(connection: Connection, until: int | None = None) -> list[Attestation]:
    """What is stated, or was when row `until` was the last one."""
    latest = _latest(connection, until).items()
    return [_attestation(key, json.loads(body)) for key, (state, body) in latest if state == "stated"]


def set_milestone(connection: Connection, name: str, note: str, at: str) -> Milestone:
    if connection.execute(select(milestones.c.seq).where(milestones.c.name == name)).first() is not None:
        raise LedgerError(f"there is already a milestone {name!r}; choose another name")
    appender = Appender(connection)
    row = appender.append(milestones, {"name": name, "at": at, "head": appender.hash, "note": note})
    appender.flush()
    return _milestone(row)


def read_milestones(connection: Connection) -> list[Milestone]:
    rows = connection.execute(select(milestones).order_by(milestones.c.seq)).mappings()
    return [_milestone(row) for row in rows]


def _milestone(row: Mapping[Any, Any]) -> Milestone:
    return Milestone(row["name"], moment(row["at"]), row["head"], row["note"])


def _latest(connection: Connection, until: int | None = None) -> dict[Key, tuple[str, str]]:
    query = select(attestations).order_by(attestations.c.seq)
    rows = connection.execute(query if until is None else query.where(attestations.c.seq <= until))
    return {(row.practice, row.scope, row.by): (row.state, row.body) for row in rows}


def _row(key: Key, state: str, body: str, at: str) -> dict[str, Any]:
    return {"practice": key[0], "scope": key[1], "by": key[2], "state": state, "body": body, "at": at}


def _body(attestation: Attestation) -> dict[str, Any]:
    return {
        "statement": attestation.statement,
        "on": attestation.on.isoformat(),
        "expires": attestation.expires.isoformat(),
        "applies": attestation.applies,
        "link": attestation.link,
        "place": place_to_json(attestation.place),
    }


def _attestation(key: Key, body: Mapping[str, Any]) -> Attestation:
    practice, scope, by = key
    return Attestation(
        practice=practice,
        statement=body["statement"],
        by=by,
        on=date.fromisoformat(body["on"]),
        expires=date.fromisoformat(body["expires"]),
        applies=body["applies"],
        link=body["link"],
        scope=scope,
        place=place_from_json(body["place"]),
    )

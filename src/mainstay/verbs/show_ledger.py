"""`show milestones`, `show milestone`, `show verify` and `show prune`: the ledger itself."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

from mainstay.model.errors import UsageError
from mainstay.model.evidence import Milestone, Pass
from mainstay.outputs.paint import Line
from mainstay.outputs.tables import Column, Page, Table, minute
from mainstay.outputs.wording import count
from mainstay.verbs.showing import iso, spells_moment, told

if TYPE_CHECKING:
    from mainstay.evidence import Ledger
    from mainstay.evidence.answers import Moment

_HASH: Final = re.compile(r"[0-9a-f]{64}")

_MILESTONES = (
    Column("name", "milestone", tone="strong"),
    Column("at", "at (UTC)", minute),
    Column("note", "note"),
    Column("head", "head", lines=lambda value: ((value, "quiet"),)),
)


def milestones(ledger: Ledger, limit: int | None = None) -> Page:
    """The milestones, the last one first."""
    found = ledger.milestones()[::-1]
    table = Table("milestones", _MILESTONES, [_row(one) for one in found[:limit]], empty="There are no milestones yet.")
    notes = () if found else ("mainstay show milestone NAME gives this moment a name, to compare with later",)
    return Page("milestones", {"total": len(found)}, (table,), notes=notes, left=len(found) - len(table.rows))


def milestone(ledger: Ledger, name: str, note: str, at: datetime) -> Page:
    """Gives this moment a name."""
    if not name.strip() or not name.isprintable() or name != name.strip():
        raise UsageError(f"{name!r} is no name for a milestone")
    if spells_moment(name) or name.startswith("pass:"):
        raise UsageError(f"{name!r} is no name for a milestone: it already means a moment")
    one = ledger.milestone(name, note, at)
    facts = _row(one)
    lead: Line = (("Milestone ", "plain"), (one.name, "strong"), (f" at {minute(facts['at'])} UTC", "plain"))
    notes = (f"what changed since: mainstay show changes --since {name}",)
    return Page("milestone", facts, (Table("milestones", _MILESTONES, [facts]),), (lead,), notes)


def _row(one: Milestone) -> dict[str, str | None]:
    return {"name": one.name, "at": iso(one.at), "head": one.head, "note": one.note}


def verify(ledger: Ledger, head: str | None = None) -> Page:
    """Whether the ledger was only appended to. The facts say `sound`; each flaw is a row.

    Where the file itself is damaged, its rows are not counted.
    """
    if head is not None:
        head = head.strip().lower()
        if not _HASH.fullmatch(head):
            raise UsageError("--head has to be a head as `show verify` writes it: 64 hexadecimal digits")
    flaws = ledger.verify(head)
    damaged = any(flaw.kind == "damaged" for flaw in flaws)
    rows, last = (0, "") if damaged else (ledger.row_count(), ledger.head())
    columns = (
        Column("kind", "", tone="high"),
        Column("table", ""),
        Column("seq", "", lambda value: f"row {value}" if value else ""),
        Column("message", "message", lines=lambda value: ((value, "plain"),)),
    )
    found = [{"kind": one.kind, "table": one.table, "seq": one.seq, "message": one.message} for one in flaws]
    lead: list[Line] = [
        (("Sound: ", "good"), (f"{count(rows, 'row')} checked", "plain"))
        if not flaws
        else ((count(len(flaws), "flaw"), "high"), ("" if damaged else f" in {count(rows, 'row')}", "plain"))
    ]
    lead += [(("Head   ", "quiet"), (last, "plain"))] if last else []
    facts = {"sound": not flaws, "rows": rows, "head": last or None, "expected_head": head}
    return Page("verify", facts, (Table("flaws", columns, found),), lead)


def prune(ledger: Ledger, before: Moment, now: datetime, apply: bool = False) -> Page:
    """Removes what was superseded before the moment; without `apply` it is only counted."""
    if isinstance(before, Pass):
        before = before.started
    at = before.at if isinstance(before, Milestone) else before
    if at > now:
        raise UsageError(f"{told(before)} has not come yet")
    pruned = ledger.prune(at, now, dry_run=not apply)
    total = sum(pruned.rows.values())
    rows = [{"table": name, "rows": number} for name, number in pruned.rows.items()]
    rows.append({"table": "contents", "rows": pruned.contents})
    columns = (Column("table", "table"), Column("rows", "rows", number=True))
    did = "Removed" if apply else "Would remove"
    lead: Line = (
        (f"{did} {count(total, 'row')}", "strong"),
        (f" that were superseded before {at:%Y-%m-%d %H:%M} UTC, and {count(pruned.contents, 'content')}", "plain"),
    )
    notes = () if apply or not total else ("nothing was removed: --apply does it",)
    facts = {"before": iso(at), "applied": apply, "rows": total, "contents": pruned.contents}
    return Page("prune", facts, (Table("removed", columns, rows),), (lead,), notes)

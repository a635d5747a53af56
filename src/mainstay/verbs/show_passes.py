"""`show changes`, `show passes`, `show gaps` and `show owners`: what passes saw and changed, and whose it is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from mainstay.model.controls import SEVERITIES
from mainstay.model.errors import UsageError
from mainstay.model.evidence import Pass
from mainstay.model.findings import Gap
from mainstay.outputs.paint import Line, Tone
from mainstay.outputs.tables import Column, Page, Table, minute
from mainstay.outputs.wording import count
from mainstay.verbs.answering import latest
from mainstay.verbs.show_findings import NOBODY, severity_columns, standing_table
from mainstay.verbs.showing import FAILING, is_before_all, last_whole, numbered, pass_row, told

if TYPE_CHECKING:
    from mainstay.evidence import Ledger
    from mainstay.evidence.answers import Moment, Standing

EXAMPLES_SHOWN: Final = 3


def changes(ledger: Ledger, since: Moment | None, limit: int | None = None) -> Page:
    """The failures that are new, fixed or back: by default, what the last pass changed."""
    passes = ledger.passes()
    if since is None:
        if not passes:
            raise UsageError(f"ledger {ledger.name}: no pass is in it yet")
        since = last_whole(passes)
    found = ledger.changes(since, limit=limit)
    parts: tuple[tuple[str, str, tuple[Standing, ...], Tone], ...] = (
        ("new", "New", found.new, "high"),
        ("came_back", "Came back", found.came_back, "high"),
        ("fixed", "Fixed", found.fixed, "good"),
    )
    facts = {"since": told(since), "counts": dict(found.counts)}
    words = "since the pass before" if isinstance(since, Pass) else f"since {told(since)}"
    words = "since the ledger began" if is_before_all(since, passes) else words
    lead: list[tuple[str, Tone]] = []
    tables = []
    for name, title, rows, tone in parts:
        number = found.counts[name]
        lead += [(f"{number:,} {title.lower()}", tone if number else "plain"), (", ", "plain")]
        heading = f"{title}: {_of(number, len(rows))}" if rows else ""
        tables.append(standing_table(name, rows, heading, verdicts=name == "fixed"))
    lead[-1] = (f" {words}", "plain")
    left = sum(found.counts.values()) - sum(len(rows) for _, _, rows, _ in parts)
    return Page("changes", facts, tables, (tuple(lead),), left=left, alike=True)


def _of(number: int, shown: int) -> str:
    return f"{number:,}" if number == shown else f"the first {shown:,} of {number:,}"


def passes(ledger: Ledger, limit: int | None = None) -> Page:
    """The passes, the last one first."""
    extents, ended = ledger.extents(), {one.number: one.counts for one in ledger.ended()}
    everything = ledger.passes()[::-1]
    rows = []
    for one in everything[:limit]:
        extent, counts = extents.get(one.number), ended.get(one.number, {})
        rows.append(
            pass_row(one)
            | {
                "units": extent.units if extent else 0,
                "resources": extent.resources if extent else 0,
                "gaps": extent.gaps if extent else 0,
                "failures": counts.get("fail", 0) if one.ended else None,
                "undecided": counts.get("unknown", 0) if one.ended else None,
            }
        )
    columns = (
        Column("number", "pass", number=True),
        Column("state", "state", tone=lambda state: "good" if state == "complete" else "medium"),
        Column("started", "started (UTC)", minute),
        Column("ended", "ended", minute, machine=True),
        Column("source", "source"),
        Column("resources", "resources", number=True),
        Column("units", "units", number=True, machine=True),
        Column("gaps", "gaps", number=True),
        Column("failures", "failures", number=True),
        Column("undecided", "unknown", number=True),
        Column("target", "target", lines=lambda value: ((value, "quiet"),)),
        Column("version", "version", machine=True),
    )
    table = Table("passes", columns, rows, empty="no pass is in the ledger yet")
    return Page("passes", {"total": len(everything)}, (table,), left=len(everything) - len(rows))


# -- gaps


def gaps(ledger: Ledger, number: int | None = None, limit: int | None = None) -> Page:
    """What could not be read, by permission or reason: of one pass, or of the last pass of each target."""
    known = ledger.passes()
    chosen = [numbered(known, number)] if number is not None else latest(known)
    alike: dict[tuple[str, str, str], list[Gap]] = defaultdict(list)
    total = 0
    for one in chosen:
        for gap in ledger.gaps(one):
            total += 1
            alike[gap.kind, gap.permission, gap.call if gap.permission else gap.reason].append(gap)
    controls = {name for members in alike.values() for gap in members for name in gap.controls}
    rows = sorted((_gap_row(*key, members) for key, members in alike.items()), key=_most_unknown)
    columns = (
        Column("kind", "kind"),
        Column("controls", "controls unknown", lambda value: f"{len(value):,}", number=True),
        Column("times", "times", number=True),
        Column("permission", "permission", tone="strong"),
        Column("reason", "reason", lines=lambda value: ((value, "plain"),)),
        Column("where", "where", lambda value: "; ".join(value), lines=_places),
        Column("calls", "calls", machine=True),
    )
    facts = {"passes": [one.number for one in chosen], "total": total, "controls_unknown": len(controls)}
    of = f"of pass {number}" if number is not None else f"of the last {'passes' if len(chosen) > 1 else 'pass'}"
    unknown = f"; {count(len(controls), 'control')} left unknown" if controls else ""
    lead: Line = ((count(total, "gap"), "strong"), (f" {of}{unknown}", "plain"))
    missing = any(row["permission"] for row in rows)
    notes = ("the policy that allows what is missing: mainstay doctor --policy",) if missing else ()
    left = max(0, len(rows) - limit) if limit is not None else 0
    return Page("gaps", facts, (Table("gaps", columns, rows[:limit]),), (lead,), notes, left)


def _gap_row(kind: str, permission: str, _: str, members: Sequence[Gap]) -> dict[str, Any]:
    return {
        "kind": kind,
        "permission": permission,
        "calls": sorted({gap.call for gap in members if gap.call}),
        "reason": members[0].reason,
        "times": len(members),
        "controls": sorted({name for gap in members for name in gap.controls}),
        "where": sorted({gap.where for gap in members if gap.where}),
    }


def _most_unknown(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return -len(row["controls"]), -row["times"], row["kind"], row["permission"], row["reason"]


def _places(places: Sequence[str]) -> Iterable[tuple[str, Tone]]:
    for place in places[:EXAMPLES_SHOWN]:
        yield place, "place"
    if len(places) > EXAMPLES_SHOWN:
        yield f"and {len(places) - EXAMPLES_SHOWN:,} more", "quiet"


# -- owners


def owners(ledger: Ledger, limit: int | None = None) -> Page:
    """Who has which failures; last, as their owner is nobody, those that somebody should take."""
    from mainstay.evidence import Query

    found: dict[str, Counter[str]] = defaultdict(Counter)
    for (name, severity), number in ledger.counts(("owner", "severity"), Query(verdicts=FAILING)).items():
        found[name][severity] += number
    ordered = sorted(found, key=lambda name: (not name, *(-found[name][one] for one in reversed(SEVERITIES)), name))
    rows = [
        {"owner": name, "total": sum(found[name].values()), **{one: found[name][one] for one in reversed(SEVERITIES)}}
        for name in ordered
    ]
    columns = (Column("owner", "owner", lambda value: value or NOBODY), *severity_columns())
    table = Table("owners", columns, rows[:limit], empty="Nothing fails.")
    notes = ("the owner is what the tag Owner or Team says; an owner's failures: mainstay show findings --owner NAME",)
    left = max(0, len(rows) - limit) if limit is not None else 0
    return Page("owners", {"total": len(rows)}, (table,), notes=notes if rows else (), left=left)

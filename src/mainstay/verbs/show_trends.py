"""`show trends`: how many failures stood at the end of each pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from mainstay.model.controls import PILLARS, SEVERITIES
from mainstay.model.evidence import Pass
from mainstay.outputs.paint import Line, Tone
from mainstay.outputs.tables import Column, Page, Table, minute
from mainstay.verbs.show_findings import NOBODY
from mainstay.verbs.showing import CatalogOf, iso, severity_tone

if TYPE_CHECKING:
    from mainstay.evidence import Ledger
    from mainstay.evidence.answers import By

TrendBy = Literal["severity", "pillar", "owner"]
Growth = Mapping[tuple[int, tuple[str, ...]], int]
"""By how many a pass raised or lowered the number of failures, by its number and a name."""

BARS: Final = "▁▂▃▄▅▆▇█"
PLAIN_BARS: Final = "_.-=+*#@"
MOST_SERIES: Final = 12
LONGEST_CHART: Final = 40

_COLUMNS: Final[Mapping[TrendBy, By]] = {"severity": "severity", "pillar": "control", "owner": "owner"}


def trends(ledger: Ledger, by: TrendBy, catalog: CatalogOf, limit: int | None = None, blocks: bool = True) -> Page:
    """The failures at the end of each pass, as small charts and in numbers.

    Where the ledger was pruned, early passes show what is left of them. `blocks` says that the reader can show block
    characters. Of owners those are shown that have most.
    """
    growth = ledger.growth((_COLUMNS[by],))
    known = [one for one in ledger.passes() if one.ended is not None]
    shown = known if limit is None else known[-limit:]
    total = _totals(growth, None, known)[-len(shown) :] if shown else []
    if by == "pillar":
        growth = _by_pillar(growth, catalog)
    numbers = {name: _totals(growth, name, known) for name in sorted({names[0] for _, names in growth})}
    series = {name: numbers[name][-len(shown) :] for name in _order(by, numbers)} if shown else {}
    rows = [
        {"pass": one.number, "ended": iso(one.ended), "counts": {name: series[name][at] for name in series},
         "total": total[at]}
        for at, one in enumerate(shown)
    ]  # fmt: skip
    columns = (
        Column("pass", "pass", number=True),
        Column("ended", "ended (UTC)", minute),
        *(Column(name, name or NOBODY, number=True, inside="counts") for name in series),
        Column("total", "total", number=True),
    )
    passes = Table("passes", columns, rows, empty="no pass has ended yet")
    lead: Line = (("Failures at the end of each pass", "strong"), (f", by {by}", "plain"))
    charts = [_chart(name or NOBODY, values, blocks) for name, values in series.items()]
    charts += [_chart("all", total, blocks)] if shown else []
    left = len(known) - len(shown)
    return Page("trends", {"by": by, "total": len(known)}, (passes, _charts(by, charts)), (lead,), left=left)


def _by_pillar(growth: Growth, catalog: CatalogOf) -> Growth:
    """A failure counts for each pillar of its control."""
    pillars = {control.id: control.pillars for control in catalog().controls}
    found: Counter[tuple[int, tuple[str, ...]]] = Counter()
    for (number, (control,)), difference in growth.items():
        for pillar in pillars.get(control, ()):
            found[number, (pillar,)] += difference
    return found


def _totals(growth: Growth, name: str | None, known: Sequence[Pass]) -> list[int]:
    """The running total at the end of each pass, of one name or of all. What passes did that never ended counts for
    the next one."""
    steps: Counter[int] = Counter()
    for (number, names), difference in growth.items():
        if name is None or names[0] == name:
            steps[number] += difference
    ordered = sorted(steps)
    totals, total, at = [], 0, 0
    for one in known:
        while at < len(ordered) and ordered[at] <= one.number:
            total += steps[ordered[at]]
            at += 1
        totals.append(total)
    return totals


def _order(by: TrendBy, numbers: Mapping[str, Sequence[int]]) -> list[str]:
    if by == "owner":
        return sorted(numbers, key=lambda name: (-(numbers[name] or [0])[-1], name))[:MOST_SERIES]
    return [name for name in (reversed(SEVERITIES) if by == "severity" else PILLARS) if name in numbers]


def _charts(by: TrendBy, charts: Sequence[Mapping[str, Any]]) -> Table:
    def tone(name: str) -> Tone:
        return severity_tone(name) if by == "severity" and name in SEVERITIES else "plain"

    columns = (
        Column("name", by, tone=tone),
        Column("chart", "", tone="place"),
        Column("first", "first", number=True),
        Column("last", "last", number=True),
    )
    return Table("series", columns, charts)


def _chart(name: str, values: Sequence[int], blocks: bool) -> dict[str, Any]:
    return {
        "name": name, "chart": spark(values[-LONGEST_CHART:], blocks), "first": values[0], "last": values[-1],
        "most": max(values),
    }  # fmt: skip


def spark(values: Sequence[int], blocks: bool = True) -> str:
    """The values as a line of bars, from nothing to the largest."""
    bars = BARS if blocks else PLAIN_BARS
    most = max(values, default=0)
    return "".join(bars[round(value / most * (len(bars) - 1))] if most else bars[0] for value in values)

"""Which controls a run judges by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mainstay.model.controls import SEVERITIES, Control


def select(
    controls: Iterable[Control],
    ids: Sequence[str] = (),
    practices: Sequence[str] = (),
    pillars: Sequence[str] = (),
    severity: str | None = None,
) -> Iterator[Control]:
    """The controls that all of the given filters let through. `practices` may be whole questions (`SEC08`)."""
    least = SEVERITIES.index(severity) if severity else 0
    for control in controls:
        if ids and control.id not in ids:
            continue
        if practices and not any(own.startswith(tuple(practices)) for own in control.practices):
            continue
        if pillars and not set(pillars) & set(control.pillars):
            continue
        if SEVERITIES.index(control.severity) >= least:
            yield control

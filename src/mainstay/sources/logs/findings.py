"""What the readers of findings share: EventBridge's envelope around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mainstay.model.values import Value
from mainstay.sources.logs.records import Fields, Told
from mainstay.sources.logs.times import moment


def unwrapped(found: Iterable[tuple[int, Value]], lists: tuple[str, ...]) -> Iterator[tuple[int, Value]]:
    """The findings themselves: what an envelope has as its `detail`, and what lists by one of these names hold.

    Each that came out of a list has a number of its own where the file is one value; the number of its line otherwise.
    """
    for number, value in found:
        inner = value["detail"] if isinstance(value, dict) and "detail-type" in value and "detail" in value else value
        held = (
            next((inner[name] for name in lists if isinstance(inner.get(name), list)), None)
            if isinstance(inner, dict)
            else None
        )
        if held is None:
            yield number, inner
        else:
            yield from ((number, one) for one in held)


def first_moment(fields: Fields, names: tuple[str, ...]) -> int | None:
    """The time under the first of the names that has one."""
    return next((told for name in names if (told := moment(fields.get(name))) is not None), None)


def version_id(fields: Fields, name: str, updated: str, place: str) -> str:
    """The id of one version of a finding: services write a finding again, with the same id, whenever it changes."""
    own = fields.get(name)
    if not isinstance(own, str) or not own:
        return place
    when = fields.get(updated)
    return f"{own}@{when}" if isinstance(when, str | int) else own


def told_by(time_us: int | None, id: str) -> Told | None:
    return None if time_us is None else (time_us, id)

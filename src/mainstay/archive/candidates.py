"""The events of an archive that any rule may fire on: SQL finds them, and few of them are ever put together.

    distinct keys ─► Plans ─► what there is to do with rows of each
                               ├─► a finding in any case: their times and places
                               ├─► a rule that the rest of them decides: all of the rows that its upper bound leaves
                               ├─► a state that adds up: their times and bytes
                               └─► a state that asks what is new: the first of its keys and hour

What comes out is a superset: the caller judges each event by the rules that its plan leaves.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from sqlglot import exp, select

from mainstay.archive.columns import EVENT, FIELDS, FILE, ID, KEY, NUMBER, PLAIN, TIME_US, column_of
from mainstay.archive.errors import EngineError
from mainstay.archive.folder import Archive
from mainstay.archive.querying import Engine, Table
from mainstay.archive.sql import bounds, column, either, is_true
from mainstay.documents.lazy import LazyRecord
from mainstay.engine.plans import NOTHING, Plan, Plans
from mainstay.engine.selecting import keys_of
from mainstay.engine.tracking import HOUR_US
from mainstay.model.detections import Detection
from mainstay.model.events import KEYS, MOVED, Event, LogSource, moved
from mainstay.model.findings import Gap
from mainstay.model.places import Place

EVENTS, PICKED, KIND, BYTES = "events", "picked", "kind", "moved bytes"
FEW: Final = 200
"""Rows of so many are all brought, whatever a finer bound would leave out."""

_PLACED, _WHOLE, _BOUND, _FIRST = 1, 2, 4, 8


@dataclass(slots=True)
class Candidate:
    """An event of an archive and the plan of its keys; without a `text` the rest of it decides nothing."""

    source: LogSource
    plan: Plan
    time_us: int
    id: str
    file: str
    number: int
    bytes: float | None
    text: str | None

    def told(self) -> tuple[str, str, int]:
        return self.id, self.file, self.number

    def moved(self) -> float | None:
        return self.bytes

    def event(self) -> Event:
        fields = dict(self.plan.fields) if self.text is None else LazyRecord.of(self.text.encode())
        return Event(self.source, self.time_us, self.id, fields, self.file, self.number)


def candidates(
    engine: Engine,
    archive: Archive,
    plans: Mapping[LogSource, Plans],
    since_us: int | None = None,
    until_us: int | None = None,
) -> Iterator[Candidate]:
    """Each event that any of the rules may fire on, once, in order of (time_us, id).

    What could not be read is in `archive.gaps`. Raises EngineError where the engine fails on parts that are sound.
    """
    streams = [
        _Asked(engine, archive, source, of_source, since_us, until_us).events() for source, of_source in plans.items()
    ]
    return heapq.merge(*streams, key=lambda one: (one.time_us, one.id))


@dataclass(slots=True)
class _Asked:
    """One source of an archive and the plans of its keys."""

    engine: Engine
    archive: Archive
    source: LogSource
    plans: Plans
    since_us: int | None
    until_us: int | None
    _by_key: dict[int, tuple[Plan, Plan]] = field(default_factory=dict)

    def events(self) -> Iterator[Candidate]:
        parts = self.archive.parts(self.source, self.since_us, self.until_us)
        while parts:
            try:
                rows = self._rows([self.archive.path_of(part) for part in parts])
                row = next(rows, None)
            except EngineError:
                sound = self.archive.sound(parts)
                if len(sound) == len(parts):
                    raise
                parts = sound
                continue
            while row is not None:
                if (found := self._candidate(*row)) is not None:
                    yield found
                row = next(rows, None)
            return

    def _candidate(
        self, time_us: int, id: str, file: str, number: int, bytes: float | None, key: int | None, text: str | None
    ) -> Candidate | None:
        """The candidate of a row; `key` is None of one whose keys the columns do not tell."""
        if key is not None:
            whole, placed = self._by_key[key]
            return Candidate(self.source, placed if text is None else whole, time_us, id, file, number, bytes, text)
        try:
            fields = LazyRecord.of((text or "").encode())
            plan = self.plans.of(keys_of(self.source, fields))
        except (ValueError, RecursionError) as error:
            self.archive.gaps.append(Gap("unreadable", f"record {number}: {error}", Place(file, 0, 0)))
            return None
        if plan is NOTHING:
            return None
        return Candidate(self.source, plan, time_us, id, file, number, moved(self.source, fields), text)

    def _rows(self, paths: Sequence[Path]) -> Iterator[tuple[Any, ...]]:
        """The rows of the candidates, with their texts where more than their keys is asked."""
        tables: dict[str, Table] = {EVENTS: paths}
        bytes = ".".join(MOVED.get(self.source, ()))
        amount = column(column_of(bytes)) if bytes else exp.null()
        places = [column(name) for name in (TIME_US, ID, FILE, NUMBER)]
        given = [*places, exp.alias_(amount, BYTES, quoted=True)]
        order = (column(TIME_US), column(ID))
        if not KEYS[self.source]:
            whole = select(*given, exp.alias_(exp.null(), KEY, quoted=True), column(EVENT)).from_(EVENTS)
            return self.engine.rows(whole.where(*self._span()).order_by(*order), tables)
        kind_of, uppers = self._kinds(self._planned(tables))
        tables[PICKED] = pa.table(
            {f"{KEY}_": pa.array(kind_of.keys(), pa.int64()), KIND: pa.array(kind_of.values(), pa.int64())}
        )
        is_whole = [exp.Not(this=column(PLAIN)), _is(_WHOLE)]
        if uppers:
            is_whole.append(exp.and_(_is(_BOUND), either(uppers)))
        key = exp.Case().when(column(PLAIN), column(KEY))
        text = exp.Case().when(exp.or_(*is_whole), column(EVENT))
        inner = select(
            *given,
            exp.alias_(key, KEY, quoted=True),
            exp.alias_(text, EVENT, quoted=True),
            exp.alias_(exp.or_(exp.Not(this=column(PLAIN)), _is(_PLACED)), "placed", quoted=True),
            exp.alias_(_is(_FIRST), "is_new", quoted=True),
        )
        joined = exp.EQ(this=column(KEY), expression=column(f"{KEY}_"))
        inner = inner.from_(EVENTS).where(*self._span()).join(PICKED, on=joined, join_type="left")
        open_to: list[exp.Expr] = [column("placed"), exp.Not(this=exp.Is(this=column(EVENT), expression=exp.null()))]
        if any(kind & _FIRST for kind in kind_of.values()):
            inner = inner.select(_first_of_hour())
            is_first = exp.EQ(this=column("first"), expression=exp.Literal.number(1))
            open_to.append(exp.and_(column("is_new"), is_first))
        query = (
            select(*places, column(BYTES), column(KEY), column(EVENT))
            .from_(inner.subquery("found"))
            .where(exp.or_(*open_to))
        )
        return self.engine.rows(query.order_by(*order), tables)

    def _planned(self, tables: dict[str, Table]) -> list[tuple[int, int]]:
        """The keys that have a plan, with the numbers of their rows."""
        groups = KEYS[self.source]
        values: list[dict[int, Any]] = []
        plain = column(PLAIN)
        names = [f"{KEY}_{at + 1}" for at in range(len(groups))]
        for name, group in zip(names, groups, strict=True):
            of_group = [exp.AnyValue(this=column(column_of(field))) for field in group]
            query = select(column(name), *of_group).from_(EVENTS).where(plain, *self._span()).group_by(column(name))
            values.append({row[0]: self._told(group, row[1:]) for row in self.engine.rows(query, tables)})
        keys = [column(name) for name in (KEY, *names)]
        query = select(*keys, exp.Count(this=exp.Star())).from_(EVENTS).where(plain, *self._span()).group_by(*keys)
        found: list[tuple[int, int]] = []
        self._by_key.clear()
        for key, *of_groups, count in self.engine.rows(query, tables):
            told = tuple([known[digest] for known, digest in zip(values, of_groups, strict=True)])
            plan = self.plans.of(told)
            if plan is not NOTHING:
                self._by_key[key] = plan, replace(plan, surely=(), asked=())
                found.append((key, count))
        return found

    def _told(self, group: Sequence[str], values: Sequence[Any]) -> Any:
        """The values of a group as a record's `keys()` has them."""
        types = FIELDS[self.source]
        told = tuple(
            value.encode() if value is not None and types[name] == "json" else value
            for name, value in zip(group, values, strict=True)
        )
        return told if len(group) > 1 else told[0]

    def _kinds(self, planned: Sequence[tuple[int, int]]) -> tuple[dict[int, int], list[exp.Expr]]:
        """How the rows of each key are looked for, and the upper bounds of rules that need one."""
        rows: Counter[str] = Counter()
        rules: dict[str, Detection] = {}
        for key, count in planned:
            for one, _ in self._by_key[key][0].asked:
                rows[one.id] += count
                rules[one.id] = one.detection
        uppers = {
            id: upper for id, rule in rules.items() if rows[id] > FEW and (upper := self._upper(rule)) is not None
        }
        kinds: dict[int, int] = {}
        for key, _ in planned:
            plan = self._by_key[key][0]
            # where a state counts each, or tells less than an hour apart, the first of the hour is not enough
            each = plan.at_once or any(one.asks_bytes or one.grain_us < HOUR_US for one in plan.noted)
            kind = _PLACED if each else _FIRST if plan.noted else 0
            if plan.surely or any(one.id not in uppers for one, _ in plan.asked):
                kind |= _WHOLE
            elif plan.asked:
                kind |= _BOUND
            kinds[key] = kind
        return kinds, list(uppers.values())

    def _upper(self, rule: Detection) -> exp.Expr | None:
        """What SQL can say of a rule besides what the keys say of it; None where that is nothing."""
        upper = bounds(rule.condition, self.source).upper
        of_keys = {name for group in KEYS[self.source] for name in group}
        read = {each.name for each in upper.find_all(exp.Column)}
        return None if is_true(upper) or not read - of_keys else upper

    def _span(self) -> list[exp.Expr]:
        time = column(TIME_US)
        found: list[exp.Expr] = []
        if self.since_us is not None:
            found.append(exp.GTE(this=time, expression=exp.Literal.number(self.since_us)))
        if self.until_us is not None:
            found.append(exp.LT(this=time, expression=exp.Literal.number(self.until_us)))
        return found or [exp.true()]


def _first_of_hour() -> exp.Expr:
    """The place of a row among those of its key and hour, by (time_us, id), from 1."""
    hour = exp.IntDiv(this=column(TIME_US), expression=exp.Literal.number(HOUR_US))
    order = exp.Order(expressions=[exp.Ordered(this=column(by)) for by in (TIME_US, ID)])
    window = exp.Window(this=exp.RowNumber(), partition_by=[column(KEY), hour], order=order)
    return exp.alias_(window, "first", quoted=True)


def _is(kind: int) -> exp.Expr:
    """That a key is looked for that way."""
    bit = exp.BitwiseAnd(this=column(KIND), expression=exp.Literal.number(kind))
    return exp.GT(this=exp.paren(bit), expression=exp.Literal.number(0))

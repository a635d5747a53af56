"""The events of an archive that any rule may fire on: SQL finds them, and nothing else is ever put together.

    distinct keys ─► Selection ─► which keys leave which rules ─► rows of few keys: all of them
                                                              ├─► rows of many: those of the rules' upper bounds
                                                              └─► of what is only looked at for being new: the first
                                                                  and the last of its keys and hour

What comes out is a superset: the caller judges each event by the rules themselves.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from sqlglot import exp, select

from mainstay.archive.columns import EVENT, FIELDS, FILE, ID, KEY, NUMBER, PLAIN, ROW, TIME_US, column_of
from mainstay.archive.errors import EngineError
from mainstay.archive.folder import Archive
from mainstay.archive.querying import Engine, Table
from mainstay.archive.sql import bounds, column, either, is_true
from mainstay.documents.lazy import LazyRecord
from mainstay.engine.reads import reads
from mainstay.engine.selecting import Meaning, Selection
from mainstay.engine.walk import split
from mainstay.model.conditions import All, Condition, Each, Keywords, Not
from mainstay.model.conditions import Any as Either
from mainstay.model.detections import Detection, FirstSeen
from mainstay.model.event_facts import EVENT_FACTS
from mainstay.model.events import KEYS, Event, LogSource
from mainstay.model.findings import Gap
from mainstay.model.places import Place

EVENTS, PICKED, CHOSEN, KIND = "events", "picked", "chosen", "kind"
FEW: Final = 200
"""Rows of so many are all brought, whatever a finer bound would leave out."""

HOUR_US: Final = 3_600_000_000
_WHOLE, _BOUND, _THIN = 1, 2, 4


def candidates(
    engine: Engine,
    archive: Archive,
    rules: Sequence[Detection],
    meaning: Meaning,
    since_us: int | None = None,
    until_us: int | None = None,
) -> Iterator[Event]:
    """Each event that any of the rules may fire on, once, in order of (time_us, id).

    What could not be read is in `archive.gaps`. Raises EngineError where the engine fails on parts that are sound.
    """
    by_source: dict[LogSource, list[Detection]] = defaultdict(list)
    for rule in rules:
        if rule.source is not None:
            by_source[rule.source].append(rule)
    streams = [
        _Asked(engine, archive, Selection(of_source, source, meaning), of_source, since_us, until_us).events()
        for source, of_source in by_source.items()
    ]
    return heapq.merge(*streams, key=lambda event: (event.time_us, event.id))


@dataclass(slots=True)
class _Asked:
    """One source of an archive and the rules that are asked of it."""

    engine: Engine
    archive: Archive
    selection: Selection
    rules: Sequence[Detection]
    since_us: int | None
    until_us: int | None

    @property
    def source(self) -> LogSource:
        return self.selection.source

    def events(self) -> Iterator[Event]:
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
                if (event := self._event(row)) is not None:
                    yield event
                row = next(rows, None)
            return

    def _event(self, row: tuple[Any, ...]) -> Event | None:
        time_us, id, file, number, text = row
        try:
            return Event(self.source, time_us, id, LazyRecord.of(text.encode()), file, number)
        except (ValueError, RecursionError) as error:
            self.archive.gaps.append(Gap("unreadable", f"record {number}: {error}", Place(file, 0, 0)))
            return None

    def _rows(self, paths: Sequence[Path]) -> Iterator[tuple[Any, ...]]:
        """The rows of the candidates."""
        tables: dict[str, Table] = {EVENTS: paths}
        wanted = select(*map(column, (TIME_US, ID, FILE, NUMBER, EVENT))).from_(EVENTS).where(*self._span())
        if KEYS[self.source]:
            chosen = self._choose(tables)
            if not len(chosen):
                return iter(())
            tables[CHOSEN] = pa.table({f"{ROW}_": chosen})
            wanted = wanted.join(CHOSEN, on=exp.EQ(this=column(ROW), expression=column(f"{ROW}_")))
        return self.engine.rows(wanted.order_by(column(TIME_US), column(ID)), tables)

    def _choose(self, tables: dict[str, Table]) -> pa.Array:
        """The numbers of the rows that any rule may fire on."""
        masks = self._masks(tables)
        kinds, uppers = self._kinds(masks)
        picked = [(key, kinds[mask]) for mask, keys in masks.items() if kinds.get(mask) for key, _ in keys]
        kind_of: dict[int, int] = defaultdict(int)
        for key, kind in picked:
            kind_of[key] |= kind
        tables = {
            **tables,
            PICKED: pa.table(
                {f"{KEY}_": pa.array(kind_of.keys(), pa.int64()), KIND: pa.array(kind_of.values(), pa.int64())}
            ),
        }
        joined = select(column(ROW)).from_(EVENTS).where(*self._span())
        joined = joined.join(PICKED, on=exp.EQ(this=column(KEY), expression=column(f"{KEY}_")), join_type="left")
        open_to: list[exp.Expr] = [exp.Not(this=column(PLAIN)), _is(_WHOLE)]
        if uppers:
            open_to.append(exp.and_(_is(_BOUND), either(uppers)))
        rows = {row for (row,) in self.engine.rows(joined.where(exp.or_(*open_to)), tables)}
        if any(kind & _THIN for kind in kind_of.values()):
            rows.update(self._thinned(tables))
        return pa.array(sorted(rows), pa.int64())

    def _masks(self, tables: dict[str, Table]) -> dict[int, list[tuple[int, int]]]:
        """By the rules that may fire, the keys (with the number of their rows) that leave them."""
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
        masks: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for key, *of_groups, count in self.engine.rows(query, tables):
            told = [known[digest] for known, digest in zip(values, of_groups, strict=True)]
            if mask := self.selection.candidates(told)[0]:
                masks[mask].append((key, count))
        return masks

    def _told(self, group: Sequence[str], values: Sequence[Any]) -> Any:
        """The values of a group as a record's `keys()` has them."""
        types = FIELDS[self.source]
        told = tuple(
            value.encode() if value is not None and types[name] == "json" else value
            for name, value in zip(group, values, strict=True)
        )
        return told if len(group) > 1 else told[0]

    def _kinds(self, masks: dict[int, list[tuple[int, int]]]) -> tuple[dict[int, int], list[exp.Expr]]:
        """How the rows of each mask are looked for, and the upper bounds of rules that need one."""
        counted = {mask: sum(count for _, count in keys) for mask, keys in masks.items()}
        of_keys = {name for group in KEYS[self.source] for name in group}
        uppers: dict[int, exp.Expr] = {}
        by_rule: list[int] = []
        for bit, rule in enumerate(self.rules):
            rows = sum(count for mask, count in counted.items() if mask >> bit & 1)
            upper = bounds(rule.condition, self.source).upper
            read = {each.name for each in upper.find_all(exp.Column)}
            if rows > FEW and is_thin(rule, self.source):
                by_rule.append(_THIN)
            elif rows > FEW and not is_true(upper) and read - of_keys:
                by_rule.append(_BOUND)
                uppers[bit] = upper
            else:
                by_rule.append(_WHOLE)
        kinds: dict[int, int] = {}
        for mask in masks:
            kind = 0
            for bit, of_rule in enumerate(by_rule):
                kind |= of_rule if mask >> bit & 1 else 0
            kinds[mask] = _WHOLE if kind & _WHOLE else kind
        return kinds, list(uppers.values())

    def _thinned(self, tables: dict[str, Table]) -> Iterator[int]:
        """The first and the last row of each key and hour, by (time_us, id)."""
        hour = exp.IntDiv(this=column(TIME_US), expression=exp.Literal.number(HOUR_US))
        inner = select(column(ROW), *_ends(hour)).from_(EVENTS).where(column(PLAIN), *self._span())
        inner = inner.join(PICKED, on=exp.EQ(this=column(KEY), expression=column(f"{KEY}_"))).where(_is(_THIN))
        first = [exp.EQ(this=column(name), expression=exp.Literal.number(1)) for name in ("from_first", "from_last")]
        query = select(column(ROW)).from_(inner.subquery("numbered")).where(exp.or_(*first))
        return (row for (row,) in self.engine.rows(query, tables))

    def _span(self) -> list[exp.Expr]:
        time = column(TIME_US)
        found: list[exp.Expr] = []
        if self.since_us is not None:
            found.append(exp.GTE(this=time, expression=exp.Literal.number(self.since_us)))
        if self.until_us is not None:
            found.append(exp.LT(this=time, expression=exp.Literal.number(self.until_us)))
        return found or [exp.true()]


def _ends(hour: exp.Expr) -> list[exp.Expr]:
    found: list[exp.Expr] = []
    for name, down in (("from_first", False), ("from_last", True)):
        order = exp.Order(expressions=[exp.Ordered(this=column(by), desc=down) for by in (TIME_US, ID)])
        window = exp.Window(this=exp.RowNumber(), partition_by=[column(KEY), hour.copy()], order=order)
        found.append(exp.alias_(window, name, quoted=True))
    return found


def _is(kind: int) -> exp.Expr:
    """That a key is looked for that way."""
    bit = exp.BitwiseAnd(this=column(KIND), expression=exp.Literal.number(kind))
    return exp.GT(this=exp.paren(bit), expression=exp.Literal.number(0))


def is_thin(rule: Detection, source: LogSource) -> bool:
    """Whether of all events with the same KEYS within an hour the first and the last tell the rule everything: it asks
    for what is new, and all that it reads is told by the KEYS."""
    state = rule.state
    asked = rule.condition if rule.unless is None else All((rule.condition, rule.unless))
    if not isinstance(state, FirstSeen) or state.forget_us < HOUR_US or _has_keywords(asked):
        return False
    names = {name for group in KEYS[source] for name in group}
    facts = {
        name
        for name, fact in EVENT_FACTS.items()
        if source in fact.sources and not fact.remembered and names >= set(fact.fields(source))
    }
    paths = [split(path) for path in (*reads(asked), *state.of, *state.by)]
    return all(path[1:2] and path[1] in facts if path[0] == "derived" else path[0] in names for path in paths)


def _has_keywords(condition: Condition) -> bool:
    match condition:
        case Keywords():
            return True
        case All(parts) | Either(parts):
            return any(map(_has_keywords, parts))
        case Not(part) | Each(condition=part):
            return _has_keywords(part)
        case _:
            return False

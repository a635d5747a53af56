"""From records to the rows of an archive: the columns are decoded apart from the event, which stays as it was written.

A file as CloudTrail delivers it is decoded as a whole, other records one by one. What is below an object
(`userIdentity`) is decoded once for all records that have the same text of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Final, NamedTuple

import msgspec
import pyarrow as pa

from mainstay.archive.columns import (
    EVENT,
    FIELDS,
    FILE,
    ID,
    NUMBER,
    PLAIN,
    ROW,
    TIME,
    TIME_US,
    column_of,
)
from mainstay.archive.nested import ARROW, INTEGER, NULL, PYTHON, Nested, nested_of
from mainstay.archive.partitions import DAY_US, Partition, partition_of
from mainstay.archive.repeated import Repeated
from mainstay.documents.uncollected import uncollected
from mainstay.model.events import Batch, Delivered, LogSource

TIMES: Final = pa.timestamp("us", tz="UTC")
_TOLD_BY: Final[Mapping[LogSource, tuple[str, str]]] = {"cloudtrail": ("eventTime", "eventID")}
"""The fields that readers take an event's time and id from, where whole files are decoded."""

_WHOLE: Final = 1e15
"""Below it the rules take a number that is written `7.0` for 7."""

_UNFIT: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_LISTS: Final = ("times", "ids", "files", "numbers", "plain", "repeated", "homes", "texts")


class Gathered:
    """Rows of one source that wait to be written: lists side by side, an element a row. `homes`, `repeated` and
    `objects` (a list for each) are indices of what `Rows` knows; `others` are the columns that repeat little."""

    __slots__ = (*_LISTS, "objects", "others")

    def __init__(self) -> None:
        self.times: list[int] = []
        self.ids: list[str] = []
        self.files: list[str] = []
        self.numbers: list[int] = []
        self.plain: list[bool] = []
        self.repeated: list[int] = []
        self.objects: list[list[int]] = []
        self.others: list[list[Any]] = []
        self.homes: list[int] = []
        self.texts: list[bytes] = []

    def __len__(self) -> int:
        return len(self.times)

    def extend(self, others: Gathered) -> None:
        for name in _LISTS:
            getattr(self, name).extend(getattr(others, name))
        self.extend_columns(others.objects, others.others)

    def extend_columns(self, objects: Sequence[list[int]], others: Sequence[list[Any]]) -> None:
        if not self.objects and not self.others:
            self.objects, self.others = [[] for _ in objects], [[] for _ in others]
        for mine, more in chain(zip(self.objects, objects, strict=True), zip(self.others, others, strict=True)):
            mine.extend(more)


class Taken(NamedTuple):
    """How many records became rows, how many are no events, and how long their text is."""

    events: int
    rejected: int
    size: int


class Rows:
    """Makes the rows of one source, and of rows the tables that are written. `salt` keeps the digests from being
    guessed: nobody can make up two values that have the same."""

    def __init__(self, source: LogSource, salt: bytes) -> None:
        self.source = source
        fields = FIELDS[source]
        self._scalars = [path for path, kind in fields.items() if "." not in path and kind != "json"]
        tops = dict.fromkeys(path.partition(".")[0] for path in fields if path not in self._scalars)
        kinds = {top: {kind for path, kind in fields.items() if path.startswith(f"{top}.")} for top in tops}
        amounts = [top for top in tops if kinds[top] == {"integer"}]  # they repeat too little to be remembered
        self._amounts = [path for path in fields if path.partition(".")[0] in amounts]
        objects = [top for top in tops if top not in amounts]
        self._objects = [nested_of(name, fields) for name in objects]
        places = {name: f"f{at}" for at, name in enumerate(self._scalars)}
        raws = {name: f"o{at}" for at, name in enumerate(objects)}
        nested = {name: f"n{at}" for at, name in enumerate(amounts)}
        columns = msgspec.defstruct(
            "Columns",
            [(field, PYTHON[fields[path]], None) for path, field in places.items()]
            + [(field, msgspec.Raw, msgspec.Raw(NULL)) for field in raws.values()]
            + [(nested[name], _amounts(name, self._amounts), None) for name in amounts],
            rename={field: path for path, field in (*places.items(), *raws.items(), *nested.items())},
            gc=False,
        )
        self._decoder = msgspec.json.Decoder(columns)
        self._page = msgspec.json.Decoder(_records_of(columns))
        self._split = msgspec.json.Decoder(_records_of(msgspec.Raw))
        self._fields = [attrgetter(field) for field in places.values()]
        self._raws = [attrgetter(field) for field in raws.values()]
        self._counted = [_amount(path, nested) for path in self._amounts]
        self._no_objects = [each.index(NULL) for each in self._objects]
        self._nothing = columns()
        self._repeated = Repeated(source, salt, places, self._objects)
        self._others = [path for path in self._scalars if path not in self._repeated.scalars]
        self._of_others = [attrgetter(places[path]) for path in self._others]
        self._homes: dict[tuple[tuple[Any, ...], int], int] = {}
        self.partitions: list[Partition] = []
        told_by = _TOLD_BY.get(source)
        self._told = [attrgetter(places[name]) for name in told_by] if told_by else None

    def add(self, batch: Batch, into: Gathered) -> Taken:
        """Makes rows of the records of a batch."""
        if not batch.records:
            return Taken(0, batch.rejected, 0)
        with uncollected():
            rows: list[Any] = []
            texts: list[bytes] = []
            plain: list[bool] = []
            objects: list[list[int]] = []
            for record in batch.records:
                text = record.text()
                texts.append(text)
                self._decode(text, rows, objects, plain)
            columns = [list(each) for each in zip(*objects, strict=True)]
            self._gather(into, [record.time_us for record in batch.records], rows, columns, plain)
            told = [record.told() for record in batch.records]
            into.ids += [id for id, _, _ in told]
            into.files += [file for _, file, _ in told]
            into.numbers += [number for _, _, number in told]
            into.texts += texts
        return Taken(len(rows), batch.rejected, sum(map(len, texts)))

    def add_page(self, page: Delivered, into: Gathered) -> Taken | None:
        """Makes rows of a whole file; None, and nothing done, where its records are not all of the types of columns."""
        if self._told is None:
            return None
        with uncollected():
            try:
                rows, raws = self._page.decode(page.data).records, self._split.decode(page.data).records
            except (ValueError, RecursionError):
                return None
            time_of, id_of = self._told
            moments = list(map(time_of, rows))
            if None in moments:
                return None
            times: list[Any] = list(map(page.moment, moments))
            numbers: Sequence[int] = range(1, len(rows) + 1)
            rejected = 0
            if None in times:
                kept = [at for at, time_us in enumerate(times) if time_us is not None]
                rejected = len(rows) - len(kept)
                rows, raws = [rows[at] for at in kept], [raws[at] for at in kept]
                numbers, times = [at + 1 for at in kept], [times[at] for at in kept]
            if not rows:
                return Taken(0, rejected, 0)
            ids = list(map(id_of, rows))
            if not all(ids):
                ids = [id or f"{page.file}:{number}" for id, number in zip(ids, numbers, strict=True)]
            into.ids += ids
            into.files += [page.file] * len(rows)
            into.numbers += numbers
            texts = list(map(bytes, raws))
            into.texts += texts
            self._add_columns(into, page.data, times, rows, texts)
            return Taken(len(rows), rejected, len(page.data))

    def _add_columns(
        self, into: Gathered, data: bytes, times: Sequence[int], rows: list[Any], texts: Sequence[bytes]
    ) -> None:
        unfit: set[int] = set()
        objects = [self._indices(each, raw, rows, unfit) for each, raw in zip(self._objects, self._raws, strict=True)]
        for amount in self._counted:
            unfit.update(at for at, value in enumerate(amount(rows)) if value is not None and not _is_whole(value))
        plain = [True] * len(rows)
        if not _says_all(data):
            plain = [
                _says_all(text) or self._is_plain(row, [column[at] for column in objects])
                for at, (row, text) in enumerate(zip(rows, texts, strict=True))
            ]
        for at in unfit:
            rows[at], plain[at] = self._nothing, False
            for column, none in zip(objects, self._no_objects, strict=True):
                column[at] = none
        self._gather(into, times, rows, objects, plain)

    def _indices(self, each: Nested, raw: Callable[[Any], Any], rows: Sequence[Any], unfit: set[int]) -> list[int]:
        """The place of each row's object among those that are known."""
        texts = list(map(bytes, map(raw, rows)))
        found: list[Any] = list(map(each.known.get, texts))
        for at, place in enumerate(found):
            if place is None:
                try:
                    found[at] = each.index(texts[at])
                except _UNFIT:
                    unfit.add(at)
        return found

    def _decode(self, text: bytes, rows: list[Any], objects: list[list[int]], plain: list[bool]) -> None:
        """What the columns hold of one record, and whether it is all."""
        try:
            row = self._decoder.decode(text)
            indices = [each.index(bytes(raw(row))) for each, raw in zip(self._objects, self._raws, strict=True)]
            is_fit = all(_is_whole(amount([row])[0]) for amount in self._counted)
        except _UNFIT:
            is_fit = False
        rows.append(row if is_fit else self._nothing)
        objects.append(indices if is_fit else self._no_objects)
        plain.append(is_fit and (_says_all(text) or self._is_plain(row, indices)))

    def _gather(
        self,
        into: Gathered,
        times: Sequence[int],
        rows: Sequence[Any],
        objects: Sequence[list[int]],
        plain: Sequence[bool],
    ) -> None:
        repeated = self._repeated.indices(rows, objects, plain)
        others = [list(map(other, rows)) for other in self._of_others]
        for amount in self._counted:
            others.append([None if value is None else int(value) for value in amount(rows)])
        into.extend_columns(objects, others)
        into.times += times
        into.plain += plain
        into.repeated += repeated
        homes = self._homes
        places = map(self._repeated.homes.__getitem__, repeated)
        at_home = list(zip(places, [time_us // DAY_US for time_us in times], strict=True))
        for home in set(at_home):
            if home not in homes:
                homes[home] = len(self.partitions)
                self.partitions.append(partition_of(self.source, home))
        into.homes += map(homes.__getitem__, at_home)

    def tables(self, rows: Gathered, number: Callable[[], int]) -> Iterator[tuple[Partition, pa.Table]]:
        """The rows by partition, in order of time. `number` gives the first row's number of each table."""
        by_partition: dict[Partition, list[int]] = defaultdict(list)
        of_homes = [by_partition[partition] for partition in self.partitions]
        for at, home in enumerate(rows.homes):
            of_homes[home].append(at)
        times, ids = rows.times, rows.ids
        # one after the other: memory that was used before is had at a tenth of the price of new
        for partition, places in sorted(by_partition.items()):
            if places:
                places.sort(key=ids.__getitem__)
                places.sort(key=times.__getitem__)
                yield partition, self._table(rows, places, number())

    def _table(self, rows: Gathered, places: Sequence[int], first: int) -> pa.Table:
        def column(values: Sequence[Any]) -> list[Any]:
            return [values[at] for at in places]

        fields = FIELDS[self.source]
        times = pa.array(column(rows.times), pa.int64())
        names = [TIME, TIME_US, ID, FILE, NUMBER, PLAIN]
        arrays = [times.cast(TIMES), times, pa.array(column(rows.ids), pa.string()), _few(column(rows.files))]
        arrays += [pa.array(column(rows.numbers), pa.int64()), pa.array(column(rows.plain), pa.bool_())]
        for path, values in zip((*self._others, *self._amounts), rows.others, strict=True):
            arrays.append(pa.array(column(values), ARROW[fields[path]]))
        names += map(column_of, (*self._others, *self._amounts))
        repeated = self._repeated
        shared = [(column(rows.repeated), repeated.values, repeated.types, repeated.names)]
        shared += [
            (column(indices), each.values, each.types, each.names)
            for each, indices in zip(self._objects, rows.objects, strict=True)
        ]
        for indices, values_of, types, own_names in shared:
            met = {index: at for at, index in enumerate(dict.fromkeys(indices))}
            taken = pa.array(list(map(met.__getitem__, indices)), pa.int32())
            distinct = zip(*[values_of[at] for at in met], strict=True)
            arrays += [_shared(pa.array(values, kind), taken) for values, kind in zip(distinct, types, strict=True)]
            names += own_names
        arrays += [pa.array(range(first, first + len(places)), pa.int64()), _texts(column(rows.texts))]
        return pa.Table.from_arrays(arrays, [*names, ROW, EVENT])

    def clear(self) -> None:
        """Forgets what only served the rows that are written now."""
        for each in self._objects:
            each.clear()
            each.index(NULL)
        self._repeated.clear()
        self._homes.clear()
        self.partitions.clear()

    def _is_plain(self, row: Any, objects: Iterable[int]) -> bool:
        nested = (each.values[at][: len(each.paths)] for each, at in zip(self._objects, objects, strict=True))
        scalars = (field(row) for field in self._fields)
        texts = (value for value in chain(scalars, *nested) if isinstance(value, str))
        return all(text.isascii() and "\0" not in text for text in texts)


def _says_all(text: bytes) -> bool:
    """Whether no text in there is anything but ASCII."""
    return text.isascii() and b"\\u" not in text


def _is_whole(value: int | float | None) -> bool:
    return not isinstance(value, float) or (value.is_integer() and abs(value) < _WHOLE)


def _records_of(record: Any) -> Any:
    """The type of a file of records."""
    return msgspec.defstruct("Page", [("records", list[record])], rename={"records": "Records"}, gc=False)


def _amounts(name: str, paths: Sequence[str]) -> Any:
    """The type of an object with numbers that may be written as `7.0`."""
    below = [path.partition(".")[2] for path in paths if path.startswith(f"{name}.")]
    kind = INTEGER | float | None
    return msgspec.defstruct("Amounts", [(field, kind, None) for field in below], gc=False) | None


def _amount(path: str, places: Mapping[str, str]) -> Callable[[Sequence[Any]], list[Any]]:
    """What gives a number of each row, None where it has none."""
    top, _, field = path.partition(".")
    top_of, value_of = attrgetter(places[top]), attrgetter(field)

    def amount(rows: Sequence[Any]) -> list[Any]:
        tops = list(map(top_of, rows))
        if tops.count(None) == len(tops):
            return tops
        return [None if each is None else value_of(each) for each in tops]

    return amount


def _shared(values: pa.Array, taken: pa.Array) -> pa.Array:
    """A column of values that many rows share."""
    distinct = values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(distinct.indices.take(taken), distinct.dictionary)


def _few(values: Sequence[str]) -> pa.Array:
    """A column of few different texts."""
    met = {value: at for at, value in enumerate(dict.fromkeys(values))}
    taken = pa.array(list(map(met.__getitem__, values)), pa.int32())
    return pa.DictionaryArray.from_arrays(taken, pa.array(met, pa.string()))


def _texts(texts: Sequence[bytes]) -> pa.Array:
    try:
        return pa.array(texts, pa.binary()).cast(pa.string())  # twice as fast as one by one
    except pa.ArrowInvalid:  # not UTF-8
        return pa.array([text.decode("utf-8", "replace") for text in texts], pa.string())

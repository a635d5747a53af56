"""From records to the rows of an archive: the columns are decoded apart from the event, which stays as it was written.

What is below an object (`userIdentity`) is decoded once for all records that have the same text of it.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from operator import attrgetter
from typing import Annotated, Any, Final, NamedTuple, Protocol, cast

import msgspec
import pyarrow as pa
from msgspec.structs import astuple

from mainstay.archive.columns import (
    EVENT,
    FIELDS,
    FILE,
    HOMES,
    ID,
    KEY,
    NUMBER,
    PLAIN,
    ROW,
    TIME,
    TIME_US,
    Type,
    column_of,
)
from mainstay.model.events import KEYS, Batch, Event, Logged, LogSource

DAY_US: Final = 86_400_000_000
NOWHERE: Final = "none"
TIMES: Final = pa.timestamp("us", tz="UTC")

_ARROW: Final = {"string": pa.string(), "integer": pa.int64(), "boolean": pa.bool_(), "json": pa.string()}
_PYTHON: Final[Mapping[str, Any]] = {
    "string": str | None,
    "integer": Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | None,
    "boolean": bool | None,
}
_NULL: Final = b"null"
_ACCOUNT: Final = re.compile(r"\d{12}")
_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]{2,12}){1,3}-\d{1,2}")
_OWN_ID: Final[Mapping[LogSource, str]] = {"cloudtrail": "eventID"}
"""The fields that readers take an event's id from."""

_UNFIT: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_LISTS: Final = ("times", "ids", "files", "numbers", "plain", "keys", "decoded", "objects", "homes", "texts")


class Dated(Logged, Protocol):
    """A record that tells its time and number without being put together."""

    time_us: int
    number: int


class Partition(NamedTuple):
    """The folder that a row belongs in."""

    source: LogSource
    account: str
    region: str
    day: str

    @property
    def folder(self) -> str:
        return f"source={self.source}/account={self.account}/region={self.region}/day={self.day}"


class _Object:
    """A top field below which columns are: the distinct values of them that were met, each once."""

    def __init__(self, name: str, kinds: Mapping[str, Type], whole: bool) -> None:
        self.name = name
        self.paths = tuple(kinds)
        self.types = [_ARROW[kind] for kind in kinds.values()] + [pa.string()] * whole
        self.names = [column_of(f"{name}.{path}") for path in kinds] + [column_of(name)] * whole
        self._whole = whole
        self._leaves = [path.split(".") for path in kinds]
        leaves = list(zip(self._leaves, kinds.values(), strict=True))
        self._decoder = msgspec.json.Decoder(_struct(leaves) | None)
        self._known: dict[bytes, int] = {}
        self.values: list[tuple[Any, ...]] = []

    def index(self, text: bytes) -> int:
        """Which of `values` an object's text is. Raises msgspec.ValidationError for one of other types."""
        found = self._known.get(text)
        if found is None:
            decoded = self._decoder.decode(text)
            leaves = tuple(_leaf(decoded, leaf) for leaf in self._leaves)
            self.values.append((*leaves, None if text == _NULL else text.decode()) if self._whole else leaves)
            found = self._known[text] = len(self.values) - 1
        return found

    def clear(self) -> None:
        self._known.clear()
        self.values.clear()


class Gathered:
    """Rows of one source that wait to be written: lists side by side, an element a row. `homes` and `objects` are
    indices of what `Rows` knows, `keys` the digests."""

    __slots__ = _LISTS

    def __init__(self) -> None:
        self.times: list[int] = []
        self.ids: list[str] = []
        self.files: list[str] = []
        self.numbers: list[int] = []
        self.plain: list[bool] = []
        self.keys: list[tuple[int, ...]] = []
        self.decoded: list[Any] = []
        self.objects: list[tuple[int, ...]] = []
        self.homes: list[int] = []
        self.texts: list[bytes] = []

    def __len__(self) -> int:
        return len(self.times)

    def extend(self, others: Gathered) -> None:
        for name in _LISTS:
            getattr(self, name).extend(getattr(others, name))


class Rows:
    """Makes the rows of one source, and of rows the tables that are written. `salt` keeps the digests from being
    guessed: nobody can make up two values that have the same."""

    def __init__(self, source: LogSource, salt: bytes) -> None:
        self.source = source
        self._salt = salt
        fields = FIELDS[source]
        self._scalars = [path for path, kind in fields.items() if "." not in path and kind != "json"]
        tops = dict.fromkeys(path.partition(".")[0] for path in fields if path not in self._scalars)
        self._objects = [_object(name, fields) for name in tops]
        places = {name: f"f{at}" for at, name in enumerate(self._scalars)}
        raws = {name: f"o{at}" for at, name in enumerate(tops)}
        columns = msgspec.defstruct(
            "Columns",
            [(field, _PYTHON[fields[path]], None) for path, field in places.items()]
            + [(field, msgspec.Raw, msgspec.Raw(_NULL)) for field in raws.values()],
            rename={field: path for path, field in (*places.items(), *raws.items())},
            gc=False,
        )
        self._decoder = msgspec.json.Decoder(columns)
        self._raws = _getter(list(raws.values()))
        self._nothing = columns(), tuple([each.index(_NULL) for each in self._objects])
        self._groups = KEYS[source]
        of_keys = [name for group in self._groups for name in group]
        self._told = _getter([places[name] for name in of_keys if name in places])
        self._spelled_at = [(name in places, name) for name in of_keys]
        self._objects_told = [at for at, each in enumerate(self._objects) if each.name in of_keys]
        self._digests: dict[Any, tuple[int, ...]] = {}
        home = HOMES.get(source)
        self._home = _getter([places[name] for name in home]) if home else lambda _: (None, None)
        self._homes: dict[tuple[Any, ...], int] = {}
        self.partitions: list[Partition] = []
        self._no_keys = (0,) * (len(self._groups) + 1)
        self._key_names = [KEY, *(f"{KEY}_{at + 1}" for at in range(len(self._groups)))]
        self._id = attrgetter(places[_OWN_ID[source]]) if source in _OWN_ID else None

    def add(self, batch: Batch, into: Gathered) -> int:
        """Makes rows of the records of a batch; says how long their text is."""
        if not batch.records:
            return 0
        one = batch.records[0]
        # of what is decoded on demand, an event is not put together where the columns tell its id
        is_dated = self._id is not None and hasattr(one, "time_us") and hasattr(one, "number")
        add, file, size = self._add, batch.file, 0
        for record in batch.records:
            text = record.text()
            size += len(text)
            if is_dated:
                add(into, cast("Dated", record), text, file)
            else:
                self._add_event(into, record.event(), text)
        return size

    def _add(self, into: Gathered, record: Dated, text: bytes, file: str) -> None:
        assert self._id is not None
        try:
            decoded, objects, plain = self._columns(text)
        except _UNFIT:
            self._add_event(into, record.event(), text)
            return
        time_us, number = record.time_us, record.number
        self._put(into, time_us, self._id(decoded) or f"{file}:{number}", file, number, (decoded, objects), plain, text)

    def _add_event(self, into: Gathered, event: Event, text: bytes) -> None:
        try:
            decoded, objects, plain = self._columns(text)
        except _UNFIT:
            (decoded, objects), plain = self._nothing, False
        self._put(into, event.time_us, event.id, event.file, event.number, (decoded, objects), plain, text)

    def _columns(self, text: bytes) -> tuple[Any, tuple[int, ...], bool]:
        """What the columns hold, and whether it is all. Raises one of _UNFIT where they cannot."""
        decoded = self._decoder.decode(text)
        objects = tuple([each.index(bytes(raw)) for each, raw in zip(self._objects, self._raws(decoded), strict=True)])
        is_plain = text.isascii() and b"\\u" not in text
        return decoded, objects, is_plain or self._is_plain(astuple(decoded), objects)

    def _put(
        self,
        into: Gathered,
        time_us: int,
        id: str,
        file: str,
        number: int,
        values: tuple[Any, tuple[int, ...]],
        plain: bool,
        text: bytes,
    ) -> None:
        decoded, objects = values
        keys = self._no_keys
        if plain:
            told = (self._told(decoded), *[objects[at] for at in self._objects_told])
            keys = self._digests.get(told) or self._digest(told)
        at = (*self._home(decoded), time_us // DAY_US)
        home = self._homes.get(at)
        if home is None:
            home = self._homes[at] = len(self.partitions)
            self.partitions.append(_partition(self.source, *at))
        into.times.append(time_us)
        into.ids.append(id)
        into.files.append(file)
        into.numbers.append(number)
        into.plain.append(plain)
        into.keys.append(keys)
        into.decoded.append(decoded)
        into.objects.append(objects)
        into.homes.append(home)
        into.texts.append(text)

    def tables(self, rows: Gathered, number: Callable[[], int]) -> Iterator[tuple[Partition, pa.Table]]:
        """The rows by partition, in order of time. `number` gives the first row's number of each table."""
        by_partition: dict[Partition, list[int]] = defaultdict(list)
        for at, home in enumerate(rows.homes):
            by_partition[self.partitions[home]].append(at)
        times, ids = rows.times, rows.ids
        # one after the other: memory that was used before is had at a tenth of the price of new
        for partition, places in sorted(by_partition.items()):
            places.sort(key=lambda at: (times[at], ids[at]))
            yield partition, self._table(rows, places, number())

    def _table(self, rows: Gathered, places: Sequence[int], first: int) -> pa.Table:
        def column(values: Sequence[Any]) -> list[Any]:
            return [values[at] for at in places]

        times = pa.array(column(rows.times), pa.int64())
        names = [TIME, TIME_US, ID, FILE, NUMBER, PLAIN, *self._key_names]
        arrays = [times.cast(TIMES), times, pa.array(column(rows.ids), pa.string())]
        arrays += [pa.array(column(rows.files), pa.string()), pa.array(column(rows.numbers), pa.int64())]
        arrays += [pa.array(column(rows.plain), pa.bool_())]
        arrays += [pa.array(digests, pa.int64()) for digests in zip(*column(rows.keys), strict=True)]
        fields = FIELDS[self.source]
        scalars = zip(*map(astuple, column(rows.decoded)), strict=True)
        for path, values in zip(self._scalars, scalars, strict=False):  # behind them are the objects' texts
            arrays.append(pa.array(values, _ARROW[fields[path]]))
            names.append(column_of(path))
        for each, indices in zip(self._objects, zip(*column(rows.objects), strict=True), strict=True):
            met = {value: at for at, value in enumerate(dict.fromkeys(indices))}
            taken = pa.array([met[index] for index in indices], pa.int32())
            distinct = zip(*[each.values[at] for at in met], strict=True)
            arrays += [pa.array(values, kind).take(taken) for values, kind in zip(distinct, each.types, strict=True)]
            names += each.names
        arrays += [pa.array(range(first, first + len(places)), pa.int64()), _texts(column(rows.texts))]
        return pa.Table.from_arrays(arrays, [*names, ROW, EVENT])

    def clear(self) -> None:
        """Forgets what only served the rows that are written now."""
        for each in self._objects:
            each.clear()
            each.index(_NULL)
        self._digests.clear()
        self._homes.clear()
        self.partitions.clear()

    def _is_plain(self, scalars: Iterable[Any], objects: Iterable[int]) -> bool:
        nested = (each.values[at][: len(each.paths)] for each, at in zip(self._objects, objects, strict=True))
        texts = (value for value in chain(scalars, *nested) if isinstance(value, str))
        return all(text.isascii() and "\0" not in text for text in texts)

    def _digest(self, told: tuple[Any, ...]) -> tuple[int, ...]:
        """The digests of all keys and of those of each group."""
        scalars = iter(told[0])
        values: dict[str, Any] = {name: next(scalars) for is_scalar, name in self._spelled_at if is_scalar}
        for at, index in zip(self._objects_told, told[1:], strict=True):
            values[self._objects[at].name] = self._objects[at].values[index][-1]
        spelled = [msgspec.json.encode([values[name] for name in group]) for group in self._groups]
        found = self._digests[told] = tuple(map(self._hash, (b"\n".join(spelled), *spelled)))
        return found

    def _hash(self, text: bytes) -> int:
        return int.from_bytes(hashlib.blake2b(text, digest_size=8, key=self._salt).digest(), "little", signed=True)


def _getter(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What gives the attributes as a tuple, however few they are."""
    if not names:
        return lambda _: ()
    one = attrgetter(names[0])
    return attrgetter(*names) if len(names) > 1 else lambda value: (one(value),)


def _object(name: str, fields: Mapping[str, Type]) -> _Object:
    below = {path.partition(".")[2]: kind for path, kind in fields.items() if path.startswith(f"{name}.")}
    return _Object(name, below, name in fields)


def _struct(leaves: Sequence[tuple[list[str], Type]]) -> Any:
    """A Struct with the leaves, given as what is left of their paths."""
    tops = dict.fromkeys(leaf[0] for leaf, _ in leaves)
    fields: list[tuple[str, Any, Any]] = []
    for top in tops:
        inner = [(leaf[1:], kind) for leaf, kind in leaves if leaf[0] == top]
        kind = _PYTHON[inner[0][1]] if not inner[0][0] else _struct(inner) | None
        fields.append((top, kind, None))
    return msgspec.defstruct("Object", fields, gc=False)


def _leaf(decoded: Any, path: Sequence[str]) -> Any:
    for name in path:
        if decoded is None:
            return None
        decoded = getattr(decoded, name)
    return decoded


def _partition(source: LogSource, account: Any, region: Any, day: int) -> Partition:
    known_account = account if isinstance(account, str) and _ACCOUNT.fullmatch(account) else NOWHERE
    known_region = region if isinstance(region, str) and _REGION.fullmatch(region) else NOWHERE
    return Partition(source, known_account, known_region, day_of(day * DAY_US))


def day_of(time_us: int) -> str:
    """The day of a time, in UTC; `none` for what no calendar has."""
    try:
        return datetime.fromtimestamp(time_us // DAY_US * 86_400, UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return NOWHERE


def _texts(texts: Sequence[bytes]) -> pa.Array:
    try:
        return pa.array(texts, pa.binary()).cast(pa.string())  # twice as fast as one by one
    except pa.ArrowInvalid:  # not UTF-8
        return pa.array([text.decode("utf-8", "replace") for text in texts], pa.string())

"""Collectors: which calls tell what resources of a type there are and what they are like, as data.

`docs/reference/collectors.md` tells what each key means. The files beside this one, `collectors/<service>.yaml`, hold
them by canonical type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature
from jmespath.visitor import TreeInterpreter

from mainstay.documents import decode_json, read_yaml
from mainstay.model.errors import DataError, Fault
from mainstay.model.places import Place
from mainstay.model.values import Record, Unknown, Value, unknowns
from mainstay.sources.live.calls import Failed
from mainstay.sources.spelling.tables import Table, read_table

DIRECTORY = Path(__file__).parent / "collectors"

Reach = Literal["regional", "global"]
REACHES: tuple[Reach, ...] = get_args(Reach)


class Take(Protocol):
    """A JMESPath expression, compiled."""

    expression: str
    reads: frozenset[str]

    def search(self, value: Value) -> Any:
        """What the expression finds in a value; None where it finds nothing."""

    def holds(self, value: Record) -> bool | Unknown:
        """Whether the expression is true of a record; the unknown that would have to be known to tell."""


class _Functions(Functions):  # type: ignore[misc]  # jmespath has no types
    """The functions of JMESPath, which know a type by its name: our records are objects too. And five more."""

    def _type_check_single(self, current: Any, types: Any, function_name: str) -> None:
        plain = dict(current) if isinstance(current, Record) else current
        super()._type_check_single(plain, types, function_name)

    @signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_from_json(self, text: str | None) -> Any:
        """What a text says; null for a text that is no JSON."""
        try:
            return None if text is None else decode_json(text)
        except ValueError:
            return None

    @signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_statements(self, text: str | None) -> list[Record] | None:
        """The statements of a policy. Raises Failed where the text is none: nothing that it allows would be seen."""
        if text is None:
            return None
        policy = self._func_from_json(text)
        told = policy.get("Statement") if isinstance(policy, dict) else None
        found = [told] if isinstance(told, dict) else told
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise Failed("UnexpectedAnswer", "the policy is none that can be read")
        return [Record(one) for one in found]

    @signature({"types": ["string", "null"]}, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_split(self, text: str | None, separator: str) -> list[str] | None:
        """The parts of a text: of an ARN, `split(arn, ':')`."""
        return None if text is None else text.split(separator)

    @signature({"types": ["object", "null"]})  # type: ignore[untyped-decorator]
    def _func_items(self, mapping: Mapping[str, Value] | None) -> list[list[Value]] | None:
        """A map as a list of pairs of key and value."""
        return None if mapping is None else [[key, value] for key, value in mapping.items()]

    @signature({"types": ["array", "null"]}, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_unfold(self, elements: list[Value] | None, name: str) -> list[Value] | None:
        """What the elements have under a name, a list or a map of maps, as one list; each in it knows its `outer`."""
        if elements is None:
            return None
        found: list[Value] = []
        for element in elements:
            inner = element.get(name) if isinstance(element, dict) else None
            inside = list(inner.values()) if isinstance(inner, dict) else [] if inner is None else inner
            if not isinstance(inside, list) or not all(isinstance(one, dict) for one in inside):
                raise Failed("UnexpectedAnswer", f"{name} holds no maps")
            found.extend(Record({**one, "outer": element}) for one in inside)
        return found


UNTAKEN = (JMESPathError, TypeError, ValueError)
"""What functions raise that are given what they do not take: JMESPath checks the first value of several only."""


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


class _Expression:
    """A compiled expression whose functions take records."""

    options = jmespath.Options(custom_functions=_Functions())

    def __init__(self, text: str) -> None:
        self.expression = text
        self.compiled = jmespath.compile(text)
        self.parsed = self.compiled.parsed
        self.reads = frozenset(_reads(self.parsed))

    def search(self, value: Value) -> Any:
        """What it finds. Raises Failed where a function is given what it does not take: nobody knows such an answer."""
        try:
            return self.compiled.search(value, options=self.options)
        except UNTAKEN as error:
            raise Failed("UnexpectedAnswer", f"{self.expression}: {_first_line(error)}") from None

    def holds(self, value: Record) -> bool | Unknown:
        return self._holds(self.parsed, value)

    def _holds(self, node: Mapping[str, Any], value: Record) -> bool | Unknown:
        """As Kleene has it: of `and` and `or`, one side may be enough."""
        kind, children = node["type"], node["children"]
        if kind == "not_expression":
            inner = self._holds(children[0], value)
            return inner if isinstance(inner, Unknown) else not inner
        if kind in ("and_expression", "or_expression"):
            enough = kind == "or_expression"
            sides = [self._holds(child, value) for child in children]
            unknown = next((side for side in sides if isinstance(side, Unknown)), not enough)
            return enough if enough in sides else unknown
        for name in sorted(_reads(node)):
            for unknown in unknowns(value.look_up(name)):
                return unknown
        try:
            return bool(TreeInterpreter(self.options).visit(node, value))
        except (*UNTAKEN, Failed) as error:
            return Unknown(f"the answer is not as expected: {_first_line(error)}")


def _reads(node: Mapping[str, Any]) -> Iterator[str]:
    """The keys of the record at hand that an expression looks at."""
    if node["type"] == "field":
        yield node["value"]
    children = node["children"]
    within = node["type"] in ("subexpression", "index_expression", "pipe") or node["type"].endswith("projection")
    for child in children[:1] if within else children:
        yield from _reads(child)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an API: the client's name and method, its parameters with `{...}` to be filled in.

    `take` finds in a page of the answer what is wanted; of a list of plain values, each becomes a map with the key
    `as_key`. The error codes in `none` mean that there is nothing, not that something went wrong. `permission` is the
    IAM action where it is not the one that the operation's name says.
    """

    service: str
    operation: str
    parameters: Mapping[str, Value] = field(default_factory=dict)
    take: Take | None = None
    as_key: str = ""
    none: frozenset[str] = frozenset()
    permission: str = ""
    pages: tuple[str, str] | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Asks for many resources in one call: the parameter `name` takes up to `size` of what `of` says of each.

    `key` finds in an element of the answer which resource it is about, `pick` what is told of it.
    """

    of: str
    name: str
    size: int
    key: Take
    pick: Take | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """A further call for what the list did not tell of a resource; what it tells goes `into` a key, or is merged.

    `when` is an expression over what is known of the resource: where it does not hold, nothing is asked and nothing is
    there. `tells` are the canonical properties that the answer is needed for, where `into` does not say it.
    """

    call: Call
    into: str = ""
    when: Take | None = None
    batch: Batch | None = None
    tells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collector:
    """How the resources of one type are read. Without `listing` there is always exactly one in an account or region.

    `parent` is the type whose resources are listed first: this one is listed for each of them. `add` copies into the
    body what the answers leave out. `keep` is an expression over the complete body: resources for which it does not
    hold are not the user's (the service's own keys and policies). `region` tells where a resource is that a global
    call lists. `unwritten` are attributes of code that the properties tell here.
    """

    type: str
    reach: Reach
    listing: Call | None
    details: tuple[Detail, ...]
    id: str
    arn: str
    region: str
    parent: str
    add: Mapping[str, str]
    keep: Take | None
    table: Table
    unwritten: tuple[str, ...] = ()
    place: Place | None = None

    @property
    def types(self) -> frozenset[str]:
        """The types whose resources come out: its own, and those that its table makes of pieces of it."""
        return frozenset({self.type, *(inner.type for inner in self.table.emit.values())})

    def calls_for(self, wanted: Callable[[Collector, Detail], bool]) -> Iterator[Call]:
        """The calls that are made where only what is `wanted` is asked for."""
        if self.listing is not None:
            yield self.listing
        yield from (detail.call for detail in self.details if wanted(self, detail))


@lru_cache(maxsize=1)
def load_collectors() -> Mapping[str, Collector]:
    """The collectors of the package by type. Faults in them are collected and raised as one DataError."""
    return read_collectors(sorted(DIRECTORY.glob("*.yaml")))


def read_collectors(files: Iterable[Path]) -> Mapping[str, Collector]:
    """Collectors from files; a type has one only."""
    found: dict[str, Collector] = {}
    faults: list[Fault] = []
    for file in files:
        parsed = read_yaml(file.read_text(encoding="utf-8"), file.name)
        faults.extend(parsed.faults)
        document = parsed.value if isinstance(parsed.value, Record) else Record()
        for type, entry in document.items():
            if not isinstance(entry, Record):
                faults.append(Fault(f"{type} must be a map", document.place))
            elif type in found:
                faults.append(Fault(f"{type} has two collectors", entry.place))
            else:
                found[type] = _Reader(type, entry, faults).collector()
    for type, collector in found.items():
        if collector.parent and collector.parent not in found:
            faults.append(Fault(f"{type} is listed for {collector.parent}, which has no collector", collector.place))
    if faults:
        raise DataError(faults)
    return found


KEYS = ("service", "reach", "for", "list", "details", "add", "keep", "id", "arn", "region", "unwritten", "spelling")
CALL = ("call", "with", "take", "as", "none", "permission", "pages")
DETAIL = (*CALL, "into", "when", "batch", "tells")
BATCH = ("of", "as", "size", "key", "pick")


class _Reader:
    """Turns an entry into a collector, and notes what is wrong with it."""

    def __init__(self, type: str, entry: Record, faults: list[Fault]) -> None:
        self.type = type
        self.entry = entry
        self.faults = faults
        self.service = str(entry.get("service", ""))

    def collector(self) -> Collector:
        entry = self.entry
        self.known(entry, KEYS)
        if not self.service:
            self.fault("needs `service`, the name of the client", entry)
        reach = entry.get("reach", "regional")
        if reach not in REACHES:
            self.fault(f"reach is {reach!r}; choose from {', '.join(REACHES)}", entry)
        listing = entry.get("list")
        if listing is None and "id" not in entry:
            self.fault("needs `id`", entry)
        spelling = entry.get("spelling", Record())
        if not isinstance(spelling, Record):
            self.fault("spelling must be a map", entry)
            spelling = Record()
        return Collector(
            type=self.type,
            reach=reach,
            listing=self.call(listing, CALL) if isinstance(listing, Record) else None,
            details=tuple(self.detail(detail) for detail in self.items(entry, "details")),
            id=str(entry.get("id", "")),
            arn=str(entry.get("arn", "")),
            region=str(entry.get("region", "")),
            parent=str(entry.get("for", "")),
            add={str(key): str(value) for key, value in self.record(entry, "add").items()},
            keep=self.expression(entry, "keep"),
            unwritten=tuple(map(str, entry.get("unwritten") or ())),
            table=read_table(self.type, spelling, self.faults, self.type),
            place=entry.place,
        )

    def call(self, entry: Record, keys: tuple[str, ...]) -> Call:
        self.known(entry, keys)
        named = str(entry.get("call", ""))
        service, _, operation = named.rpartition(".")
        if not operation:
            self.fault("needs `call`", entry)
        pages = entry.get("pages")
        if pages is not None and not (isinstance(pages, list) and len(pages) == 2):
            self.fault("pages is [member of the answer, parameter] that carry the token", entry)
            pages = None
        return Call(
            service=service or self.service,
            operation=operation,
            parameters=dict(self.record(entry, "with")),
            take=self.expression(entry, "take"),
            as_key=str(entry.get("as", "")),
            none=frozenset(map(str, entry.get("none") or ())),
            permission=str(entry.get("permission", "")),
            pages=(str(pages[0]), str(pages[1])) if pages else None,
            place=entry.place,
        )

    def detail(self, entry: Record) -> Detail:
        return Detail(
            call=self.call(entry, DETAIL),
            into=str(entry.get("into", "")),
            when=self.expression(entry, "when"),
            batch=self.batch(entry.get("batch")),
            tells=tuple(map(str, entry.get("tells") or ())),
        )

    def batch(self, entry: Value) -> Batch | None:
        if not isinstance(entry, Record):
            return None
        self.known(entry, BATCH)
        key = self.expression(entry, "key")
        size = entry.get("size")
        if key is None or not isinstance(size, int) or "of" not in entry or "as" not in entry:
            self.fault("a batch needs `of`, `as`, `size` and `key`", entry)
            return None
        return Batch(str(entry["of"]), str(entry["as"]), size, key, self.expression(entry, "pick"))

    def expression(self, entry: Record, key: str) -> Take | None:
        text = entry.get(key)
        if text is None:
            return None
        try:
            return _Expression(str(text))
        except JMESPathError as error:
            self.fault(f"{key} is no JMESPath expression: {str(error).splitlines()[0]}", entry)
            return None

    def items(self, entry: Record, key: str) -> Iterable[Record]:
        for item in entry.get(key) or ():
            if isinstance(item, Record):
                yield item
            else:
                self.fault(f"every element of {key} must be a map", entry)

    def record(self, entry: Record, key: str) -> Record:
        found = entry.get(key)
        if found is None:
            return Record()
        if not isinstance(found, Record):
            self.fault(f"{key} must be a map", entry)
            return Record()
        return found

    def known(self, record: Record, names: Iterable[str]) -> None:
        for key in record:
            if key not in names:
                mark = record.marks.get(key)
                self.faults.append(
                    Fault(f"{self.type}: unknown key {key!r}", mark if isinstance(mark, Place) else record.place)
                )

    def fault(self, message: str, entry: Record) -> None:
        self.faults.append(Fault(f"{self.type}: {message}", entry.place))

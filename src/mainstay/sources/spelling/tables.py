"""The spelling tables: read from the YAML files beside this one, checked, and turned into look-ups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from mainstay.documents import read_yaml
from mainstay.model.errors import DataError, Fault
from mainstay.model.places import Mark, Place, ServiceDefault
from mainstay.model.values import Record, Value

DIRECTORY = Path(__file__).parent
PathOf = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Default:
    """What holds where nothing is said."""

    value: Value
    mark: ServiceDefault


@dataclass(frozen=True, slots=True)
class Merge:
    """How a resource is a piece of another: `by` source attribute -> the parent's property that it names.

    `append` is the list of the parent that the piece becomes an element of; `append_by` chooses it by the value of
    a source attribute.
    """

    by: Mapping[str, str]
    append: PathOf = ()
    append_by: tuple[str, Mapping[str, PathOf]] | None = None


@dataclass(frozen=True, slots=True)
class Keyed:
    """Blocks that are a map: `key` is the attribute whose value is the key, `value` the one that is the value.

    Without `value`, the other attributes of the block are the value.
    """

    target: PathOf
    key: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One source type's spelling; `docs/reference/spelling.md` tells what each operator does."""

    name: str
    type: str
    same: frozenset[str] = frozenset()
    rename: Mapping[str, PathOf] = field(default_factory=dict)
    under: PathOf = ()
    merge: Merge | None = None
    pairs: Mapping[str, tuple[PathOf, str]] = field(default_factory=dict)
    split: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    value: Mapping[PathOf, Mapping[str, Value]] = field(default_factory=dict)
    document: frozenset[PathOf] = frozenset()
    constant: Mapping[PathOf, Value] = field(default_factory=dict)
    default: Mapping[str, Mapping[str, Default]] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    opaque: frozenset[str] = frozenset()
    keyed: Mapping[str, Keyed] = field(default_factory=dict)
    decode: Mapping[str, PathOf] = field(default_factory=dict)
    emit: Mapping[str, Table] = field(default_factory=dict)
    renamed_inside: frozenset[str] = frozenset()
    """The blocks that have something renamed, paired or split inside."""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """What is true of a canonical type, whatever the source.

    `code_only` says why no account has such a resource; `untold`, why none tells whether it has.
    """

    default: Mapping[PathOf, Default] = field(default_factory=dict)
    identity: str = ""
    links: Mapping[PathOf, tuple[str, ...]] = field(default_factory=dict)
    encoded: tuple[PathOf, ...] = ()
    also: tuple[str, ...] = ()
    parts: str = ""
    code_only: str = ""
    untold: str = ""


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables, by source and source type, and the facts of the canonical types."""

    terraform: Mapping[str, Table]
    cloudformation: Mapping[str, Table]
    types: Mapping[str, TypeFacts]
    live: Mapping[str, Table] = field(default_factory=dict)
    """By canonical type: the tables of the collectors, where an account is read."""

    def of(self, source: str) -> Mapping[str, Table]:
        """The tables of a source, as an origin names it."""
        if source == "live":
            return self.live
        return self.cloudformation if source == "cloudformation" else self.terraform


@lru_cache(maxsize=1)
def load_tables() -> Tables:
    """The tables of the package. Faults in them are collected and raised as one DataError."""
    return read_tables(sorted(DIRECTORY.glob("*.yaml")))


def read_tables(files: Iterable[Path]) -> Tables:
    """Tables from files. A source type may have one table only."""
    terraform: dict[str, Table] = {}
    cloudformation: dict[str, Table] = {}
    types: dict[str, TypeFacts] = {}
    aliases: dict[str, str] = {}
    faults: list[Fault] = []
    for file in files:
        parsed = read_yaml(file.read_text(encoding="utf-8"), file.name)
        faults.extend(parsed.faults)
        document = parsed.value if isinstance(parsed.value, Record) else Record()
        reader = _Reader(faults)
        reader.known(document, ("terraform", "cloudformation", "types"))
        for section, tables in (("terraform", terraform), ("cloudformation", cloudformation)):
            for name, entry in reader.records(document, section):
                if "alias" in entry:
                    aliases[name] = str(entry["alias"])
                elif name in tables:
                    faults.append(Fault(f"{name} has two tables", entry.place))
                else:
                    tables[name] = reader.table(name, entry)
        for name, entry in reader.records(document, "types"):
            if name in types:
                faults.append(Fault(f"{name} has its facts twice", entry.place))
            types[name] = reader.facts(entry)
    for name, target in aliases.items():
        if name in terraform:
            faults.append(Fault(f"{name} has a table and is an alias", terraform[name].place))
        elif target in terraform:
            terraform[name] = terraform[target]
        else:
            faults.append(Fault(f"{name} is an alias of {target}, which has no table"))
    if faults:
        raise DataError(faults)
    return Tables(terraform, cloudformation, types)


KEYS = (
    "type", "same", "rename", "under", "merge_into", "pairs", "split", "value", "document", "constant", "default",
    "without", "opaque", "keyed", "decode", "emit", "alias",
)  # fmt: skip


PAIR = ("in", "key")


class _Reader:
    """Turns entries into tables, and notes what is wrong with them."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults

    def known(self, record: Record, names: Iterable[str]) -> None:
        for key in record:
            if key not in names:
                self.faults.append(Fault(f"unknown key {key!r}", _place(record.marks.get(key))))

    def records(self, record: Record, key: str) -> Iterable[tuple[str, Record]]:
        around = self.record(record, key)
        for name, entry in around.items():
            if isinstance(entry, Record):
                yield name, entry
            else:
                self.faults.append(Fault(f"{name} must be a map", _place(around.marks.get(name))))

    def record(self, record: Record, key: str) -> Record:
        found = record.get(key)
        if found is None:
            return Record()
        if not isinstance(found, Record):
            self.faults.append(Fault(f"{key} must be a map", _place(record.marks.get(key))))
            return Record()
        return found

    def texts(self, record: Record, key: str, names: Iterable[str]) -> Iterable[tuple[str, dict[str, str]]]:
        """Maps of texts, `in` and `key` among them."""
        for source, target in self.records(record, key):
            self.known(target, names)
            if all(name in target for name in PAIR):
                yield source, {name: str(value) for name, value in target.items()}
            else:
                self.faults.append(Fault(f"{key} of {source} needs `in` and `key`", target.place))

    def names(self, record: Record, key: str) -> list[str]:
        found = record.get(key, [])
        if not isinstance(found, list):
            self.faults.append(Fault(f"{key} must be a list", _place(record.marks.get(key))))
            return []
        for name in {str(name) for name in found if found.count(name) > 1}:
            self.faults.append(Fault(f"{name} stands twice in {key}", _place(record.marks.get(key))))
        return [str(name) for name in found]

    def table(self, name: str, entry: Record, inherited: str = "") -> Table:
        self.known(entry, KEYS)
        type = str(entry.get("type", inherited))
        if type.count("::") not in (1, 2):  # AWS::Account has one
            self.faults.append(Fault(f"{name} names no type", entry.place))
        rename = {source: split_path(str(target)) for source, target in self.record(entry, "rename").items()}
        pairs = {source: (split_path(text["in"]), text["key"]) for source, text in self.texts(entry, "pairs", PAIR)}
        keyed = {
            source: Keyed(split_path(text["in"]), text["key"], text.get("value", ""))
            for source, text in self.texts(entry, "keyed", (*PAIR, "value"))
        }
        split: dict[str, dict[str, str]] = {}
        for source, target in self.record(entry, "split").items():
            block, _, attribute = source.rpartition(".")
            split.setdefault(block, {})[attribute] = str(target)
        defaults: dict[str, dict[str, Default]] = {}
        for source, target in self.records(entry, "default"):
            block, _, attribute = source.rpartition(".")
            defaults.setdefault(block, {})[attribute] = self.default(target)
        inside = [*rename, *pairs, *(f"{block}.x" for block in (*split, *defaults) if block)]
        return Table(
            name=name,
            type=type,
            same=frozenset(self.names(entry, "same")),
            rename=rename,
            under=split_path(str(entry.get("under", ""))),
            merge=self.merge(entry),
            pairs=pairs,
            split=split,
            value={split_path(path): self._values(choices) for path, choices in self.records(entry, "value")},
            document=frozenset(split_path(path) for path in self.names(entry, "document")),
            constant={split_path(path): value for path, value in self.record(entry, "constant").items()},
            default=defaults,
            without=frozenset(self.names(entry, "without")),
            opaque=frozenset(self.names(entry, "opaque")),
            keyed=keyed,
            decode={source: split_path(str(path)) for source, path in self.record(entry, "decode").items()},
            emit={block: self.table(f"{name}.{block}", inner, type) for block, inner in self.records(entry, "emit")},
            renamed_inside=frozenset(prefix for path in inside for prefix in _prefixes(path)),
            place=entry.place,
        )

    @staticmethod
    def _values(choices: Record) -> Mapping[str, Value]:
        return {str(source).lower(): target for source, target in choices.items()}

    def merge(self, entry: Record) -> Merge | None:
        if "merge_into" not in entry:
            return None
        record = self.record(entry, "merge_into")
        self.known(record, ("by", "append"))
        by = {str(source): str(target) for source, target in self.record(record, "by").items()}
        append = record.get("append", "")
        if not by:
            self.faults.append(Fault("a piece needs `by`", entry.place))
        if isinstance(append, Record) and len(append) == 1 and isinstance(next(iter(append.values())), Record):
            attribute, choices = next(iter(append.items()))
            chosen = {str(value).lower(): split_path(str(path)) for value, path in choices.items()}
            return Merge(by, (), (attribute, chosen))
        return Merge(by, split_path(str(append)))

    def default(self, entry: Record) -> Default:
        self.known(entry, ("value", "since"))
        if "value" not in entry or "since" not in entry:
            self.faults.append(Fault("a default needs `value` and `since`", entry.place))
        return Default(_plain(entry.get("value")), ServiceDefault(str(entry.get("since", ""))))

    def facts(self, entry: Record) -> TypeFacts:
        self.known(entry, ("default", "identity", "links", "encoded", "also", "parts", "code_only", "untold"))
        return TypeFacts(
            {split_path(path): self.default(default) for path, default in self.records(entry, "default")},
            str(entry.get("identity", "")),
            {
                split_path(path): tuple(types if isinstance(types, list) else [types])
                for path, types in self.record(entry, "links").items()
            },
            tuple(split_path(path) for path in self.names(entry, "encoded")),
            tuple(self.names(entry, "also")),
            str(entry.get("parts", "")),
            str(entry.get("code_only", "")),
            str(entry.get("untold", "")),
        )


def read_table(name: str, entry: Record, faults: list[Fault], type: str) -> Table:
    """One table of the type; what is wrong with it is added to the faults."""
    return _Reader(faults).table(name, entry, type)


def _plain(value: Value) -> Value:
    """A default's value without the places of the table it stands in: nobody reviews those."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def split_path(path: str) -> PathOf:
    return tuple(path.split(".")) if path else ()


def _prefixes(path: str) -> Iterable[str]:
    steps = path.split(".")
    return (".".join(steps[:length]) for length in range(1, len(steps)))


def _place(mark: Mark | None) -> Place | None:
    return mark if isinstance(mark, Place) else None

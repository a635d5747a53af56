"""Edits that make a resource say what it should, in the language that it is written in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mainstay.documents.layout import Part
from mainstay.model.findings import Subject
from mainstay.model.patches import Edit, NoPatch
from mainstay.model.places import Mark
from mainstay.model.shapes import Shape
from mainstay.model.values import Value
from mainstay.sources.cloudformation import editing as cloudformation
from mainstay.sources.originals import Originals
from mainstay.sources.spelling.reverse import Spelled, shape_at, spellings
from mainstay.sources.spelling.tables import Table, Tables
from mainstay.sources.terraform import editing as terraform

PART = "it is a part of a resource that is declared elsewhere; change it there"
GENERATED = "the template is generated: change the construct or the resource that it is generated from"


@dataclass(frozen=True, slots=True)
class Setting:
    """The canonical property at `path`, indexes included, is to have `value`.

    With `fields` an element of the list at `path` is to have them all; the first of them says which element it is.
    """

    path: tuple[str, ...]
    value: Value = None
    fields: Mapping[str, Value] | None = None
    mark: Mark | None = None

    @property
    def plain(self) -> tuple[str, ...]:
        return tuple(step for step in self.path if not step.isdigit())


@dataclass(frozen=True, slots=True)
class Editor:
    """Makes edits. `shapes` are the schemas of the types, `tables` the spelling tables."""

    shapes: Mapping[str, Shape]
    tables: Tables
    originals: Originals
    known: dict[tuple[str, str, str], list[Spelled]] = field(default_factory=dict)
    """The ways to say a setting, by table and setting: most findings of a review ask for the same few."""

    def edits(self, subject: Subject, settings: Sequence[Setting]) -> tuple[Edit, ...] | NoPatch:
        """The edits that give a resource all the settings, or why a person has to make them."""
        shape = self.shapes.get(subject.type)
        if subject.place is None or shape is None:
            return NoPatch("it is not known where it is declared")
        if subject.construct:
            return NoPatch(GENERATED)
        if subject.source == "cloudformation":
            return self._cloudformation(subject, shape, settings)
        if subject.source == "terraform" or subject.place.file.endswith(terraform.SUFFIXES):
            return self._terraform(subject, shape, settings)
        return NoPatch(f"what is read from {subject.source} is no code that can be edited")

    def _terraform(self, subject: Subject, shape: Shape, settings: Iterable[Setting]) -> tuple[Edit, ...] | NoPatch:
        assert subject.place is not None
        home = terraform.home(subject.place, self.originals)
        if isinstance(home, NoPatch):
            return home
        table: Table | None = self.tables.terraform.get(home.labels[0])
        for name in home.inside:
            table = table.emit.get(name) if table is not None else None
        if table is None or table.type != subject.type:
            return NoPatch(PART)
        for setting in settings:
            if _around(shape, setting.plain) == "json":
                return NoPatch(f"{setting.plain[0]} is a document; change it there")
        wishes = [self._wish(table, shape, setting) for setting in settings]
        return terraform.edits(home, wishes, self.originals)

    def _wish(self, table: Table, shape: Shape, setting: Setting) -> terraform.Wish:
        ways = self._ways(table, shape, setting)
        indexed = any(step.isdigit() for step in setting.path)
        return terraform.Wish(tuple(ways), setting.mark, indexed, ".".join(setting.plain))

    def _ways(self, table: Table, shape: Shape, setting: Setting) -> list[Spelled]:
        if table.merge is not None and not table.merge.append:
            # a piece whose owner is declared elsewhere: what it says itself is all that can be changed
            found = spellings(self.tables, table, shape, setting.plain, setting.value, setting.fields)
            return [Spelled(_owner(way.table), way.path, way.value) for way in found if way.table is table]
        key = (table.name, ".".join(setting.plain), repr(setting.fields or setting.value))
        if key not in self.known:
            self.known[key] = spellings(self.tables, table, shape, setting.plain, setting.value, setting.fields)
        return self.known[key]

    def _cloudformation(
        self, subject: Subject, shape: Shape, settings: Iterable[Setting]
    ) -> tuple[Edit, ...] | NoPatch:
        assert subject.place is not None
        home = cloudformation.home(subject.place, self.originals)
        if isinstance(home, NoPatch):
            return home
        if home.type != subject.type:
            return NoPatch(
                GENERATED if "::Serverless::" in home.type else "it is a part of a resource; change it there"
            )
        if "aws:cdk:path" in {key.text for key in _metadata(home)}:
            return NoPatch(GENERATED)
        return cloudformation.edits(home, [_wished(shape, setting) for setting in settings])


def _metadata(home: cloudformation.Home) -> Iterable[Part]:
    found = home.entry.find("Metadata")
    return (key for key, _ in found[1].entries) if found is not None else ()


def _wished(shape: Shape, setting: Setting) -> cloudformation.Wish:
    """The setting as the template has it: lists where the schema has them, several values as an element each."""
    plain = setting.plain
    lists = frozenset(n for n in range(len(plain)) if isinstance(shape_at(shape, plain[: n + 1]), list))
    path = setting.path
    value: Value = list(setting.value) if isinstance(setting.value, tuple) else setting.value
    if isinstance(setting.value, tuple) and len(plain) - 1 not in lists and len(plain) - 2 in lists:
        path, value = plain[:-1], [{plain[-1]: each} for each in setting.value]
    elif len(plain) - 1 in lists and path[-1].isdigit() and setting.fields is None:
        path = path[:-1]
    return cloudformation.Wish(path, value, setting.fields, setting.mark, lists)


def _owner(table: Table) -> Table:
    return Table(table.name, table.type)


def _around(shape: Shape, path: tuple[str, ...]) -> Shape | None:
    """The shape of a document that a path leads into; the path's own where it leads into none."""
    for length in range(1, len(path)):
        found = shape_at(shape, path[:length])
        if found == "json":
            return found
    return None

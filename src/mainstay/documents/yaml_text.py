"""YAML text into records with places, built from libyaml's events.

Events and not nodes: no recursion that deep nesting could exhaust, aliases are counted before they are followed, and
nothing is built twice. JSON text is read by `read_json`, and by YAML's rules where it is not quite JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import yaml

from mainstay.documents.json_text import read_json
from mainstay.documents.parsed import MAX_DEPTH, MAX_EXPANSION, Marks, Parsed
from mainstay.documents.scalars import plain
from mainstay.model.errors import Fault
from mainstay.model.places import Place
from mainstay.model.values import Record, Value


class PurePythonParser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """The same events where libyaml is not there, fifteen times slower."""

    def __init__(self, text: str) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)


Parser: Callable[[str], Any] = PurePythonParser
with suppress(ImportError):  # PyYAML may have been built without libyaml
    from yaml.cyaml import CParser  # type: ignore[attr-defined] # not in its __all__

    Parser = CParser

Tags = Callable[[str, Value, Place], Value]
"""Makes a value of a tag (`!Ref`), what stands behind it, and where the tag stands."""

_STANDARD = "tag:yaml.org,2002:"


def read_yaml(text: str, file: str, *, tags: Tags | None = None, documents: bool = False) -> Parsed:
    """The first document in `text` (a list of all of them where `documents`).

    Maps are Records whose marks are the places of their keys, lists are plain lists. Keys are strings, as written.
    A tag that `tags` is not there to read is a fault; what stands behind it is kept.
    """
    if text.lstrip()[:1] in ("{", "[") and not documents:
        parsed = read_json(text, file)
        if parsed.complete or parsed.limited:
            return parsed
        as_yaml = _Builder(file, tags, documents).read(text)
        return as_yaml if as_yaml.complete or not file.endswith((".json", ".template")) else parsed
    return _Builder(file, tags, documents).read(text)


class _Stop(Exception):
    """Reading cannot go on; the fault is noted."""


class _Builder:
    """One text being read: `size` counts the nodes made, `expanded` those that aliases stand for."""

    def __init__(self, file: str, tags: Tags | None, documents: bool) -> None:
        self.file = file
        self.tags = tags
        self.documents = documents
        self.faults: list[Fault] = []
        self.size = 0
        self.expanded = 0
        self.anchors: dict[str, tuple[Value, int]] = {}
        self.open: list[str | None] = []

    def read(self, text: str) -> Parsed:
        values: list[Value] = []
        try:
            parser = Parser(text)
            next_event = parser.get_event
            event = next_event()
            while event is not None:
                kind = type(event)
                if kind is yaml.DocumentStartEvent:
                    if values and not self.documents:
                        self.fault("more than one document in one file; those after the first are not read", event)
                        break
                    self.anchors.clear()
                    values.append(self.node(next_event(), next_event))
                event = next_event()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file, 1, 1)
            message = ", ".join(part for part in (error.context, error.problem) if part)
            self.faults.append(Fault(message, place))
            return Parsed(None, tuple(self.faults), complete=False)
        except yaml.reader.ReaderError as error:
            self.faults.append(self.unreadable(text, error))
            return Parsed(None, tuple(self.faults), complete=False)
        except UnicodeEncodeError as error:
            place = Place(
                self.file, text.count("\n", 0, error.start) + 1, error.start - text.rfind("\n", 0, error.start)
            )
            self.faults.append(Fault("half a surrogate pair cannot stand in YAML", place))
            return Parsed(None, tuple(self.faults), complete=False)
        except _Stop:
            return Parsed(None, tuple(self.faults), complete=False, limited=True)
        if self.documents:
            return Parsed(values, tuple(self.faults))
        return Parsed(values[0] if values else None, tuple(self.faults))

    def unreadable(self, text: str, error: yaml.reader.ReaderError) -> Fault:
        bad = next((i for i, c in enumerate(text) if yaml.reader.Reader.NON_PRINTABLE.match(c)), 0)
        place = Place(self.file, text.count("\n", 0, bad) + 1, bad - text.rfind("\n", 0, bad))
        return Fault(f"the character {text[bad : bad + 1]!r} cannot stand in YAML: {error.reason}", place)

    def fault(self, message: str, event: Any) -> None:
        mark = event.start_mark
        self.faults.append(Fault(message, Place(self.file, mark.line + 1, mark.column + 1)))

    def place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def node(self, event: Any, next_event: Callable[[], Any]) -> Value:
        """The value whose first event is `event`. Recurses, no deeper than MAX_DEPTH."""
        kind = type(event)
        self.size += 1
        if kind is yaml.ScalarEvent:
            return self.scalar(event)
        if kind is yaml.AliasEvent:
            return self.alias(event)
        if len(self.open) >= MAX_DEPTH:
            self.fault(f"nested more than {MAX_DEPTH} levels deep", event)
            raise _Stop
        before = self.size + self.expanded
        anchor, tag = event.anchor, event.tag
        self.open.append(anchor)
        value = self.mapping(event, next_event) if kind is yaml.MappingStartEvent else self.sequence(next_event)
        self.open.pop()
        if tag is not None:
            value = self.tagged(tag, value, event)
        if anchor is not None:
            self.anchors[anchor] = value, self.size + self.expanded - before + 1
        return value

    def sequence(self, next_event: Callable[[], Any]) -> Value:
        items = []
        event = next_event()
        while type(event) is not yaml.SequenceEndEvent:
            items.append(self.node(event, next_event))
            event = next_event()
        return items

    def mapping(self, start: Any, next_event: Callable[[], Any]) -> Value:
        marks = Marks(self.file)
        spots = marks.spots
        record = Record((), self.place(start), marks)
        merged: list[Record] = []
        scalar = yaml.ScalarEvent
        event = next_event()
        while type(event) is not yaml.MappingEndEvent:
            key = self.key(event, next_event)
            after = next_event()
            if type(after) is scalar and after.tag is None and after.anchor is None:  # most are: without the detour
                value = plain(after.value) if after.implicit[0] else after.value
                self.size += 1
            else:
                value = self.node(after, next_event)
            if key == "<<" and type(event) is yaml.ScalarEvent and event.implicit[0]:
                merged += self.merged(value, event)
            elif key is not None:
                if key in record:
                    self.fault(f"the key {key!r} stands twice in one map", event)
                record[key] = value
                first, last = event.start_mark, event.end_mark
                spots[key] = first.line + 1, first.column + 1, last.line + 1, last.column + 1
            event = next_event()
        for other in merged:
            for key, value in other.items():
                if key not in record:
                    record[key] = value
                    mark = other.marks.get(key)
                    if isinstance(mark, Place):
                        spots[key] = mark
        return record

    def merged(self, value: Value, event: Any) -> list[Record]:
        """The maps that a merge key `<<` brings, the first of which wins."""
        records = value if isinstance(value, list) else [value]
        if not all(isinstance(record, Record) for record in records):
            self.fault("'<<' merges maps, and this is none", event)
            return []
        return records

    def key(self, event: Any, next_event: Callable[[], Any]) -> str | None:
        """A key as it is written; None where it is a map or a list, which is a fault."""
        if type(event) is yaml.ScalarEvent and event.anchor is None:
            return str(event.value)
        value = self.node(event, next_event)
        if type(event) is yaml.ScalarEvent:
            return str(event.value)
        if isinstance(value, (dict, list)):
            self.fault("a key has to be a scalar", event)
            return None
        return value if isinstance(value, str) else str(value)

    def scalar(self, event: Any) -> Value:
        tag = event.tag
        text = event.value
        if tag is not None:
            value = self.tagged(tag, text, event)
        elif event.implicit[0]:
            value = plain(text)
        else:
            value = text
        if event.anchor is not None:
            self.anchors[event.anchor] = value, 1
        return value

    def alias(self, event: Any) -> Value:
        name = event.anchor
        if name in self.open:
            self.fault(f"the alias *{name} stands inside what it stands for", event)
            return None
        if name not in self.anchors:
            self.fault(f"there is no anchor &{name} before this alias", event)
            return None
        value, size = self.anchors[name]
        self.expanded += size
        if self.expanded > MAX_EXPANSION:
            self.fault(f"the aliases stand for more than {MAX_EXPANSION:,} nodes", event)
            raise _Stop
        return value

    def tagged(self, tag: str, value: Value, event: Any) -> Value:
        if tag.startswith(_STANDARD):
            name = tag.removeprefix(_STANDARD)
            return plain(value) if isinstance(value, str) and name in ("int", "float", "bool", "null") else value
        if tag == "!":
            return value
        if self.tags is None:
            self.fault(f"the tag {tag} means nothing here", event)
            return value
        return self.tags(tag, value, self.place(event))

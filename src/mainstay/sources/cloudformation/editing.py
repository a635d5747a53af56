"""Edits of CloudFormation templates: the property that says what has to be, in the style of what stands around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mainstay.documents.layout import Part, layout
from mainstay.model.patches import Edit, NoPatch
from mainstay.model.places import Mark, Place
from mainstay.model.values import Value
from mainstay.sources.cloudformation.writing import Style, entries, items, scalar
from mainstay.sources.originals import Original, Originals, merged, shown


@dataclass(frozen=True, slots=True)
class Wish:
    """One property that should be said: `path` with its indexes, and `value`, or the `fields` of an element there.

    `lists` are the steps, counted from the first, whose property is a list by its schema.
    """

    path: tuple[str, ...]
    value: Value
    fields: Mapping[str, Value] | None
    mark: Mark | None
    lists: frozenset[int]


@dataclass(frozen=True, slots=True)
class Home:
    """The entry of a resource in its template."""

    original: Original
    key: Part
    entry: Part
    type: str


def home(place: Place, originals: Originals) -> Home | NoPatch:
    """Where a resource stands, or why it cannot be edited there."""
    original = originals.read(place.file)
    if isinstance(original, NoPatch):
        return original
    if "layout" not in original.parsed:
        original.parsed["layout"] = layout(original.text.decode())
    root: Part | None = original.parsed["layout"]
    resources = root.find("Resources") if root is not None and root.kind == "map" else None
    if resources is None:
        return NoPatch("its entry was not found in the file")
    for key, entry in resources[1].entries:
        if key.start == (place.line, place.column) and entry.kind == "map":
            type = entry.find("Type")
            return Home(original, key, entry, type[1].text if type is not None else "")
    return NoPatch("its entry was not found in the file")


def edits(home: Home, wishes: Iterable[Wish]) -> tuple[Edit, ...] | NoPatch:
    """The edits that make all the wishes true."""
    work = _Work(home)
    for wish in wishes:
        refused = work.take(wish)
        if refused is not None:
            return refused
    return merged(work.edits())


@dataclass(slots=True)
class _Work:
    """The wishes of one resource, gathered by the map that they go into before any text is made."""

    home: Home
    replaced: dict[int, Edit] = field(default_factory=dict)
    additions: dict[tuple[int, int], tuple[Part, dict[str, Value] | list[Value], int]] = field(default_factory=dict)

    @property
    def style(self) -> Style:
        return Style.of(self.home.original, self.home.key, self.home.entry)

    def edits(self) -> list[Edit]:
        made = list(self.replaced.values())
        style = self.style
        for part, addition, column in self.additions.values():
            if isinstance(addition, dict):
                made.append(entries(self.home.original, part, addition, column, style))
            else:
                made.append(items(self.home.original, part, addition, column, style))
        return made

    def take(self, wish: Wish) -> NoPatch | None:
        entry = self.home.entry
        if isinstance(wish.mark, Place) and not self._holds(wish.mark):
            return NoPatch(f"it comes from {shown(wish.mark)}; change it there")
        if entry.shared or entry.tag:
            return NoPatch(f"aliases or merge keys share {self.home.key.text} with others; change it by hand")
        steps = ("Properties", *wish.path)
        lists = {number + 1 for number in wish.lists}
        value: Value = dict(wish.fields) if wish.fields is not None else wish.value
        return self._walk(entry, self.home.key.start[1], steps, 0, lists, value, wish)

    def _holds(self, mark: Place) -> bool:
        last = self.home.entry.last.end
        here = (mark.line, mark.column)
        return mark.file == self.home.original.file and self.home.key.start <= here <= last

    def _walk(
        self, part: Part, column: int, steps: Sequence[str], depth: int, lists: set[int], value: Value, wish: Wish
    ) -> NoPatch | None:
        """Goes down the steps that are there. `column` is that of the key which the part belongs to."""
        refused = _refused(part, steps[depth - 1] if depth else "the entry")
        if refused is not None:
            return refused
        step = steps[depth] if depth < len(steps) else None
        if part.kind == "list":
            return self._into_list(part, column, steps, depth, lists, value, wish)
        if step is None:
            return self._set(part, column, value, steps[depth - 1])
        if part.kind != "map":
            if part.text == "" and not part.quote:
                return self._add(part, column, _made(steps[depth:], value, lists, depth))
            return NoPatch(f"{steps[depth - 1]} is no map there; change it by hand")
        found = part.find(step)
        if found is None:
            return self._add(part, column, _made(steps[depth:], value, lists, depth))
        key, inner = found
        if depth == len(steps) - 1 and wish.fields is None:
            return self._set(inner, key.start[1], value, step, depth in lists)
        return self._walk(inner, key.start[1], steps, depth + 1, lists, value, wish)

    def _into_list(
        self, part: Part, column: int, steps: Sequence[str], depth: int, lists: set[int], value: Value, wish: Wish
    ) -> NoPatch | None:
        step = steps[depth] if depth < len(steps) else None
        if step is not None and step.isdigit():
            if int(step) >= len(part.items):
                return NoPatch("its element is not written in the template")
            inner = part.items[int(step)]
            return self._walk(inner, inner.start[1], steps, depth + 1, lists, value, wish)
        if step is None and isinstance(value, dict):
            return self._element(part, column, value)
        if step is not None and len(part.items) == 1:
            return self._walk(part.items[0], part.items[0].start[1], steps, depth, lists, value, wish)
        return NoPatch(f"{steps[depth - 1]} has several elements; which to change is yours to decide")

    def _element(self, part: Part, column: int, fields: Mapping[str, Value]) -> NoPatch | None:
        """An element of a list: the one that the first field names, or a new one."""
        (key, wanted), *_ = fields.items()
        for item in part.items:
            refused = _refused(item, key)
            found = item.find(key)
            refused = refused or (_refused(found[1], key) if found is not None else None)
            if refused is not None:
                return refused
            if found is not None and found[1].text == wanted:
                return self._fields(item, fields)
        return self._append(part, column, dict(fields))

    def _fields(self, part: Part, fields: Mapping[str, Value]) -> NoPatch | None:
        for name, value in fields.items():
            refused = _refused(part, name)
            if refused is not None:
                return refused
            found = part.find(name)
            if found is None:
                refused = self._add(part, part.start[1], {name: value})
            else:
                refused = self._set(found[1], found[0].start[1], value, name)
            if refused is not None:
                return refused
        return None

    def _set(self, part: Part, column: int, value: Value, name: str, listed: bool = False) -> NoPatch | None:
        refused = _refused(part, name)
        if refused is not None:
            return refused
        if part.kind == "list" and all(item.kind == "scalar" and not _refused(item, name) for item in part.items):
            there = {item.text for item in part.items}
            wanted = value if isinstance(value, list) else [value]
            missing = [one for one in wanted if isinstance(one, dict) or str(one) not in there]
            return self._append(part, column, *missing)
        if part.kind != "scalar":
            what = "list" if part.kind == "list" else "map"
            return NoPatch(f"a {what} stands there and says something else; what to keep of it is yours to decide")
        if part.quote in ("|", ">"):
            return NoPatch("a block of text stands there; change it by hand")
        original = self.home.original
        start, end = original.offset(*part.start), original.offset(*part.end)
        text = scalar([value] if listed and not isinstance(value, list) else value, part.quote, self.style)
        if start == end and not original.text[:start].endswith(b" "):
            text = f" {text}"
        known = self.replaced.get(start)
        if known is None or known.text == text:
            self.replaced[start] = original.edit(start, end, text)
        return None

    def _add(self, part: Part, column: int, value: Value) -> NoPatch | None:
        _, known, _ = self.additions.setdefault(part.start, (part, {}, column))
        if not isinstance(known, dict) or not isinstance(value, dict):
            return NoPatch("another change is made at the same place")
        _join(known, value)
        return None

    def _append(self, part: Part, column: int, *values: Value) -> NoPatch | None:
        _, known, _ = self.additions.setdefault(part.start, (part, [], column))
        if not isinstance(known, list):
            return NoPatch("another change is made at the same place")
        known.extend(value for value in values if value not in known)
        return None


def _refused(part: Part, name: str) -> NoPatch | None:
    """Why a part of a template cannot be changed where it stands."""
    if part.shared:
        return NoPatch(f"aliases or merge keys share {name} with others; change it by hand")
    function = part.tag if part.tag.startswith("!") and part.tag != "!" else ""
    if part.kind == "map" and len(part.entries) == 1:
        key = part.entries[0][0].text
        function = function or (key if key == "Ref" or key.startswith("Fn::") else "")
    if function:
        return NoPatch(f"an intrinsic function ({function}) makes {name}; change what it is made from")
    return None


def _made(steps: Sequence[str], value: Value, lists: set[int], depth: int) -> Value:
    """The entries that are missing from a step on; a list on the way gets one element."""
    steps = [step for step in steps if not step.isdigit()]
    for number in range(len(steps) - 1, -1, -1):
        if depth + number in lists and not isinstance(value, list):
            value = [value]
        value = {steps[number]: value}
    return value


def _join(known: dict[str, Value], more: Mapping[str, Value]) -> None:
    for key, value in more.items():
        there = known.get(key)
        if isinstance(there, dict) and isinstance(value, dict):
            _join(there, value)
        elif isinstance(there, list) and isinstance(value, list):
            _join_lists(there, value)
        else:
            known[key] = value


def _join_lists(known: list[Value], more: Iterable[Value]) -> None:
    """Pairs of key and value stand beside each other; properties that are set in `the` element are of one."""
    for value in more:
        first = known[0] if len(known) == 1 else None
        if isinstance(first, dict) and isinstance(value, dict) and "Key" not in value and "Name" not in value:
            _join(first, value)
        elif value not in known:
            known.append(value)

"""Witnesses: an event of which a condition holds, made from the condition alone.

It shows that a rule can fire. The tree is taken apart into alternatives, each a set of tests that have to hold or not;
for each path values are tried that its tests ask for, and what is put together is judged by the compiled condition.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from mainstay.engine.compile import compile
from mainstay.engine.samples import ANYTHING, samples
from mainstay.engine.walk import STAR, Judge, split
from mainstay.model.conditions import All, Any, Condition, Count, Each, Keywords, Not, Path, Scalar, Test
from mainstay.model.values import ABSENT, Value

_MOST_ALTERNATIVES = 400
_MOST_EVENTS = 200  # of one alternative
_MOST_VALUES = 8  # that are tried at one path, of those that its tests allow
_ANY_NAME = "name"
_LOOSE = "message"  # where keywords stand

Leaf = Test | Each | Count | Keywords


@dataclass(frozen=True, slots=True)
class _Wish:
    """A leaf of the tree, and whether it has to hold."""

    leaf: Leaf
    holds: bool

    @property
    def condition(self) -> Condition:
        return self.leaf if self.holds else Not(self.leaf)


def witness(condition: Condition) -> dict[str, Value] | None:
    """The fields of an event of which the condition holds; None where none was found.

    A condition that contradicts itself has none; neither has one with a placeholder that nothing fills in. Derived
    facts are fields like any other.
    """
    judge = compile(condition)
    for wishes in itertools.islice(_ways(condition, True), _MOST_ALTERNATIVES):
        for event in itertools.islice(_events(wishes), _MOST_EVENTS):
            if judge(event) is True:
                return event
    return None


def _ways(condition: Condition, holds: bool) -> Iterator[tuple[_Wish, ...]]:
    """The alternatives by which the condition holds (or does not), simple ones first."""
    match condition:
        case Not(part):
            yield from _ways(part, not holds)
        case All(parts) if holds:
            yield from _together(parts, holds)
        case Any(parts) if not holds:
            yield from _together(parts, holds)
        case All(parts) | Any(parts):
            yield from _in_turn([_ways(part, holds) for part in parts])
        case Test(every_value=True) if len(condition.values) > 1:
            single = tuple(replace(condition, values=(value,), every_value=False) for value in condition.values)
            yield from _ways(All(single), holds)
        case Test() | Each() | Count() | Keywords():
            yield (_Wish(condition, holds),)


def _together(parts: Sequence[Condition], holds: bool) -> Iterator[tuple[_Wish, ...]]:
    if not parts:
        yield ()
        return
    for first in _ways(parts[0], holds):
        for others in _together(parts[1:], holds):
            yield first + others


def _in_turn(ways: list[Iterator[tuple[_Wish, ...]]]) -> Iterator[tuple[_Wish, ...]]:
    """One alternative of each part, then the next of each: none is starved by one that has very many."""
    while ways:
        for each in list(ways):
            found = next(each, None)
            if found is None:
                ways.remove(each)
            else:
                yield found


def _events(wishes: Sequence[_Wish]) -> Iterator[dict[str, Value]]:
    """Events that may meet the wishes: those of one path are met by each, unless they look elsewhere as well."""
    by_path: dict[Path, list[_Wish]] = {}
    loose = [wish.leaf for wish in wishes if isinstance(wish.leaf, Keywords) and wish.holds]
    references = [wish for wish in wishes if isinstance(wish.leaf, Test) and wish.leaf.operator == "fieldref"]
    for wish in wishes:
        if not isinstance(wish.leaf, Keywords):
            by_path.setdefault(wish.leaf.path, [])
            if wish not in references:
                by_path[wish.leaf.path].append(wish)
    for wish in references:
        _refer(wish, by_path)
    if loose:
        spoken = itertools.chain.from_iterable(_spoken(each.words, each.every_word) for each in loose)
        by_path[(_LOOSE,)] = [*by_path.get((_LOOSE,), []), *spoken]
    # What stands deep is placed first, so that what it stands in is known to be a map.
    paths = sorted(by_path, key=len, reverse=True)
    choices = [list(itertools.islice(_values(path, by_path[path]), _MOST_VALUES)) for path in paths]
    for chosen in itertools.product(*choices):
        event: dict[str, Value] = {}
        for path, value in zip(paths, chosen, strict=True):
            if value is not ABSENT and path:
                _place(event, path, value)
        yield event


def _refer(wish: _Wish, by_path: dict[Path, list[_Wish]]) -> None:
    """Lets two paths have the same wishes where one refers to the other."""
    if not isinstance(wish.leaf, Test):
        return
    other = split(str(wish.leaf.values[0]))
    there = by_path.setdefault(other, [])
    if wish.holds:
        here = by_path[wish.leaf.path]
        shared = [*here, *there, _Wish(Test((), "exists", (True,)), True)]
        by_path[wish.leaf.path] = by_path[other] = shared


def _spoken(words: Sequence[Scalar], every_word: bool) -> Iterator[_Wish]:
    """Keywords as tests of the one field that holds them."""
    for alternatives in [(word,) for word in words] if every_word else [tuple(words)]:
        yield _Wish(Test((_LOOSE,), "contains", alternatives), True)


def _values(path: Path, wishes: Sequence[_Wish]) -> Iterator[Value]:
    """The values at a path of which all its wishes are met, ABSENT among them, the likeliest first."""
    judges = [compile(_at_top(wish).condition) for wish in wishes]
    seen: list[Value] = []
    for value in _candidates(path, wishes):
        if value not in seen and _meets(value, judges):
            seen.append(value)
            yield value


def _meets(value: Value, judges: Iterable[Judge]) -> bool:
    return all(judge({} if value is ABSENT else {"x": value}) is True for judge in judges)


def _at_top(wish: _Wish) -> _Wish:
    """The wish with a path of one name: values are tried before the event that they stand in is made."""
    leaf = wish.leaf
    return wish if isinstance(leaf, Keywords) else _Wish(replace(leaf, path=("x",)), wish.holds)


def _candidates(path: Path, wishes: Sequence[_Wish]) -> Iterator[Value]:
    if not any(wish.holds and not _denies(wish.leaf) for wish in wishes):
        yield ABSENT
    elements = list(_elements(wishes))
    if elements:
        yield elements
    tests = [wish.leaf for wish in wishes if wish.holds and isinstance(wish.leaf, Test)]
    found = [list(itertools.islice(samples(test), 4 * _MOST_VALUES)) for test in tests if not _denies(test)]
    found = [each for each in found if each]
    for one in itertools.chain.from_iterable(itertools.zip_longest(*found, fillvalue=ABSENT)):
        if one is not ABSENT:
            yield one
    texts = [[each for each in values if isinstance(each, str)] for values in found]
    if len(texts) > 1 and all(texts):
        yield from _joined(tests, texts)
    if len(found) > 1:
        yield [values[0] for values in found]
    yield from ANYTHING
    for wish in wishes:
        if isinstance(wish.leaf, Count):
            yield from _lists(wish.leaf, [*elements, *(values[0] for values in found)])


def _denies(leaf: Leaf) -> bool:
    """Whether the leaf holds of what is absent."""
    return compile(_at_top(_Wish(leaf, True)).condition)({}) is True


def _joined(tests: Sequence[Test], texts: Sequence[Sequence[str]]) -> Iterator[Value]:
    """One text for several tests: what begins it, what is inside, what ends it."""
    rank = {"startswith": 0, "endswith": 2}
    ordered = sorted(zip(tests, texts, strict=False), key=lambda pair: rank.get(pair[0].operator, 1))
    for number in range(2):
        parts = [values[min(number, len(values) - 1)] for _, values in ordered]
        yield "".join(parts)
        yield " ".join(parts)


def _lists(count: Count, known: Sequence[Value]) -> Iterator[Value]:
    for number in (count.number, count.number + 1, count.number - 1, 0):
        if 0 <= number <= 1000:
            yield [*known[:number], *(f"w{index}" for index in range(number - len(known[:number])))]


def _elements(wishes: Sequence[_Wish]) -> Iterator[Value]:
    """The elements that quantifiers ask for, each of which keeps what they ask of all."""
    wanted: list[Condition] = []
    kept: list[Condition] = []
    for wish in wishes:
        if isinstance(wish.leaf, Each):
            inner, quantifier = wish.leaf.condition, wish.leaf.quantifier
            if quantifier == "every":
                (kept if wish.holds else wanted).append(inner if wish.holds else Not(inner))
            elif (quantifier == "any") is wish.holds:
                wanted.append(inner)
            else:
                kept.append(Not(inner))
    for each in wanted:
        found = _element(All((each, *kept)))
        if found is not ABSENT:
            yield found


def _element(condition: Condition) -> Value:
    """An element of a list of which the condition holds: a map, or a scalar where the condition is on the element."""
    for wishes in itertools.islice(_ways(condition, True), _MOST_ALTERNATIVES):
        whole = [wish for wish in wishes if not isinstance(wish.leaf, Keywords) and not wish.leaf.path]
        if whole:
            return next((value for value in _values((), whole) if value is not ABSENT), ABSENT)
        judge = compile(condition)
        for event in itertools.islice(_events(wishes), _MOST_EVENTS):
            if judge(event) is True:
                return event
    return ABSENT


def _place(event: dict[str, Value], path: Path, value: Value) -> None:
    """Puts a value at a path; where something else stands on the way, or at its end, both stand there in a list."""
    names = [_ANY_NAME if name == STAR else name for name in path]
    holder = event
    for name in names[:-1]:
        inner = holder.setdefault(name, {})
        if isinstance(inner, list):
            maps = [each for each in inner if isinstance(each, dict)]
            if not maps:
                maps = [{}]
                inner.append(maps[0])
            inner = maps[0]
        elif not isinstance(inner, dict):
            holder[name] = [inner, {}]
            inner = holder[name][1]
        holder = inner
    last = names[-1]
    if last in holder and value in ANYTHING:
        return  # it only had to be there
    holder[last] = [holder[last], value] if last in holder else value

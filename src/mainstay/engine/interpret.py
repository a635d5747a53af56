"""The condition tree, evaluated as it reads: the plain counterpart of `compile`, for tracing and for its tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from mainstay.engine.matching import POSITIONS, comparison, is_there, same, spell
from mainstay.engine.walk import between, bounds, split
from mainstay.model.conditions import All, Any, Condition, Count, Each, Keywords, Not, Path, Test
from mainstay.model.values import ABSENT, Document, Items, OneOf, Record, Unknown, Value

Answer = bool | None


def interpret(condition: Condition, subject: Value) -> Answer:
    """Whether the condition holds of the subject: True, False, or None where it can't be told."""
    match condition:
        case All(parts):
            return kleene_not(kleene_or(kleene_not(interpret(part, subject)) for part in parts))
        case Any(parts):
            return kleene_or(interpret(part, subject) for part in parts)
        case Not(part):
            return kleene_not(interpret(part, subject))
        case Test():
            return _test(condition, subject)
        case Each(path, "any", inner):
            return _exists(subject, path, lambda element: interpret(inner, element), True)
        case Each(path, "none", inner):
            return kleene_not(_exists(subject, path, lambda element: interpret(inner, element), True))
        case Each(path, _, inner):
            return kleene_not(_exists(subject, path, lambda element: kleene_not(interpret(inner, element)), True))
        case Count(path, how, number):
            return between(*bounds(subject, path), how, number)
        case Keywords(words, every_word):
            answers = [_occurs(Test((), "contains", (spell(word),)), subject) for word in words]
            return kleene_not(kleene_or(map(kleene_not, answers))) if every_word else kleene_or(answers)


def kleene_not(answer: Answer) -> Answer:
    return None if answer is None else not answer


def kleene_or(answers: Iterable[Answer]) -> Answer:
    found = set(answers)
    return True if True in found else None if None in found else False


def _test(test: Test, subject: Value) -> Answer:
    if test.every_value:
        single = [interpret(replace(test, values=(value,), every_value=False), subject) for value in test.values]
        return kleene_not(kleene_or(map(kleene_not, single)))
    match test.operator:
        case "neq":
            return kleene_not(_test(replace(test, operator="equals"), subject))
        case "exists":
            there = _exists(subject, test.path, is_there)
            return there if test.values[0] else kleene_not(there)
        case "equals" if None in test.values:
            known = tuple(value for value in test.values if value is not None)
            equal = _test(replace(test, values=known), subject) if known else False
            return kleene_or([equal, kleene_not(_exists(subject, test.path, is_there))])
        case "fieldref":
            return kleene_or(_field_reference(test, str(dotted), subject) for dotted in test.values)
        case _:
            return _exists(subject, test.path, comparison(test))


def _field_reference(test: Test, dotted: str, subject: Value) -> Answer:
    position = POSITIONS.get(test.flags, "equals")
    return _exists(
        subject,
        test.path,
        lambda left: _exists(subject, split(dotted), lambda right: same(left, right, position, test.cased)),
    )


def _exists(value: Value, path: Path, holds: Callable[[Value], Answer], open_documents: bool = False) -> Answer:
    """Whether `holds` answers yes for an element at the end of `path`."""

    def inside(child: Value, path: Path) -> Answer:
        return _exists(child, path, holds, open_documents)

    match value:
        case None:
            return False
        case OneOf():
            answers = [inside(option, path) for option in value.options]
            return answers[0] if all(answer is answers[0] for answer in answers) else None
        case Document() if path or open_documents:
            return inside(value.value, path)
        case Unknown():
            if path:
                return None
            answer = holds(value)
            return answer if value.is_set else kleene_or_nothing(answer)
        case list():
            return kleene_or([*(inside(element, path) for element in value), *_further(value, path, inside)])
        case _ if value is ABSENT:
            return False
        case _ if not path:
            return holds(value)
        case dict() if path[0] == "*":
            return kleene_or(
                [*(inside(child, path[1:]) for child in value.values()), *_further(value, path[1:], inside)]
            )
        case dict() if path[0] in value:
            return inside(value[path[0]], path[1:])
        case dict():
            return kleene_or(_further(value, path[1:], inside))
        case _:
            return False


def kleene_or_nothing(answer: Answer) -> Answer:
    """The answer of an element of which it is not sure that it is there."""
    return False if answer is False else None


def _further(value: Value, path: Path, inside: Callable[[Value, Path], Answer]) -> Iterator[Answer]:
    """What the further elements of an open list or map may answer; nothing where it is closed."""
    if isinstance(value, Items | Record) and value.rest is not ABSENT:
        yield kleene_or_nothing(inside(value.rest, path))


def _occurs(word: Test, value: Value) -> Answer:
    match value:
        case dict():
            parts = [_occurs(word, child) for child in value.values()]
        case list():
            parts = [_occurs(word, child) for child in value]
        case Document():
            return _occurs(word, value.value)
        case OneOf():
            options = {_occurs(word, option) for option in value.options}
            return options.pop() if len(options) == 1 else None
        case _:
            return False if value is None or value is ABSENT else comparison(word)(value)
    return kleene_or([*parts, *_further(value, (), lambda rest, _: _occurs(word, rest))])

"""Conditions as closures: each node becomes one function of a subject, made once and called for every resource."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from mainstay.engine.matching import POSITIONS, any_of, comparison, is_there, same, spell, text_tokens
from mainstay.engine.patterns import Pattern, pattern
from mainstay.engine.walk import Judge, between, bounds, some, split
from mainstay.model.conditions import All, Any, Condition, Count, Each, Keywords, Not, Test
from mainstay.model.values import ABSENT, Document, Items, OneOf, Record, Unknown, Value


def compile(condition: Condition) -> Judge:
    """The function that judges a subject: True, False, or None where it can't be told."""
    return _COMPILERS[type(condition)](condition)


def _negated(judge: Judge) -> Judge:
    def negated(subject: Value) -> bool | None:
        answer = judge(subject)
        return None if answer is None else not answer

    return negated


def _all(judges: Sequence[Judge]) -> Judge:
    if len(judges) == 1:
        return judges[0]

    def all_hold(subject: Value) -> bool | None:
        answer: bool | None = True
        for judge in judges:
            held = judge(subject)
            if held is None:
                answer = None
            elif not held:
                return False
        return answer

    return all_hold


def _any(judges: Sequence[Judge]) -> Judge:
    if len(judges) == 1:
        return judges[0]

    def one_holds(subject: Value) -> bool | None:
        answer: bool | None = False
        for judge in judges:
            held = judge(subject)
            if held:
                return True
            if held is None:
                answer = None
        return answer

    return one_holds


def _test(test: Test) -> Judge:
    if test.every_value and len(test.values) > 1:
        return _all([_test(replace(test, values=(value,), every_value=False)) for value in test.values])
    if test.operator == "exists":
        there = some(test.path, is_there)
        return there if test.values[0] else _negated(there)
    if test.operator == "fieldref":
        return _any([_field_reference(test, str(value)) for value in test.values])
    if test.operator not in ("equals", "neq"):
        return some(test.path, comparison(test))
    judges = []
    if any(value is not None for value in test.values):
        judges.append(some(test.path, comparison(test)))
    if None in test.values:
        judges.append(_negated(some(test.path, is_there)))
    equal = _any(judges)
    return equal if test.operator == "equals" else _negated(equal)


def _field_reference(test: Test, dotted: str) -> Judge:
    other, position = split(dotted), POSITIONS.get(test.flags, "equals")

    def compares(subject: Value) -> bool | None:
        def left_compares(left: Value) -> bool | None:
            return some(other, lambda right: same(left, right, position, test.cased))(subject)

        return some(test.path, left_compares)(subject)

    return compares


def _each(each: Each) -> Judge:
    inner = compile(each.condition)
    if each.quantifier == "any":
        return some(each.path, inner, into_documents=True)
    return _negated(some(each.path, inner if each.quantifier == "none" else _negated(inner), into_documents=True))


def _count(count: Count) -> Judge:
    comparison, path, number = count.comparison, count.path, count.number
    return lambda subject: between(*bounds(subject, path), comparison, number)


def _keywords(keywords: Keywords) -> Judge:
    wanted = [pattern(spell(word) or "", "contains") for word in keywords.words]
    judges = [_occurs(each) for each in wanted]
    return _all(judges) if keywords.every_word else _any(judges)


def _occurs(word: Pattern) -> Judge:
    def occurs(value: Value) -> bool | None:
        if isinstance(value, dict | list):
            held = any_of(map(occurs, value.values() if isinstance(value, dict) else value))
            rest = value.rest if isinstance(value, Record | Items) else ABSENT
            return held if held or rest is ABSENT or occurs(rest) is False else None
        if isinstance(value, Unknown):
            return _occurs_in_unknown(value)
        text = None if value is ABSENT else spell(value)
        return text is not None and word.matches(text.casefold())

    def _occurs_in_unknown(value: Unknown) -> bool | None:
        if isinstance(value, Document):
            return occurs(value.value)
        if isinstance(value, OneOf):
            answers = {occurs(option) for option in value.options}
            return answers.pop() if len(answers) == 1 else None
        known = text_tokens(value)
        return None if known is None else word.decide(known)

    return occurs


_COMPILERS: dict[type, Callable[..., Judge]] = {
    All: lambda node: _all([compile(part) for part in node.parts]),
    Any: lambda node: _any([compile(part) for part in node.parts]),
    Not: lambda node: _negated(compile(node.part)),
    Test: _test,
    Each: _each,
    Count: _count,
    Keywords: _keywords,
}

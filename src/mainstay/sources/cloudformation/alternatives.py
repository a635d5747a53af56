"""Values that are one of several, and when two values are the same."""

from __future__ import annotations

from collections.abc import Iterable

from mainstay.model.places import Mark, Place
from mainstay.model.values import ABSENT, Items, OneOf, Record, Ref, Text, Unknown, Value, is_known
from mainstay.sources.alternatives import distinct, rest_of, same
from mainstay.sources.cloudformation.texts import MAX_OPTIONS, surely_set


class Shifting(Items):
    """A list some of whose elements may be missing, so that it is not known where the others stand.

    It holds those that are there for certain; `rest` is what the others look like.
    """

    __slots__ = ()


def one_of(options: Iterable[Value], reason: str, place: Place | None, settle: str) -> Value:
    """The options' common value, or a OneOf of them; Unknown where they are too many to list. ABSENT counts as None."""
    flat = [None if value is ABSENT else value for option in options for value in _options(option)]
    found = distinct(flat, MAX_OPTIONS)
    if len(found) > MAX_OPTIONS:
        texts = all(isinstance(value, (str, Text, Ref)) for value in flat)
        return surely_set(reason, place, settle) if texts else Unknown(reason, place, settle)
    return found[0] if len(found) == 1 else OneOf(found, reason, place, settle)


def _options(value: Value) -> tuple[Value, ...]:
    return value.options if isinstance(value, OneOf) else (value,)


def merge_records(options: Iterable[Value], reason: str, place: Place | None, settle: str) -> Record:
    """One record that may be any of the options, key by key; an option that is no record leaves the result open."""
    options = list(options)
    records = [option for option in options if isinstance(option, Record)]
    result = Record((), place, {})
    marks: dict[str, Mark] = {}
    for key in dict.fromkeys(key for record in records for key in record):
        result[key] = one_of([record.look_up(key) for record in records], reason, place, settle)
        marks.update((key, record.marks[key]) for record in records if key in record.marks and key not in marks)
    result.marks = marks
    if any(isinstance(option, Unknown) for option in options) or any(r.rest is not ABSENT for r in records):
        result.rest = Unknown(reason, place, settle)
    return result


def equal(left: Value, right: Value) -> bool | None:
    """What `Fn::Equals` says, which compares scalars as text; None where it cannot be told."""
    if same(left, right):
        return True
    if isinstance(left, OneOf) or isinstance(right, OneOf):
        answers = {equal(ours, theirs) for ours in _options(left) for theirs in _options(right)}
        return answers.pop() if len(answers) == 1 else None
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        unknown, other = (left, right) if isinstance(left, Unknown) else (right, left)
        return False if isinstance(other, str) and _cannot_be(unknown, other) else None
    if isinstance(left, list) and isinstance(right, list):
        if rest_of(left) is not ABSENT or rest_of(right) is not ABSENT:
            return None
        if len(left) != len(right):
            return False
        answers = {equal(a, b) for a, b in zip(left, right, strict=True)}
        return False if False in answers else None if None in answers else True
    if isinstance(left, (list, dict)) or isinstance(right, (list, dict)):
        return bool(left == right) if is_known(left) and is_known(right) else None
    return _text(left) == _text(right)


def _cannot_be(unknown: Unknown, text: str) -> bool:
    if isinstance(unknown, Ref):
        return not text.startswith(unknown.prefix or text[:1]) or not text
    if isinstance(unknown, Text):
        known = sum(len(part) for part in unknown.parts if isinstance(part, str))
        return len(text) < known or not text.startswith(unknown.prefix) or not text.endswith(unknown.suffix)
    return False


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

"""`count` and `for_each`: which instances there are, and which there may be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mainstay.model.values import ABSENT, Items, OneOf, Record, Unknown, Value
from mainstay.sources.terraform.types import EvaluationError, convert

Key = str | int | Unknown | None
"""An instance's key; None where there is neither count nor for_each, Unknown for the one that stands for any."""

MOST_INSTANCES = 10_000


@dataclass(frozen=True, slots=True)
class Round:
    """One instance: its key, what `each` and `count` mean in it, and why it may not exist."""

    key: Key = None
    iteration: dict[str, Value] = field(default_factory=dict)
    may_exist: Unknown | None = None

    @property
    def suffix(self) -> str:
        """What the key adds to an address."""
        if self.key is None:
            return ""
        if isinstance(self.key, Unknown):
            return "[?]"
        if isinstance(self.key, int):
            return f"[{self.key}]"
        quoted = self.key.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'["{quoted}"]'


def by_count(count: Value) -> Iterator[Round]:
    """The instances that `count` asks for."""
    if isinstance(count, OneOf):
        numbers = [option for option in count.options if not isinstance(option, Unknown)]
        least = min(map(_whole, numbers)) if len(numbers) == len(count.options) else 0
        most = max(map(_whole, numbers), default=0)
        for position in range(most):
            yield _counted(position, None if position < least else count)
        if len(numbers) < len(count.options):
            yield _counted(Unknown(count.reason, count.place, count.settle), count)
    elif isinstance(count, Unknown):
        yield _counted(Unknown(count.reason, count.place, count.settle), count)
    else:
        for position in range(_whole(count)):
            yield _counted(position, None)


def _whole(count: Value) -> int:
    number = convert(int(count) if isinstance(count, bool) else count, "number")
    if number is None:
        raise EvaluationError("count must not be null")
    if number < 0 or number > MOST_INSTANCES or number != int(number):
        raise EvaluationError(f"count is {number}; it must be a whole number, and at most {MOST_INSTANCES} is reviewed")
    return int(number)


def _counted(key: int | Unknown, doubt: Unknown | None) -> Round:
    return Round(key, {"count.index": key}, _because("count", doubt))


def by_for_each(collection: Value) -> Iterator[Round]:
    """The instances that `for_each` asks for."""
    if isinstance(collection, OneOf):
        yield from _any_collection(collection)
    elif isinstance(collection, Unknown):
        yield _any(collection, Unknown(collection.reason, collection.place, collection.settle))
    elif isinstance(collection, dict):
        for key in sorted(collection):
            yield Round(key, {"each.key": key, "each.value": collection[key]})
        if isinstance(collection, Record) and collection.rest is not ABSENT:
            yield _any(collection.why, collection.rest)
    elif isinstance(collection, list):
        for element in collection:
            if isinstance(element, Unknown):
                yield _any(element, element)
            elif isinstance(element, str):
                yield Round(element, {"each.key": element, "each.value": element})
            else:
                raise EvaluationError("for_each takes a map or a set of strings")
        if isinstance(collection, Items) and collection.rest is not ABSENT:
            yield _any(collection.why, collection.rest)
    else:
        raise EvaluationError("for_each takes a map or a set of strings")


def _any_collection(collection: OneOf) -> Iterator[Round]:
    """A key that every option has is sure; its value is one of theirs."""
    rounds = [
        [] if option is None or isinstance(option, Unknown) else list(by_for_each(option))
        for option in collection.options
    ]
    open_ended = any(isinstance(option, Unknown) for option in collection.options)
    seen: dict[str, list[Round]] = {}
    for instances in rounds:
        for instance in instances:
            seen.setdefault(instance.suffix, []).append(instance)
    for instances in seen.values():
        sure = len(instances) == len(rounds) and not open_ended and not any(i.may_exist for i in instances)
        yield (
            Round(instances[0].key, instances[0].iteration, None if sure else _because("for_each", collection))
            if len(instances) == 1 or _alike(instances)
            else _merged(instances, collection, sure)
        )
    if open_ended:
        yield _any(collection, Unknown(collection.reason, collection.place, collection.settle))


def _alike(instances: list[Round]) -> bool:
    return all(instance.iteration == instances[0].iteration for instance in instances)


def _merged(instances: list[Round], cause: OneOf, sure: bool) -> Round:
    values = [instance.iteration["each.value"] for instance in instances]
    iteration = {
        "each.key": instances[0].iteration["each.key"],
        "each.value": OneOf(values, cause.reason, cause.place, cause.settle),
    }
    return Round(instances[0].key, iteration, None if sure else _because("for_each", cause))


def _any(doubt: Unknown, value: Value) -> Round:
    key = Unknown(doubt.reason, doubt.place, doubt.settle)
    return Round(key, {"each.key": key, "each.value": value}, _because("for_each", doubt))


def _because(argument: str, doubt: Unknown | None) -> Unknown | None:
    if doubt is None:
        return None
    return Unknown(f"{argument} is not known: {doubt.reason}", doubt.place, doubt.settle)

"""Why a condition does not hold, or can't be told to: the properties that decide, what they are and should be.

A condition is explained by those of its parts that have the same answer as it has: an `and` that fails by the parts
that fail, an `and` that is undecided by the parts that are undecided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from mainstay.engine.elements import Element, elements
from mainstay.engine.interpret import Answer, interpret, kleene_not
from mainstay.engine.walk import bounds, join, split
from mainstay.engine.wording import describe, discreet, expectation, number_of_elements, shown, summary
from mainstay.model.conditions import All, Any, Condition, Count, Each, Keywords, Not, Path, Test
from mainstay.model.findings import Reason
from mainstay.model.values import Unknown, Value, find_mark, unknowns


def explain(condition: Condition, subject: Value) -> tuple[Reason, ...]:
    """The reasons for which the condition is not True of the subject; none where it is."""
    answer = interpret(condition, subject)
    return () if answer else reasons(condition, subject, answer)


def reasons(condition: Condition, subject: Value, answer: bool | None) -> tuple[Reason, ...]:
    """`explain` for those who know the condition's answer, which is not True."""
    explanation = _Explanation(subject)
    found = tuple(dict.fromkeys(explanation.of(condition, subject, answer, (), True)))
    return found or (explanation.reason((), summary(condition), "unknown" if answer is None else "not so"),)


_SAME = Unknown("elements of a set that are not known may be the same")


class _Explanation:
    """Of one subject, whose marks the reasons point at.

    In all that follows `answer` is what the condition answers of `value`, `at` is the path from the subject to
    `value`, and `wanted` what the condition would have to answer: False below a `not`.
    """

    def __init__(self, subject: Value) -> None:
        self.subject = subject

    def reason(self, at: Path, expected: str, actual: str) -> Reason:
        return Reason(join(at), expected, discreet(at, actual), find_mark(self.subject, at))

    def undecided(self, at: Path, expected: str, unknown: Unknown) -> Reason:
        return Reason(join(at), expected, f"unknown: {unknown.reason}", find_mark(self.subject, at), unknown.settle)

    def of(self, condition: Condition, value: Value, answer: Answer, at: Path, wanted: bool) -> Iterator[Reason]:
        match condition:
            case Test():
                yield from self.of_test(condition, value, answer, at, wanted)
            case All(parts) | Any(parts):
                for part in parts:
                    if interpret(part, value) is answer:
                        yield from self.of(part, value, answer, at, wanted)
            case Not(part):
                yield from self.of(part, value, kleene_not(answer), at, not wanted)
            case Each():
                yield from self.of_each(condition, value, answer, at, wanted)
            case Count():
                yield self.of_count(condition, value, answer, at, wanted)
            case Keywords():
                yield self.of_keywords(condition, value, answer, at, wanted)

    def of_test(self, test: Test, value: Value, answer: Answer, at: Path, wanted: bool) -> Iterator[Reason]:
        expected = expectation(test, wanted)
        found = list(elements(value, test.path, at))
        if answer is None:
            unknown = self.deciding(test, found, value, at)
            if unknown is None:
                yield self.reason(at + test.path, expected, "unknown: nothing fills in the placeholder")
            else:
                yield self.undecided(unknown.path, expected, _unknown_in(unknown) or _SAME)
            return
        if not wanted and test.operator != "fieldref":
            # Only some of the elements are what none should be.
            alone = replace(test, path=())
            found = [each for each in found if interpret(alone, each.value) is answer] or found
        if len(found) == 1 or (found and not wanted):
            for each in found:
                yield self.reason(each.path, expected, _found(test, each.value, wanted))
        else:
            yield self.reason(at + test.path, expected, describe([each.value for each in found]))

    def deciding(self, test: Test, found: Sequence[Element], value: Value, at: Path) -> Element | None:
        """The element whose not being known leaves a test undecided."""
        if test.operator == "fieldref":
            others = [each for dotted in test.values for each in elements(value, split(str(dotted)), at)]
            candidates = [*found, *others]
        else:
            alone = replace(test, path=())
            candidates = [each for each in found if each.unsure or interpret(alone, each.value) is None]
        return next((each for each in candidates if _unknown_in(each)), None)

    def of_each(self, each: Each, value: Value, answer: Answer, at: Path, wanted: bool) -> Iterator[Reason]:
        found = list(elements(value, each.path, at, into_documents=True))
        if answer is None:
            yield from self.of_undecided(each, found, at, wanted)
        elif (each.quantifier == "any") is wanted:
            yield from self.of_missing(each, found, at, wanted)
        else:
            offending = each.quantifier != "every"
            for element in found:
                if interpret(each.condition, element.value) is offending:
                    if offending:
                        yield self.of_offender(each.condition, element)
                    else:
                        yield from self.of(each.condition, element.value, False, element.path, True)

    def of_missing(self, each: Each, found: list[Element], at: Path, wanted: bool) -> Iterator[Reason]:
        """No element is as one should be. Where one comes near, what it lacks is the reason."""
        near = [element for element in found if _comes_near(each.condition, element.value)]
        if each.quantifier == "any" and len(near) == 1:
            yield from self.of(each.condition, near[0].value, False, near[0].path, True)
        else:
            actual = f"{number_of_elements(len(found))}, none such" if found else "absent"
            yield self.reason(at + each.path, expectation(each, wanted), actual)

    def of_offender(self, condition: Condition, element: Element) -> Reason:
        """An element that is as none should be: one property of it where one decides, else the element."""
        expected = f"no element with {summary(condition)}"
        leaves = [
            leaf for leaf in self.of(condition, element.value, True, element.path, False) if leaf.actual != "absent"
        ]
        if len(leaves) == 1:
            return replace(leaves[0], expected=expected)
        above = len(join(element.path)) + 1 if element.path else 0
        parts = dict.fromkeys(f"{leaf.path[above:]} {leaf.actual}".strip() for leaf in leaves)
        return self.reason(element.path, expected, ", ".join(parts) or shown(element.value))

    def of_undecided(self, each: Each, found: Iterable[Element], at: Path, wanted: bool) -> Iterator[Reason]:
        expected = expectation(each, wanted)
        for element in found:
            if interpret(each.condition, element.value) is None:
                yield from self.of(
                    each.condition, element.value, None, element.path, wanted is (each.quantifier != "none")
                )
            elif element.unsure is not None:
                yield self.undecided(element.path, expected, element.unsure)

    def of_count(self, count: Count, value: Value, answer: Answer, at: Path, wanted: bool) -> Reason:
        expected = expectation(count, wanted)
        if answer is None:
            unsure = (_unknown_in(each) for each in elements(value, count.path, at, into_documents=True))
            return self.undecided(at + count.path, expected, next(filter(None, unsure), _SAME))
        low, high = bounds(value, count.path)
        actual = number_of_elements(int(low)) if low == high else f"{number_of_elements(int(low))} or more"
        return self.reason(at + count.path, expected, actual if high else "absent")

    def of_keywords(self, keywords: Keywords, value: Value, answer: Answer, at: Path, wanted: bool) -> Reason:
        expected = expectation(keywords, wanted)
        if answer is None:
            return self.undecided(at, expected, next(unknowns(value)))
        return self.reason(at, expected, "not found" if wanted else "found")


def _unknown_in(element: Element) -> Unknown | None:
    return element.unsure or next(unknowns(element.value), None)


def _comes_near(condition: Condition, value: Value) -> bool:
    """Whether an element that does not satisfy the condition satisfies its first part, where it has parts.

    The first says which element is meant (`Key`, `Name`); one that has but the wanted value is another one.
    """
    return not isinstance(condition, All) or not condition.parts or interpret(condition.parts[0], value) is True


def _found(test: Test, value: Value, wanted: bool) -> str:
    """What stands there. What was searched and should not hold what was found may be a secret, and is not shown.

    A pattern that is bound to the beginning does not search: it says what the value as a whole is. Of a map that should
    not be there, what it holds is beside the point.
    """
    if not wanted and test.operator == "exists" and isinstance(value, dict):
        return "set"
    if wanted and test.operator == "equals" and test.values == (None,) and isinstance(value, dict):
        return "set"
    searched = (test.operator == "re" and not all(str(pattern).startswith("^") for pattern in test.values)) or (
        test.operator == "contains" and isinstance(value, str) and len(value) > 80
    )
    return "text in which it is found" if searched and not wanted else shown(value)

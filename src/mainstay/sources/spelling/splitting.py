"""Splitting: a block with a list of addresses, as the model has it: an entry an address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mainstay.model.values import ABSENT, Items, OneOf, Record, Unknown, Value, unknowns
from mainstay.sources.spelling.forms import whole_list


def split_block(element: Mapping[str, Value], attributes: Mapping[str, str]) -> tuple[list[Record], list[Record]]:
    """A copy of the block for each value of the attributes: those that are sure, and those that may be there."""
    source = as_record(element)
    plain = {name: value for name, value in source.items() if name not in attributes}
    sure: list[Record] = []
    perhaps: list[Record] = []

    def copy(name: str, value: Value) -> Record:
        return Record({**plain, name: value}, source.place, source.marks, source.rest)

    for name in attributes:
        value = source.get(name)
        if isinstance(value, OneOf):
            for option in value.options:
                if isinstance(option, Unknown):
                    perhaps.append(copy(name, whole_list(option)))
                elif option is not None:
                    perhaps.extend(copy(name, item) for item in _elements(option))
                    perhaps.extend(copy(name, rest) for rest in _further(option))
        elif isinstance(value, Unknown):
            perhaps.append(copy(name, whole_list(value)))
        elif value is not None:
            sure.extend(copy(name, item) for item in _elements(value))
            perhaps.extend(copy(name, rest) for rest in _further(value))
    if not sure and not perhaps:
        sure.append(Record(plain, source.place, source.marks, source.rest))
    if source.rest is not ABSENT:  # it may hold one of the attributes, and so be several
        perhaps.append(Record(plain, source.place, source.marks, source.rest))
    return sure, perhaps


def why_split(element: Record, attributes: Iterable[str]) -> Unknown:
    """Why some of a block's copies only may be there: what is not known of the lists that it is split by."""
    unknown = next((leaf for name in attributes for leaf in unknowns(element.get(name))), None)
    found = unknown or Unknown("the list is not known", None, "pass a plan")
    return Unknown(found.reason, element.place, found.settle)


def split_elements(elements: list[Value], attributes: Mapping[str, str]) -> tuple[list[Value], list[Value]]:
    """The same for the elements of a list, of which some may be no blocks."""
    if not attributes:
        return elements, []
    sure: list[Value] = []
    perhaps: list[Value] = []
    for element in elements:
        if isinstance(element, dict):
            certain, further = split_block(element, attributes)
            sure.extend(certain)
            perhaps.extend(further)
        else:
            perhaps.append(element)
    return sure, perhaps


def _elements(value: Value) -> list[Value]:
    return [item for item in value if item is not None] if isinstance(value, list) else [value]


def _further(value: Value) -> list[Value]:
    return [value.rest] if isinstance(value, Items) and value.rest is not ABSENT else []


def as_record(element: Mapping[str, Value]) -> Record:
    """A block that knows its place, as far as any is known."""
    return element if isinstance(element, Record) else Record(element)

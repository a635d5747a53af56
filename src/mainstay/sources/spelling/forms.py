"""Forms: a value as the source writes it, in the form that the model has for it."""

from __future__ import annotations

from collections.abc import Mapping

from mainstay.model import shapes
from mainstay.model.places import Place
from mainstay.model.shapes import Shape
from mainstay.model.values import ABSENT, Document, Items, OneOf, Record, Ref, Set, Text, Unknown, Value
from mainstay.sources.spelling.names import property_for
from mainstay.sources.spelling.routes import is_free, is_list, key_name
from mainstay.sources.spelling.texts import document as document_of


def shaped(value: Value, shape: Shape | None, choices: Mapping[str, Value] | None, document: bool) -> Value:
    """A value in the form that `shape` wants: lists and single values, documents, tags. ABSENT where nothing is said.

    `choices` has the source's words for values, and `document` says that the text is JSON.
    """
    if isinstance(value, OneOf):
        options = [shaped(option, shape, choices, document) for option in value.options]
        options = [None if option is ABSENT else option for option in options]
        return OneOf(options, value.reason, value.place, value.settle)
    if choices is not None:
        value = _chosen(value, choices)
    if shape == "json" or document:
        return document_of(value)
    if is_list(shape):
        return _list(value, shape)
    if shape is not None and isinstance(value, list):
        return _single(value)
    return value


def _list(value: Value, shape: Shape | None) -> Value:
    name = key_name(shape)
    if name is not None and isinstance(value, dict):
        return _tag_list(value, name)
    if isinstance(value, list):
        return Items(value, value.rest, value.doubt) if isinstance(value, Items) and _kept(value) else list(value)
    if isinstance(value, Text):
        return [value]
    return value if isinstance(value, Unknown) else [value]


def _kept(value: Items) -> bool:
    return value.rest is not ABSENT or isinstance(value, Set)


def _single(value: list[Value]) -> Value:
    """What a list of one stands for, where the schema has no list."""
    rest = value.rest if isinstance(value, Items) else ABSENT
    if rest is not ABSENT:
        options = [*(value or [None]), rest]
        return OneOf(options, rest.reason if isinstance(rest, Unknown) else "the list may go on", None, "pass a plan")
    if not value:
        return ABSENT
    return value[0] if len(value) == 1 else value


def _chosen(value: Value, choices: Mapping[str, Value]) -> Value:
    if isinstance(value, Unknown):
        if value.is_set and choices.keys() == {"*"}:
            return choices["*"]
        # what is known of the source's word is not known of ours
        return Unknown(value.reason, value.place, value.settle) if isinstance(value, Text | Document) else value
    if isinstance(value, list):
        chosen = [_chosen(element, choices) for element in value]
        rest = value.rest if isinstance(value, Items) else ABSENT
        return chosen if rest is ABSENT else Items(chosen, _chosen(rest, choices))
    found = choices.get(text(value).lower(), ABSENT)
    if found is ABSENT:
        found = choices.get("*", ABSENT)
    return value if found is ABSENT else found


def text(value: Value) -> str:
    """A scalar as the string that the source means by it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def respelled(value: Value, shape: Shape | None, place: Place | None) -> Value:
    """A document whose keys are spelled another way (`portMappings`), with the keys that the schema has."""
    if isinstance(value, OneOf):
        options = [respelled(option, shape, place) for option in value.options]
        return OneOf(options, value.reason, value.place, value.settle)
    if isinstance(value, list):
        elements = [respelled(element, shape, place) for element in value]
        rest = value.rest if isinstance(value, Items) else ABSENT
        return elements if rest is ABSENT else Items(elements, respelled(rest, shape, place))
    if not isinstance(value, dict):
        return value
    source = value if isinstance(value, Record) else Record(value)
    result = Record(place=source.place or place, marks={}, rest=source.rest)
    if isinstance(result.rest, dict | list):
        result.rest = Unknown("the map may hold further keys", place, "pass a plan")
    for key, inner in value.items():
        if inner is None:
            continue
        name = key if shape is None or is_free(shape) else property_for(key, shape) or key
        result[name] = respelled(inner, shapes.step(shape, name) if shape is not None else None, place)
        mark = source.marks.get(key)
        if mark is not None:
            result.marks[name] = mark  # type: ignore[index]
    return result


def _tag_list(tags: Mapping[str, Value], name: str) -> Items:
    rest = tags.rest if isinstance(tags, Record) else ABSENT
    place, marks = (tags.place, tags.marks) if isinstance(tags, Record) else (None, {})
    items = []
    for key, value in tags.items():
        mark = marks.get(key)
        where = mark if isinstance(mark, Place) else place
        items.append(Record({name: key, "Value": value}, where))
    further = ABSENT if rest is ABSENT else Unknown("the tags may go on", place, "pass a plan")
    return Items(items, further)


def whole_list(value: Unknown) -> Unknown:
    """What is known of one element of an unknown list: nothing."""
    return Unknown(value.reason, value.place, value.settle) if isinstance(value, Ref | Text | Document) else value

"""`yamlencode` and `yamldecode`: YAML as Terraform's library writes and reads it."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Final

import yaml

from mainstay.model.values import Value
from mainstay.sources.terraform.types import EvaluationError, number_text, tidy, to_string

_TAG: Final = "tag:yaml.org,2002:"
_TRUE: Final = frozenset(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"])
_FALSE: Final = frozenset(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"])
_NULL: Final = frozenset(["", "~", "null", "Null", "NULL"])
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_BASED: Final = re.compile(r"0(?:x([0-9a-fA-F]{1,16})|o([0-7]{1,21}))")
_INFINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_DATE: Final = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_TIME: Final = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt]|\s+)(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d+)?\s*(Z|[-+]\d{2}:\d{2})?"
)
# Aliases are expanded in full, so that a few lines may stand for more than any memory holds.
_MOST_NODES: Final = 100_000
_DEEPEST: Final = 200


def encode(value: Value) -> str:
    """Strings are quoted, keys too; strings of several lines are literal blocks."""
    root = _node(value)
    text = str(yaml.serialize(root, Dumper=yaml.CSafeDumper, allow_unicode=True, width=80))
    plain = isinstance(root, yaml.ScalarNode) and not root.style
    return text + "...\n" if plain else text


def _node(value: Value) -> yaml.Node:
    if value is None:
        return yaml.ScalarNode(_TAG + "null", "null")
    if isinstance(value, bool):
        return yaml.ScalarNode(_TAG + "bool", "true" if value else "false")
    if isinstance(value, int | float):
        text = number_text(value)
        return yaml.ScalarNode(_TAG + ("float" if "." in text else "int"), text)
    if isinstance(value, str):
        return yaml.ScalarNode(_TAG + "str", value, style="|" if "\n" in value else '"')
    if isinstance(value, list):
        return yaml.SequenceNode(_TAG + "seq", [_node(child) for child in value], flow_style=not value)
    pairs = [(_node(key), _node(value[key])) for key in sorted(value)]
    return yaml.MappingNode(_TAG + "map", pairs, flow_style=not pairs)


def decode(text: str) -> Value:
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise EvaluationError(f"the text is not YAML: {reason}") from None
    except (RecursionError, UnicodeEncodeError):
        raise EvaluationError("the YAML is nested too deeply, or is no text") from None
    if root is None:
        raise EvaluationError("the text has no YAML document")
    return _Reading().value(root, 0)


class _Reading:
    """One document being read, counting its nodes."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def value(self, node: yaml.Node, depth: int) -> Value:
        self.count += 1
        if self.count > _MOST_NODES or depth > _DEEPEST:
            raise EvaluationError("the YAML is nested too deeply, or too large with its aliases expanded")
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if node.tag not in (_TAG + "seq", _TAG + "map"):
            raise EvaluationError(f"the YAML tag {node.tag} is not supported")
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, depth + 1) for child in node.value]
        return self.mapping(node, depth) if isinstance(node, yaml.MappingNode) else None

    def mapping(self, node: yaml.MappingNode, depth: int) -> Value:
        own: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        for key, child in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == "<<" and not key.style:
                found = self.value(child, depth + 1)
                if not isinstance(found, dict):
                    raise EvaluationError("a YAML merge takes a map")
                merged = {**merged, **found}
                continue
            name = self.value(key, depth + 1)
            if name is None or isinstance(name, list | dict):
                raise EvaluationError("a YAML key must be a string")
            own[to_string(name)] = self.value(child, depth + 1)
        return {**merged, **own}


def _scalar(node: yaml.ScalarNode) -> Value:
    text = str(node.value)
    # The composer resolves plain scalars by the old rules; ours start from the text. A plain scalar with an explicit
    # tag starts before its text, so that it is longer than its value.
    tagged = node.end_mark.index - node.start_mark.index > len(text)
    if node.style or node.tag == _TAG + "binary" or (node.tag == _TAG + "str" and tagged):
        return text
    if node.tag == _TAG + "null":
        return None
    if not node.tag.startswith(_TAG):
        raise EvaluationError(f"the YAML tag {node.tag} is not supported")
    return _plain(text)


def _plain(text: str) -> Value:
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if based := _BASED.fullmatch(text):
        return int(based[1], 16) if based[1] else int(based[2], 8)
    if _INTEGER.fullmatch(text) or _FLOAT.fullmatch(text):
        return tidy(Decimal(text))
    if _INFINITE.fullmatch(text):
        raise EvaluationError("YAML's infinity and not-a-number are no values")
    return _timestamp(text)


def _timestamp(text: str) -> str:
    """A date or time is written out in full; any other text stays."""
    try:
        if _DATE.fullmatch(text):
            year, month, day = (int(part) for part in text.split("-"))
            return f"{datetime(year, month, day):%Y-%m-%dT00:00:00}Z"
        if found := _TIME.fullmatch(text):
            moment = datetime(*(int(found[part]) for part in range(1, 7)))  # type: ignore[arg-type]  # six numbers
            return f"{moment:%Y-%m-%dT%H:%M:%S}{found[8] or 'Z'}"
    except ValueError:
        pass
    return text

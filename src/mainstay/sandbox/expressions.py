"""The values in `completing.yaml`: literals, `$expressions` in JMESPath, and texts with `{expressions}` in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from mainstay.sandbox.deployment import Json

_BRACES = re.compile(r"\{([\w.$\[\]]+)\}")
_PROPERTY = re.compile(r"\bproperties\.(\w+)")


def evaluate(value: Json, scope: Mapping[str, Json]) -> Json:
    """The value with its expressions worked out; None is nothing, and what only holds nothing is nothing."""
    if isinstance(value, str):
        return _text(value, scope)
    if isinstance(value, list):
        return [made for child in value if (made := evaluate(child, scope)) is not None]
    if not isinstance(value, dict):
        return value
    if "$if" in value and evaluate(value["$if"], scope) is None:
        return None
    made_of = {key: evaluate(child, scope) for key, child in value.items() if key != "$if"}
    made = {key: child for key, child in made_of.items() if child is not None and child != []}
    return made if made or not value else None


def _text(text: str, scope: Mapping[str, Json]) -> Json:
    text = _BRACES.sub(lambda found: _shown(_search(found[1], scope)), text)
    return _search(_plain(text), scope) if text.startswith("$") else text


def _plain(expression: str) -> str:
    """An expression as JMESPath has it."""
    return expression.replace("$.", "properties.").replace("$", "")


def _shown(value: Json) -> str:
    return "" if value is None else str(value)


def _search(expression: str, scope: Mapping[str, Json]) -> Json:
    return _compiled(expression).search(scope, options=_functions())


@lru_cache(maxsize=1)
def _functions() -> Any:
    """JMESPath's functions, and `after(text, mark)`: what follows the first mark in a text."""
    import jmespath
    from jmespath.functions import Functions, signature

    class _Functions(Functions):  # type: ignore[misc]
        @signature({"types": ["string"]}, {"types": ["string"]})  # type: ignore[untyped-decorator]
        def _func_after(self, text: str, mark: str) -> str:
            return text.partition(mark)[2]

    return jmespath.Options(custom_functions=_Functions())


@lru_cache(maxsize=1024)
def _compiled(expression: str) -> Any:
    import jmespath

    return jmespath.compile(expression)


def properties_read(value: Json) -> Iterator[str]:
    """The names of the properties that a value's expressions look at."""
    if isinstance(value, str):
        if value.startswith("$") or "{" in value:
            yield from _PROPERTY.findall(_plain(value))
    elif isinstance(value, (dict, list)):
        for child in value.values() if isinstance(value, dict) else value:
            yield from properties_read(child)

"""JSON text that a service or a resource holds: its value alone, without places."""

from __future__ import annotations

import json
from collections.abc import Callable

from mainstay.model.values import Value

DEEPEST = 100
"""How deep what a service answers may nest: spelling and judging recurse, several calls a level."""


def decode_json(text: str, object_hook: Callable[[dict[str, Value]], Value] | None = None) -> Value:
    """What the text says. Raises ValueError where it is no JSON, or nests deeper than anything that is walked."""
    try:
        value = json.loads(text, object_hook=object_hook)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if text.count("[") + text.count("{") > DEEPEST and is_deep(value):
        raise ValueError("nested too deep")
    return value


def is_deep(value: Value) -> bool:
    """Whether a value nests deeper than DEEPEST."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        children = [child for one in level for child in (one.values() if isinstance(one, dict) else one)]
        level = [child for child in children if isinstance(child, dict | list)]
        if not level:
            return False
    return True

"""Properties that a fix leaves to a person, and why: set alone, their value would break something or mean nothing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from mainstay.documents import read_yaml
from mainstay.model.errors import DataError

BY_HAND = Path(__file__).with_name("by_hand.yaml")


@lru_cache(maxsize=1)
def load_by_hand() -> Mapping[tuple[str, str], str]:
    """The reason for each, by resource type and dotted path."""
    document = read_yaml(BY_HAND.read_text("utf-8"), BY_HAND.name)
    if document.faults:
        raise DataError(document.faults)
    return {(type, path): str(why) for type, paths in document.value.items() for path, why in paths.items()}

"""Which controls only code can answer: passwords in it, what happens when it is taken away."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from mainstay.documents import read_yaml
from mainstay.model.controls import Control
from mainstay.model.errors import DataError

CODE_ONLY = Path(__file__).with_name("code_only.yaml")


def answered_by_accounts(controls: Iterable[Control]) -> tuple[Control, ...]:
    """The controls that an account can be judged by."""
    only = load_code_only()
    return tuple(control for control in controls if control.id not in only)


@lru_cache(maxsize=1)
def load_code_only() -> frozenset[str]:
    """The ids of the controls that only code can answer."""
    document = read_yaml(CODE_ONLY.read_text("utf-8"), CODE_ONLY.name)
    if document.faults:
        raise DataError(document.faults)
    return frozenset(map(str, document.value))

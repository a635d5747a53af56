"""`explain`: everything about one control, or the controls that prove one practice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from mainstay.catalog import Catalog, in_words
from mainstay.documents import did_you_mean
from mainstay.model.controls import Control
from mainstay.model.errors import UsageError
from mainstay.model.practices import Practice


@dataclass(frozen=True, slots=True)
class ControlExplanation:
    """A control with its conditions in words; `applies_when` is empty where it always applies.

    `practices` are those that it names, as the framework has them.
    """

    control: Control
    applies_when: str
    expects: str
    practices: tuple[Practice, ...]


@dataclass(frozen=True, slots=True)
class PracticeExplanation:
    """A practice and the controls that prove it, none perhaps."""

    practice: Practice
    controls: tuple[Control, ...]


Explanation = Union[ControlExplanation, PracticeExplanation]


def explain(name: str, catalog: Catalog) -> Explanation:
    """The control or practice with that id, in any case of letters.

    Raises UsageError with a suggestion where there is none.
    """
    wanted = name.strip().lower()
    for control in catalog.controls:
        if control.id == wanted:
            return _explain_control(control, catalog)
    practice = catalog.practices.get(wanted.upper())
    if practice is not None:
        return PracticeExplanation(
            practice, tuple(control for control in catalog.controls if practice.id in control.practices)
        )
    hint = did_you_mean(name, [*(control.id for control in catalog.controls), *catalog.practices])
    raise UsageError(f"there is no control or practice '{name}'" + (f"; {hint}" if hint else ""))


def _explain_control(control: Control, catalog: Catalog) -> ControlExplanation:
    return ControlExplanation(
        control=control,
        applies_when="" if control.when is None else in_words(control.when),
        expects=in_words(control.expect),
        practices=tuple(catalog.practices[name] for name in control.practices if name in catalog.practices),
    )

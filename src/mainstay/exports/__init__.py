"""Prevention: the controls of the catalogue in the words of tools that refuse. One file a format, one signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

from mainstay.exports.config_rules import write_config_rules
from mainstay.exports.guard import write_guard
from mainstay.exports.left import Left
from mainstay.exports.rego import write_rego
from mainstay.exports.scp import write_scp
from mainstay.model.controls import Control

__all__ = ["EXPORTS", "Export", "Left"]

Export = Callable[[Sequence[Control], TextIO], list[Left]]
"""Writes what a format can say of the controls, and returns the others, each with the reason."""

EXPORTS: Mapping[str, Export] = {
    "guard": write_guard,
    "rego": write_rego,
    "config-rules": write_config_rules,
    "scp": write_scp,
}

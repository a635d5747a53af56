"""What the user says about a deployment that a template leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mainstay.model.values import Value


@dataclass(frozen=True, slots=True)
class Options:
    """Parameters by name (they go to the outermost stack), and where the stack is deployed, where that is known."""

    parameters: Mapping[str, Value] = field(default_factory=dict)
    region: str | None = None
    account: str | None = None
    partition: str = "aws"

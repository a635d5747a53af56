"""How much one reading may do: templates are written by strangers, and some of them mean harm."""

from __future__ import annotations

from dataclasses import dataclass, field

from mainstay.model.findings import GapKind


class Wrong(Exception):
    """A template asks for something that CloudFormation would refuse; becomes an Unknown and a Gap with its place."""

    kind: GapKind = "evaluation"


class TooMuch(Wrong):
    """A template asks for more than one should."""

    kind: GapKind = "limit"


class Levels:
    """How much deeper values, conditions and stacks may nest, all of them together: a context manager that may be
    entered again inside itself, so that no template exhausts Python's stack."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left

    def __enter__(self) -> None:
        if self.left <= 0:
            raise TooMuch("nested too deep")
        self.left -= 1

    def __exit__(self, *_: object) -> None:
        self.left += 1


@dataclass(slots=True)
class Budget:
    """What is left for a template and all the stacks nested in it together."""

    levels: Levels = field(default_factory=lambda: Levels(100))
    copies: int = 200_000
    characters: int = 20_000_000
    includes: int = 500
    stacks: int = 200

    def take_copy(self, size: int) -> None:
        """One node that a loop makes, with `size` characters in it."""
        self.copies -= 1 + size // 100
        if self.copies < 0:
            raise TooMuch("the loops of this template make too much")

    def take_text(self, size: int) -> None:
        self.characters -= size
        if self.characters < 0:
            raise TooMuch("the texts of this template are too long together")

    def take_include(self) -> None:
        self.includes -= 1
        if self.includes < 0:
            raise TooMuch("this template includes too many files")

    def take_stack(self) -> None:
        self.stacks -= 1
        if self.stacks < 0:
            raise TooMuch("too many nested stacks")

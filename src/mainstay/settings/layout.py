"""How a file is laid out, as far as comments need it: where they stand, and which blocks they speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mainstay.model.places import Place


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment without its marks. `alone` says that nothing else stands on its lines."""

    text: str
    place: Place
    alone: bool


@dataclass(frozen=True, slots=True)
class Block:
    """What can be waived as a whole: a block of Terraform's top level, or a resource of a template.

    It begins at `line` and `column`, where findings say that it stands, and ends with the line `last`.
    """

    line: int
    column: int
    last: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The comments and blocks of a file, in their order.

    `ends` holds, by the line on which something opens that goes on below it, the line on which that ends.
    """

    comments: tuple[Comment, ...] = ()
    blocks: tuple[Block, ...] = ()
    ends: Mapping[int, int] = field(default_factory=dict)

    @property
    def comment_lines(self) -> frozenset[int]:
        """The lines on which nothing but comments stands."""
        return frozenset(
            line
            for comment in self.comments
            if comment.alone
            for line in range(comment.place.line, comment.place.end_line + 1)
        )

    def around(self, comment: Comment) -> Block | None:
        """The block that a comment stands in."""
        line = comment.place.line
        inside = [block for block in self.blocks if block.line <= line <= block.last]
        # of several on one line, the last one before the comment
        before = [block for block in inside if (block.line, block.column) <= (line, comment.place.column)]
        return before[-1] if before else None

    def below(self, comment: Comment, lines: frozenset[int]) -> Block | None:
        """The block that begins directly below a comment, or below those that follow it line by line."""
        if not comment.alone:
            return None
        start = self.target(comment, lines)
        return next((block for block in self.blocks if block.line == start), None)

    def target(self, comment: Comment, lines: frozenset[int]) -> int:
        """The line that a comment speaks of: its own, or the next with something else on it."""
        line = comment.place.end_line
        if comment.alone:
            line += 1
            while line in lines:
                line += 1
        return line

"""Our words among people's in the notes of the AWS Well-Architected Tool: a block that each push replaces.

Every line of the block begins with `| `, after a first line that says whose it is. So it ends where somebody goes on
writing, also where its end was edited; and what is not ours is kept to the letter, but for
blank lines at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

MOST_NOTES = 2_084
MOST_CHOICE_NOTES = 250
"""What the service takes of a question's notes, and of a choice's."""

FIRST = "[mainstay: the lines below that begin with | are replaced by each push]"
MARK = "| "
OURS = "mainstay: "
"""Begins the note of each choice whose status is our doing."""


def length(text: str) -> int:
    """How long a text is to a service that counts in UTF-16; never less than its characters."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def without_ours(notes: str) -> str:
    """The notes without our block: what people wrote."""
    kept: list[str] = []
    inside = False
    for line in notes.split("\n"):
        if line.rstrip("\r ") == FIRST:
            inside = True
        elif inside and not line.startswith(MARK.rstrip()):
            inside = False
        if not inside:
            kept.append(line)
    return "\n".join(kept)


def merged(notes: str, lines: Sequence[str], link: str) -> str | None:
    """What people wrote, and our block behind it; without `lines`, without the block.

    None where people's words leave no room for as much as the first line and the link, which are never cut; of our
    own lines as many stand as fit, and how many do not.
    """
    theirs = without_ours(notes)
    if not lines:
        return theirs.rstrip() if theirs != notes else notes
    before = f"{theirs.rstrip()}\n\n" if theirs.strip() else ""
    head = [FIRST, *([f"{MARK}evidence: {link}"] if link else [])]
    for shown in range(len(lines), -1, -1):
        left = len(lines) - shown
        rest = [f"{MARK}and {left} more"] if left else []
        text = before + "\n".join([*head, *(f"{MARK}{line}" for line in lines[:shown]), *rest])
        if length(text) <= MOST_NOTES:
            return text
    bare = before + "\n".join(head)
    return bare if length(bare) <= MOST_NOTES else None


def choice_note(text: str) -> str:
    """A note that says whose it is, cut to what the service takes."""
    said = f"{OURS}{text}"
    if length(said) <= MOST_CHOICE_NOTES:
        return said
    while length(said) > MOST_CHOICE_NOTES - 1:
        said = said[:-1]
    return f"{said.rstrip()}…"

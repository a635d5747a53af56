"""`review --fix`: what to change in which file so that findings go away, and the changing itself."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mainstay.catalog import load_shapes
from mainstay.catalog.by_hand import load_by_hand
from mainstay.engine.remedies import Assignment, agreed, remedy, without_indexes
from mainstay.model.errors import UsageError
from mainstay.model.findings import Finding, Review
from mainstay.model.patches import Edit, NoPatch, Patch
from mainstay.model.places import Place
from mainstay.sources.editing import Editor, Setting
from mainstay.sources.originals import Originals
from mainstay.sources.spelling import load_tables

Where = tuple[str, int, int]
Refused = tuple[Finding, NoPatch]


@dataclass(frozen=True, slots=True)
class Fixes:
    """What a fix run changes: the edits of each file, the findings that they are for, and those that need a person."""

    edits: Mapping[str, tuple[Edit, ...]]
    fixed: tuple[Finding, ...]
    left: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the findings that were to be fixed: gone, or still there all the same."""

    gone: tuple[Finding, ...]
    still: tuple[Finding, ...]


def with_patches(review: Review) -> Review:
    """The review with a Patch, or a NoPatch that says why there is none, in every failure."""
    desk = _Desk(review.findings)
    return replace(review, findings=[desk.patched(finding) for finding in review.findings])


def fixes(review: Review, inside: Iterable[Path] = ()) -> Fixes:
    """The edits that fix everything fixable in a review at once; `with_patches` has each finding's alone.

    Files that lie neither below one of `inside`, the paths under review, nor below the working directory are not
    changed, whatever links lead to them.

    What several findings ask of one resource is written together. Where they ask for different values, the one that
    all are content with is taken; without one, the later findings are left.
    """
    desk = _Desk(review.findings)
    roots = [path.resolve() for path in (*inside, Path())]
    edits: dict[str, dict[Edit, None]] = {}
    fixed: list[Finding] = []
    left: list[Refused] = []
    by_home: dict[Where, list[Finding]] = {}
    for finding in review.findings:
        if finding.verdict == "fail":
            patch = desk.patched(finding).patch
            if isinstance(patch, Patch) and not all(_lies_in(edit.file, roots) for edit in patch.edits):
                patch = NoPatch("its file lies outside of what is under review")
            if isinstance(patch, NoPatch):
                left.append((finding, patch))
            else:
                by_home.setdefault(_where(finding.subject.place), []).append(finding)
    taken: dict[str, list[Edit]] = {}
    for findings in by_home.values():
        done, refused, made = desk.together(findings)
        clash = next((edit for edit in made if _clashes(edit, taken.get(edit.file, ()))), None)
        if clash is not None:
            refused = [*refused, *((one, NoPatch("another fix changes the same place; run it again")) for one in done)]
            done, made = [], ()
        fixed += done
        left += refused
        for edit in made:
            edits.setdefault(edit.file, {})[edit] = None
            taken.setdefault(edit.file, []).append(edit)
    return Fixes({file: tuple(sorted(edits[file])) for file in sorted(edits)}, tuple(fixed), tuple(left))


class _Desk:
    """Makes patches for the findings of one review."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.editor = Editor(load_shapes(), load_tables(), Originals())
        self.by_hand = load_by_hand()
        self.alike: dict[tuple[Where, str], list[Finding]] = {}
        for finding in findings:
            self.alike.setdefault((_where(finding.subject.place), finding.control.id), []).append(finding)
        self.remedies: dict[int, tuple[Assignment, ...] | NoPatch] = {}

    def patched(self, finding: Finding) -> Finding:
        """The finding with its patch, where it is a failure."""
        if finding.verdict != "fail" or finding.subject.source == "live":  # no file says what an account is like
            return finding
        assignments = self.assignments(finding)
        if isinstance(assignments, NoPatch):
            return replace(finding, patch=assignments)
        edits = self.editor.edits(finding.subject, list(map(_setting, assignments)))
        patch = edits if isinstance(edits, NoPatch) else Patch(_summary(assignments), edits)
        return replace(finding, patch=patch)

    def assignments(self, finding: Finding) -> tuple[Assignment, ...] | NoPatch:
        """What is to be set; NoPatch where the code that says it stands for other resources as well."""
        known = self.remedies.get(id(finding))
        if known is None:
            known = self.remedies[id(finding)] = self._assignments(finding)
        return known

    def _assignments(self, finding: Finding) -> tuple[Assignment, ...] | NoPatch:
        found = remedy(finding.control, finding.reasons)
        if isinstance(found, NoPatch):
            return found
        for assignment in found:
            key = (assignment.fields or {}).get("Key")
            path = (*assignment.plain, *([str(key)] if key else []))
            reason = self.by_hand.get((finding.subject.type, ".".join(path)))
            if reason is not None:
                return NoPatch(reason)
        alike = self.alike[_where(finding.subject.place), finding.control.id]
        wanted = [(one.path, one.value) for one in found]
        for other in alike:
            if other is finding:
                continue
            theirs = remedy(other.control, other.reasons) if other.verdict == "fail" else None
            if not isinstance(theirs, tuple) or [(one.path, one.value) for one in theirs] != wanted:
                return NoPatch(f"{other.subject.address} is declared by the same block, and is not alike")
        return found

    def together(self, findings: Sequence[Finding]) -> tuple[list[Finding], list[Refused], tuple[Edit, ...]]:
        """One set of edits for all the findings of one block; those that disagree are left."""
        chosen: dict[tuple[tuple[str, ...], str], Assignment] = {}
        done: list[Finding] = []
        left: list[Refused] = []
        made: tuple[Edit, ...] = ()
        for finding in findings:
            assignments = self.assignments(finding)
            assert not isinstance(assignments, NoPatch)
            trial = dict(chosen)
            refused = None
            for one in assignments:
                key = (one.path, str((one.fields or {}).get("Key", one.fields or "")))
                known = trial.get(key)
                agreeable = one if known is None or known.value == one.value else self._agreed(findings, known, one)
                if agreeable is None:
                    refused = NoPatch(f"another control wants another value of {'.'.join(one.plain)}")
                    break
                trial[key] = agreeable
            edits = refused or self.editor.edits(finding.subject, list(map(_setting, trial.values())))
            if isinstance(edits, NoPatch):
                left.append((finding, edits))
            else:
                chosen, made = trial, edits
                done.append(finding)
        return done, left, made

    @staticmethod
    def _agreed(findings: Sequence[Finding], one: Assignment, other: Assignment) -> Assignment | None:
        if isinstance(one.value, tuple) or isinstance(other.value, tuple):
            return None
        controls = [finding.control for finding in findings]
        value = agreed(controls, without_indexes(one.path), (one.value, other.value))
        return None if value is None else replace(one, value=value)


def _setting(assignment: Assignment) -> Setting:
    return Setting(assignment.path, assignment.value, assignment.fields, assignment.mark)


def _where(place: Place | None) -> Where:
    return (place.file, place.line, place.column) if place is not None else ("", 0, 0)


def _summary(assignments: Iterable[Assignment]) -> str:
    said: dict[str, None] = {}
    for one in assignments:
        key = (one.fields or {}).get("Key")
        said[".".join((*one.plain, *([str(key)] if key else [])))] = None
    return "set " + ", ".join(said)


def _clashes(edit: Edit, taken: Iterable[Edit]) -> bool:
    """Whether two edits change the same bytes in different ways."""
    return any(
        edit != other
        and ((edit.start < other.end and other.start < edit.end) or (edit.start, edit.end) == (other.start, other.end))
        for other in taken
    )


# -- applying


def rewritten(found: Fixes) -> dict[str, bytes]:
    """The new text of every file that changes. Raises UsageError where one can no longer be read."""
    return {file: apply(_read(file), edits) for file, edits in found.edits.items()}


def apply(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The bytes with the edits made: each once, and nothing else changed."""
    parts: list[bytes] = []
    position = 0
    for edit in sorted(set(edits)):
        parts += [data[position : edit.start], edit.text.encode()]
        position = edit.end
    return b"".join([*parts, data[position:]])


def unified_diff(found: Fixes) -> str:
    """What `fixes` would change, as `patch` and `git apply` take it."""
    lines: list[str] = []
    for file, data in rewritten(found).items():
        before, after = (text.decode().splitlines(keepends=True) for text in (_read(file), data))
        for line in difflib.unified_diff(before, after, f"a/{file}", f"b/{file}"):
            lines.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(lines)


def write(found: Fixes) -> None:
    """Writes the files that change, each as a whole or not at all; of a link, what it leads to.

    Raises UsageError for a file that cannot be written.
    """
    for file, data in rewritten(found).items():
        try:
            _replace(Path(file).resolve(), data)
        except OSError as error:
            raise UsageError(f"{file} cannot be written: {error.strerror}") from error


def outcome(found: Fixes, after: Review) -> Outcome:
    """What a review after the fix says of the findings that it was for."""
    failing = {finding.fingerprint for finding in after.findings if finding.verdict == "fail"}
    still = tuple(finding for finding in found.fixed if finding.fingerprint in failing)
    return Outcome(tuple(finding for finding in found.fixed if finding.fingerprint not in failing), still)


def _lies_in(file: str, roots: Iterable[Path]) -> bool:
    target = Path(file).resolve()
    return any(target == root or target.is_relative_to(root) for root in roots)


def _read(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error


def _replace(path: Path, data: bytes) -> None:
    """Puts a whole new file in the place of another: whoever reads it meanwhile sees the one or the other."""
    mode = path.stat().st_mode
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode & 0o7777)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise

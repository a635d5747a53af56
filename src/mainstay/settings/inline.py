"""Ignores in the code: the comments and metadata by which findings are waived where they stand.

Ours is `mainstay:ignore[control-id] reason until=2027-01-31 owner=team`. Those of other scanners are read in the form
that each documents, and speak of the controls whose `also` has their ids.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from mainstay.documents import Parsed, read_yaml
from mainstay.model.decisions import Waiver, WaiverSource
from mainstay.model.errors import Fault
from mainstay.model.places import Place
from mainstay.model.values import Record
from mainstay.settings.hcl_comments import hcl_layout
from mainstay.settings.layout import Comment, Layout
from mainstay.settings.metadata import metadata_ignores
from mainstay.settings.rules import Ignore
from mainstay.settings.words import NO_REASON, day, unknown_control
from mainstay.settings.yaml_comments import yaml_layout

HCL_SUFFIXES = (".tf", ".tofu")
MARKERS = re.compile(r"mainstay|checkov|bridgecrew|trivy:|tfsec:|kics-scan|cfn_nag|cdk_nag")
FORM = "like 'mainstay:ignore[s3-keeps-versions] the reason until=2027-01-31 owner=team'"

_OURS = re.compile(r"mainstay:(\S.*)", re.DOTALL)
_IGNORE = re.compile(r"ignore\[([^\]]*)\](.*)", re.DOTALL)
_FIELD = re.compile(r"(?:^|(?<=\s))(until|owner)=(\"[^\"]*\"|\S+)")
_CHECKOV = re.compile(
    r"(?:^|(?<=[\s#]))(?:checkov|bridgecrew):skip=\s*([A-Za-z0-9_]+(?:\s*,\s*[A-Za-z0-9_]+)*)(?::(.*))?"
)
_TRIVY = re.compile(r"(?:^|(?<=[\s#]))(?:trivy|tfsec):ignore:(\S+)")
_TRIVY_ID = re.compile(r"(\*|[A-Za-z0-9-]+)(?::exp:(\d{4}-\d\d-\d\d))?")
_AVD = re.compile(r"(?:avd-)?(aws-\d{4})")
_KICS = re.compile(r"kics-scan\s+(ignore-line|ignore-block|ignore|disable=\S+)(?![\w-])")


@dataclass(slots=True)
class Notes:
    """What a file says of findings: its ignores, what is wrong with them, and foreign ones that are not understood."""

    ignores: list[Ignore] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    not_understood: list[tuple[WaiverSource, str, Place]] = field(default_factory=list)


def read_notes(text: str, file: str, controls: Collection[str]) -> Notes:
    """The ignores of one file. `controls` are the ids that there are; an ignore of another is a fault."""
    notes = Notes()
    if not MARKERS.search(text):
        return notes
    if file.endswith(HCL_SUFFIXES):
        layout = hcl_layout(text, file)
    else:
        resources = _resources(read_yaml(text, file, tags=lambda tag, value, place: value))
        keys = [place for name in resources if isinstance(place := resources.marks.get(name), Place)]
        layout = Layout() if text.lstrip()[:1] == "{" and file.endswith(".json") else yaml_layout(text, file, keys)
        for ignore in metadata_ignores(resources, file, controls, notes.faults):
            _sort_in(ignore, notes)
    reader = _Reader(file, layout, controls, notes, _head(text, layout))
    for comment in layout.comments:
        reader.read(comment)
    return notes


def _resources(template: Parsed) -> Record:
    value = template.value
    resources = value.get("Resources") if isinstance(value, Record) else None
    return resources if isinstance(resources, Record) else Record()


def _head(text: str, layout: Layout) -> int:
    """The last line of those with which a file begins before anything but comments stands in it."""
    comments = layout.comment_lines
    lines = enumerate(text.splitlines(), 1)
    first = next((number for number, line in lines if number not in comments and line.strip() not in ("", "---")), 0)
    return first - 1 if first else len(text)


def _sort_in(ignore: Ignore, notes: Notes) -> None:
    """Puts an ignore to the others, or to what is not understood: no control knows the ids of that scanner."""
    source, place = ignore.waiver.source, ignore.waiver.place
    if source in ("cfn-nag", "cdk-nag") and place is not None:
        notes.not_understood += [(source, id, place) for id in ignore.ids]
    else:
        notes.ignores.append(ignore)


class _Reader:
    """The comments of one file, read one by one."""

    def __init__(self, file: str, layout: Layout, controls: Collection[str], notes: Notes, head: int) -> None:
        self.head = head
        self.file = file
        self.layout = layout
        self.controls = controls
        self.notes = notes
        self.comment_lines = layout.comment_lines
        self.forms: Sequence[Callable[[Comment, str], Iterator[Ignore]]] = (
            self.ours, self.checkov, self.trivy, self.kics
        )  # fmt: skip

    def read(self, comment: Comment) -> None:
        """The ignores in a comment; each line of a long one is read by itself."""
        for text in comment.text.splitlines():
            for form in self.forms:
                self.notes.ignores.extend(form(comment, text.strip().lstrip("#/* \t")))

    def fault(self, comment: Comment, message: str, hint: str = FORM) -> None:
        self.notes.faults.append(Fault(message, comment.place, hint))

    def ours(self, comment: Comment, text: str) -> Iterator[Ignore]:
        said = _OURS.match(text)
        if said is None:
            return
        form = _IGNORE.fullmatch(said[1])
        ids = tuple(part.strip() for part in form[1].split(",") if part.strip()) if form else ()
        if form is None or not ids:
            self.fault(comment, "an ignore names the controls that it is for; nothing is waived")
            return
        fields = {name: value.strip('"') for name, value in _FIELD.findall(form[2])}
        reason = " ".join(_FIELD.sub(" ", form[2]).split()).lstrip(":- ")
        if not reason:
            self.fault(comment, NO_REASON)
            return
        until = day(fields["until"]) if "until" in fields else None
        if "until" in fields and until is None:
            self.fault(comment, f"'{fields['until']}' is no day; nothing is waived", "until=YYYY-MM-DD")
            return
        for id in ids:
            if id not in self.controls:
                self.notes.faults.append(unknown_control(id, self.controls, comment.place))
        waiver = Waiver(reason, "inline", fields.get("owner", ""), until, comment.place)
        block = self.layout.around(comment) or self.layout.below(comment, self.comment_lines)
        if block is None:
            self.fault(comment, "no block and no resource stands here or below; nothing is waived", "")
            return
        for id in (id for id in ids if id in self.controls):
            yield Ignore(waiver, (id,), "block", self.file, block.line, block.column, block.last)

    def checkov(self, comment: Comment, text: str) -> Iterator[Ignore]:
        """`checkov:skip=ID,ID:reason`, inside the block."""
        block = self.layout.around(comment)
        for match in _CHECKOV.finditer(text):
            ids = tuple(id.strip() for id in match[1].split(","))
            waiver = Waiver((match[2] or "").strip().strip('"'), "checkov", place=comment.place)
            if block is not None:
                yield Ignore(waiver, ids, "block", self.file, block.line, block.column, block.last)

    def trivy(self, comment: Comment, text: str) -> Iterator[Ignore]:
        """`trivy:ignore:ID:exp:DAY`, several in a row, for the line or block that is meant.

        One that holds under further conditions (a workspace, a value) is not understood; it would reach too far.
        """
        found = list(_TRIVY.finditer(text))
        reason = _TRIVY.sub(" ", text).strip(" #")
        for match in found:
            form = _TRIVY_ID.fullmatch(match[1])
            id = _AVD.fullmatch(form[1].casefold()) if form else None
            expiry = form[2] if form else None
            until = day(expiry) if expiry else None
            if id is None or (expiry and until is None):
                self.notes.not_understood.append(("trivy", match[1], comment.place))
                continue
            waiver = Waiver(reason, "trivy", "", until, comment.place)
            yield self.pointed(comment, waiver, (f"AVD-{id[1].upper()}",))

    def kics(self, comment: Comment, text: str) -> Iterator[Ignore]:
        """`kics-scan ignore-line` and `ignore-block`; `ignore` and `disable=ID,ID` where a file begins."""
        match = _KICS.match(text)
        if match is None:
            return
        waiver = Waiver("", "kics", place=comment.place)
        command, _, ids = match[1].partition("=")
        if command.startswith("ignore-"):
            yield self.pointed(comment, waiver, (), whole=command == "ignore-block")
        elif comment.place.line <= self.head:
            named = tuple(id for id in ids.split(",") if id)
            if named or command == "ignore":
                yield Ignore(waiver, named, "file", self.file)

    def pointed(self, comment: Comment, waiver: Waiver, ids: tuple[str, ...], *, whole: bool = True) -> Ignore:
        """An ignore of the line that a comment speaks of, and of all that opens on it where `whole`."""
        line = self.layout.target(comment, self.comment_lines)
        block = next((block for block in self.layout.blocks if block.line == line), None)
        if block is not None and whole:
            return Ignore(waiver, ids, "block", self.file, block.line, block.column, block.last)
        last = self.layout.ends.get(line, line) if whole else line
        return Ignore(waiver, ids, "lines", self.file, line, 0, last)

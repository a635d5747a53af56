"""Template files: reading one, telling one from other YAML and JSON, and finding those that others include."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mainstay.documents import Parsed, decode, read_yaml
from mainstay.model.findings import Gap, GapKind
from mainstay.model.places import Place
from mainstay.model.values import Record, Value
from mainstay.sources import files
from mainstay.sources.cloudformation import cdk

MAX_BYTES = 10_000_000

NESTED_STACK = "AWS::CloudFormation::Stack"
_NESTING = {NESTED_STACK: "TemplateURL", "AWS::Serverless::Application": "Location"}

_RESOURCES = re.compile(r"""(?:^|[{,"'\s])Resources["']?\s*:""")
_TYPE = re.compile(r"""\bType["']?\s*:\s*["']?[A-Za-z0-9]+::[A-Za-z0-9]+""")
_AWS_TYPE = re.compile(r"""\bType["']?\s*:\s*["']?AWS::""")
_VERSION = re.compile(r"^AWSTemplateFormatVersion *:", re.MULTILINE)
_SECTION = re.compile(r"^Resources *:", re.MULTILINE)
_INDENTED_TYPE = re.compile(r"""^ +Type *: *["']?(?:AWS|Alexa|Custom)::""", re.MULTILINE)
_TYPE_NAME = re.compile(r"(?:[A-Za-z0-9]+::[A-Za-z0-9]+(?:::[A-Za-z0-9]+)*|Custom::[A-Za-z0-9_@-]+)")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file holds, and what could not be read of it; without a value nothing could."""

    value: Value
    gaps: tuple[Gap, ...]
    complete: bool


def short_form(tag: str, value: Value, place: Place) -> Record:
    """`!Ref x` in its long form, `{"Ref": x}`, which stands where the tag does."""
    name = tag.removeprefix("!")
    function = name if name in ("Ref", "Condition") else f"Fn::{name}"
    return Record({function: value}, place, {function: place})


def parse(text: str, shown: str) -> Parsed:
    """YAML or JSON text of a template, its short forms made long."""
    return read_yaml(text, shown, tags=short_form)


def load(path: Path, shown: str) -> Loaded:
    """The document in a file; what is wrong with it is a gap with a place."""
    here = Place(shown, 1, 1)
    files.note(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return _failed(Gap("unreadable", "not a regular file", here))
        if status.st_size > MAX_BYTES:
            reason = f"the file has {status.st_size:,} bytes, and no template more than {MAX_BYTES:,} is read"
            return _failed(Gap("limit", reason, here))
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return _failed(Gap("unreadable", f"the file cannot be read: {reason}", here))
    text, fault = decode(data, shown)
    gaps = [Gap("unreadable", fault.message, fault.place)] if fault else []
    parsed = parse(text, shown)
    kind: GapKind = "limit" if parsed.limited else "syntax"
    gaps += [Gap(kind, problem.message, problem.place) for problem in parsed.faults]
    return Loaded(parsed.value, tuple(gaps), parsed.complete)


def _failed(gap: Gap) -> Loaded:
    return Loaded(None, (gap,), complete=False)


def is_template(text: str) -> bool:
    """True where YAML or JSON text is a CloudFormation template, also one that is broken.

    Most files are told by searches: those without the right words are none, and YAML whose outermost Resources have
    types of AWS is one. The rest is parsed.
    """
    if _VERSION.search(text) and _SECTION.search(text):
        return True
    if not _RESOURCES.search(text) or not _TYPE.search(text):
        return False
    if len(text) > MAX_BYTES or (_SECTION.search(text) and _INDENTED_TYPE.search(text)):
        return True
    try:
        return holds_template(json.loads(text))
    except (ValueError, RecursionError):  # no JSON, or nested deeper than any template
        parsed = parse(text, "")
    if not parsed.complete:
        return "AWSTemplateFormatVersion" in text or bool(_AWS_TYPE.search(text))
    return holds_template(parsed.value)


def holds_template(value: Value) -> bool:
    """True where a document has Resources with types in CloudFormation's manner."""
    resources = value.get("Resources") if isinstance(value, dict) else None
    return isinstance(resources, dict) and any(
        key.startswith("Fn::") or (isinstance(entry, dict) and is_type_name(entry.get("Type")))
        for key, entry in resources.items()
    )


def is_type_name(value: Value) -> bool:
    return isinstance(value, str) and _TYPE_NAME.fullmatch(value) is not None


def local_path(base: Path, location: str) -> Path | None:
    """The file that a location names; None where it is no path but an address in the net."""
    if location.startswith("file://"):
        location = location.removeprefix("file://")
    if not location or "://" in location or location.startswith("arn:") or "\0" in location:
        return None
    return base.parent / location


def _section(path: Path, name: str, *words: str) -> Mapping[str, Value]:
    """A section of the template at `path`; nothing where the file cannot be read or has none of the words in it."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return {}
        text, _ = decode(path.read_bytes(), str(path))
    except OSError:
        return {}
    value = parse(text, str(path)).value if any(word in text for word in words) else None
    section = value.get(name) if isinstance(value, dict) else None
    return section if isinstance(section, dict) else {}


def parameter_names(path: Path) -> frozenset[str]:
    """The parameters that the template at `path` declares."""
    return frozenset(_section(path, "Parameters", "Parameters"))


def _location(entry: Value) -> Value:
    """Where the template of a nested stack, or of an application in SAM's words, is said to lie."""
    kind = entry.get("Type") if isinstance(entry, dict) else None
    if not isinstance(kind, str) or kind not in _NESTING:
        return None
    properties = entry.get("Properties")
    return cdk.asset(entry) or (properties.get(_NESTING[kind]) if isinstance(properties, dict) else None)


def nested_templates(path: Path) -> set[Path]:
    """The local templates that the template at `path` includes as nested stacks, as resolved paths.

    Only locations written out count; where one is put together from parameters, its file is judged on its own too.
    """
    found = set()
    for entry in _section(path, "Resources", *_NESTING).values():
        location = _location(entry)
        child = local_path(path, location) if isinstance(location, str) else None
        try:
            if child is not None and child.is_file():
                found.add(child.resolve())
        except (OSError, RuntimeError):
            continue
    return found

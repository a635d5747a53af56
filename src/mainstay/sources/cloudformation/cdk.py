"""Reads what `cdk synth` writes: the manifest of a cloud assembly, and what templates say of their constructs."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mainstay.documents import decode
from mainstay.model.findings import Gap, GapKind
from mainstay.model.places import Place
from mainstay.model.values import Value
from mainstay.sources import files

METADATA: Final = "AWS::CDK::Metadata"
"""The type of a resource that nothing is made of: it counts the constructs of a stack."""

MANIFEST: Final = "manifest.json"
SYNTHESIZED: Final = "cdk.out"
"""The directory that assemblies are written to when nothing else is said, and a file that lies in each of them."""

MAX_BYTES = 200_000_000
MAX_NESTING = 10

_ENVIRONMENT = re.compile(r"aws://([^/]*)/([^/]*)")
_ENDINGS = ("/Resource", "/Default")

Constructs = Mapping[tuple[str, str], str]
"""Paths of constructs by the name of a template's file and a logical id; the name is empty where it is not told."""


@dataclass(frozen=True, slots=True)
class Synthesized:
    """A stack of an assembly: its template, where it is deployed as far as that is told, and its constructs.

    `told_by` are the files that say so.
    """

    template: Path
    region: str | None = None
    account: str | None = None
    constructs: Constructs = field(default_factory=dict)
    told_by: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Assembly:
    """What a directory that `cdk synth` wrote holds. `loose` are the templates in it where no manifest names them."""

    stacks: tuple[Synthesized, ...]
    gaps: tuple[Gap, ...] = ()
    loose: tuple[Path, ...] = ()


def is_assembly(directory: Path) -> bool:
    """True for a directory that `cdk synth` wrote."""
    named = directory.name == SYNTHESIZED or (directory / SYNTHESIZED).is_file()
    return named and (directory / MANIFEST).is_file()


def read_assembly(directory: Path, shown: str) -> Assembly:
    """The stacks of an assembly and of those nested in it, as its manifest names them."""
    reading = _Reading()
    stacks = tuple(sorted(reading.stacks(directory, shown, ()), key=lambda stack: stack.template))
    loose = tuple(path for one in reading.broken for path in sorted(one.glob("*.template.json")))
    return Assembly(stacks, tuple(reading.gaps), loose)


def asset(entry: Mapping[str, Value]) -> str | None:
    """The file beside a template that a nested stack's template lies in, before it is an asset in a bucket."""
    metadata = entry.get("Metadata")
    if not isinstance(metadata, dict) or metadata.get("aws:asset:property") != "TemplateURL":
        return None
    path = metadata.get("aws:asset:path")
    return path if isinstance(path, str) else None


def construct(entry: Mapping[str, Value]) -> str:
    """The path of the construct that made a resource, from its own metadata; empty where they do not tell."""
    metadata = entry.get("Metadata")
    path = metadata.get("aws:cdk:path") if isinstance(metadata, dict) else None
    return shortened(path) if isinstance(path, str) else ""


def shortened(path: str) -> str:
    """A construct's path without the resource that every construct of a higher level has in it."""
    for ending in _ENDINGS:
        path = path.removesuffix(ending)
    return path.removeprefix("/")


class _Reading:
    """One reading of an assembly, its stages included."""

    def __init__(self) -> None:
        self.gaps: list[Gap] = []
        self.broken: list[Path] = []
        self.seen: set[Path] = set()

    def stacks(self, directory: Path, shown: str, around: tuple[Path, ...]) -> Iterator[Synthesized]:
        resolved = directory.resolve()
        if resolved in self.seen or len(around) >= MAX_NESTING:
            return
        self.seen.add(resolved)
        manifest = directory / MANIFEST
        artifacts = self.artifacts(manifest, f"{shown}/{MANIFEST}")
        if artifacts is None:
            self.broken.append(directory)
            return
        for name, artifact in artifacts.items():
            properties = artifact.get("properties") if isinstance(artifact, dict) else None
            if not isinstance(properties, dict):
                continue
            kind = artifact.get("type")
            if kind == "aws:cloudformation:stack":
                template = self.beside(directory, shown, name, properties.get("templateFile"))
                if template is not None:
                    yield self.stack(directory, shown, template, artifact, (*around, manifest))
            elif kind == "cdk:cloud-assembly":
                inner = self.beside(directory, shown, name, properties.get("directoryName"))
                if inner is not None:
                    yield from self.stacks(inner, f"{shown}/{properties['directoryName']}", (*around, manifest))

    def artifacts(self, manifest: Path, shown: str) -> Mapping[str, Value] | None:
        value = self.json(manifest, shown)
        artifacts = value.get("artifacts", {}) if isinstance(value, dict) else None
        if isinstance(artifacts, dict):
            return artifacts
        if value is not None:
            self.note("syntax", "the manifest names no artifacts; the templates are read without it", shown)
        return None

    def json(self, path: Path, shown: str) -> Value:
        """What a JSON file holds; None and a gap where it cannot be read."""
        files.note(path)
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
                return self.note("limit", "the file is too large, or no file", shown)
            return json.loads(decode(path.read_bytes(), shown)[0])
        except OSError as error:
            return self.note("unreadable", f"the file cannot be read: {error.strerror}", shown)
        except json.JSONDecodeError as error:
            reason = f"the assembly is broken or not written to its end: {error.msg}"
            return self.note("syntax", reason, shown, error.lineno, error.colno)
        except (ValueError, RecursionError) as error:
            return self.note("syntax", f"the assembly is broken: {error}", shown)

    def note(self, kind: GapKind, reason: str, shown: str, line: int = 1, column: int = 1) -> None:
        self.gaps.append(Gap(kind, reason, Place(shown, line, column)))

    def beside(self, directory: Path, shown: str, name: str, told: Value) -> Path | None:
        """The file or directory of an artifact, which lies in its assembly."""
        if isinstance(told, str) and told and "\0" not in told:
            path = Path(os.path.normpath(directory / told))
            if path.is_relative_to(os.path.normpath(directory)) and path.exists():
                return path
        reason = f"there is no {told!r} in the assembly, where the artifact {name} lies"
        self.note("module", reason, f"{shown}/{MANIFEST}")
        return None

    def stack(
        self, directory: Path, shown: str, template: Path, artifact: Mapping[str, Value], told_by: tuple[Path, ...]
    ) -> Synthesized:
        match = _ENVIRONMENT.fullmatch(str(artifact.get("environment")))
        account, region = match.groups() if match else ("", "")
        metadata: Value = artifact.get("metadata")
        further = artifact.get("additionalMetadataFile")
        if not isinstance(metadata, dict) and isinstance(further, str):
            path = self.beside(directory, shown, "metadata", further)
            if path is not None:
                metadata = self.json(path, f"{shown}/{further}")
                told_by = (*told_by, path)
        return Synthesized(
            template,
            _told(region),
            _told(account),
            _constructs(metadata if isinstance(metadata, dict) else {}),
            told_by,
        )


def _told(name: str) -> str | None:
    """A region or account, where the app does not leave it to whoever deploys it."""
    return name if name and not name.startswith("unknown-") else None


def _constructs(metadata: Mapping[str, Value]) -> dict[tuple[str, str], str]:
    """The construct of every logical id. Without the names of templates an id of several stacks has none."""
    templates = {path: str(data) for path, data in _entries(metadata, "aws:cdk:templateFile")}
    found: dict[tuple[str, str], str] = {}
    for path, logical_id in _entries(metadata, "aws:cdk:logicalId"):
        parents = [path[:end] for end, letter in enumerate(path) if letter == "/" and end]
        template = next((templates[one] for one in reversed(parents) if one in templates), "")
        key = (template, str(logical_id))
        found[key] = "" if key in found else shortened(path)
    return found


def _entries(metadata: Mapping[str, Value], kind: str) -> Iterator[tuple[str, Value]]:
    for path, entries in metadata.items():
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and entry.get("type") == kind:
                yield path, entry.get("data")

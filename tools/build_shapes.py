"""Make `catalog/shapes.zip` from the CloudFormation schemas inside the pinned cfn-lint wheel (build time only).

Run it after raising cfn-lint's version: `python tools/build_shapes.py`. The archive has one member a service
(`EC2.txt` for `AWS::EC2`), each line a type and its shape, so that a reader takes out what it needs and no more.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from mainstay.model.shapes import Shape

TARGET = Path(__file__).parent.parent / "src/mainstay/catalog/shapes.zip"
FIRST_REGION = "us-east-1"
ANY_SPELLING = {"array", "boolean", "integer", "number", "object", "string"}
"""What the schemas say of environment variables and stack parameters: strings, however they are spelled."""
EPOCH = (1980, 1, 1, 0, 0, 0)

Schema = Mapping[str, Any]


def read_schemas() -> dict[str, Schema]:
    """The registry schema of every type: as us-east-1 has it, otherwise as the first region that has it."""
    schemas = Path(str(distribution("cfn-lint").locate_file("cfnlint/data/schemas")))
    regions = sorted((schemas / "providers").glob("*.json"), key=lambda file: (file.stem != FIRST_REGION, file.stem))
    digests: dict[str, str] = {}
    for region in regions:
        for name, digest in json.loads(region.read_bytes()).items():
            digests.setdefault(name, digest)
    return {
        name: json.loads((schemas / "resources" / f"{digest}.json").read_bytes()) for name, digest in digests.items()
    }


def shape_of(schema: Schema) -> Shape:
    """The shape of a type's properties."""
    return _Reduction(schema).reduce(schema) or {}


class _Reduction:
    """Reduces the nodes of one registry schema; a definition met inside itself becomes "json"."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self.open: set[str] = set()
        self.cut: set[str] = set()
        self.done: dict[str, Shape | None] = {}

    def reduce(self, node: Schema) -> Shape | None:
        """None where the node says nothing of the shape (a bare `required`)."""
        if "$ref" in node:
            return self._reference(node["$ref"])
        declared = node.get("type")
        kinds = {declared} if isinstance(declared, str) else set(declared or _kinds(node.get("enum", ()))) - {"null"}
        if kinds == ANY_SPELLING:
            return "string"
        if "object" in kinds and len(kinds) > 1:
            return "json"
        shape = self._structure(node)
        for branches, either in ((node.get("allOf"), False), (node.get("anyOf"), True), (node.get("oneOf"), True)):
            if branches and not isinstance(shape, str):
                inner = _fold((self.reduce(branch) for branch in branches), either)
                shape = _union(shape, inner, either=False)
        return _by_kind(kinds) if shape is None else shape

    def _reference(self, reference: str) -> Shape | None:
        if reference in self.open:
            self.cut.add(reference)
            return "json"
        if reference in self.done:
            return self.done[reference]
        node: Any = self.root
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        around, self.cut = self.cut, set()
        self.open.add(reference)
        shape = self.reduce(node)
        self.open.discard(reference)
        self.cut.discard(reference)
        if not self.cut:  # otherwise the shape depends on where the reduction came from
            self.done[reference] = shape
        self.cut |= around
        return shape

    def _structure(self, node: Schema) -> Shape | None:
        """What properties, patterns and items say."""
        members = {name: self.reduce(child) or "json" for name, child in node.get("properties", {}).items()}
        others = list(node.get("patternProperties", {}).values())
        if isinstance(node.get("additionalProperties"), dict):
            others.append(node["additionalProperties"])
        if others:
            members["*"] = _fold(map(self.reduce, others), either=True) or "json"
        if "items" in node:
            items: Shape = [self.reduce(node["items"]) or "json"]
            return items
        return members or None


def _kinds(values: Iterable[object]) -> Iterator[str]:
    """The types of an enumeration that does not name its type."""
    return ({bool: "boolean", int: "integer", float: "number"}.get(type(value), "string") for value in values)


def _by_kind(kinds: set[str]) -> Shape | None:
    if not kinds:
        return None
    if "object" in kinds:
        return "json"
    if "array" in kinds:
        return ["string" if "string" in kinds else "json"]
    return kinds.pop() if len(kinds) == 1 else "number" if kinds == {"integer", "number"} else "string"


def _fold(shapes: Iterable[Shape | None], either: bool) -> Shape | None:
    merged: Shape | None = None
    for shape in shapes:
        merged = _union(merged, shape, either)
    return merged


def _union(one: Shape | None, other: Shape | None, either: bool) -> Shape | None:
    """Both shapes in one: all their properties. `either` says they are alternatives and not two views of one thing."""
    if one is None or other is None or one == other:
        return other if one is None else one
    if isinstance(one, dict) and isinstance(other, dict):
        return {
            name: _union(one.get(name), other.get(name), either) or "json" for name in sorted(one.keys() | other.keys())
        }
    if isinstance(one, list) and isinstance(other, list):
        return [_union(one[0], other[0], either) or "json"]
    if isinstance(one, str) and isinstance(other, str) and "json" not in (one, other):
        return "number" if {one, other} == {"integer", "number"} else "string"
    if not either:
        return other if one == "json" else one
    if isinstance(one, list) and one[0] == other:
        return one
    return other if isinstance(other, list) and other[0] == one else "json"


def lines_by_service(schemas: Mapping[str, Schema]) -> dict[str, str]:
    """The members of the archive: a line a type, `AWS::EC2::VPC {...}`, in the order of names."""
    lines: dict[str, list[str]] = {}
    for name in sorted(schemas):
        shape = json.dumps(shape_of(schemas[name]), sort_keys=True, separators=(",", ":"))
        lines.setdefault(name.split("::")[1], []).append(f"{name} {shape}\n")
    return {f"{service}.txt": "".join(lines[service]) for service in sorted(lines)}


def write_archive(target: Path, members: Mapping[str, str]) -> None:
    """Write the members with a fixed time, so that the same schemas give the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in members.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, text)


def sizes(members: Mapping[str, str]) -> Iterator[str]:
    """The five largest members, for whoever runs this by hand."""
    for name in sorted(members, key=lambda name: -len(members[name]))[:5]:
        yield f"{name} {len(members[name]) // 1024} KB"


if __name__ == "__main__":
    built = lines_by_service(read_schemas())
    write_archive(TARGET, built)
    print(f"{TARGET.name}: {TARGET.stat().st_size // 1024} KB, largest {', '.join(sizes(built))}", file=sys.stderr)

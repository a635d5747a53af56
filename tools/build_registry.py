"""Make `sources/live/registry.json`: what CloudFormation's registry says of reading each type with Cloud Control.

Run it after raising cfn-lint's version: `python tools/build_registry.py`. The schemas are those inside the pinned
cfn-lint wheel; `python tools/build_registry.py FOLDER` takes the registry's own, one JSON file a type. One line a
type, sorted, so that a new version shows as the lines that changed.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from build_shapes import read_schemas
from mainstay.documents import read_yaml

LIVE = Path(__file__).parent.parent / "src/mainstay/sources/live"
TARGET = LIVE / "registry.json"
BY_HAND = LIVE / "cloudcontrol.yaml"
READING = re.compile(r"(get|list|describe|batchget|batchdescribe)", re.IGNORECASE)
"""How the names of actions begin that change nothing; what else a handler declares is not asked for."""

Schema = Mapping[str, Any]
Entry = dict[str, Any]


def read_folder(folder: Path) -> dict[str, Schema]:
    """The schemas of a folder, by type."""
    documents = (json.loads(file.read_bytes()) for file in sorted(folder.rglob("*.json")))
    return {document["typeName"]: document for document in documents if "typeName" in document}


def by_hand() -> Mapping[str, Any]:
    """What the schemas do not say."""
    found: Mapping[str, Any] = read_yaml(BY_HAND.read_text("utf-8"), BY_HAND.name).value
    return found


def entries(schemas: Mapping[str, Schema], told: Mapping[str, Any]) -> dict[str, Entry]:
    """What there is to know of every type that has a `read` or a `list` handler."""
    kept = {name: schema for name, schema in sorted(schemas.items()) if {"read", "list"} & handlers(schema).keys()}
    return {name: entry(name, schema, kept, told) for name, schema in kept.items()}


def handlers(schema: Schema) -> Mapping[str, Any]:
    found: Mapping[str, Any] = schema.get("handlers") or {}
    return found


def entry(name: str, schema: Schema, schemas: Mapping[str, Schema], more: Mapping[str, Any]) -> Entry:
    """One type: empty parts are left out."""
    told = handlers(schema)
    identifier = [_dotted(pointer) for pointer in schema.get("primaryIdentifier", ())]
    needs = list(_needs(told.get("list", {}).get("handlerSchema", {})))
    found: Entry = {"identifier": identifier}
    also = [_dotted(one[0]) for one in schema.get("additionalIdentifiers", ()) if len(one) == 1]
    if also:
        found["also"] = also
    for handler in ("list", "read"):
        if handler in told:
            found[handler] = sorted(_reading(told[handler].get("permissions", ()), more["never"]))
    service = name.split("::")[1]
    if service in more["global"]:
        found["at"] = more["global"][service] or "home"
    if needs:
        found["needs"] = needs
        found["from"] = {
            need: parent
            for need in sorted({need for group in needs for need in group})
            if (parent := more["parents"].get(name, {}).get(need) or _parent(name, need, schemas)) is not None
        }
    if is_taggable(schema):
        found["tags"] = _dotted(schema.get("tagging", {}).get("tagProperty", "/properties/Tags"))
    blind = sorted(blind_paths(schema))
    if blind:
        found["blind"] = blind
    return found


def _reading(permissions: Sequence[str], never: Sequence[str]) -> set[str]:
    """Those that read how things are set up, in one spelling (some schemas have `wafv2:listWebACLs`)."""
    split = (permission.strip().partition(":") for permission in permissions)
    spelled = (f"{service}:{action[:1].upper()}{action[1:]}" for service, _, action in split)
    return {action for action in spelled if READING.match(action.partition(":")[2]) and action not in never}


def _dotted(pointer: str) -> str:
    return pointer.removeprefix("/properties/").replace("/", ".")


def _needs(handler_schema: Schema) -> Iterator[list[str]]:
    """The sets of properties one of which a list must be given."""
    required = handler_schema.get("required", [])
    ways = [way["required"] for way in (*handler_schema.get("oneOf", ()), *handler_schema.get("anyOf", ()))]
    for way in ways or [[]]:
        if required or way:
            yield sorted({*required, *way})


def _parent(name: str, need: str, schemas: Mapping[str, Schema]) -> Entry | None:
    """The one type of the same service that is identified by a property of this name, and is listed without need."""
    service = name.rpartition("::")[0]
    found = [
        other
        for other, schema in schemas.items()
        if other != name
        and other.rpartition("::")[0] == service
        and schema.get("primaryIdentifier") == [f"/properties/{need}"]
        and "list" in handlers(schema)
        and not list(_needs(handlers(schema)["list"].get("handlerSchema", {})))
    ]
    return {"type": found[0], "property": need} if len(found) == 1 else None


def is_taggable(schema: Schema) -> bool:
    tagging = schema.get("tagging", {})
    taggable = tagging.get("taggable", schema.get("taggable", True))
    return bool(taggable) and _dotted(tagging.get("tagProperty", "/properties/Tags")) in schema.get("properties", {})


def blind_paths(schema: Schema) -> set[str]:
    """The paths that AWS never tells, as the model writes them: lists are seen through.

    A map of nothing but such properties is one itself: that it is missing in an answer says nothing.
    """
    paths = {path for pointer in schema.get("writeOnlyProperties", ()) if (path := tuple(_steps(schema, pointer)))}
    settled = False
    while not settled:
        above = {path[:-1] for path in paths if len(path) > 1}
        lifted = {path for path in above if path not in paths and _all_in(_members(schema, path), path, paths)}
        paths |= lifted
        settled = not lifted
    return {".".join(path) for path in paths if not any(path[:length] in paths for length in range(1, len(path)))}


def _all_in(members: Sequence[str], path: tuple[str, ...], paths: set[tuple[str, ...]]) -> bool:
    return bool(members) and all((*path, member) in paths for member in members)


def _steps(schema: Schema, pointer: str) -> Iterator[str]:
    """The names on the way to a property; nothing where the schema has no such way."""
    node: Schema | None = schema
    for part in pointer.removeprefix("/properties/").split("/"):
        node = _through_lists(schema, node)
        if part in ("*", "items") and part not in node.get("properties", {}):
            continue
        yield part
        node = node.get("properties", {}).get(part, {})


def _members(schema: Schema, path: tuple[str, ...]) -> list[str]:
    node: Schema = schema
    for part in path:
        node = _through_lists(schema, node).get("properties", {}).get(part, {})
    inner = _through_lists(schema, node)
    if inner is not node and inner.get("type") != "object" and "properties" not in inner:
        return []
    return list(inner.get("properties", {}))


def _through_lists(root: Schema, node: Schema | None) -> Schema:
    """The node that a reference or a list leads to."""
    while node:
        if "$ref" in node:
            target: Any = root
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        elif isinstance(node.get("items"), dict):
            node = node["items"]
        else:
            return node
    return {}


def text_of(found: Mapping[str, Entry]) -> str:
    """JSON with a line a type."""
    lines = (f"{json.dumps(name)}: {json.dumps(each, separators=(',', ':'))}" for name, each in found.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    read = read_folder(Path(sys.argv[1])) if len(sys.argv) > 1 else read_schemas()
    made = entries(read, by_hand())
    TARGET.write_text(text_of(made), "utf-8")
    print(f"{TARGET.name}: {len(made)} types, {TARGET.stat().st_size // 1024} KB", file=sys.stderr)

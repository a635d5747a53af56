"""Terraform's state: what the deployment called each resource of a root module."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mainstay.documents import decode
from mainstay.model.errors import UsageError

NAMES = ("arn", "id")
"""The attributes that name a resource; an ARN before an id, for an id may be that of several types."""

LOCAL = "terraform.tfstate"
MOST_BYTES = 200_000_000


def read_state(path: Path) -> Mapping[str, tuple[str, ...]]:
    """By address, what AWS calls the resource: its ARN and its id, as far as the state has them.

    `path` is a state file, or what `terraform show -json` prints of one. Nothing else of it is read: states hold
    secrets. Raises UsageError for a file that is neither.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} is larger than {MOST_BYTES:,} bytes")
        text, _ = decode(path.read_bytes(), str(path))
        document = json.loads(text)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise UsageError(
            f"{path} is no JSON, so neither a state nor what `terraform show -json` prints of one"
        ) from None
    if isinstance(document, dict) and isinstance(document.get("values"), dict):
        return dict(_shown(document["values"].get("root_module")))
    if isinstance(document, dict) and isinstance(document.get("resources"), list) and "version" in document:
        return dict(_stored(document["resources"]))
    raise UsageError(f"{path} is neither a Terraform state nor what `terraform show -json` prints of one")


def _shown(module: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not isinstance(module, dict):
        return
    for resource in _listed(module.get("resources")):
        if isinstance(resource, dict) and resource.get("mode") == "managed":
            yield str(resource.get("address")), _names(resource.get("values"))
    for child in _listed(module.get("child_modules")):
        yield from _shown(child)


def _stored(resources: list[Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for resource in resources:
        if not isinstance(resource, dict) or resource.get("mode") != "managed":
            continue
        module = f"{resource['module']}." if resource.get("module") else ""
        address = f"{module}{resource.get('type')}.{resource.get('name')}"
        for instance in _listed(resource.get("instances")):
            if isinstance(instance, dict):
                key = instance.get("index_key")
                index = "" if key is None else f"[{json.dumps(key)}]"
                yield address + index, _names(instance.get("attributes"))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _names(attributes: Any) -> tuple[str, ...]:
    if not isinstance(attributes, dict):
        return ()
    return tuple(value for name in NAMES if isinstance(value := attributes.get(name), str) and value)

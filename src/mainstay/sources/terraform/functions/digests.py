"""Terraform's hash functions, of strings; `reading` has those of files."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable
from typing import Final

from mainstay.sources.terraform.types import EvaluationError

_NAMESPACES: Final = {
    "dns": uuid.NAMESPACE_DNS,
    "url": uuid.NAMESPACE_URL,
    "oid": uuid.NAMESPACE_OID,
    "x500": uuid.NAMESPACE_X500,
}


def hexadecimal(algorithm: str, content: bytes) -> str:
    return hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()


def in_base64(algorithm: str, content: bytes) -> str:
    return base64.b64encode(hashlib.new(algorithm, content, usedforsecurity=False).digest()).decode()


def of_text(digest: Callable[[str, bytes], str], algorithm: str) -> Callable[[str], str]:
    """The function of a string that one of the two above makes with `algorithm`."""
    return lambda text: digest(algorithm, text.encode())


def uuid_v5(namespace: str, name: str) -> str:
    try:
        return str(uuid.uuid5(_NAMESPACES.get(namespace) or uuid.UUID(namespace), name))
    except ValueError:
        raise EvaluationError(f'"{namespace[:60]}" is neither a UUID nor one of dns, url, oid, x500') from None

"""RSA signatures with SHA-256 (PKCS #1 v1.5), checked with a public key: an exponentiation and a comparison; and where
CloudTrail's public keys come from."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mainstay.model.errors import AccountError, DataError, Fault
from mainstay.model.places import Place

if TYPE_CHECKING:
    import boto3.session

_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
"""What stands before a hash of SHA-256 in a signature (RFC 8017, 9.2)."""


def signed_by(key: bytes, signature: str, message: bytes) -> bool:
    """Whether a signature, in hexadecimal, is the key's of the message. The key is an RSAPublicKey of PKCS #1, DER."""
    try:
        modulus, exponent = _numbers(key)
        raw = bytes.fromhex(signature)
    except (ValueError, IndexError):
        return False
    size = (modulus.bit_length() + 7) // 8
    if len(raw) != size or modulus.bit_length() < 1024 or exponent < 3:
        return False
    ending = b"\0" + _SHA256 + hashlib.sha256(message).digest()
    expected = b"\0\1" + b"\xff" * (size - len(ending) - 2) + ending
    return pow(int.from_bytes(raw), exponent, modulus).to_bytes(size) == expected


def _numbers(der: bytes) -> tuple[int, int]:
    """The modulus and the exponent. Raises ValueError and IndexError where it is no such key."""
    body, rest = _element(der, 0x30)
    modulus, after = _element(body, 0x02)
    exponent, end = _element(after, 0x02)
    if rest or end:
        raise ValueError("something follows the key")
    return int.from_bytes(modulus), int.from_bytes(exponent)


def _element(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the element at the beginning, and what follows it."""
    if der[0] != tag:
        raise ValueError("not the element that is expected")
    length, start = der[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[2:start])
    if len(der) < start + length:
        raise ValueError("the element breaks off")
    return der[start : start + length], der[start + length :]


def public_keys(session: boto3.session.Session, region: str, since: str, until: str) -> Mapping[str, bytes]:
    """The keys of CloudTrail in a region, by fingerprint. Raises AccountError where they cannot be had."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        pages = session.client("cloudtrail", region_name=region).get_paginator("list_public_keys")
        found = pages.paginate(StartTime=since, EndTime=until)
        return {one["Fingerprint"]: one["Value"] for page in found for one in page["PublicKeyList"]}
    except (ClientError, BotoCoreError) as error:
        raise AccountError(f"the public keys cannot be had (cloudtrail:ListPublicKeys): {error}") from None


def read_keys(file: Path) -> Mapping[str, bytes]:
    """The keys in a file, by fingerprint: what `aws cloudtrail list-public-keys` prints as JSON, of several regions one
    answer after the other. Raises DataError for what it is not."""
    try:
        rest = file.read_bytes().decode("utf-8-sig").strip()
    except OSError as error:
        raise _wrong(file, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _wrong(file, "not UTF-8") from None
    found: dict[str, bytes] = {}
    decoder = json.JSONDecoder()
    while rest:
        try:
            answer, end = decoder.raw_decode(rest)
            for one in answer["PublicKeyList"]:
                key = base64.b64decode(one["Value"], validate=True)
                _numbers(key)
                found[str(one["Fingerprint"])] = key
        except (ValueError, IndexError, KeyError, TypeError, RecursionError):
            raise _wrong(file, "not the public keys of CloudTrail") from None
        rest = rest[end:].lstrip()
    if not found:
        raise _wrong(file, "there is no public key in it")
    return found


def _wrong(file: Path, message: str) -> DataError:
    hint = "it is what `aws cloudtrail list-public-keys --start-time TIME --output json` prints"
    return DataError([Fault(message, Place(str(file), 1, 1), hint)])

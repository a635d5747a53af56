"""Certificates that a template names and the account does not have: moto refuses listeners without them.

A certificate of another account, or one that was made by hand, comes in by a parameter. One that was requested in the
sandbox stands in for it, and the deployment says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mainstay.sandbox.deployment import Json

_CERTIFICATE = re.compile(r"arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate/[\w-]+")

DOMAIN = "stand-in.example.com"


def certificates(value: Json) -> Iterator[str]:
    """The ARNs of all certificates in a value."""
    if isinstance(value, str):
        if _CERTIFICATE.fullmatch(value):
            yield value
    elif isinstance(value, (dict, list)):
        for child in value.values() if isinstance(value, dict) else value:
            yield from certificates(child)


def stand_in(acm: Any, arn: str) -> str | None:
    """The ARN of a certificate in the account that stands in for this one; None where the account has it itself."""
    from botocore.exceptions import ClientError

    try:
        acm.describe_certificate(CertificateArn=arn)
    except ClientError:
        token = re.sub(r"\W", "", arn)[-32:]  # the same one for every deployment
        made: str = acm.request_certificate(DomainName=DOMAIN, IdempotencyToken=token)["CertificateArn"]
        return made
    return None


def replaced(value: Json, arn: str, by: str) -> Json:
    """The value with one certificate in the place of another."""
    if isinstance(value, dict):
        return {key: replaced(child, arn, by) for key, child in value.items()}
    if isinstance(value, list):
        return [replaced(child, arn, by) for child in value]
    return by if value == arn else value

"""The environment in which programs talk to the sandbox, and to nothing else of AWS."""

from __future__ import annotations

import os
from collections.abc import Mapping

ACCOUNT = "123456789012"
"""The id of the embedded account: the one that moto gives to credentials it has not seen before."""

CREDENTIALS: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
}

_OURS = ("AWS_", "MOTO_")


def environment(endpoint: str, region: str) -> dict[str, str]:
    """What a program needs to reach the sandbox, and to find no credentials besides it."""
    return {**_closed(region), "AWS_ENDPOINT_URL": endpoint}


def isolated(environ: Mapping[str, str], region: str, endpoint: str = "") -> dict[str, str]:
    """`environ` without anything of AWS in it (profiles, keys, endpoints of single services), and with the sandbox."""
    kept = {name: value for name, value in environ.items() if not name.startswith(_OURS)}
    return {**kept, **(environment(endpoint, region) if endpoint else _closed(region))}


def _closed(region: str) -> dict[str, str]:
    return {
        **CREDENTIALS,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # an account id before 127.0.0.1 is no host name
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }

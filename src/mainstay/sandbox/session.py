"""Sessions of boto3 for the sandbox; apart from the rest, for importing boto3 takes its time."""

from __future__ import annotations

import os
from typing import Any

import boto3.session
import botocore.session
from botocore.config import Config

from mainstay.sandbox.environment import CREDENTIALS

_CONFIG = Config(
    inject_host_prefix=False,  # an account id before 127.0.0.1 is no host name
    proxies={},
    retries={"total_max_attempts": 1},  # what fails on this machine fails again, and a second create is another fault
)


class _Session(boto3.session.Session):
    """Gives every client and resource the sandbox's endpoint."""

    endpoint: str

    def client(self, service_name: str, *args: Any, **options: Any) -> Any:
        return super().client(service_name, *args, **self._directed(options))  # type: ignore[call-overload]

    def resource(self, service_name: str, *args: Any, **options: Any) -> Any:
        return super().resource(service_name, *args, **self._directed(options))  # type: ignore[call-overload]

    def _directed(self, options: dict[str, Any]) -> dict[str, Any]:
        given = options.pop("config", None)
        return {**options, "endpoint_url": self.endpoint, "config": _CONFIG.merge(given) if given else _CONFIG}


def session(endpoint: str, region: str) -> boto3.session.Session:
    """A session that reads neither profiles nor credentials of whoever runs it."""
    nowhere = (None, None, os.devnull, None)
    variables = {"profile": (None, None, None, None), "config_file": nowhere, "credentials_file": nowhere}
    made = _Session(
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=CREDENTIALS["AWS_SESSION_TOKEN"],
        region_name=region,
        botocore_session=botocore.session.Session(session_vars=variables),
    )
    made.endpoint = endpoint
    return made

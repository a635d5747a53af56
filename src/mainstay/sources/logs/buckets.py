"""Logs in S3: lists what lies under a prefix, and streams it. Imported when a bucket is really read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import boto3.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mainstay.model.errors import AccountError, UsageError
from mainstay.sources.logs.files import STEP, LogFile

PATIENT = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 5})


def bucket_files(source: str, session: boto3.session.Session | None = None) -> Iterator[LogFile]:
    """The objects under `s3://bucket/prefix`, in the order of their keys."""
    bucket, _, prefix = source.removeprefix("s3://").partition("/")
    if not bucket:
        raise UsageError(f"{source} names no bucket")
    try:
        client = (session or boto3.session.Session()).client("s3", config=PATIENT)
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for found in page.get("Contents", []):
                key, size = found["Key"], found["Size"]
                if size and not key.endswith("/"):
                    name = f"s3://{bucket}/{key}"
                    yield LogFile(name, size, found["ETag"].strip('"'), partial(_opened, client, bucket, key))
    except (ClientError, BotoCoreError) as error:
        raise AccountError(f"{source} cannot be listed (s3:ListBucket): {error}") from None


def _opened(client: Any, bucket: str, key: str) -> tuple[Iterator[bytes], Mapping[str, str]]:
    try:
        answer = client.get_object(Bucket=bucket, Key=key)
    except (ClientError, BotoCoreError) as error:
        raise AccountError(f"the object cannot be read (s3:GetObject): {error}") from None
    return _pieces(answer["Body"]), answer.get("Metadata", {})


def _pieces(body: Any) -> Iterator[bytes]:
    try:
        yield from body.iter_chunks(STEP)
    except BotoCoreError as error:
        raise AccountError(f"the object could not be read to its end: {error}") from None

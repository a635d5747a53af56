"""Small logs and rules, and the command that judges them."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "mainstay"]
START = datetime(2026, 3, 2, 9, tzinfo=UTC)

DELETED = """\
title: Somebody deletes a trail
name: deletes-a-trail
author: Web Team
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventSource: cloudtrail.amazonaws.com, eventName: DeleteTrail}
  condition: selection
level: high
"""
SEVERAL = """\
title: A trail is described
name: describes-a-trail
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: DescribeTrails}
  condition: selection
level: low
---
title: Trails are described three times
name: describes-trails-often
correlation:
  type: event_count
  rules: [describes-a-trail]
  group-by: [userIdentity.arn]
  timespan: 10m
  condition: {gte: 3}
level: medium
"""


def rules(folder: Path, **texts: str) -> Path:
    folder.mkdir()
    for name, text in (texts or {"deleted": DELETED, "several": SEVERAL}).items():
        (folder / f"{name}.yml").write_text(text)
    return folder


def record(number: int, name: str = "ListTrails", seconds: float = 0, **more: Any) -> dict[str, Any]:
    return {
        "eventVersion": "1.11", "eventID": f"e{number}", "eventName": name, "eventSource": "cloudtrail.amazonaws.com",
        "eventTime": (START + timedelta(seconds=seconds or number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "awsRegion": "eu-central-1", "recipientAccountId": "111122223333", "sourceIPAddress": "203.0.113.10",
        "userAgent": "aws-cli/2.17.0", "eventType": "AwsApiCall",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ada"}, **more,
    }  # fmt: skip


def delivered(records: Iterable[dict[str, Any]]) -> bytes:
    return gzip.compress(json.dumps({"Records": list(records)}).encode(), mtime=0)


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "NO_COLOR": "", **more}


def mainstay(
    *arguments: object, cwd: Path, given: str = "", prelude: str = "", **env: str
) -> subprocess.CompletedProcess[str]:
    """Runs the command; `prelude` is run in its process before anything of it is imported."""
    begin = [sys.executable, "-c", f"{prelude}\nfrom mainstay.__main__ import main\nmain()"] if prelude else COMMAND
    return subprocess.run(
        [*begin, *map(str, arguments)], cwd=cwd, input=given, capture_output=True, text=True, check=False, timeout=60,
        env=environment(**env),
    )  # fmt: skip


def found(run: subprocess.CompletedProcess[str]) -> list[tuple[str, str]]:
    """The findings of a hunt that was written as JSON: the rule and the event of each."""
    return [(one["control"], one["event_id"]) for one in json.loads(run.stdout)["findings"]]

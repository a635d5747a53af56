"""Hunts to write: several severities, a correlation with its events, a foreign author, and what was not read."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import duckdb
import pytest

from mainstay.model.conditions import All
from mainstay.model.controls import Severity
from mainstay.model.detections import About, Correlation, Detection, EventFinding, FirstSeen, Rule
from mainstay.model.errors import Fault
from mainstay.model.findings import Gap
from mainstay.model.hunts import Aside, Change, Comparison, Hunt
from mainstay.model.places import Place
from mainstay.outputs import Style
from mainstay.outputs.hunts import FORMATS

MINUTE_US = 60_000_000
NINE_US = 1_772_442_000_000_000
"""2026-03-02 09:00:00 UTC."""

HOSTILE = (
    '=cmd|"/c"!A1\x1b[31m\x1b]8;;http://x\x07\x9b\u202e\n\r::error::<script>alert(1)</script></style>'
    "<img src=x onerror=alert(1)>@everyone `|b|` ](javascript:x)\x00\udc80" + "A" * 5_000
)


def rule(id: str, title: str, severity: Severity, **about: Any) -> Detection:
    return Detection(About(id, title, severity, **about), {"service": "cloudtrail"}, "cloudtrail", All(()), name=id)


STOPPED = rule(
    "cloudtrail-stopped", "A trail stops logging", "critical", author="mainstay", practices=("SEC04-BP01",),
    attack=("T1562.008",), response="Start the trail again, and look at what else this principal did.",
)  # fmt: skip
FOREIGN = rule(
    "aws-sts-getcalleridentity", "Somebody asks who they are", "medium", author="Example Author", license="DRL-1.1",
    uuid="6d1bdc4c-1111-4222-8333-0123456789ab", attack=("T1087.004",), references=("https://example.com/a",),
    falsepositives=("Scripts",),
)  # fmt: skip
NEW_PLACE = replace(
    rule("key-from-new-network", "A long-term key is used from a new network", "high", practices=("SEC02-BP02",)),
    state=FirstSeen(("derived.network",), ("userIdentity.accessKeyId",), 1, 2),
)
GUESSED = Correlation(
    About("console-guessed", "A password of the console is guessed", "high", practices=("SEC02-BP01",)),
    "event_count", ("failed",), ("sourceIPAddress",), 5 * MINUTE_US,
)  # fmt: skip
RULES: tuple[Rule, ...] = (STOPPED, FOREIGN, NEW_PLACE, GUESSED)


def finding(by: Rule, minute: float, who: str = "arn:aws:iam::111122223333:user/alice", **more: Any) -> EventFinding:
    told: dict[str, Any] = {
        "source": "cloudtrail", "time_us": NINE_US + int(minute * MINUTE_US), "event_id": f"id-{minute}",
        "event_name": "StopLogging", "principal": who, "source_ip": "203.0.113.10", "account": "111122223333",
        "region": "eu-central-1", "file": "logs/a.json.gz", "number": 7, "group": (f"id-{minute}",),
        "values": (("requestParameters.name", "main"),),
    }  # fmt: skip
    return EventFinding(by, **(told | more))


def busy() -> Hunt:
    guessed = finding(
        GUESSED, 180, event_name="ConsoleLogin", source_ip="198.51.100.7",
        group=tuple(f"try-{n}" for n in range(20)), count=42,
    )  # fmt: skip
    role = "arn:aws:sts::111122223333:assumed-role/deployment-of-the-whole-organisation/GitHubActions-1234567890"
    return Hunt(
        findings=[
            *(finding(FOREIGN, 3 * n, role, event_name="GetCallerIdentity", values=()) for n in range(40)),
            finding(NEW_PLACE, 121.5, source_ip="2001:db8::1", time_us=NINE_US + 7_290_123_456),
            guessed,
            finding(STOPPED, 200, "", source_ip="cloudtrail.amazonaws.com"),
            finding(STOPPED, 300.5),
        ],
        gaps=[
            Gap("unreadable", "the gzip stream ends early", Place("logs/b.json.gz", 1, 1)),
            Gap("unreadable", "the gzip stream ends early", Place("logs/c.json.gz", 1, 1)),
            Gap("denied", "AccessDenied: s3:GetObject", call="s3:GetObject", permission="s3:GetObject"),
        ],
        rules=RULES,
        asides=[Aside("win-logon", "A logon", "for logs of windows", Place("rules/a.yml", 1, 1))] * 2,
        remarks=[Fault("the list vpn_networks is empty", Place("mainstay.toml", 3, 1))],
        event_counts={"cloudtrail": 12_000, "vpcflow": 345},
        file_count=4, rejected_count=2, repeated_count=9, late_count=1,
    )  # fmt: skip


def hostile_hunt() -> Hunt:
    """A hunt in which everything that others write is hostile."""
    about = replace(
        STOPPED.about, id=HOSTILE, title=HOSTILE, author=HOSTILE, license=HOSTILE, uuid=HOSTILE, response=HOSTILE,
        description=HOSTILE, references=(HOSTILE, "javascript:alert(1)"), attack=(HOSTILE,), practices=(HOSTILE,),
        falsepositives=(HOSTILE,),
    )  # fmt: skip
    evil: dict[str, Any] = {
        "event_id": HOSTILE, "event_name": HOSTILE, "principal": HOSTILE, "source_ip": HOSTILE, "region": HOSTILE,
        "file": HOSTILE, "values": ((HOSTILE, HOSTILE),),
    }  # fmt: skip
    by = replace(STOPPED, about=about)
    home = {**evil, "account": "111122223333"}
    return replace(
        busy(),
        findings=[
            finding(by, 1, **home),
            finding(by, 1, **evil, account=HOSTILE),
            finding(by, 2, **home, group=(HOSTILE, HOSTILE), count=2),
            finding(by, 0, **home, time_us=2**62),
            finding(by, 0, **home, time_us=-(2**62)),
        ],
        gaps=[Gap("unreadable", HOSTILE, Place(HOSTILE, 1, 1))],
        asides=[Aside(HOSTILE, HOSTILE, HOSTILE)],
        remarks=[Fault(HOSTILE)],
    )


def nothing() -> Hunt:
    return Hunt([], [], RULES, event_counts={"cloudtrail": 10}, file_count=1)


def compared(hunt: Hunt) -> Comparison:
    """The hunt against one without its first two findings and without their rule."""
    old = replace(hunt, findings=hunt.findings[2:], rules=hunt.rules[1:])
    changes = [
        Change(hunt.findings[0].rule.about.id, hunt.findings[:2], [], 3, True),
        Change(GUESSED.about.id, [], [one for one in hunt.findings if one.rule is GUESSED], 0, False),
    ]
    return Comparison(changes, old, hunt)


def written(name: str, hunt: Hunt, **style: Any) -> str:
    """What the format writes; of the binary one, its rows as JSON lines."""
    if name == "parquet":
        return rows(hunt)
    stream = io.StringIO()
    FORMATS[name](hunt, stream, Style(**style))
    return stream.getvalue()


def rows(hunt: Hunt) -> str:
    below = io.BytesIO()
    with io.TextIOWrapper(below, encoding="utf-8") as stream, duckdb.connect() as connection:
        FORMATS["parquet"](hunt, stream, Style())
        with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
            file.write(below.getvalue())
            file.flush()
            found = connection.execute(f"SELECT one FROM '{file.name}' AS one").fetchall()
    return "".join(f"{json.dumps(row, default=str, ensure_ascii=False)}\n" for (row,) in found)


Written = Callable[..., str]


@pytest.fixture(name="written")
def writes() -> Written:
    return written


@pytest.fixture
def hunted() -> Hunt:
    return busy()


@pytest.fixture
def hostile() -> Hunt:
    return hostile_hunt()


@pytest.fixture
def quiet() -> Hunt:
    return nothing()


@pytest.fixture
def compare() -> Callable[[Hunt], Comparison]:
    return compared

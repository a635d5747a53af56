"""What all formats tell alike: findings by rule, times, counts, and the hunt in one sentence."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mainstay.model.controls import SEVERITIES, Severity
from mainstay.model.detections import About, EventFinding, Rule
from mainstay.model.events import LogSource
from mainstay.model.findings import Gap
from mainstay.model.hunts import Hunt
from mainstay.outputs.wording import count

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
OWN = "mainstay"
"""The author of our own rules, who needs no naming."""

TECHNIQUE = re.compile(r"(T[0-9]{4})(?:\.([0-9]{3}))?")
SOURCES: Mapping[LogSource, str] = {
    "cloudtrail": "CloudTrail",
    "vpcflow": "VPC flow logs",
    "resolver": "Route 53 resolver",
    "alb": "load balancers",
    "guardduty": "GuardDuty",
    "securityhub": "Security Hub",
    "config": "AWS Config",
    "json": "JSON",
}


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one rule, in the order of time."""

    rule: Rule
    findings: Sequence[EventFinding]

    @property
    def about(self) -> About:
        return self.rule.about


def groups(findings: Iterable[EventFinding]) -> list[Group]:
    """The findings by rule: the worst first, then those that fire most."""
    by_rule: dict[tuple[Severity, str], list[EventFinding]] = {}
    for finding in findings:
        by_rule.setdefault((finding.rule.about.severity, finding.rule.about.id), []).append(finding)
    told = [Group(of[0].rule, sorted(of, key=lambda one: (one.time_us, one.event_id))) for of in by_rule.values()]
    return sorted(told, key=lambda one: (-SEVERITIES.index(one.about.severity), -len(one.findings), one.about.id))


def severities(findings: Iterable[EventFinding]) -> dict[Severity, int]:
    """How many there are of each severity, the worst first."""
    counted = Counter(finding.rule.about.severity for finding in findings)
    return {severity: counted[severity] for severity in reversed(SEVERITIES)}


def instant(time_us: int) -> datetime:
    """The time as a date of UTC; one that no calendar has becomes the nearest that it has."""
    try:
        return EPOCH + timedelta(microseconds=time_us)
    except OverflowError:
        return LATEST if time_us > 0 else datetime.min.replace(tzinfo=UTC)


def iso(time_us: int) -> str:
    """`2026-03-02T09:00:00Z`, with microseconds where there are any."""
    return instant(time_us).isoformat().replace("+00:00", "Z")


def short_time(time_us: int) -> str:
    """`2026-03-02 09:00:00Z`."""
    return instant(time_us).replace(microsecond=0, tzinfo=None).isoformat(" ") + "Z"


def author(about: About) -> str:
    """Who wrote a rule that is not ours, and under which licence; empty for our own."""
    if not about.author or about.author.casefold() == OWN:
        return ""
    return f"{about.author} ({about.license})" if about.license else about.author


def technique_url(technique: str) -> str:
    """The page of an ATT&CK technique; empty for what is no id of one."""
    found = TECHNIQUE.fullmatch(technique)
    return "https://attack.mitre.org/techniques/" + "/".join(filter(None, found.groups())) + "/" if found else ""


def where_from(finding: EventFinding) -> str:
    """What was called, from where, in which account and region: `StopLogging from 203.0.113.10 in 111122223333`."""
    home = " ".join(filter(None, (finding.account, finding.region)))
    start = f" from {finding.source_ip}" if finding.source_ip else ""
    return f"{finding.event_name or 'an event'}{start}" + (f" in {home}" if home else "")


def place(finding: EventFinding) -> str:
    """The file of the event, and which of its records it is."""
    return f"{finding.file}, record {finding.number:,}" if finding.file else ""


def events_line(finding: EventFinding) -> str:
    """How many events it took; empty for one."""
    return f"the last of {count(finding.count, 'event')}" if finding.count > 1 else ""


def fingerprint(finding: EventFinding) -> str:
    """Names the finding across runs over the same logs."""
    parts = (finding.rule.about.id, finding.source, finding.event_id, str(finding.time_us), *finding.group)
    # surrogatepass: ids come from logs, where anything may stand
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:16]


def alike(gaps: Iterable[Gap]) -> list[tuple[str, str, list[Gap]]]:
    """The gaps, equal reasons together: kind, reason, and the gaps."""
    together: dict[tuple[str, str], list[Gap]] = {}
    for gap in gaps:
        together.setdefault((gap.kind, gap.reason), []).append(gap)
    return [(kind, reason, members) for (kind, reason), members in together.items()]


def extent(hunt: Hunt) -> str:
    """How much was read: `12,000 events of CloudTrail, 3 files`."""
    read = {source: number for source, number in hunt.event_counts.items() if number}
    if len(read) > 1:
        parts = ", ".join(f"{number:,} {SOURCES[source]}" for source, number in read.items())
        said = f"{count(sum(read.values()), 'event')} ({parts})"
    else:
        said = count(sum(read.values()), "event") + "".join(f" of {SOURCES[source]}" for source in read)
    return f"{said}, {count(hunt.file_count, 'file')}"


def told(hunt: Hunt) -> str:
    """The hunt in one line: its findings by severity, what was read, and what stays open."""
    counted = severities(hunt.findings)
    if hunt.findings:
        listed = ", ".join(f"{number:,} {severity}" for severity, number in counted.items() if number)
        said = f"{listed} in {extent(hunt)}"
    elif not sum(hunt.event_counts.values()):
        said = f"Nothing was judged: no events in {count(hunt.file_count, 'file')}"
    elif not hunt.rules:
        said = f"Nothing was judged: no rule is for {extent(hunt)}"
    else:
        said = f"Nothing found: {count(len(hunt.rules), 'rule')} over {extent(hunt)}"
    return "; ".join([said, *opened(hunt)])


def opened(hunt: Hunt) -> list[str]:
    """What was not judged, or not as it should have been."""
    return [
        *([count(len(hunt.gaps), "gap")] if hunt.gaps else []),
        *([f"{hunt.rejected_count:,} rejected"] if hunt.rejected_count else []),
        *([f"{hunt.late_count:,} too late for their order"] if hunt.late_count else []),
        *([f"{hunt.repeated_count:,} delivered twice"] if hunt.repeated_count else []),
        *([f"{count(len(hunt.asides), 'rule')} aside"] if hunt.asides else []),
    ]

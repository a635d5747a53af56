"""The review as findings of AWS Security Hub (ASFF), in the batches that `batch-import-findings` takes: one a line.

A batch holds findings of one account and region, because Security Hub takes them from there only, and at most 100.
Code is in no account: its findings are written where a home is given for them, and left out otherwise; `left_out`
counts those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from json import JSONEncoder
from pathlib import Path
from typing import Any, TextIO, TypeVar

from mainstay import __version__
from mainstay.catalog import load_practices
from mainstay.documents import read_yaml
from mainstay.model.controls import Severity
from mainstay.model.errors import DataError
from mainstay.model.findings import Finding, Gap, Review, Verdict
from mainstay.outputs.accounts import Home, home_of
from mainstay.outputs.moments import moment
from mainstay.outputs.style import Style
from mainstay.outputs.texts import cut
from mainstay.outputs.wording import found, settling, waived, where

TYPES = Path(__file__).with_name("asff_types.yaml")
SCHEMA_VERSION = "2018-10-08"
BATCH = 100

ID, TITLE, DESCRIPTION, ADVICE, NOTE, FIELD, REQUIREMENTS = 512, 256, 1024, 512, 512, 1024, 32
"""The most characters of each text, and the most practices. Security Hub counts as Java does, in units of UTF-16."""

GLOBAL_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Where findings about global services go."""

PARTITIONS = {"aws": "aws", "aws-cn": "aws-cn", "aws-us-gov": "aws-us-gov", "aws-iso": "aws-us-iso",
              "aws-iso-b": "aws-us-iso-b"}  # fmt: skip
"""What Security Hub calls a partition; others can't be said."""

LABELS: Mapping[Severity, str] = {"low": "LOW", "medium": "MEDIUM", "high": "HIGH", "critical": "CRITICAL"}
STATUSES: Mapping[Verdict, tuple[str, str]] = {
    "pass": ("PASSED", "RESOLVED"),
    "fail": ("FAILED", "NEW"),
    "unknown": ("WARNING", "NEW"),
    "not_applicable": ("NOT_AVAILABLE", "RESOLVED"),
    "waived": ("FAILED", "SUPPRESSED"),
}
"""The status of the check, and that of the work on it."""

KIND = "Software and Configuration Checks"
TAXONOMY = [f"{KIND}/Industry and Regulatory Standards/AWS Well-Architected Framework"]
SECURITY = f"{KIND}/AWS Security Best Practices"
encode = JSONEncoder().encode

Entry = dict[str, Any]
About = TypeVar("About")
Told = Callable[[About, Home, str], tuple[Entry, str]]


def write_asff(review: Review, stream: TextIO, style: Style) -> None:
    """Write the verdicts and gaps of live accounts, and those of code where `style` has a home for it."""
    write_batches(review, stream, style.home)


def write_batches(review: Review, stream: TextIO, home: Home | None) -> None:
    """Write the review, with findings of code as findings of `home`."""
    batches(_owned(review, home), _told, stream)


def batches(owned: Iterable[tuple[About, Home | None]], told: Told[About], stream: TextIO) -> None:
    """Write what belongs to an account, by accounts and regions; `told` gives what each says, and its fingerprint."""
    at = moment().isoformat().replace("+00:00", "Z")
    by_home: dict[tuple[str, str], list[tuple[About, Home]]] = {}
    for about, owner in owned:
        if owner is not None:
            by_home.setdefault((owner.account, region_of(owner)), []).append((about, owner))
    for key in sorted(by_home):
        entries = (_entry(*told(about, owner, at), owner, at) for about, owner in by_home[key])
        while batch := list(islice(entries, BATCH)):
            stream.write(f"{encode({'Findings': batch})}\n")


def left_out(review: Review, home: Home | None = None) -> int:
    """How many findings and gaps belong to no account, so that Security Hub cannot take them."""
    return sum(owner is None for _, owner in _owned(review, home))


def _owned(review: Review, home: Home | None) -> Iterator[tuple[Finding | Gap, Home | None]]:
    for finding in review.findings:
        yield finding, home_of(finding.subject) or home
    for gap in review.gaps:
        yield gap, home_of(gap) or home


def region_of(home: Home) -> str:
    """The region in which Security Hub takes a finding."""
    return home.region or GLOBAL_REGIONS.get(home.partition, GLOBAL_REGIONS["aws"])


def _entry(told: Entry, fingerprint: str, owner: Home, at: str) -> Entry:
    region = region_of(owner)
    return {
        "SchemaVersion": SCHEMA_VERSION,
        "Id": f"mainstay/{owner.account}/{region}/{fingerprint}",
        "ProductArn": f"arn:{owner.partition}:securityhub:{region}:{owner.account}:product/{owner.account}/default",
        "ProductName": "mainstay",
        "CompanyName": "mainstay",
        "AwsAccountId": owner.account,
        "CreatedAt": at,
        "UpdatedAt": at,
        "RecordState": "ACTIVE",
        **told,
        # Security Hub changes these two on a later import only where they are named as the provider's.
        "FindingProviderFields": {"Severity": told["Severity"], "Types": told["Types"]},
    }


def _told(about: Finding | Gap, owner: Home, at: str) -> tuple[Entry, str]:
    told = _finding(about, owner, at) if isinstance(about, Finding) else _gap(about, owner)
    return told, about.fingerprint


def _finding(finding: Finding, home: Home, at: str) -> Entry:
    control, subject, waiver = finding.control, finding.subject, finding.waiver
    status, work = STATUSES[finding.verdict]
    label = "INFORMATIONAL" if work == "RESOLVED" else LABELS[control.severity]
    practices = load_practices()
    pages = [practices[name].url for name in control.practices if name in practices]
    note = (
        {"Text": cut(waived(waiver), NOTE), "UpdatedBy": cut(waiver.owner or "mainstay", ID), "UpdatedAt": at}
        if waiver
        else {}
    )
    return {
        "GeneratorId": cut(control.id, ID),
        "Types": [*TAXONOMY, SECURITY] if "SEC" in control.pillars else TAXONOMY,
        "Severity": {"Label": label, "Original": control.severity},
        "Title": cut(control.title, TITLE),
        "Description": cut(f"{subject.address}: {_said(finding)}. {control.why}", DESCRIPTION),
        "Remediation": {"Recommendation": {"Text": cut(control.fix, ADVICE), **({"Url": pages[0]} if pages else {})}},
        "ProductFields": _fields(finding),
        "Resources": [_resource(subject.type, subject.address, home)],
        "Compliance": {"Status": status, "RelatedRequirements": _requirements(control.practices)},
        "Workflow": {"Status": work},
        **({"Note": note} if note else {}),
    }


def _said(finding: Finding) -> str:
    match finding.verdict:
        case "pass":
            return "met"
        case "not_applicable":
            return "does not apply"
        case "unknown":
            return f"undecided: {settling(finding)}"
        case _:
            return found(finding)


def _requirements(practices: tuple[str, ...]) -> list[str]:
    return [f"AWS Well-Architected Framework {name}" for name in practices[:REQUIREMENTS]]


def _fields(finding: Finding) -> dict[str, str]:
    control, subject, place = finding.control, finding.subject, where(finding)
    return named(
        {
            "Version": __version__,
            "Verdict": finding.verdict,
            "Fingerprint": finding.fingerprint,
            "Practices": " ".join(control.practices),
            "Layer": control.layer,
            "ResourceType": subject.type,
            "Scope": subject.scope,
            "Module": subject.module,
            "Source": subject.source,
            "Place": str(place) if place else "",
            "MayExist": subject.may_exist or "",
            "Change": finding.change or "",
        }
    )


def named(values: Mapping[str, str]) -> dict[str, str]:
    """The fields of our own that have a value."""
    return {f"mainstay/{name}": cut(value, FIELD) for name, value in values.items() if value}


def _resource(type_name: str, address: str, home: Home) -> Entry:
    kind = resource_types().get(type_name, "Other")
    partition = PARTITIONS.get(home.partition)
    return {
        "Type": kind,
        "Id": cut(address, ID),
        "Region": region_of(home),
        **({"Partition": partition} if partition else {}),
        **({"Details": {"Other": {"type": cut(type_name, FIELD)}}} if kind == "Other" else {}),
    }


def _gap(gap: Gap, home: Home) -> Entry:
    unit = gap.unit
    told = {
        "Version": __version__,
        "Fingerprint": gap.fingerprint,
        "Call": gap.call,
        "Permission": gap.permission,
        "Controls": " ".join(gap.controls),
        "ResourceType": unit.type if unit else "",
        "Place": str(gap.place) if gap.place else "",
    }
    return {
        "GeneratorId": f"gap-{gap.kind}",
        "Types": TAXONOMY,
        "Severity": {"Label": "INFORMATIONAL"},
        "Title": cut(f"Not read: {gap.call or gap.kind}", TITLE),
        "Description": cut(gap.reason, DESCRIPTION),
        "ProductFields": named(told),
        "Resources": [_resource("AWS::Account", f"AWS::::Account:{home.account}", home)],
        "Compliance": {"Status": "NOT_AVAILABLE"},
        "Workflow": {"Status": "NEW"},
    }


@lru_cache(maxsize=1)
def resource_types() -> Mapping[str, str]:
    """Security Hub's name of each resource type that it has one for."""
    document = read_yaml(TYPES.read_text("utf-8"), TYPES.name)
    if document.faults:
        raise DataError(document.faults)
    return {name: str(document.value[name]) for name in document.value}

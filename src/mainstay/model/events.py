"""Events: what happened, who did it, from where and when, as the logs of a cloud account tell it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from mainstay.model.findings import Gap
from mainstay.model.values import Value

LogSource = Literal["cloudtrail", "vpcflow", "resolver", "alb", "guardduty", "securityhub", "config", "json"]
LOG_SOURCES: tuple[LogSource, ...] = get_args(LogSource)
"""CloudTrail; VPC flow logs; Route 53 resolver query logs; load balancer access logs; findings of GuardDuty and
Security Hub; AWS Config's items; any other newline-delimited JSON."""

KEYS: Mapping[LogSource, tuple[tuple[str, ...], ...]] = {
    "cloudtrail": (
        ("eventSource", "eventName"),
        ("errorCode",),
        ("sourceIPAddress",),
        ("userIdentity", "userAgent", "recipientAccountId", "sessionCredentialFromConsole"),
        ("awsRegion",),
    ),
    "vpcflow": (("action",), ("dstport",), ("protocol",)),
    "resolver": (("query_type",), ("rcode",)),
    "alb": (("type",), ("elb_status_code",)),
    "guardduty": (("type",),),
    "securityhub": (("ProductName",),),
    "config": (("resourceType",), ("configurationItemStatus",)),
    "json": (),
}
"""By source, the fields that tell best which rules can fire at all, in groups that are looked at together. Their values
repeat themselves; of an object (`userIdentity`) the value is its JSON text, as bytes."""

SHOWN: Mapping[LogSource, Mapping[str, tuple[str, ...]]] = {
    "cloudtrail": {
        "event_name": ("eventName",),
        "principal": ("userIdentity.arn", "derived.principal", "userIdentity.principalId"),
        "source_ip": ("sourceIPAddress",),
        "account": ("recipientAccountId", "userIdentity.accountId"),
        "region": ("awsRegion",),
    },
    "vpcflow": {
        "event_name": ("action",),
        "principal": ("interface-id",),
        "source_ip": ("srcaddr",),
        "account": ("account-id",),
        "region": ("region",),
    },
    "resolver": {
        "event_name": ("query_name",),
        "principal": ("srcids.instance", "srcaddr"),
        "source_ip": ("srcaddr",),
        "account": ("account_id",),
        "region": ("region",),
    },
    "alb": {
        "event_name": ("request_verb",),
        "principal": ("elb",),
        "source_ip": ("client_ip",),
        "account": ("account_id",),
        "region": ("region",),
    },
    "guardduty": {
        "event_name": ("type",),
        "principal": (
            "resource.accessKeyDetails.principalId",
            "resource.accessKeyDetails.userName",
            "resource.instanceDetails.instanceId",
        ),
        "source_ip": (
            "service.action.awsApiCallAction.remoteIpDetails.ipAddressV4",
            "service.action.networkConnectionAction.remoteIpDetails.ipAddressV4",
            "service.action.portProbeAction.portProbeDetails.remoteIpDetails.ipAddressV4",
            "service.action.kubernetesApiCallAction.remoteIpDetails.ipAddressV4",
        ),
        "account": ("accountId",),
        "region": ("region",),
    },
    "securityhub": {
        "event_name": ("Title",),
        "principal": ("Resources.Id",),
        "account": ("AwsAccountId",),
        "region": ("Region",),
    },
    "config": {
        "event_name": ("configurationItemStatus",),
        "principal": ("ARN", "resourceId"),
        "account": ("awsAccountId",),
        "region": ("awsRegion",),
    },
    "json": {
        "event_name": ("eventName", "event_name", "action"),
        "principal": ("user", "principal"),
        "source_ip": ("source_ip", "src_ip", "client_ip"),
        "account": ("account", "account_id"),
        "region": ("region",),
    },
}
"""By source, where an event says what every finding shows of it: the first path that has something."""


MOVED: Mapping[LogSource, tuple[str, ...]] = {
    "cloudtrail": ("additionalEventData", "bytesTransferredOut"),
    "vpcflow": ("bytes",),
    "alb": ("sent_bytes",),
}
"""By source, where an event says how many bytes it moved: what `derived.bytes` tells."""


def moved(source: LogSource, fields: Mapping[str, Value]) -> float | None:
    """How many bytes an event says that it moved; None where it says nothing, or no number."""
    *names, last = MOVED.get(source, ("",))
    for name in names:
        inner = fields.get(name)
        if not isinstance(inner, dict):
            return None
        fields = inner
    return as_bytes(fields.get(last))


def as_bytes(value: Value) -> float | None:
    """A number of bytes as logs write it, also as text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 20 else None


@dataclass(slots=True)  # not frozen, which would take three times as long for each of millions
class Event:
    """One record of a log.

    `time_us` is when it happened, in microseconds since 1970 (UTC). `fields` has the source's own names; it may decode
    itself while it is read. `number` says which record of `file` it is, from 1. `ids` are the events that it stands for
    where it is what a correlation made of several.
    """

    source: LogSource
    time_us: int
    id: str
    fields: dict[str, Value]
    file: str
    number: int
    ids: tuple[str, ...] = ()


class Occurrence(Protocol):
    """Something that a log tells of, which is put together when somebody asks for all of it."""

    @property
    def time_us(self) -> int:
        """When it happened, as its event says it."""

    def told(self) -> tuple[str, str, int]:
        """Its id, its file and its number there, as its event says them."""

    def moved(self) -> float | None:
        """How many bytes it moved, as the function `moved` tells of its event."""

    def event(self) -> Event:
        """All of it. Raises nothing: what is wrong with a record is found out when it is read."""


class Logged(Occurrence, Protocol):
    """A record as a reader of logs gives it: enough to tell cheaply whether any rule can fire."""

    def keys(self) -> Sequence[Hashable]:
        """The values of the source's KEYS, group by group: a scalar (None: absent) or, of a group of several fields, a
        tuple of them. Anything but texts and whole numbers is given as its JSON text, bytes."""

    def text(self) -> bytes:
        """The record as JSON, as it was delivered where it was JSON."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The records of one file of logs, or of a stretch of a long one, and what could not be read of it.

    `rejected` counts the records that are no events: no JSON object, no time, not of their source's shape.
    """

    source: LogSource
    file: str
    records: Sequence[Logged]
    gaps: Sequence[Gap] = ()
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Delivered:
    """A whole file of records (`{"Records": [...]}`) that nobody has looked into, for who decodes it in a way of his
    own. `moment` reads the records' times, and `batches` gives them as every other file's are given."""

    source: LogSource
    file: str
    data: bytes
    moment: Callable[[str], int | None]
    batches: Callable[[], Iterator[Batch]]

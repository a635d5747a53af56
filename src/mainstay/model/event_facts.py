"""Derived facts of events: what the fields of an event mean, under `derived` among them.

`analysis.meaning` works them out where a rule reads one; the loader of rules checks and words them by this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mainstay.model.events import LogSource

_TRAIL: Final[tuple[LogSource, ...]] = ("cloudtrail",)
_WITH_ADDRESS: Final[tuple[LogSource, ...]] = ("cloudtrail", "alb", "vpcflow", "resolver")


_OF_OTHERS: Final[Mapping[str, tuple[LogSource, ...]]] = {
    "client_ip": ("alb",),
    "sent_bytes": ("alb",),
    "srcaddr": ("vpcflow", "resolver"),
    "bytes": ("vpcflow",),
    "query_name": ("resolver",),
}
"""Whose a field is that facts of several sources read; all others are CloudTrail's."""


@dataclass(frozen=True, slots=True)
class EventFact:
    """What a derived fact tells, as a noun phrase, of events of which sources; what its value is.

    `reads` are the fields that it is worked out from: two events that agree in them agree in the fact. One that is
    `remembered` is told by earlier events as well.
    """

    phrase: str
    value: str
    reads: tuple[str, ...]
    sources: tuple[LogSource, ...] = _TRAIL
    remembered: bool = False

    def fields(self, source: LogSource) -> tuple[str, ...]:
        """The fields of a source that it is worked out from."""
        return tuple(name for name in self.reads if source in _OF_OTHERS.get(name, _TRAIL))


_IDENTITY: Final = ("userIdentity",)

EVENT_FACTS: Final[Mapping[str, EventFact]] = {
    "principal": EventFact(
        "the standing identity that acts: a user's ARN, the role's ARN for a session of it, the account's root ARN, "
        "the service",
        "string",
        _IDENTITY,
    ),
    "session": EventFact("the name of the session that acts", "string", _IDENTITY),
    "actor": EventFact(
        "what acts: `root`, `person` (a user or session of Identity Center, SAML or a console), `user` (an IAM user, "
        "a person or not), `role` (a session of a role), `instance`, `function`, `workload` (a web identity, such as a "
        "pipeline or a pod, or a container), `service` (AWS itself), `stranger` (another account) or `anonymous`",
        "string",
        ("userIdentity", "userAgent", "recipientAccountId", "sessionCredentialFromConsole"),
    ),
    "long_term_key": EventFact(
        "whether the call was signed with an access key that does not expire", "boolean", _IDENTITY
    ),
    "origin": EventFact(
        "the user or session at the beginning of the chain of assumed roles that the event is part of; the one that "
        "acts where nothing is known of a chain",
        "string",
        _IDENTITY,
        remembered=True,
    ),
    "chain_length": EventFact(
        "how many roles were assumed, one from the other, before this call (0: none)", "number", _IDENTITY,
        remembered=True,
    ),
    "network": EventFact(
        "the network of the address that the call came from, a /24 or /48; absent for calls that AWS makes itself",
        "string",
        ("sourceIPAddress", "client_ip", "srcaddr"),
        _WITH_ADDRESS,
    ),
    "public_source": EventFact(
        "whether the call came from an address of the public internet; absent for calls that AWS makes itself",
        "boolean", ("sourceIPAddress", "client_ip"), ("cloudtrail", "alb"),
    ),
    "agent": EventFact(
        "the family of the user agent: `aws-cli`, `boto3`, `console`, `terraform`, `aws-service`, ...; its first word "
        "without version otherwise",
        "string",
        ("userAgent",),
    ),
    "call": EventFact(
        "the call behind its service's prefix in IAM, without the version that some names end in: `s3:GetObject`, "
        "`cloudwatch:DeleteAlarms`, `lambda:AddPermission`", "string", ("eventSource", "eventName"),
    ),
    "grants": EventFact(
        "what the policies that the request writes, or the managed policy that it attaches, let their holder do beyond "
        "his duties: `administration` (everything) and the ways to gain further rights (`iam:PassRole + "
        "lambda:CreateFunction`)",
        "list of strings",
        ("eventSource", "eventName", "requestParameters"),
    ),
    "strangers": EventFact(
        "who is let in by the policy, trust policy, ACL, grant, share, permission or attribute that the request writes "
        "and belongs neither to the account nor to the list `own_accounts`: account ids, `*` for everybody, providers "
        "of identities without a condition on who of them",
        "list of strings",
        ("eventSource", "eventName", "requestParameters", "recipientAccountId"),
    ),
    "removed_denials": EventFact(
        "whether the request writes a policy that has no Deny statement", "boolean",
        ("eventSource", "eventName", "requestParameters")
    ),
    "opened_ports": EventFact(
        "the ports that the request opens to the whole internet, `22`, `1000-2000` or `all`", "list of strings",
        ("eventSource", "eventName", "requestParameters"),
    ),
    "on_oneself": EventFact(
        "whether the user or role that a request to IAM is about, or the role that one to STS assumes, is the "
        "principal itself", "boolean", ("eventSource", "eventName", "userIdentity", "requestParameters"),
    ),
    "bytes": EventFact(
        "the bytes that the call brought out of the account's storage, or that a flow carried", "number",
        ("additionalEventData", "bytes", "sent_bytes"), ("cloudtrail", "vpcflow", "alb"),
    ),
    "place": EventFact(
        "where the address is, by the configuration's table of networks and places: a country or a name", "string",
        ("sourceIPAddress", "client_ip"), ("cloudtrail", "alb"),
    ),
    "position": EventFact(
        "where the address is, by the same table", "list of latitude and longitude in degrees",
        ("sourceIPAddress", "client_ip"), ("cloudtrail", "alb"),
    ),
    "text": EventFact(
        "the JSON text of an object of the record, by its name (`derived.text.requestParameters`): what a rule looks "
        "at that asks for a text in the whole object",
        "map of strings",
        ("requestParameters", "responseElements", "additionalEventData", "userIdentity"),
    ),
    "entropy": EventFact(
        "the bits of information in a character of the longest label of the name that was asked for", "number",
        ("query_name",), ("resolver",),
    ),
    "domain": EventFact(
        "the registered domain of the name that was asked for: its last two labels, three under a known second level",
        "string", ("query_name",), ("resolver",),
    ),
}  # fmt: skip
"""By name, as a rule writes it behind `derived.`."""

"""The columns of an archive: what rules read of each source, typed, and what belongs to the archive itself.

A field's column has the field's dotted path as its name, and `_` behind it where the archive has a column of that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from mainstay.model.events import LogSource

Type = Literal["string", "integer", "boolean", "json"]
"""`json` is the text of an object, kept for what is told by all of it; no condition of SQL looks into it."""

TIME, TIME_US, ID, FILE, NUMBER, PLAIN = "time", "time_us", "id", "file", "number", "plain"
ROW, KEY, EVENT = "row", "key", "event"
PARTITIONS: Final = ("source", "account", "region", "day")
OWN: Final = frozenset({TIME, TIME_US, ID, FILE, NUMBER, PLAIN, ROW, KEY, EVENT, *PARTITIONS})
"""`plain`: every column says all there is to say of its field, in ASCII; elsewhere SQL may compare otherwise than rules
do. `row` numbers the rows of the archive. `key` and `key_1`, ... are digests of the source's KEYS, all and by group."""


def _typed(**paths: str) -> Mapping[str, Type]:
    return {path: kind for kind, names in paths.items() for path in names.split()}  # type: ignore[misc]  # Types by name


FIELDS: Final[Mapping[LogSource, Mapping[str, Type]]] = {
    "cloudtrail": _typed(
        string="eventVersion eventTime eventSource eventName awsRegion sourceIPAddress userAgent errorCode "
        "errorMessage requestID eventID eventType eventCategory apiVersion recipientAccountId sharedEventID "
        "vpcEndpointId vpcEndpointAccountId sessionCredentialFromConsole userIdentity.type userIdentity.principalId "
        "userIdentity.arn userIdentity.accountId userIdentity.accessKeyId userIdentity.userName userIdentity.invokedBy "
        "userIdentity.identityProvider userIdentity.credentialId userIdentity.sessionContext.attributes.creationDate "
        "userIdentity.sessionContext.attributes.mfaAuthenticated userIdentity.sessionContext.sourceIdentity "
        "userIdentity.sessionContext.ec2RoleDelivery userIdentity.sessionContext.sessionIssuer.type "
        "userIdentity.sessionContext.sessionIssuer.principalId userIdentity.sessionContext.sessionIssuer.arn "
        "userIdentity.sessionContext.sessionIssuer.accountId userIdentity.sessionContext.sessionIssuer.userName "
        "userIdentity.sessionContext.webIdFederationData.federatedProvider tlsDetails.tlsVersion "
        "tlsDetails.cipherSuite tlsDetails.clientProvidedHostHeader",
        integer="additionalEventData.bytesTransferredOut",
        boolean="readOnly managementEvent",
        json="userIdentity",
    ),
    "vpcflow": _typed(
        string="account-id interface-id srcaddr dstaddr action log-status vpc-id subnet-id instance-id type "
        "pkt-srcaddr pkt-dstaddr region az-id pkt-src-aws-service pkt-dst-aws-service flow-direction",
        integer="version srcport dstport protocol packets bytes start end tcp-flags traffic-path",
    ),
    "resolver": _typed(
        string="version account_id region vpc_id query_timestamp query_name query_type query_class rcode srcaddr "
        "srcport transport srcids.instance firewall_rule_action firewall_rule_group_id firewall_domain_list_id"
    ),
    "alb": _typed(
        string="type time elb client_ip target_ip request_verb request_url request_proto user_agent ssl_cipher "
        "ssl_protocol target_group_arn domain_name chosen_cert_arn matched_rule_priority request_creation_time "
        "actions_executed redirect_url error_reason target_status_code_list classification classification_reason",
        integer="client_port target_port elb_status_code target_status_code received_bytes sent_bytes",
    ),
    "guardduty": _typed(
        string="schemaVersion accountId region partition id arn type title description createdAt updatedAt "
        "resource.resourceType resource.accessKeyDetails.accessKeyId resource.accessKeyDetails.principalId "
        "resource.accessKeyDetails.userType resource.accessKeyDetails.userName service.serviceName "
        "service.action.actionType service.resourceRole service.eventFirstSeen service.eventLastSeen",
        boolean="service.archived",
    ),
    "securityhub": _typed(
        string="SchemaVersion Id ProductArn ProductName CompanyName Region GeneratorId AwsAccountId FirstObservedAt "
        "LastObservedAt CreatedAt UpdatedAt Title Description RecordState WorkflowState Severity.Label "
        "Compliance.Status Compliance.SecurityControlId Workflow.Status"
    ),
    "config": _typed(
        string="configurationItemVersion configurationItemCaptureTime configurationStateId awsAccountId "
        "configurationItemStatus resourceType resourceId resourceName ARN awsRegion availabilityZone "
        "resourceCreationTime configurationStateMd5Hash"
    ),
    "json": {},
}  # fmt: skip
"""By source, the type of each field's column, by the field's path."""

HOMES: Final[Mapping[LogSource, tuple[str, str]]] = {
    "cloudtrail": ("recipientAccountId", "awsRegion"),
    "vpcflow": ("account-id", "region"),
    "resolver": ("account_id", "region"),
    "guardduty": ("accountId", "region"),
    "securityhub": ("AwsAccountId", "Region"),
    "config": ("awsAccountId", "awsRegion"),
}
"""By source, the fields that say which account and region an event is of."""

REPEATED: Final[Mapping[LogSource, frozenset[str]]] = {
    "cloudtrail": frozenset(FIELDS["cloudtrail"]) - {"eventTime", "requestID", "eventID", "sharedEventID"}
}
"""By source, the fields beside its KEYS and HOMES whose values are mostly those of another record, all together."""


def column_of(path: str) -> str:
    """The name of the column of a field."""
    return f"{path}_" if path.lower() in OWN else path


def columns_of(source: LogSource) -> Mapping[str, Type]:
    """The types of the columns that conditions of SQL may read, by path."""
    return {path: kind for path, kind in FIELDS[source].items() if kind != "json"}

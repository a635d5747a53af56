"""Facts of time: how many days ago something was made, and how many it has left. Code tells no times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, Unknown, Value

BEGINS: Mapping[str, str] = {"AWS::IAM::AccessKey": "CreateDate"}
"""By type, the property that tells since when there is such a thing."""

ENDS: Mapping[str, str] = {
    "AWS::CertificateManager::Certificate": "NotAfter",
    "AWS::IAM::ServerCertificate": "Expiration",
}
"""By type, the property that tells until when it is good."""


def age_days(resource: Resource, now: datetime) -> Value:
    """The whole days since it was made; ABSENT where nothing tells when that was."""
    moment = _moment(resource, BEGINS[resource.type])
    return (now - moment).days if isinstance(moment, datetime) else moment


def days_left(resource: Resource, now: datetime) -> Value:
    """The whole days until it ends, below zero from its end on; ABSENT where nothing tells when that is."""
    moment = _moment(resource, ENDS[resource.type])
    return (moment - now).days if isinstance(moment, datetime) else moment


def _moment(resource: Resource, name: str) -> Value:
    """The time that a property tells, of UTC where it names no zone; what keeps it from being told otherwise."""
    told = resource.properties.look_up(name)
    if told is None or isinstance(told, Unknown):
        return ABSENT if told is None else told
    if not isinstance(told, str):
        return ABSENT
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        return Unknown(f"{name} is '{told}', which is no time", resource.origin.place)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

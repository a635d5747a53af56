"""Whose a finding is: the account, region and partition that formats for accounts sort by."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mainstay.model.errors import UsageError
from mainstay.model.findings import Gap, Subject

NUMBER = re.compile(r"[0-9]{12}")
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]+")
ARN = re.compile(r"arn:(aws[a-z-]*):")
PARTITIONS = {"cn": "aws-cn", "us-gov": "aws-us-gov", "us-isob": "aws-iso-b", "us-iso": "aws-iso", "eusc": "aws-eusc"}
"""By what the names of their regions begin with; all others are of `aws`."""

LIVE = "live"


@dataclass(frozen=True, slots=True)
class Home:
    """An account, and the region and partition in it. `region` is empty for what is in none: a global service."""

    account: str
    region: str = ""
    partition: str = "aws"


def stated_home(account: str | None, region: str | None, partition: str = "aws") -> Home | None:
    """The home that a user names for code; None where the account or the region is missing.

    Raises UsageError for an account that is no number of twelve digits.
    """
    if not account or not region:
        return None
    if not NUMBER.fullmatch(account):
        raise UsageError(f"{account!r} is no account: its number has twelve digits")
    return Home(account, region, partition)


def home_of(about: Subject | Gap) -> Home | None:
    """Where a live resource, or what could not be read of an account, belongs. None for code, which is in no account.

    The scope of code is a path, also where a directory is named by twelve digits; its gaps have places, not units.
    """
    if isinstance(about, Subject):
        if about.source != LIVE:
            return None
        return _home(about.scope, about.region, about.address)
    if about.unit is None:
        return None
    return _home(about.unit.scope, about.unit.region)


def _home(scope: str, region: str, arn: str = "") -> Home | None:
    if not NUMBER.fullmatch(scope):
        return None
    region = region if REGION.fullmatch(region) else ""
    named = ARN.match(arn)
    return Home(scope, region, named[1] if named else _partition(region))


def _partition(region: str) -> str:
    return next((name for start, name in PARTITIONS.items() if region.startswith(f"{start}-")), "aws")

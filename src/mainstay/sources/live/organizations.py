"""Organisations: which accounts there are, and the session of a role in each of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from mainstay.model.errors import AccountError, UsageError
from mainstay.model.findings import Gap
from mainstay.model.places import Unit
from mainstay.sources.live.sessions import QUICK, Identity, assume, identify, why

AT_ONCE = 8
NUMBER = re.compile(r"[0-9]{12}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Member:
    """An account of an organisation that is to be read."""

    id: str
    name: str = ""


def members(session: boto3.Session, partition: str) -> list[Member]:
    """The active accounts of the organisation that the session's account manages, or looks after for another, by id.

    Raises AccountError where they cannot be listed.
    """
    client = session.client("organizations", region_name=session.region_name or _home(partition), config=QUICK)
    try:
        pages = client.get_paginator("list_accounts").paginate()
        accounts = [account for page in pages for account in page["Accounts"]]
    except (BotoCoreError, ClientError) as error:
        raise AccountError(
            f"the accounts of the organisation cannot be listed: {why(error)}; "
            "this needs organizations:ListAccounts in the management account or one that it delegated to"
        ) from None
    active = [Member(one["Id"], one.get("Name", "")) for one in accounts if _is_active(one)]
    return sorted(active, key=lambda member: member.id)  # they are listed in no order


def named(ids: Sequence[str]) -> list[Member]:
    """The accounts with these numbers. Raises UsageError for one that is none."""
    for id in ids:
        if not NUMBER.fullmatch(id):
            raise UsageError(f"{id!r} is no account: its number has twelve digits")
    return [Member(id) for id in dict.fromkeys(ids)]


def sessions(
    session: boto3.Session, own: Identity, accounts: Sequence[Member], role_name: str | None
) -> Iterator[tuple[Member, boto3.Session]]:
    """The session for each account: a role's, and the given one for the account that it is in.

    Raises UsageError where another account is asked for and no role is named.
    """
    for account in accounts:
        if account.id == own.account:
            yield account, session
        elif role_name is None:
            raise UsageError(
                f"account {account.id} is not the one that is called from: name the role to assume by --role-name"
            )
        else:
            yield account, assume(session, f"arn:{own.partition}:iam::{account.id}:role/{role_name}")


def reached(
    found: Sequence[tuple[Member, boto3.Session]], reach: Callable[[boto3.Session, Identity], T]
) -> tuple[list[T], list[Gap]]:
    """What `reach` makes of each session, several at once; an account that cannot be reached is a gap."""

    def one(pair: tuple[Member, boto3.Session]) -> T | Gap:
        account, session = pair
        try:
            return reach(session, identify(session))
        except AccountError as error:
            reason = f"account {account.id} could not be read: {error}"
            return Gap("denied", reason, unit=Unit(account.id), call="sts.assume_role", permission="sts:AssumeRole")

    with ThreadPoolExecutor(AT_ONCE, "account") as pool:
        results = list(pool.map(one, found))
    gaps = [result for result in results if isinstance(result, Gap)]
    return [result for result in results if not isinstance(result, Gap)], gaps


def _is_active(account: dict[str, str]) -> bool:
    return account.get("State", account.get("Status")) == "ACTIVE"


def _home(partition: str) -> str:
    return {"aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1"}.get(partition, "us-east-1")

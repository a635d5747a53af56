"""Calls: the seam between collectors and the APIs of AWS, and how a call may go wrong.

CallError           a call gave no answer
├── Refused         the identity may not make it (AccessDenied and its many spellings)
├── Unavailable     the service is not there: not in this region, or the region is switched off
└── Failed          anything else that did not pass away: a time-out, a fault of the service, a malformed answer
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from mainstay.model.values import Record, Value

LONGEST_MESSAGE = 500


class CallError(Exception):
    """A call gave no answer. `code` is the error's code as AWS spells it, or the name of what happened."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message


class Refused(CallError):
    """The identity may not make the call."""


class Unavailable(CallError):
    """The service is not there to be called, so that it has no resources either."""


class Failed(CallError):
    """The call was allowed and gave no answer all the same, after as many tries as are sensible."""


def in_a_line(message: str) -> str:
    """What a service says of an error, as one line; a balancer's page says nothing."""
    if message.lstrip()[:1] == "<":
        return "the service answered with a web page"
    line = " ".join(message.split())
    return line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 1] + "…"


def listed(page: Record, member: str) -> list[Value]:
    """The elements of a list in an answer, none where it is left out. Raises Failed where it is no list."""
    found = page.get(member)
    if found is None:
        return []
    if not isinstance(found, list):
        raise Failed("UnexpectedAnswer", f"{member} is no list")
    return found


class Caller(Protocol):
    """Makes the calls of one account. Throttling is waited out and never seen here."""

    account: str
    partition: str

    def pages(
        self,
        service: str,
        operation: str,
        region: str,
        parameters: Mapping[str, Value],
        tokens: tuple[str, str] | None = None,
    ) -> Iterator[Record]:
        """The answer, page by page: JSON only, times as ISO 8601, without metadata, not nested
        too deep (`is_deep`). Raises CallError.

        `service` and `operation` are the names of boto3's client and method. `tokens` are the member of the answer and
        the parameter that carry the token to the next page, for an operation that boto3 does not know to page.
        """
        ...

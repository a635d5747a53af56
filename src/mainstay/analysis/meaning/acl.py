"""Access control lists of S3, as requests carry them: a canned one, headers, or a document."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from mainstay.analysis.meaning.documents import at, named, texts
from mainstay.model.values import Value

_CANNED: Final = frozenset({"public-read", "public-read-write", "authenticated-read"})
_HEADERS: Final = tuple(f"x-amz-grant-{right}" for right in ("read", "write", "read-acp", "write-acp", "full-control"))
_PLACES: Final = ("", "accessControlList.")
"""Headers stand among the parameters, or in a map of their own."""

_GROUPS: Final = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
_GRANTEE = re.compile(r'(id|uri|emailaddress)\s*=\s*"?([^",]+)"?', re.IGNORECASE)
_LOG_DELIVERY: Final = "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0"
_GRANTS: Final = "AccessControlPolicy.AccessControlList.Grant"
_EVERYBODY: Final = "*"


def let_in_by_acl(parameters: Value, own: Collection[str]) -> set[str]:
    """`*` for everybody, with an account of AWS or without; ids and addresses of others. The bucket's owner and AWS's
    delivery of logs are no strangers."""
    owners = set(_texts(parameters, "AccessControlPolicy.Owner.ID"))
    found = {_EVERYBODY for place in _PLACES for acl in _texts(parameters, f"{place}x-amz-acl") if acl in _CANNED}
    found |= {_EVERYBODY for acl in _texts(parameters, "acl") if acl in _CANNED}
    return found | {one for one in _grantees(parameters) if one and one not in own and one not in owners}


def _grantees(parameters: Value) -> Iterator[str]:
    for place in _PLACES:
        for header in _HEADERS:
            for value in _texts(parameters, place + header):
                for kind, name in _GRANTEE.findall(value):
                    yield _group(name) if kind.lower() == "uri" else _user(name.strip())
    for grant in at(parameters, _GRANTS):
        grantee = named(grant, "Grantee") if isinstance(grant, dict) else None
        if isinstance(grantee, dict):
            for uri in texts(named(grantee, "URI")):
                yield _group(uri)
            for key in ("ID", "EmailAddress"):
                yield from map(_user, texts(named(grantee, key)))


def _texts(parameters: Value, path: str) -> list[str]:
    return texts(list(at(parameters, path)))


def _group(uri: str) -> str:
    return _EVERYBODY if uri.strip().endswith(_GROUPS) else ""


def _user(name: str) -> str:
    return "" if name == _LOG_DELIVERY else name

"""Providers of identities in trust policies: whether a statement says who of their people and machines it means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from mainstay.analysis.meaning.limits import raw_entries
from mainstay.model.values import Value

_SHARED: Final[Mapping[str, re.Pattern[str]]] = {
    "agent.buildkite.com": re.compile(r"organization:[^*?/:]+:"),
    "app.terraform.io": re.compile(r"organization:[^*?/:]+:"),
    "gitlab.com": re.compile(r"project_path:[^*?/:]+/"),
    "token.actions.githubusercontent.com": re.compile(r"(?:repo|repository_owner):[^*?/:]+[/:]"),
}
"""Those that everybody may have an account with, and how the subject of one customer begins. The audience of a token is
what its holder asks for."""

_AUDIENCES: Final = frozenset({"aud", "azp", "oaud"})
_SPEAKS_OF = frozenset({"stringequals", "stringequalsignorecase", "stringlike"})


def admits_anybody(provider: str, condition: Value, own: Iterable[str]) -> bool:
    """Whether it is a stranger: a provider of another account, or one of whom not even a part is meant."""
    if provider in own:
        return False
    account = provider.split(":")[4:5] if provider.startswith("arn:") else []
    if account and account[0] not in own:
        return True
    host = provider.rpartition("/oidc-provider/")[2] if "/oidc-provider/" in provider else provider
    host = provider.partition(":oidc-provider/")[2] or host
    prefix = "saml:" if ":saml-provider/" in provider else f"{host.lower()}:"
    return not any(
        operator.removeprefix("foranyvalue:") in _SPEAKS_OF
        and key.startswith(prefix)
        and values
        and all(_says_who(host.lower(), key.removeprefix(prefix), value) for value in values)
        for operator, key, values in raw_entries(condition)
    )


def _says_who(host: str, claim: str, value: str) -> bool:
    shape = _SHARED.get(host)
    if shape is not None and claim == "sub":
        return shape.match(value) is not None
    if shape is not None and claim in _AUDIENCES:
        return False
    return value[:1] not in ("", "*", "?", "$")

"""Who is let in by what a request writes, and belongs neither to the account nor to the own ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from typing import Final

from mainstay.analysis.escalation import fits
from mainstay.analysis.meaning.acl import let_in_by_acl
from mainstay.analysis.meaning.calls import Written, written
from mainstay.analysis.meaning.documents import Statement, at, statements, texts
from mainstay.analysis.meaning.limits import EVERYBODY, NO_LIMIT, NOBODY, Limit, Own, limit_of, limit_of_denial
from mainstay.analysis.meaning.providers import admits_anybody
from mainstay.model.values import ABSENT, Value

_ACCOUNT: Final = re.compile(r"\d{12}")
_ORGANIZATION: Final = re.compile(r"o-[a-z0-9]{4,}")
_SERVICE: Final = re.compile(r"[a-z0-9.*-]+\.(?:amazonaws\.com(?:\.cn)?|aws\.internal)", re.IGNORECASE)
_OF_AWS: Final = frozenset({"aws", "cloudfront"})
_WITHIN: Final = frozenset({"IAM_ALLOWED_PRINCIPALS"})
_WILDCARD: Final = "\ue000"


def strangers(call: str, parameters: Value, own: Own) -> Value:
    """All of them, sorted; ABSENT where the request writes nothing of the kind that can be read."""
    found: set[str] = set()
    anything = False
    for part in written(call):
        let_in = _let_in(part, parameters, own)
        if let_in is not None:
            anything = True
            found |= let_in
    return sorted(found) if anything else ABSENT


def _let_in(part: Written, parameters: Value, own: Own) -> set[str] | None:
    if part.form == "acl":
        return let_in_by_acl(parameters, own.names)
    values = list(at(parameters, part.path))
    if part.form == "policy":
        read = [one for one in map(statements, values) if one is not None]
        return {stranger for one in read for stranger in let_in_by(one, own)} if read else None
    if part.form == "everybody":
        return {EVERYBODY} if values else set()
    if part.form == "principals" and values:
        limit = limit_of(_conditions(part, parameters), own)
        principals = (EVERYBODY if text.lower() == "all" else text for text in texts(values))
        return {stranger for text in principals for stranger in _of_aws(text, limit, own)}
    return None


def _conditions(part: Written, parameters: Value) -> Mapping[str, Mapping[str, list[str]]]:
    limits = {key: texts(list(at(parameters, path))) for path, key in part.conditions}
    return {"StringLike": {key: values for key, values in limits.items() if values}}


def let_in_by(policy: Iterable[Statement], own: Own) -> Iterator[str]:
    """The strangers whom the statements of a policy let in, some perhaps several times."""
    allowing = [one for one in policy if _effect(one) == "allow"]
    denying = [one for one in policy if _effect(one) == "deny"]
    for statement in allowing:
        closed = [denial for denial in denying if _covers(denial, statement)]
        limits = [_limit_of_denial(denial, own) for denial in closed]
        if NOBODY in limits:
            continue
        limit = reduce(Limit.both, limits, limit_of(statement.get("Condition"), own))
        denied = {account for denial in closed for account in _denied_accounts(denial)}
        for kind, name in _principals(statement):
            if kind == "federated":
                if admits_anybody(name, statement.get("Condition"), own.names):
                    yield name
            elif kind in ("aws", "canonicaluser"):
                yield from (one for one in _of_aws(name, limit, own) if one not in denied)


def _effect(statement: Statement) -> str:
    return str(statement.get("Effect")).lower()


def _principals(statement: Statement) -> Iterator[tuple[str, str]]:
    """Kind and name of each principal; everybody, where all but some are named."""
    if "NotPrincipal" in statement:
        yield "aws", EVERYBODY
    yield from _named(statement.get("Principal"))


def _named(principal: Value) -> Iterator[tuple[str, str]]:
    if isinstance(principal, dict):
        for kind, names in principal.items():
            yield from ((str(kind).lower(), name.strip()) for name in texts(names))
    else:
        yield from (("aws", name.strip()) for name in texts(principal))


def _of_aws(name: str, limit: Limit, own: Own) -> Iterable[str]:
    stranger = stranger_of(name, own)
    if stranger == EVERYBODY:
        return limit.of_everybody()
    return (stranger,) if stranger and limit.leaves(stranger) else ()


def stranger_of(name: str, own: Own) -> str:
    """What a principal is called where it is a stranger: its account, its organization, itself where neither is told.

    Services are none: what they do is done for somebody, and who that may be no principal says.
    """
    if name in own.names or name in _WITHIN or _SERVICE.fullmatch(name):
        return ""
    if not name.startswith("arn:"):
        return EVERYBODY if not name.strip("*") else name
    parts = name.split(":", 5)
    account = parts[4] if len(parts) > 4 else ""
    if account in own.names or account in _OF_AWS:
        return ""
    if parts[2:3] == ["organizations"]:
        found = _ORGANIZATION.search(name)
        organization = found[0] if found is not None else name
        return "" if organization in own.names else organization
    if _ACCOUNT.fullmatch(account):
        return account
    return EVERYBODY if set(account) & set("*?") else name


def _limit_of_denial(denial: Statement, own: Own) -> Limit:
    condition = denial.get("Condition")
    if "NotPrincipal" in denial:
        if condition:
            return NO_LIMIT
        spared = {stranger_of(name, own) for kind, name in _named(denial["NotPrincipal"]) if kind == "aws"}
        return NO_LIMIT if EVERYBODY in spared else Limit({"accounts": frozenset(spared - {""})})
    if ("aws", EVERYBODY) not in set(_named(denial.get("Principal"))):
        return NO_LIMIT
    return limit_of_denial(condition, own)


def _denied_accounts(denial: Statement) -> Iterator[str]:
    """The accounts of which everybody is denied."""
    if denial.get("Condition") or "NotPrincipal" in denial:
        return
    for kind, name in _named(denial.get("Principal")):
        parts = name.split(":", 5)
        if kind == "aws" and _ACCOUNT.fullmatch(name):
            yield name
        elif kind == "aws" and len(parts) == 6 and parts[2] == "iam" and parts[5] == "root":
            yield parts[4]


def _covers(denial: Statement, allowing: Statement) -> bool:
    """Whether a denial is about everything that a statement allows."""
    of_a_role = not {"Resource", "NotResource"} & {*denial, *allowing}
    return _covered(denial, allowing, "Action") and (of_a_role or _covered(denial, allowing, "Resource"))


def _covered(denial: Statement, allowing: Statement, key: str) -> bool:
    wide = [one.lower() for one in texts(denial.get(key))]
    if any(pattern and not pattern.strip("*") for pattern in wide):
        return True
    if key == "Resource":  # unlike actions, they are told apart by case
        wide = texts(denial.get(key))
    narrow = [one.lower() if key == "Action" else one for one in texts(allowing.get(key))]
    if not narrow or f"Not{key}" in allowing:
        return False
    return all(any(_contains(pattern, one) for pattern in wide) for one in narrow)


def _contains(wide: str, narrow: str) -> bool:
    if wide == narrow:
        return True
    plain = narrow.replace("*", _WILDCARD).replace("?", _WILDCARD)
    return "?" not in wide and fits(wide, plain)


def removed_denials(call: str, parameters: Value) -> Value:
    """Whether what the request writes has no Deny statement; ABSENT where it writes no policy that can be read."""
    read = [
        one
        for part in written(call)
        if part.form in ("permissions", "policy")
        for one in map(statements, at(parameters, part.path))
        if one is not None
    ]
    if not read:
        return ABSENT
    return not any(_effect(statement) == "deny" for policy in read for statement in policy)

"""Links of live resources: in an account, who points at whom is told by ids and ARNs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mainstay.model.resources import Resource
from mainstay.model.values import Value

_MADE_BY_AWS = re.compile(
    r"[a-z]+(?:-[a-z]+)*-(?:[0-9a-f]{8}|[0-9a-f]{17})|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|https?://.+"
)
"""Ids that AWS makes up, and URLs: no two resources of a kind have the same, whatever their region."""

_ARN = re.compile(r"arn:aws[\w-]*:[^\s\"',;{}\[\]]{1,2048}")
_METERED = re.compile(r"arn:[\w-]+:elasticloadbalancing:[\w-]*:\d*:(?:loadbalancer/)?((?:app|net|gwy|targetgroup)/.+)")
"""What metrics call a load balancer or a target group: the end of its ARN."""
_TAGS = re.compile(r"Tags?\w*")


def linked(resources: Sequence[Resource]) -> list[Resource]:
    """The resources of an account with `references`: whatever says another's id or ARN points at it.

    A name that people give is told of several resources, so that it counts inside a property only, such as an alarm's
    dimensions, and in its own region, and not where two of a type have it, as stages have; what points by such a name
    in a property of its own, `relate` knows by the links of the type.
    """
    unique: dict[str, list[str]] = {}
    bearers: dict[tuple[str, str], dict[str, list[str]]] = {}
    for resource in resources:
        for name in resource.names:
            if is_unique(name):
                unique.setdefault(name.removesuffix(":*"), []).append(resource.address)  # as log groups' ARNs end
                metered = _METERED.fullmatch(name)
                if metered is not None:
                    unique.setdefault(metered[1], []).append(resource.address)
            else:
                among = bearers.setdefault((resource.origin.region, name), {})
                among.setdefault(resource.type, []).append(resource.address)
    given = {name: [address for (address, *others) in among.values() if not others] for name, among in bearers.items()}
    return [_linked(resource, unique, given) for resource in resources]


def is_unique(name: str) -> bool:
    """True for an ARN, an id that AWS makes up or a URL; False for a name that resources of two regions may bear."""
    return name.startswith("arn:") or _MADE_BY_AWS.fullmatch(name) is not None


def _linked(
    resource: Resource, unique: Mapping[str, list[str]], given: Mapping[tuple[str, str], list[str]]
) -> Resource:
    found: set[str] = set()
    region = resource.origin.region
    for name, value in resource.properties.items():
        texts: list[str] = []
        _gather(value, texts)
        for text in texts:
            if text in unique:
                found.update(unique[text])
            elif "arn:aws" in text:
                for arn in _ARN.findall(text):
                    found.update(_of_arn(arn, unique))
        if isinstance(value, str) or _TAGS.fullmatch(name):
            continue
        for text in texts:
            if text not in resource.names:
                found.update(given.get((region, text), ()), given.get(("", text), ()))
    found.discard(resource.address)
    return replace(resource, references=resource.references | found) if found else resource


def _of_arn(arn: str, unique: Mapping[str, list[str]]) -> list[str]:
    """Those whose ARN it is, or that it begins with; an integration has the function's behind its service's path."""
    inner = arn.find("arn:aws", 1)
    return _longest(arn, unique) or (_longest(arn[inner:], unique) if inner > 0 else [])


def _longest(arn: str, unique: Mapping[str, list[str]]) -> list[str]:
    """Those that the ARN begins with the most of: a version, a stage or an object is of what stands before it."""
    has_path = arn.split(":", 3)[2:3] == ["iam"]  # what stands before the name of a role belongs to it
    while arn not in unique and not has_path:
        end = max(arn.rfind(":"), arn.rfind("/"))
        if arn.count(":", 0, max(end, 0)) < 5:
            return []
        arn = arn[:end]
    return unique.get(arn, [])


def _gather(value: Value, texts: list[str]) -> None:
    """Adds the strings inside a value to `texts`."""
    if isinstance(value, str):
        texts.append(value)
    elif isinstance(value, dict):
        for inner in value.values():
            _gather(inner, texts)
    elif isinstance(value, list):
        for inner in value:
            _gather(inner, texts)

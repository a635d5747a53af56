"""Terraform plans and states, as `terraform show -json` writes them, handed on as raw resources."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace

from mainstay.model.findings import Finding, Gap
from mainstay.model.resources import Origin
from mainstay.model.values import Record
from mainstay.sources.plan.document import LARGEST_PLAN, Instance, Plan, load, looks_like_plan, refused
from mainstay.sources.plan.joining import Files, declared, read_files
from mainstay.sources.plan.references import References, Trace
from mainstay.sources.plan.values import AFTER_APPLY, Values
from mainstay.sources.raw import RawResource
from mainstay.sources.spelling import links_of

__all__ = [
    "LARGEST_PLAN",
    "Files",
    "Plan",
    "declared",
    "load",
    "looks_like_plan",
    "read",
    "read_files",
    "refused",
    "with_plan",
]

ROOM = 5_000


def read(plan: Plan, scope: str, files: Files | None = None) -> Iterator[RawResource | Gap]:
    """The resources that there will be when the plan is applied; then what could not be read.

    With the files that the plan was made from, the resources stand where those declare them, and what the plan calls
    known after apply is as the files have it. Without them, the resources stand in the plan.
    """
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(max(usual, ROOM))
    try:
        references = References(plan)
        values = Values(references)
        yield from [_raw(one, plan, scope, references, values, files) for one in plan.instances.values()]
    finally:
        sys.setrecursionlimit(usual)
    yield from plan.gaps


def _raw(
    one: Instance, plan: Plan, scope: str, references: References, values: Values, files: Files | None
) -> RawResource:
    declared = files.find(one) if files is not None else None
    place = plan.place(one.address)
    origin = Origin(plan.source, scope, place, one.module, one.type)
    if declared is not None:
        place = declared.origin.place or place
        origin = replace(declared.origin, source=plan.source, scope=scope, module=one.module)
    body = values.body(one, declared.body if declared is not None else None, place)
    links = _links(one, body, references)
    if declared is not None:
        surely = {name: named for name, named in declared.links.items() if not any("[?]" in each for each in named)}
        links = {**{name: named for name, named in links.items() if name in declared.links}, **surely}
        # a reference that came with the input of a module stands in the value
        links = {**links_of(body), **links}
    return RawResource(one.type, one.address, body, origin, links)


def _links(one: Instance, body: Record, references: References) -> Mapping[str, frozenset[str]]:
    """By attribute, the resources that its expression reads."""
    entry = references.configured(one)
    expressions = entry.get("expressions") if entry is not None else None
    links: dict[str, frozenset[str]] = {}
    for name, node in expressions.items() if isinstance(expressions, dict) else ():
        trace = references.trace(node, one)
        if trace.targets:
            links[name] = _chosen(trace, body.get(name), references)
    return links


def _chosen(trace: Trace, value: object, references: References) -> frozenset[str]:
    """Of several instances that an expression may mean, those whose attribute has the value that came of it."""
    if isinstance(value, str) and len(trace.targets) > 1:
        equal = [
            target.address
            for target in trace.targets
            if (known := references.instance(target.address)) is not None and value in known.after.values()
        ]
        if equal:
            return frozenset(equal)
    return frozenset(target.address for target in trace.targets)


def with_plan(finding: Finding) -> Finding:
    """A finding about a planned resource, no reason of which asks for the plan that was read."""
    if not finding.subject.source.startswith("terraform-") or not finding.reasons:
        return finding
    reasons = tuple(
        replace(reason, settle=AFTER_APPLY) if "pass a plan" in reason.settle else reason for reason in finding.reasons
    )
    return replace(finding, reasons=reasons)

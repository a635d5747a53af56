"""CloudFormation's own memory: what the stacks of an account called the resources of their templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mainstay.model.values import Record
from mainstay.sources.live.calls import Caller, CallError, listed

STANDING = ["CREATE_COMPLETE", "IMPORT_COMPLETE", "ROLLBACK_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]

TOLD = ("LogicalResourceId", "ResourceType", "PhysicalResourceId")

Stacks = Mapping[str, Mapping[str, tuple[str, str]]]
"""By stack, by logical id: the type and the physical id."""


def read_stacks(caller: Caller, regions: Sequence[str]) -> Stacks:
    """The resources of every standing stack, by the stack's ARN; none where the account does not tell."""
    found: dict[str, Mapping[str, tuple[str, str]]] = {}
    for region in regions:
        for id in _standing(caller, region):
            try:
                found[id] = _resources(caller, region, id)
            except CallError:
                continue  # names and likeness are left for this one
    return found


def stack_of(resources: Mapping[str, str], stacks: Stacks) -> Mapping[str, str]:
    """The physical ids of a template's resources, given by their types: of the stack that has most of them in common.

    Empty where no stack has at least a third of them.
    """
    best: Mapping[str, tuple[str, str]] = {}
    most = 0
    for name in sorted(stacks):
        common = sum(1 for logical, (type, _) in stacks[name].items() if resources.get(logical) == type)
        if common > most and 3 * common >= len(resources):
            best, most = stacks[name], common
    return {logical: id for logical, (type, id) in best.items() if resources.get(logical) == type}


def _standing(caller: Caller, region: str) -> list[str]:
    ids: list[str] = []
    try:
        for page in caller.pages("cloudformation", "list_stacks", region, {"StackStatusFilter": STANDING}):
            told = [stack.get("StackId") for stack in listed(page, "StackSummaries") if isinstance(stack, Record)]
            ids += [id for id in told if isinstance(id, str)]
    except CallError:
        return ids  # what the pages before it told stands
    return ids


def _resources(caller: Caller, region: str, stack: str) -> Mapping[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for page in caller.pages("cloudformation", "list_stack_resources", region, {"StackName": stack}):
        for one in listed(page, "StackResourceSummaries"):
            told = [one.get(name) for name in TOLD] if isinstance(one, Record) else []
            texts = [value for value in told if isinstance(value, str) and value]
            if len(texts) == len(TOLD):
                logical, type, physical = texts
                found[logical] = (type, physical)
    return found

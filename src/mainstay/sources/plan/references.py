"""What the plan's `configuration` says of references: which resources an attribute is made from.

The configuration names what an expression reads and not how: `"${a.b.id}-x"` looks like `a.b.id`. Locals are not in
it at all. So every answer says whether it is the whole answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from mainstay.sources.plan.document import Instance, Json, Plan, as_list, as_map, calls_of, parent_of

RESOURCE = re.compile(r'((?:data\.)?[\w-]+\.[\w-]+)(\[(?:\d+|"(?:[^"\\]|\\.)*")\])?(?:\.(.*))?$', re.DOTALL)
CALL = re.compile(r'module\.([\w-]+)(\[(?:\d+|"(?:[^"\\]|\\.)*")\])?(?:\.([\w-]+).*)?$', re.DOTALL)
RULES = {
    "aws_network_acl_rule": "network_acl_id",
    "aws_route": "route_table_id",
    "aws_security_group_rule": "security_group_id",
    "aws_vpc_security_group_egress_rule": "security_group_id",
    "aws_vpc_security_group_ingress_rule": "security_group_id",
}
"""By type of what is kept apart from its owner, the attribute that names the owner."""
OWN_KEY = frozenset({"each.key", "count.index"})
SETTLED = ("each.key", "count.", "path.", "terraform.", "self.")
MOST_STEPS = 400
"""How many references are followed for one attribute."""


@dataclass(frozen=True, slots=True)
class Target:
    """An attribute of an instance; `path` may be empty, for the whole of it."""

    address: str
    path: str


@dataclass(slots=True)
class Trace:
    """The targets of an expression. `opaque` names what could not be followed: locals, and what is not there."""

    targets: dict[Target, None] = field(default_factory=dict)
    opaque: list[str] = field(default_factory=list)
    steps: int = 0


class References:
    """The references of one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._modules: dict[str, dict[str, Json]] = {}
        self._resources: dict[str, dict[str, dict[str, Json]]] = {}
        self._instances: dict[tuple[str, str], list[Instance]] = {}
        self._called: dict[tuple[str, str], set[str]] = {}
        for one in [*plan.instances.values(), *plan.data.values()]:
            self._instances.setdefault((one.module, one.local), []).append(one)
            self._note_calls(one.module)

    def configured(self, instance: Instance) -> dict[str, Json] | None:
        """The entry of an instance's resource in the configuration; None where the plan has none."""
        known = self._resources.get(instance.module)
        if known is None:
            entries = as_list(self._module(instance.module).get("resources"))
            known = {str(entry.get("address")): entry for entry in entries if isinstance(entry, dict)}
            self._resources[instance.module] = known
        return known.get(instance.local)

    def trace(self, node: Json, instance: Instance) -> Trace:
        """What an expression of an instance reads, followed through the inputs and outputs of modules."""
        found = Trace()
        self._follow(heads(node), instance.module, instance, found)
        return found

    def instance(self, address: str) -> Instance | None:
        return self.plan.instances.get(address) or self.plan.data.get(address)

    @cached_property
    def with_rules(self) -> frozenset[str]:
        """The security groups, network ACLs and route tables whose rules are resources of their own."""
        found: set[str] = set()
        for one in self.plan.instances.values():
            entry = self.configured(one) if one.type in RULES else None
            if entry is not None:
                trace = self.trace(as_map(entry.get("expressions")).get(RULES[one.type]), one)
                found.update(target.address for target in trace.targets)
        return frozenset(found)

    # -- following

    def _follow(self, references: Iterable[str], module: str, instance: Instance | None, found: Trace) -> None:
        references = list(references)
        own = instance.key if instance is not None and OWN_KEY.intersection(references) else ""
        for reference in references:
            found.steps += 1
            if found.steps > MOST_STEPS:
                found.opaque.append(reference)
            elif reference.startswith("each.value"):
                self._follow_each(module, instance, found)
            elif reference.startswith("var."):
                self._follow_input(reference[4:], module, found)
            elif reference.startswith("module."):
                self._follow_output(reference, module, found)
            elif reference.startswith("local."):
                found.opaque.append(reference)
            elif not reference.startswith(SETTLED):
                self._aim(reference, module, own, found)

    def _follow_each(self, module: str, instance: Instance | None, found: Trace) -> None:
        entry = self.configured(instance) if instance is not None else None
        if instance is None or entry is None:
            found.opaque.append("each.value")
            return
        # each.value of a resource that is made for each of another's instances is the one with the same key
        self._follow([*heads(entry.get("for_each_expression")), "each.key"], module, instance, found)

    def _follow_input(self, name: str, module: str, found: Trace) -> None:
        calls = calls_of(module)
        if not calls:
            return  # the root's variables are known to every plan
        outer = parent_of(module)
        call = as_map(as_map(self._module(outer).get("module_calls")).get(calls[-1]))
        expression = as_map(call.get("expressions")).get(re.split(r"[.\[]", name, maxsplit=1)[0])
        inner = heads(expression)
        if any(one.startswith("each.value") for one in inner):
            inner = [
                *(one for one in inner if not one.startswith("each.value")),
                *heads(call.get("for_each_expression")),
            ]
        self._follow(inner, outer, None, found)

    def _follow_output(self, reference: str, module: str, found: Trace) -> None:
        match = CALL.match(reference)
        prefix = f"{module}." if module else ""
        if match is None:
            found.opaque.append(reference)
            return
        name, key, output = match.groups()
        called = self._called.get((module, name), set())
        for address in sorted(called) if key is None else [f"{prefix}module.{name}{key}"]:
            outputs = as_map(self._module(address).get("outputs"))
            for one in [output] if output else outputs:
                self._follow(heads(as_map(outputs.get(one)).get("expression")), address, None, found)

    def _aim(self, reference: str, module: str, own: str, found: Trace) -> None:
        match = RESOURCE.match(reference)
        candidates = self._instances.get((module, match[1]), []) if match is not None else []
        if match is None or not candidates:
            # a resource of another provider, or one without instances
            if match is None or not self._is_declared(module, match[1]):
                found.opaque.append(reference)
            return
        key = match[2] or own
        chosen = [one for one in candidates if one.key == key] or candidates
        for one in chosen:
            found.targets.setdefault(Target(one.address, match[3] or ""))

    def _is_declared(self, module: str, local: str) -> bool:
        entries = as_list(self._module(module).get("resources"))
        return any(as_map(entry).get("address") == local for entry in entries)

    # -- modules

    def _module(self, address: str) -> dict[str, Json]:
        known = self._modules.get(address)
        if known is None:
            known = self.plan.root
            for name in calls_of(address):
                known = as_map(as_map(as_map(known.get("module_calls")).get(name)).get("module"))
            self._modules[address] = known
        return known

    def _note_calls(self, module: str) -> None:
        while module:
            outer = parent_of(module)
            names = calls_of(module)
            known = self._called.setdefault((outer, names[-1] if names else module), set())
            if module in known:
                return
            known.add(module)
            module = outer


def heads(node: Json) -> list[str]:
    """The references of an expression, or of all that are in a block: the longest ones, each once."""
    found = dict.fromkeys(islice(_references(node), MOST_STEPS))
    return [one for one in found if not any(other != one and _goes_on(other, one) for other in found)]


def _goes_on(reference: str, beginning: str) -> bool:
    return reference.startswith(beginning) and reference[len(beginning)] in ".["


def _references(node: Json) -> Iterator[str]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(reversed(one))
        elif isinstance(one, dict):
            references = one.get("references")
            if isinstance(references, list):
                yield from (each for each in references if isinstance(each, str))
            elif "constant_value" not in one:
                waiting.extend(reversed(list(one.values())))

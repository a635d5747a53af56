"""Puts a template into an account: through CloudFormation what moto's can make, the rest through the services.

The two take turns: whatever points only at what is there already is made next, a stack's part in one update. What a
service's API made is remembered in the stack's own metadata, so that the account is all that a later deployment needs.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from mainstay.model.errors import UsageError
from mainstay.sandbox.account import Account
from mainstay.sandbox.completing import Call, Clients, Completing, Done, load_completing, made_by
from mainstay.sandbox.deployment import (
    Completion,
    Declared,
    Deployment,
    Json,
    Made,
    Shortfall,
    ShortfallKind,
    Template,
)
from mainstay.sandbox.expressions import evaluate
from mainstay.sandbox.references import Known, NotKnown, filled, referred, resolved
from mainstay.sandbox.stacking import Refused, Stack
from mainstay.sandbox.standing_in import certificates, replaced, stand_in

MAX_RESOURCES = 500
"""How many resources CloudFormation takes in one stack."""

LISTENER = "AWS::ElasticLoadBalancingV2::Listener"

_KEY = "mainstay"
_STACK_NAME = re.compile(r"[A-Za-z][-A-Za-z0-9]{0,127}")


def deploy(account: Account, template: Template, stack: str) -> Deployment:
    """Make or change the stack of this name, and say resource by resource what came of it."""
    if not _STACK_NAME.fullmatch(stack):
        raise UsageError(
            f"a stack cannot be called {stack!r}: a name has letters, digits and hyphens, a letter first, at most 128"
        )
    if len(template.resources) > MAX_RESOURCES:
        raise UsageError(f"the template has {len(template.resources)} resources, and a stack at most {MAX_RESOURCES}")
    return _Deploying(account, template, stack).run()


@lru_cache(maxsize=4)
def _clients(account: Account) -> Clients:
    """Clients of an account, each made once: a service's model is large, and read when its client is made."""
    return lru_cache(account.session().client)


class _Deploying:
    """One deployment at work."""

    def __init__(self, account: Account, template: Template, stack: str) -> None:
        self.account = account
        self.template = template
        self.name = stack
        self.client = _clients(account)
        self.stack = Stack(self.client("cloudformation"), stack, template.description)
        self.entries = load_completing()
        self.declared = {resource.logical_id: resource for resource in template.resources}
        self.before: dict[str, Any] = dict(self.stack.metadata.get(_KEY, {}))
        self.remembered: dict[str, Any] = {}
        self.known: dict[str, Known] = {
            "AWS::AccountId": Known(account.id),
            "AWS::Region": Known(account.region),
            "AWS::StackName": Known(stack),
            "AWS::Partition": Known("aws"),
            "AWS::URLSuffix": Known("amazonaws.com"),
        }
        if self.stack.id:
            self.known["AWS::StackId"] = Known(self.stack.id)
        self.made: dict[str, Made] = {}
        self.completed: list[Completion] = []
        self.shortfalls: list[Shortfall] = []

    def run(self) -> Deployment:
        self.have_certificates()
        pending = dict(self.declared)
        self.stack.keep_only(pending)
        while pending:
            ready = [resource for resource in pending.values() if self.by_call(resource) and self.is_ready(resource)]
            for resource in ready:
                del pending[resource.logical_id]
                self.create(resource)
            if ready:
                continue
            together = self.next_of_stack(pending)
            if not together:
                break
            for resource in together:
                del pending[resource.logical_id]
            self.update(together)
        for resource in pending.values():
            needs = sorted(name for name in self.needs(resource) if name not in self.known)
            self.fall_short(resource, "missing", f"needs {', '.join(needs)}, which the account does not have")
        for logical_id in self.before.keys() - self.declared.keys():
            gone = self.before[logical_id]
            resource = Declared(logical_id, gone["type"], {})
            self.fall_short(resource, "lost", f"no longer in the template, and still in the account as {gone['id']}")
            self.remembered[logical_id] = gone
        outputs = self.finish()
        return Deployment(
            self.name, self.stack.id, self.made, tuple(self.completed), tuple(self.shortfalls), outputs
        )  # fmt: skip

    def have_certificates(self) -> None:
        """Put stand-ins for the certificates that listeners name and the account does not have."""
        listeners = {name: one for name, one in self.declared.items() if one.type == LISTENER}
        for arn in dict.fromkeys(certificates([dict(one.properties) for one in listeners.values()])):
            other = stand_in(self.client("acm"), arn)
            if other is None:
                continue
            for name, one in listeners.items():
                if arn in certificates(dict(one.properties)):
                    properties = replaced(dict(self.declared[name].properties), arn, other)
                    self.declared[name] = replace(self.declared[name], properties=properties)
                    self.completed.append(Completion(name, one.type, "acm.request_certificate", ("Certificates",)))
                    self.fall_short(
                        one, "lost", f"Certificates: {other} stands in for {arn}, which is not in the account"
                    )

    def entry(self, resource: Declared) -> Completing | None:
        return self.entries.get(resource.type)

    def by_call(self, resource: Declared) -> bool:
        entry = self.entry(resource)
        return entry is not None and (entry.create is not None or bool(entry.impossible))

    def needs(self, resource: Declared) -> set[str]:
        return {*referred(dict(resource.properties)), *(name for name in resource.depends_on if name in self.declared)}

    def is_ready(self, resource: Declared) -> bool:
        return self.needs(resource) <= self.known.keys()

    def next_of_stack(self, pending: Mapping[str, Declared]) -> list[Declared]:
        """Everything for CloudFormation that needs only what is there or what comes with it, in the order of needs."""
        there = set(self.known)
        together: list[Declared] = []
        while True:
            more = [
                resource for name, resource in pending.items()
                if name not in there and not self.by_call(resource) and self.needs(resource) <= there
            ]  # fmt: skip
            if not more:
                return together
            together += more
            there.update(resource.logical_id for resource in more)

    # ---- what CloudFormation makes

    def update(self, together: list[Declared]) -> None:
        """Add resources to the stack; those that moto refuses are taken out again, and those that need them."""
        remaining = together
        while remaining:
            bodies = {resource.logical_id: self.body(resource) for resource in remaining}
            try:
                ids = self.stack.add(bodies, self.metadata())
                break
            except Refused as refusal:
                refused = self.declared[refusal.logical_id]
                self.fall_short(refused, "failed", refusal.reason)
                out = {refused.logical_id}
                for resource in remaining:
                    if resource.logical_id not in out and self.needs(resource) & out:
                        out.add(resource.logical_id)
                        self.fall_short(resource, "missing", f"needs {refused.logical_id}, which moto refused")
                remaining = [resource for resource in remaining if resource.logical_id not in out]
        self.known.setdefault("AWS::StackId", Known(self.stack.id))
        for resource in remaining:
            physical_id = ids.get(resource.logical_id)
            if physical_id is None:
                self.fall_short(resource, "missing", "moto's CloudFormation does not make this type")
                continue
            self.made[resource.logical_id] = Made(physical_id, resource.type, True)
            self.known[resource.logical_id] = Known(physical_id)  # what the calls for others in this turn point at
        for resource in remaining:
            if resource.logical_id in self.made:
                self.complete(resource, self.made[resource.logical_id].physical_id)

    def body(self, resource: Declared) -> dict[str, Json]:
        entry = self.entry(resource)
        withheld = entry.withhold if entry else frozenset()
        properties = {name: value for name, value in resource.properties.items() if name not in withheld}
        by_calls = {name: known for name, known in self.known.items() if name not in self.stack.resources}
        body = {"Type": resource.type, **resource.attributes, "Properties": filled(properties, by_calls)}
        depends = [
            name for name in resource.depends_on if name in self.declared and not self.by_call(self.declared[name])
        ]
        return {**body, "DependsOn": depends} if depends else body

    def complete(self, resource: Declared, physical_id: str) -> None:
        entry = self.entry(resource)
        if entry is None:
            if resource.properties:
                self.fall_short(resource, "unchecked", "which of its properties moto keeps has not been looked at")
            return None
        try:
            properties = resolved(dict(resource.properties), self.known)
        except NotKnown as error:
            return self.fall_short(resource, "failed", str(error))
        scope = self.scope(resource, properties, physical_id)
        if entry.look is not None:
            done = self.called(resource, entry.look, scope)
            scope["answer"] = done[-1].answer if done else None
        self.know(resource, entry, scope)
        kept = {name for name in properties if self.keeps(entry, name, properties[name])}
        self.follow(resource, entry, scope, kept)
        return None

    @staticmethod
    def keeps(entry: Completing, name: str, value: Json) -> bool:
        return name in entry.keeps or f"{name}={_shown(value)}" in entry.keeps

    # ---- what calls make

    def create(self, resource: Declared) -> None:
        entry = self.entries[resource.type]
        if entry.create is None:
            return self.fall_short(resource, "missing", entry.impossible)
        try:
            properties = resolved(dict(resource.properties), self.known)
        except NotKnown as error:
            return self.fall_short(resource, "failed", str(error))
        digest = hashlib.sha256(json.dumps([resource.type, properties], sort_keys=True).encode()).hexdigest()[:16]
        earlier = self.before.get(resource.logical_id)
        scope = self.scope(resource, properties, earlier["id"] if earlier else "")
        carried: set[str] = set()
        if earlier is None or entry.create.puts:
            done = self.called(resource, entry.create, scope)
            if not done:
                return None
            scope["answer"], scope["request"] = done[-1].answer, done[-1].request
            scope["id"] = evaluate(entry.id, scope)
            carried.update(*(one.carried for one in done))
        else:
            scope["answer"], scope["request"] = earlier["answer"], earlier["request"]
            if earlier["digest"] != digest:
                self.fall_short(resource, "lost", "changed in the template: what was made by a call stays as it was")
            carried.update(properties)
        self.made[resource.logical_id] = Made(scope["id"], resource.type, False)
        self.know(resource, entry, scope)
        self.remembered[resource.logical_id] = {
            "id": scope["id"], "type": resource.type, "digest": digest,
            "answer": _plain(scope["answer"]), "request": _plain(scope["request"]),
        }  # fmt: skip
        if earlier is None or earlier["digest"] != digest:
            self.follow(resource, entry, scope, carried)
        return None

    def follow(self, resource: Declared, entry: Completing, scope: dict[str, Json], kept: set[str]) -> None:
        """The calls after the first, and then what nothing has carried."""
        properties: Mapping[str, Json] = scope["properties"]
        for call in entry.then:
            if not call.read() or call.read() & properties.keys():
                for done in self.called(resource, call, scope):
                    kept |= done.carried
        for path, why in entry.lost.items():
            if _has(properties, path.split(".")):
                self.fall_short(resource, "lost", f"{path}: {why}")
        for name in sorted(properties):
            settings = {name, f"{name}={_shown(properties[name])}"}
            if name not in kept and name not in entry.lost and not settings & entry.settings:
                self.fall_short(resource, "lost", f"{name}: moto does not keep it")

    def called(self, resource: Declared, call: Call, scope: Mapping[str, Json]) -> list[Done]:
        """Make a call, note what it carried, and say so where it fails."""
        from botocore.exceptions import BotoCoreError, ClientError

        made: list[Done] = []
        try:
            made.extend(made_by(call, scope, self.client))
        except (BotoCoreError, ClientError) as error:
            self.fall_short(resource, "failed", f"{call.call}: {_said(error)}")
            return []
        for done in made:
            for path in done.lost:
                self.fall_short(resource, "lost", f"{path}: {call.call} has no parameter for it")
        if made:
            carried = sorted(set().union(*(done.carried for done in made)))
            self.completed.append(Completion(resource.logical_id, resource.type, call.call, tuple(carried)))
        return made

    # ---- what is known

    def scope(self, resource: Declared, properties: Mapping[str, Json], physical_id: str) -> dict[str, Json]:
        """What the expressions of the data see."""
        name = f"{self.name}-{resource.logical_id}"
        return {
            "properties": properties,
            "id": physical_id,
            "logical": resource.logical_id,
            "name": name,
            "lower": name.lower(),
            "short": name[:32].rstrip("-"),
            "account": self.account.id,
            "region": self.account.region,
            "location": None if self.account.region == "us-east-1" else self.account.region,
        }

    def know(self, resource: Declared, entry: Completing, scope: Mapping[str, Json]) -> None:
        attributes = {name: evaluate(text, scope) for name, text in entry.attributes.items()}
        set_ones = {name: value for name, value in attributes.items() if value is not None}
        self.known[resource.logical_id] = Known(scope["id"], set_ones)

    def metadata(self) -> dict[str, Json]:
        return {_KEY: {**self.before, **self.remembered}}

    def finish(self) -> dict[str, str]:
        """Put the outputs and what is to be remembered into the stack."""
        by_calls = {name: known for name, known in self.known.items() if name not in self.stack.resources}
        outputs = {}
        for name, value in self.template.outputs.items():
            try:
                text = filled(value, by_calls)
            except NotKnown:
                continue
            if all(target in self.stack.resources or target.startswith("AWS::") for target in referred(text)):
                outputs[name] = {"Value": text}
        return self.stack.finish(outputs, {_KEY: self.remembered})

    def fall_short(self, resource: Declared, kind: ShortfallKind, reason: str) -> None:
        self.shortfalls.append(Shortfall(resource.logical_id, resource.type, reason, kind))


def _plain(value: Json) -> Json:
    """What JSON can hold of an answer."""
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items() if key != "ResponseMetadata"}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _shown(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _has(value: Json, steps: list[str]) -> bool:
    """True where there is something at a path that steps through lists as if they were not there."""
    if isinstance(value, list):
        return any(_has(child, steps) for child in value)
    if not steps:
        return True
    return isinstance(value, dict) and steps[0] in value and _has(value[steps[0]], steps[1:])


def _said(error: Exception) -> str:
    """What was wrong, on one line; a crash of moto's is a page of HTML."""
    answer = getattr(error, "response", {}).get("Error", {})
    said = str(answer.get("Message") or error)
    return "moto failed, and does not say why" if "<html" in said else " ".join(said.split())

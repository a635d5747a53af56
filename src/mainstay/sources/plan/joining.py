"""The Terraform files that a plan was made from: where each resource stands, and what they know besides the plan."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from mainstay.model.findings import Gap
from mainstay.sources import terraform
from mainstay.sources.plan.document import Instance, Json, Plan, as_list, as_map, calls_of
from mainstay.sources.plan.references import heads
from mainstay.sources.raw import RawResource

KEY = re.compile(r'\[(?:\?|\d+|"(?:[^"\\]|\\.)*")\]')


class Files:
    """What a root module's files declare, by address."""

    def __init__(self, raws: Iterable[RawResource]) -> None:
        self.exact: dict[str, RawResource] = {}
        self.alike: dict[str, list[RawResource]] = {}
        for raw in raws:
            self.exact[raw.address] = raw
            self.alike.setdefault(KEY.sub("", raw.address), []).append(raw)

    def find(self, instance: Instance) -> RawResource | None:
        """What the files say of an instance: of itself, or of the one that stands for all whose keys are unknown."""
        exact = self.exact.get(instance.address)
        if exact is not None:
            return exact
        for raw in self.alike.get(KEY.sub("", instance.address), ()):
            if "[?]" in raw.address and _stands_for(raw.address, instance.address):
                return raw
        return None


def _stands_for(pattern: str, address: str) -> bool:
    keys, own = KEY.findall(pattern), KEY.findall(address)
    return len(keys) == len(own) and all(key in ("[?]", mine) for key, mine in zip(keys, own, strict=True))


def read_files(plan: Plan, directory: Path, library: terraform.Library, options: terraform.Options) -> Files:
    """Evaluates the root module with the plan's variables. What cannot be read there, the plan has: no Gaps of it."""
    facts = terraform.Facts(
        options.facts.region or _region(plan),
        options.facts.account or _looked_up(plan, "aws_caller_identity", "account_id"),
        _looked_up(plan, "aws_partition", "partition") or options.facts.partition,
    )
    given = terraform.Options(
        {**options.variables, **_variables(plan)}, options.variable_files, options.workspace, facts
    )
    found = terraform.read_root(directory, library, given)
    return Files(one for one in found if not isinstance(one, Gap))


def declared(plan: Plan) -> set[str]:
    """The resources and calls of the root module: by the configuration, or by what there will be."""
    configured = {str(as_map(one).get("address")) for one in as_list(plan.root.get("resources"))}
    configured |= {f"module.{name}" for name in as_map(plan.root.get("module_calls"))}
    if not configured:
        configured = {
            one.local if not one.module else f"module.{calls_of(one.module)[0]}" for one in plan.instances.values()
        }
    return configured


def _variables(plan: Plan) -> Mapping[str, str]:
    """The root's variables as `--var` takes them, without those that are sensitive."""
    declared = as_map(plan.root.get("variables"))
    return {
        name: value if isinstance(value, str) else _as_hcl(value)
        for name, value in plan.variables.items()
        if value is not None and as_map(declared.get(name)).get("sensitive") is not True
    }


def _as_hcl(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("${", "$${").replace("%{", "%%{")


def _region(plan: Plan) -> str | None:
    """The region of the root's AWS provider, where it is a constant or a variable of the root."""
    for provider in plan.providers.values():
        one = as_map(provider)
        if one.get("name") == "aws" and "alias" not in one and "module_address" not in one:
            expression = as_map(as_map(one.get("expressions")).get("region"))
            value = expression.get("constant_value")
            references = heads(expression)
            if value is None and len(references) == 1 and references[0].startswith("var."):
                value = plan.variables.get(references[0][4:])
            return value if isinstance(value, str) else None
    return None


def _looked_up(plan: Plan, type: str, attribute: str) -> str | None:
    """What all data sources of a type say of the account."""
    found = {str(one.after[attribute]) for one in plan.data.values() if one.type == type and one.after.get(attribute)}
    return found.pop() if len(found) == 1 else None

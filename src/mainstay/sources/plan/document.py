"""The JSON of `terraform show -json`: recognised, taken apart, and whatever is wrong with it made a Gap."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from mainstay.model.findings import Gap, GapKind
from mainstay.model.places import Place

LARGEST_PLAN = 200_000_000
KNOWN_MAJORS = ("0", "1")
CONTENTS = ("planned_values", "resource_changes", "values")
GONE = (["delete"], ["forget"])
STEP = re.compile(r'module\.([\w-]+)(?:\[(?:\d+|"(?:[^"\\]|\\.)*")\])?\.?')
ADDRESS = re.compile(r'"address"\s*:\s*("(?:[^"\\]|\\.)*")')

Source = Literal["terraform-plan", "terraform-state"]
Json = Any
"""What `json.loads` gives: nothing is taken for granted of it."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of a resource or data source: its attributes as planned, which of them are unknown, which secret."""

    address: str
    module: str
    type: str
    name: str
    is_data: bool
    after: dict[str, Json]
    unknown: Json = False
    sensitive: Json = False

    @property
    def local(self) -> str:
        """The address inside the module, without a key."""
        return f"data.{self.type}.{self.name}" if self.is_data else f"{self.type}.{self.name}"

    @property
    def key(self) -> str:
        """The key as it stands in the address (`["a"]`, `[0]`), empty where there is none."""
        inner = self.address[len(self.module) + 1 :] if self.module else self.address
        return inner[len(self.local) :]


@dataclass(slots=True)
class Plan:
    """A plan (or a state). `instances` are the managed resources that there will be, `data` what was looked up."""

    shown: str
    source: Source
    instances: dict[str, Instance] = field(default_factory=dict)
    data: dict[str, Instance] = field(default_factory=dict)
    variables: dict[str, Json] = field(default_factory=dict)
    root: dict[str, Json] = field(default_factory=dict)
    """The configuration of the root module."""
    providers: dict[str, Json] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    lines: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Line and column of the entry of each address."""

    def place(self, address: str) -> Place | None:
        spot = self.lines.get(address)
        return Place(self.shown, *spot) if spot is not None else None

    def gap(self, kind: GapKind, reason: str) -> None:
        self.gaps.append(Gap(kind, reason, Place(self.shown, 1, 1)))


def as_map(value: Json) -> dict[str, Json]:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def looks_like_plan(text: str) -> bool:
    """Whether a text is worth reading as a plan: quick, and wrong only for texts that speak of plans."""
    braced = text.lstrip("\ufeff \t\r\n")[:1] == "{"
    return braced and '"format_version"' in text and any(f'"{key}"' in text for key in (*CONTENTS, "terraform_version"))


def refused(shown: str, reason: str, kind: GapKind = "unsupported") -> Plan:
    """A plan that is not read, with the Gap that says why."""
    plan = Plan(shown, "terraform-plan")
    plan.gap(kind, reason)
    return plan


def load(text: str, shown: str) -> Plan | None:
    """The plan that a text is, with its Gaps; None for a JSON text that is something else."""
    plan = Plan(shown, "terraform-plan")
    try:
        document = json.loads(text.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        plan.gaps.append(Gap("syntax", f"is not whole: {error.msg}", Place(shown, error.lineno, error.colno)))
        return plan
    except (ValueError, RecursionError):  # a number of a few thousand digits; brackets without end
        plan.gap("limit", "holds a number or a nesting that is too large to be read")
        return plan
    return _read(plan, document, text) if _is_plan(document) else None


def _is_plan(document: Json) -> bool:
    if not isinstance(document, dict) or "format_version" not in document:
        return False
    return not document.keys().isdisjoint(CONTENTS) or (
        "terraform_version" in document and document.keys() <= {"format_version", "terraform_version", "checks"}
    )  # the state in which there is nothing yet


def _read(plan: Plan, document: dict[str, Json], text: str) -> Plan:
    version = str(document["format_version"])
    if version.split(".")[0] not in KNOWN_MAJORS:
        plan.gap("unsupported", f"format_version {version} is newer than what is read, 1.x")
        return plan
    for name, kind in (("resource_changes", list), ("planned_values", dict), ("configuration", dict), ("values", dict)):
        if not isinstance(document.get(name, kind()), kind | type(None)):
            plan.gap("syntax", f"{name} is not {'a list' if kind is list else 'an object'}")
    configuration = as_map(document.get("configuration"))
    plan.root, plan.providers = as_map(configuration.get("root_module")), as_map(configuration.get("provider_config"))
    plan.variables = {name: as_map(one).get("value") for name, one in as_map(document.get("variables")).items()}
    if "planned_values" not in document and "resource_changes" not in document:
        plan.source = "terraform-state"
    gone = _changes(plan, as_list(document.get("resource_changes")))
    _values(plan, document.get("values"))
    _values(plan, document.get("planned_values"), gone)
    _values(plan, as_map(document.get("prior_state")).get("values"), data_only=True)
    _incomplete(plan, document)
    _locate(plan, text)
    return plan


def _incomplete(plan: Plan, document: dict[str, Json]) -> None:
    if document.get("errored") is True:
        plan.gap("evaluation", "the plan ended in errors; what it did not come to is not judged")
    elif document.get("deferred_changes"):
        plan.gap("evaluation", "a part of the changes is deferred to a later plan, and is not judged")
    elif document.get("complete") is False:
        plan.gap("evaluation", "the plan is not complete (-target?); what it leaves out is not judged")


def _changes(plan: Plan, entries: list[Json]) -> set[str]:
    """Takes over what is planned; gives the addresses of what will not be there."""
    gone: set[str] = set()
    for entry in entries:
        change = as_map(as_map(entry).get("change"))
        address = as_map(entry).get("address")
        if not isinstance(address, str) or not isinstance(change.get("actions"), list):
            plan.gap("syntax", "resource_changes has an entry without an address or without actions")
        elif "deposed" in entry:
            continue
        elif change["actions"] in GONE:
            gone.add(address)
        elif not isinstance(change.get("after"), dict):
            plan.gap("syntax", f"{address} is planned without values")
        else:
            _take(plan, entry, change["after"], change.get("after_unknown"), change.get("after_sensitive"))
    return gone


def _values(plan: Plan, values: Json, gone: set[str] | None = None, data_only: bool = False) -> None:
    """Takes over the resources of `values` and `planned_values`, those that are not known yet."""
    for entry in _entries(as_map(as_map(values).get("root_module"))):
        address, after = as_map(entry).get("address"), as_map(entry).get("values")
        if not isinstance(address, str) or address in (gone or ()) or (data_only and entry.get("mode") != "data"):
            continue
        if address not in plan.instances and address not in plan.data:
            _take(plan, entry, as_map(after), False, entry.get("sensitive_values"))


def _entries(module: dict[str, Json]) -> Iterator[Json]:
    waiting = [module]
    while waiting:
        one = waiting.pop()
        for entry in as_list(one.get("resources")):
            # the older formats have no module_address here; the module around them does
            yield {"module_address": one.get("address", ""), **entry} if isinstance(entry, dict) else entry
        waiting.extend(as_map(child) for child in as_list(one.get("child_modules")))


def _take(plan: Plan, entry: dict[str, Json], after: dict[str, Json], unknown: Json, sensitive: Json) -> None:
    type, name, module = entry.get("type"), entry.get("name"), entry.get("module_address") or ""
    if not (isinstance(type, str) and isinstance(name, str) and isinstance(module, str)):
        plan.gap("syntax", f"{entry['address']} has no type or no name")
        return
    one = Instance(entry["address"], module, type, name, entry.get("mode") == "data", after, unknown, sensitive)
    (plan.data if one.is_data else plan.instances).setdefault(one.address, one)


def _locate(plan: Plan, text: str) -> None:
    """Finds the entry of each address: the one among the changes, where there are any.

    No attribute has a place of its own: the lines around it may hold what is sensitive, and frames show those.
    """
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    begin = max(text.find('"resource_changes"'), 0)
    for start in (begin, 0) if begin else (0,):
        for match in ADDRESS.finditer(text, start):
            address = json.loads(match[1], strict=False) if "\\" in match[1] else match[1][1:-1]
            if address not in plan.lines and (address in plan.instances or address in plan.data):
                line = bisect_right(starts, match.start())
                plan.lines[address] = (line, match.start() - starts[line - 1] + 1)


def calls_of(module: str) -> list[str]:
    """The names of the calls in a module's address, outermost first."""
    return STEP.findall(module)


def parent_of(module: str) -> str:
    """The address of the module that calls this one."""
    starts = [match.start() for match in STEP.finditer(module)]
    return module[: starts[-1]].rstrip(".") if starts else ""

"""The attributes of a planned instance as the model's values.

What the plan knows is taken from it. What is known after apply is, in this order: what the Terraform files beside the
plan say of it, a Ref where the configuration names one attribute of one resource, nothing where nobody set it, and
otherwise Unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mainstay.model.places import Mark, Place
from mainstay.model.values import ABSENT, Document, Encoded, Items, OneOf, Record, Ref, Text, Unknown, Value
from mainstay.sources.plan.document import Instance, Json, as_map
from mainstay.sources.plan.filling import Filling
from mainstay.sources.plan.pairing import NOTHING, UNSURE, paired, paired_blocks
from mainstay.sources.plan.references import References, Target, Trace
from mainstay.sources.terraform import policy_document

AFTER_APPLY = "apply, then review a new plan"
BESIDE = "review the plan with its Terraform files"
SECRET = "is sensitive: its value is not looked at"
DOCUMENTS = ("json", "minified_json", "")
"""The attributes of a policy document that are its text. Behind an index that is computed, none is named."""
NAMING = ("id", "ids", "arn", "arns", "bucket", "role", "roles", "name", "names", "key", "subnets", "security_groups",
          "actions", "topic", "cluster", "url", "domain", "group", "groups", "user", "users", "identifier")  # fmt: skip
"""How attributes end that hold the name of something: a single reference in them is all that they are."""
INLINE = ("ingress", "egress", "route")
"""Blocks that a resource must not have where resources of their own say the same of it."""
DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Spot:
    """What is known of a value besides itself: its expression, what the Terraform files say, its name and mark."""

    instance: Instance
    node: Json
    hcl: Value
    """NOTHING where the files say nothing, ABSENT where they say that it is not set."""
    name: str
    place: Place | None
    may_be_blocks: bool = False
    """True where a dynamic block may have made it: those are not in the configuration."""


class Values:
    """Makes values of a plan's attributes."""

    def __init__(self, references: References) -> None:
        self.references = references
        self.filling = Filling(references)
        self._documents: dict[tuple[str, str], Value] = {}

    def body(self, instance: Instance, hcl: Record | None, place: Place | None) -> Record:
        """The attributes of an instance; `hcl` are those that the Terraform files give it, where they are there."""
        entry = self.references.configured(instance)
        node = as_map(entry.get("expressions")) if entry is not None else None
        spot = Spot(instance, node, NOTHING if hcl is None else hcl, "", place)
        after = dict(instance.after)
        unknown, sensitive = (dict(as_map(one)) for one in (instance.unknown, instance.sensitive))
        tags_node = None if node is None else node.get("tags")
        if "tags_all" in after or "tags_all" in unknown:
            # with the provider's default tags in it
            for one in (after, unknown, sensitive):
                one["tags"] = one.pop("tags_all", None)
            if node is not None and tags_node is None:
                node = {**node, "tags": UNSURE}
                spot = Spot(instance, node, spot.hcl, "", place)
        if _is_unwritten("region", spot):
            after.pop("region", None)
        record = self._record(after, unknown, sensitive, spot, 0)
        if not record.get("tags", True):
            del record["tags"]
        return record

    # -- by shape

    def _value(self, after: Json, unknown: Json, sensitive: Json, spot: Spot, depth: int) -> Value:
        if depth > DEEPEST:
            return Unknown("nests too deeply", spot.place)
        if sensitive is True:
            return self._secret(after, unknown, spot)
        if unknown is True:
            return self._unknown(spot)
        if isinstance(after, dict):
            return self._record(after, unknown, sensitive, spot, depth)
        if isinstance(after, list):
            return self._list(after, unknown, sensitive, spot, depth)
        if after is None and spot.name.endswith("_wo") and not _is_unwritten(spot.name, spot, itself=True):
            return self._secret("", False, spot)  # write-only: no plan ever holds its value
        return after

    def _record(self, after: dict[str, Json], unknown: Json, sensitive: Json, spot: Spot, depth: int) -> Record:
        unknown, sensitive = as_map(unknown), as_map(sensitive)
        hcl = spot.hcl if isinstance(spot.hcl, dict) else NOTHING
        place = hcl.place if isinstance(hcl, Record) and hcl.place is not None else spot.place
        marks: Mapping[str, Mark] = hcl.marks if isinstance(hcl, Record) else {}
        record = Record(place=place, marks=marks)
        for name in (*after, *(name for name in unknown if name not in after)):
            mark = marks.get(name)
            node = spot.node.get(name) if isinstance(spot.node, dict) and not _is_expression(spot.node) else spot.node
            blocks = node is None and self._may_be_blocks(name, sensitive.get(name), spot.instance)
            where = mark if isinstance(mark, Place) else place
            inner = Spot(spot.instance, node, _part(hcl, name), name, where, blocks)
            value = after.get(name)
            if value in ("", [], {}) and unknown.get(name) is not True and _is_unset(inner):
                continue
            value = self._value(value, unknown.get(name), sensitive.get(name), inner, depth + 1)
            if value is not None and value is not ABSENT:
                record[name] = value
        return record

    def _may_be_blocks(self, name: str, sensitive: Json, instance: Instance) -> bool:
        """True of what may be nested blocks: a collection (the marks of sensitivity tell), named by one of them."""
        if not isinstance(sensitive, list | dict) or (name.endswith("s") and not name.endswith("ss")):
            return False
        return not (name in INLINE and instance.address in self.references.with_rules)

    def _list(self, after: list[Json], unknown: Json, sensitive: Json, spot: Spot, depth: int) -> Value:
        unknowns = _beside(unknown, len(after))
        secrets = _beside(sensitive, len(after))
        partners = paired(after, unknowns, spot.hcl)
        nodes = paired_blocks(after, spot.node)
        elements = []
        for at, element in enumerate(after):
            inner = Spot(spot.instance, nodes[at], partners[at], spot.name, spot.place)
            value = self._value(element, unknowns[at], secrets[at], inner, depth + 1)
            if value is ABSENT:
                value = Unknown("is known after apply", spot.place, AFTER_APPLY)
            elements.append(value)
        return Items(elements)

    # -- what the plan does not know, or does not show

    def _unknown(self, spot: Spot) -> Value:
        hcl = self.filling.fill(spot.hcl)
        if hcl is None:
            return ABSENT
        if hcl is not NOTHING and type(hcl) not in (Unknown, OneOf):
            return hcl
        if isinstance(spot.node, dict) or hcl is NOTHING:
            found = self._by_references(spot)
            if hcl is NOTHING or isinstance(found, Ref) or found is ABSENT:
                return found
        return hcl

    def _by_references(self, spot: Spot) -> Value:
        node = spot.node
        settle = BESIDE if spot.hcl is NOTHING else AFTER_APPLY
        if node is None and self.references.configured(spot.instance) is not None:
            if not spot.may_be_blocks:
                return ABSENT
            return Unknown("is known after apply: nobody wrote it, or blocks are generated", spot.place, BESIDE)
        if not isinstance(node, dict | list) or node in ({}, [], [{}], UNSURE):
            return Unknown("is known after apply", spot.place, settle)
        trace = self.references.trace(node, spot.instance)
        if not trace.opaque:
            if all(map(self._is_known, trace.targets)):
                return ABSENT  # a known expression that leaves the attribute unknown is null: the service sets it
            if len(trace.targets) == 1:
                only = self._only(next(iter(trace.targets)), spot)
                if only is not None:
                    return only
        return Unknown(_because(trace), spot.place, settle)

    def _only(self, target: Target, spot: Spot) -> Value | None:
        """What an attribute is that is made from one other attribute."""
        instance = self.references.instance(target.address)
        if instance is not None and instance.type == "aws_iam_policy_document" and target.path in DOCUMENTS:
            return self._document(instance, target.path or "json")
        reason = f"{target.address}.{target.path} is known after apply"
        if not target.path:
            return None
        if spot.name.endswith(NAMING):
            return Ref(target.address, target.path, spot.place, reason, AFTER_APPLY)
        if target.path.rpartition(".")[2].endswith("arn") and spot.name == "resources":
            ref = Ref(target.address, target.path, spot.place, reason, AFTER_APPLY)
            return Text([ref, Unknown(reason, spot.place, AFTER_APPLY)], spot.place)
        return None

    def _document(self, instance: Instance, path: str) -> Value:
        """A policy document that the provider will render when it knows all of it, rendered as far as it is known."""
        key = (instance.address, path)
        if key not in self._documents:
            plan = self.references.plan
            place = plan.place(instance.address) or Place(plan.shown, 1, 1)
            self._documents[key] = Unknown(f"{instance.address} depends on itself", place)
            known = instance.after.get(path)
            self._documents[key] = (
                known
                if isinstance(known, str)
                else policy_document.render(self.body(instance, None, place), place, indent=path == "json")
            )
        return self._documents[key]

    def _is_known(self, target: Target) -> bool:
        instance = self.references.instance(target.address)
        if instance is None or not target.path:
            return False
        name = target.path.replace("[", ".").split(".")[0]
        unknown = as_map(instance.unknown).get(name)
        return instance.after.get(name) is not None and not _any_true(unknown)

    def _secret(self, after: Json, unknown: Json, spot: Spot) -> Value:
        """A sensitive value: whether it is set can be told, and what the code says of it where that is a reference."""
        if after is None and unknown is not True:
            return None
        hcl = self.filling.fill(spot.hcl)
        if isinstance(hcl, str) and hcl == after:
            return hcl  # it stands in the code, which may be the default of a sensitive variable
        if isinstance(hcl, Ref | Text | Document | Encoded):
            return hcl  # made without the values of sensitive variables: what is known in it stands in the code
        if unknown is True:
            return ABSENT if _is_unset(spot) and spot.node is None else Unknown(SECRET, spot.place)
        if isinstance(after, str):
            return Text([Unknown(SECRET, spot.place)], spot.place)
        return Unknown(SECRET, spot.place)


def _part(hcl: Value, name: str) -> Value:
    """What the Terraform files say of one attribute of a block."""
    if hcl is NOTHING or not isinstance(hcl, dict):
        return NOTHING
    if name in hcl:
        return hcl[name]
    return ABSENT if not isinstance(hcl, Record) or hcl.rest is ABSENT else NOTHING


def _is_unwritten(name: str, spot: Spot, itself: bool = False) -> bool:
    """True of an attribute that surely nobody wrote."""
    node = spot.node if itself else as_map(spot.node).get(name)
    hcl = spot.hcl if itself else _part(spot.hcl, name)
    return node is None and (hcl is NOTHING or hcl is ABSENT)


def _is_unset(spot: Spot) -> bool:
    """True where an empty value is what the provider makes of nothing."""
    return spot.hcl is ABSENT or (spot.hcl is NOTHING and spot.node in (None, UNSURE))


def _is_expression(node: dict[str, Json]) -> bool:
    return "references" in node or "constant_value" in node


def _beside(marks: Json, length: int) -> list[Json]:
    marks = marks if isinstance(marks, list) else []
    return [*marks[:length], *[None] * (length - len(marks))]


def _any_true(marks: Json) -> bool:
    return any(mark is True for mark in _leaves(marks))


def _leaves(marks: Json) -> Iterator[Json]:
    waiting = [marks]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
        else:
            yield one


def _because(trace: Trace) -> str:
    named = [f"{one.address}.{one.path}" if one.path else one.address for one in trace.targets] + trace.opaque
    if not named:
        return "is known after apply"
    more = f" and {len(named) - 3} more" if len(named) > 3 else ""
    return f"is known after apply: it is made from {', '.join(named[:3])}{more}"

"""Checks collectors against the service models of botocore and against what controls read.

`python tools/check_collectors.py [--draft] [TYPE...]`: every call, parameter, path and name has to exist, every
property that a control reads has to be spelled. With `--draft`, prints the names that could stand under `same`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from mainstay.catalog import load, load_shapes
from mainstay.sources.live.collectors import Call, Collector, Detail, Take, load_collectors
from mainstay.sources.spelling import unspelled
from mainstay.sources.spelling.coverage import vouched
from mainstay.sources.spelling.routes import route
from mainstay.sources.spelling.tables import Table
from mainstay.verbs.judging import reads_by_type

FREE = "free"
"""Stands for a shape of which nothing is known: a document, or what a function makes."""

Members = Mapping[str, Any]
TOKENS = {"nexttoken", "marker", "nextmarker", "position", "nextpagetoken", "nextpage"}
SESSION = botocore.session.Session()


@cache
def operation_model(service: str, operation: str) -> OperationModel | None:
    """The model of an operation by the names of boto3's client and method."""
    if service not in SESSION.get_available_services():
        return None
    model = SESSION.get_service_model(service)
    names = {botocore.xform_name(name): name for name in model.operation_names}
    return model.operation_model(names[operation]) if operation in names else None


@cache
def can_page(service: str, operation: str) -> bool:
    try:
        model = SESSION.get_component("data_loader").load_service_model(service, "paginators-1")
    except botocore.exceptions.UnknownServiceError:
        return False
    return operation in {botocore.xform_name(name) for name in model["pagination"]}


def members(shape: Any) -> Members | None:
    """What stands directly below a shape, lists stepped through; None where anything may."""
    while isinstance(shape, ListShape):
        shape = shape.member
    if isinstance(shape, StructureShape):
        return dict(shape.members)
    if isinstance(shape, MapShape) or shape == FREE:
        return None
    return shape if isinstance(shape, dict) else {}


class _Checker:
    def __init__(self, collector: Collector) -> None:
        self.collector = collector
        self.faults: list[str] = []
        self.body: dict[str, Any] = {}
        self.open = False

    def fault(self, message: str) -> None:
        self.faults.append(f"{self.collector.type}: {message}")

    # -- expressions over shapes

    def taken(self, shape: Any, take: Take | None) -> Any:
        if take is None:
            return shape
        return self.node(shape, take.parsed, take.expression)  # type: ignore[attr-defined]

    def node(self, shape: Any, node: Mapping[str, Any], text: str) -> Any:
        kind, children = node["type"], node["children"]
        if kind == "field":
            inside = members(shape) if not isinstance(shape, ListShape) else {}
            if inside is None:
                return shape.value if isinstance(shape, MapShape) else FREE
            if node["value"] not in inside:
                self.fault(f"{text!r}: there is no {node['value']}")
                return FREE
            return inside[node["value"]]
        if kind in ("subexpression", "index_expression", "pipe"):
            for child in children:
                shape = self.node(shape, child, text)
            return shape
        if kind in ("identity", "current"):
            return shape
        if kind == "index":
            return shape.member if isinstance(shape, ListShape | _Many) else shape
        if kind in ("projection", "filter_projection", "value_projection"):
            left = self.node(shape, children[0], text)
            element = left.value if isinstance(left, MapShape) else _one(left) if isinstance(left, _Many) else left
            element = element.member if isinstance(element, ListShape) else element
            if kind == "filter_projection":
                self.node(element, children[2], text)
            return _Many(self.node(element, children[1], text))
        if kind == "flatten":
            inner = self.node(shape, children[0], text)
            while isinstance(inner, _Many):
                inner = inner.member
            return inner if isinstance(inner, ListShape) else _Many(inner)
        if kind == "multi_select_dict":
            return {child["value"]: self.node(shape, child["children"][0], text) for child in children}
        if kind == "function_expression" and node["value"] == "merge":
            merged: dict[str, Any] = {}
            for child in children:
                inside = members(_one(self.node(shape, child, text)))
                if inside is None:
                    return FREE
                merged.update(inside)
            return merged
        if kind == "function_expression" and node["value"] == "unfold":
            elements = _one(self.node(shape, children[0], text))
            found = (members(elements) or {}).get(children[1]["value"], FREE)
            while isinstance(found, _Many | ListShape | MapShape):
                found = found.value if isinstance(found, MapShape) else found.member
            return _Many({**(members(found) or {}), "outer": elements})
        if kind == "function_expression" and node["value"] in ("not_null", "to_number"):
            return self.node(shape, children[0], text)
        if kind in ("and_expression", "or_expression"):
            left, right = (self.node(shape, child, text) for child in children)
            return right if kind == "and_expression" or left == FREE else left
        if kind in ("comparator", "not_expression", "function_expression"):
            for child in children:  # for what they name: what comes out has no members
                if child["type"] != "expref":
                    self.node(shape, child, text)
        return FREE

    # -- calls

    def call(self, call: Call, batch: str = "") -> Any:
        model = operation_model(call.service, call.operation)
        if model is None:
            self.fault(f"there is no {call.service}.{call.operation}")
            return FREE
        given = {*call.parameters, *([batch] if batch else [])}
        known = dict(model.input_shape.members) if model.input_shape else {}
        required = set(model.input_shape.required_members) if model.input_shape else set()
        for name in sorted(given - set(known)):
            self.fault(f"{call.service}.{call.operation} has no parameter {name}")
        for name in sorted(required - given):
            self.fault(f"{call.service}.{call.operation} needs {name}")
        output = model.output_shape
        if output is None:
            return FREE
        tokens = [name for name in output.members if name.lower() in TOKENS]
        if tokens and not can_page(call.service, call.operation) and call.pages is None:
            self.fault(f"{call.service}.{call.operation} pages by {tokens[0]}, which boto3 does not know: say `pages`")
        return self.taken(output, call.take)

    def add(self, shape: Any) -> None:
        while isinstance(shape, _Many):
            shape = shape.member
        inside = members(shape)
        if inside is None:
            self.open = True
        else:
            self.body.update(inside)

    def run(self) -> list[str]:
        one = self.collector
        if one.listing is not None:
            shape = self.call(one.listing)
            if one.listing.as_key:
                self.body[one.listing.as_key] = FREE
            else:
                self.add(shape)
        self.body.update(dict.fromkeys(one.add, FREE))
        for detail in one.details:
            self.detail(detail)
        for name in (*one.add.values(), one.id, one.arn, one.region):
            self.slots(name)
        if one.keep is not None:
            self.node(self.body, one.keep.parsed, one.keep.expression)  # type: ignore[attr-defined]
        self.table(one.table, self.body)
        self.coverage()
        return self.faults

    def detail(self, detail: Detail) -> None:
        if detail.batch is not None:
            self.slots(detail.batch.of)
        for value in detail.call.parameters.values():
            self.slots(value)
        shape = self.call(detail.call, detail.batch.name if detail.batch else "")
        if detail.batch is not None:
            shape = _one(shape)
            self.taken(shape, detail.batch.key)
            shape = self.taken(shape, detail.batch.pick)
        if detail.into:
            self.body[detail.into] = {detail.call.as_key: FREE} if detail.call.as_key else shape
        else:
            self.add(shape)

    def slots(self, template: Any) -> None:
        import re

        if isinstance(template, dict | list):
            for inner in template.values() if isinstance(template, dict) else template:
                self.slots(inner)
        elif isinstance(template, str):
            for slot in re.findall(r"\{([^{}]+)\}", template):
                first = slot.split(".")[0]
                if first not in (*self.body, "parent", "account", "partition", "region") and not self.open:
                    self.fault(f"{template!r}: the answers have no {first}")

    # -- the table

    def table(self, table: Table, body: Members) -> None:
        names = {*table.same, *table.rename, *table.pairs, *table.keyed, *table.decode, *table.renamed_inside}
        for name in sorted(names - {""}):
            self.source(name, body)
        for name, inner in table.emit.items():
            self.source(name, body)
            below = members(_one(body.get(name, FREE)))
            if below:
                self.table(inner, below)

    def source(self, name: str, body: Members) -> None:
        inside: Members | None = body
        for step in name.split("."):
            if inside is None:
                return
            if step not in inside:
                if not (self.open and inside is body):
                    self.fault(f"{name}: the answers have no {step}")
                return
            inside = members(_one(inside[step]))

    def coverage(self) -> None:
        shapes = load_shapes()
        for table in (self.collector.table, *self.collector.table.emit.values()):
            if table.type not in shapes:
                self.fault(f"{table.type} is no resource type")
                continue
            for path in unspelled(sorted(READS.get(table.type, ())), table, (), shapes[table.type]):
                self.fault(f"{table.type}: {path} is read by a control and not spelled")

    def draft(self) -> Iterator[str]:
        """The names of the answers that the rule finds a property for."""
        way = route(self.collector.table, load_shapes()[self.collector.type])

        def walk(prefix: str, inside: Members, depth: int) -> Iterator[str]:
            for name, shape in inside.items():
                source = prefix + name
                if source in self.collector.table.rename or vouched(way, source) is None:
                    continue
                below = members(_one(shape))
                if below and depth < 5:
                    yield from walk(f"{source}.", below, depth + 1)
                else:
                    yield source

        yield from walk("", self.body, 0)


class _Many:
    """What a projection gives: a list made by the expression."""

    def __init__(self, member: Any) -> None:
        self.member = member


def _one(shape: Any) -> Any:
    while isinstance(shape, _Many | ListShape):
        shape = shape.member
    return shape


READS = reads_by_type(load().controls)


def check(collector: Collector) -> list[str]:
    """Everything wrong with a collector that its file alone does not show."""
    return _Checker(collector).run()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("types", nargs="*", metavar="TYPE")
    parser.add_argument("--draft", action="store_true")
    asked = parser.parse_args()
    faults = 0
    for type, collector in load_collectors().items():
        if asked.types and type not in asked.types:
            continue
        checker = _Checker(collector)
        for fault in checker.run():
            faults += 1
            print(fault)
        if asked.draft:
            print(f"{type}: same: [{', '.join(checker.draft())}]")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())


__all__ = ["Shape", "check", "main"]

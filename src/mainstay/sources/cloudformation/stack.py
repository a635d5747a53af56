"""One stack: its template with parameters put in, the resources in it, and the stacks nested in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from mainstay.model.findings import GapKind
from mainstay.model.places import Mark, Place
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import ABSENT, Record, Unknown, Value, references
from mainstay.sources.cloudformation import cdk, sam
from mainstay.sources.cloudformation.alternatives import merge_records
from mainstay.sources.cloudformation.budget import Wrong
from mainstay.sources.cloudformation.conditions import Conditions, Truth
from mainstay.sources.cloudformation.cycles import cycles
from mainstay.sources.cloudformation.evaluator import Evaluator, known_after_deployment
from mainstay.sources.cloudformation.loops import PREFIX, expand
from mainstay.sources.cloudformation.parameters import parameter_value, pseudo_parameters
from mainstay.sources.cloudformation.reading import Reading
from mainstay.sources.cloudformation.template import NESTED_STACK, is_type_name, local_path

MAX_NESTING = 20
"""How deep stacks may nest."""

MAX_SHOWN = 12
"""How many resources of a circle are named."""

_LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"
_SAM = "AWS::Serverless-2016-10-31"
_INCLUDE = "AWS::Include"


class Stack:
    """A template at work.

    `prefix` stands before its logical ids: empty, or `Outer/`. `ancestors` are the files of the stacks around it, and
    `calls` the resources in them that nest it.
    """

    def __init__(
        self,
        reading: Reading,
        path: Path,
        shown: str,
        body: Record,
        given: Mapping[str, Value],
        prefix: str = "",
        ancestors: tuple[Path, ...] = (),
        calls: tuple[Place, ...] = (),
    ) -> None:
        self.reading = reading
        self.path = path
        self.shown = shown
        self.prefix = prefix
        self.ancestors = (*ancestors, path)
        self.calls = calls
        self.references: set[str] = set()
        self.including: list[Path] = []
        self.children: dict[str, Stack | None] = {}
        self.opening: set[str] = set()
        self.outputs: dict[str, Value] = {}
        self.waits_for: dict[str, frozenset[str]] = {}
        self.assume = 0  # the scenarios in which the resource that is being evaluated exists
        self.certain: set[str] = set()  # what it points at in all of them
        self.serverless: Place | None = None  # where the transform of SAM is named
        self.spellings: Mapping[str, str] = {}  # SAM's types of the resources that came from one
        self.body = body
        self.evaluator = Evaluator(self, pseudo_parameters(reading.options), reading.budget)
        self.body = self.with_includes(body)
        self.evaluator.parameters.update(self.parameters(given))
        self.evaluator.mappings = self.expanded("Mappings")
        if self.serverless is not None:
            self.expand_serverless(self.serverless)
        self.evaluator.conditions = self.conditions = Conditions(
            self.expanded("Conditions"),
            lambda value: self.evaluator.evaluate(value, None, 0),
            self.fault,
            reading.budget,
        )
        for name in self.conditions.expressions:  # also those that nothing asks for, so that their faults are told
            self.conditions.truth(name, None)
        self.resources = self.expanded("Resources")
        self.evaluator.resource_ids.update(self.resources)
        self.output_section = self.expanded("Outputs")

    def fault(self, reason: str, place: Place | None, kind: GapKind = "evaluation") -> Unknown:
        """Note what is wrong, and give the value to go on with."""
        place = place or self.body.place
        self.reading.note(kind, reason, place)
        return Unknown(reason, place)

    def section(self, name: str) -> Record:
        section = self.body.get(name)
        if section is not None and not isinstance(section, Record):
            self.fault(f"{name} has to be a map", _place(self.body.marks.get(name)))
        return section if isinstance(section, Record) else Record((), self.body.place)

    def with_includes(self, body: Record) -> Record:
        """The template with the sections that `AWS::Include` brings, and a gap for every other macro."""
        place = _place(body.marks.get("Transform")) or body.place
        declared = body.get("Transform")
        result = body
        for transform in declared if isinstance(declared, list) else [declared]:
            name = transform.get("Name") if isinstance(transform, dict) else transform
            if name is None or name == _LANGUAGE_EXTENSIONS:
                continue
            if name == _SAM:
                self.serverless = place or Place(self.shown, 1, 1)
            elif isinstance(transform, dict):
                fragment = self.fragment(transform, place, _unchanged)
                if isinstance(fragment, Record):
                    result = _merged(result, fragment)
            else:
                self.reading.note("unsupported", f"what the macro {name} makes of the template is not known", place)
        if "Fn::Transform" in body:
            fragment = self.fragment(body["Fn::Transform"], place, _unchanged)
            if isinstance(fragment, Record):
                result = _merged(result, fragment)
        return result

    def expand_serverless(self, place: Place) -> None:
        """Put what SAM makes of the template in its place, loops run and fragments included."""
        body = Record(self.body, self.body.place, self.body.marks)
        body["Resources"] = resources = self.expanded("Resources")
        resources.update({name: self.with_definition(entry) for name, entry in resources.items()})
        known = self.evaluator.parameters
        expanded = sam.expand(body, known, self.reading.options, place, self.reading.note)
        self.body, self.spellings = expanded.body, expanded.spellings

    def with_definition(self, entry: Value) -> Value:
        """An API in SAM's words with the definition that it includes: SAM adds to it what the rest asks for."""
        properties = entry.get("Properties") if sam.is_serverless(entry) else None
        if not isinstance(properties, Record):
            return entry
        definition = properties.get("DefinitionBody")
        if not isinstance(definition, Record) or set(definition) != {"Fn::Transform"}:
            return entry
        fragment = self.fragment(definition["Fn::Transform"], definition.place, _unchanged)
        if not isinstance(fragment, Record):
            return entry
        inner = Record({**properties, "DefinitionBody": fragment}, properties.place, properties.marks)
        return Record({**entry, "Properties": inner}, entry.place, entry.marks)

    def parameters(self, given: Mapping[str, Value]) -> dict[str, Value]:
        values: dict[str, Value] = {}
        section = self.expanded("Parameters")
        for name, declared in section.items():
            if isinstance(declared, Record):
                try:
                    values[name] = parameter_value(name, declared, given, nested=bool(self.prefix))
                except Wrong as error:
                    values[name] = self.fault(f"parameter {name}: {error}", declared.place)
            else:
                values[name] = self.fault(f"parameter {name} has to be a map", _place(section.marks.get(name)))
        return values

    def expanded(self, name: str) -> Record:
        """A section with its loops run and its fragments included."""
        section = self.section(name)
        result = Record((), section.place, {})
        marks: dict[str, Mark] = {}
        for key, value in section.items():
            place = _place(section.marks.get(key))
            made: Value = None
            if key.startswith(PREFIX):
                try:
                    made = expand(key, value, self.evaluator.collection, self.reading.budget)
                except Wrong as error:
                    self.fault(f"{key}: {error}", place, error.kind)
            elif key == "Fn::Transform":
                made = self.fragment(value, place, _unchanged)
            else:
                result[key] = value
                if place is not None:
                    marks[key] = place
            if isinstance(made, Record):
                result.update(made)
                marks.update(made.marks)
        result.marks = marks
        return result

    def fragment(self, transform: Value, place: Place | None, then: Callable[[Value], Value]) -> Value:
        """What `then` makes of what `AWS::Include` brings from a local file; a gap for every other transform."""
        name = transform.get("Name") if isinstance(transform, dict) else None
        parameters = transform.get("Parameters") if isinstance(transform, dict) else None
        location = parameters.get("Location") if isinstance(parameters, dict) else None
        if name != _INCLUDE:
            return self.fault(f"what the macro {name or 'without a name'} makes is not known", place, "unsupported")
        location = self.evaluator.evaluate(location, place, self.evaluator.everything)
        if not isinstance(location, str) or local_path(self.path, location) is None:
            shown = location if isinstance(location, str) else "a location that is not known"
            return self.fault(f"AWS::Include of {shown}: only local files are included", place, "unsupported")
        found = self.reading.locate(self.path, self.shown, location, place)
        if found is None:
            return Unknown(f"{location} cannot be included", place)
        path, shown = found
        if path in self.including:
            return self.fault(f"{location} includes itself", place)
        loaded = self.reading.load(path, shown)
        if not loaded.complete:
            return Unknown(f"{location} cannot be included", place)
        self.including.append(path)
        try:
            self.reading.budget.take_include()
            return then(loaded.value)
        except Wrong as error:
            return self.fault(str(error), place, error.kind)
        finally:
            self.including.pop()

    def attribute(self, logical_id: str, name: str, place: Place | None, assume: int) -> Value:
        """What Ref (with an empty name) and GetAtt give for a resource of this stack."""
        address = self.prefix + logical_id
        self.references.add(address)
        if assume == self.assume:
            self.certain.add(address)
        entry = self.resources[logical_id]
        condition = entry.get("Condition") if isinstance(entry, Record) else None
        if isinstance(condition, str) and assume and condition in self.conditions.expressions:
            present = self.conditions.truth(condition, place).maybe & assume
            if not present:
                return self.fault(f"{logical_id} is not there where this is: its condition {condition} is false", place)
        if name.startswith("Outputs.") and isinstance(entry, Record) and entry.get("Type") == NESTED_STACK:
            child = self.child(logical_id, place)
            if child is not None:
                return child.output(name.removeprefix("Outputs."), place)
        return known_after_deployment(address, name or "id", place)

    def output(self, name: str, place: Place | None) -> Value:
        """The value of an output, as the stack around this one sees it."""
        if name in self.outputs:
            return self.outputs[name]
        entry = self.output_section.get(name)
        if not isinstance(entry, Record):
            return self.fault(f"the nested stack has no output {name}", place)
        if name in self.opening:
            return self.fault(f"the output {name} depends on itself", place)
        self.opening.add(name)
        value = self.evaluator.evaluate(entry.get("Value"), entry.place, self.conditions.all)
        self.opening.discard(name)
        self.outputs[name] = Unknown(f"the output {name} has no value", place) if value is ABSENT else value
        return self.outputs[name]

    def child(self, logical_id: str, place: Place | None) -> Stack | None:
        """The stack nested in a resource, made when it is first asked for; None where its template cannot be had."""
        if logical_id in self.children:
            return self.children[logical_id]
        key = f"{logical_id}."  # no output has this name
        if key in self.opening:
            self.fault(f"the nested stack {logical_id} depends on its own outputs", place)
            return None
        self.opening.add(key)
        kept = self.references, self.certain, self.assume
        self.references, self.certain = set(), set()
        try:
            with self.reading.budget.levels:
                self.reading.budget.take_stack()
                self.children[logical_id] = self.open_child(logical_id)
        except Wrong as error:
            self.fault(f"the nested stack {logical_id}: {error}", place, error.kind)
            self.children[logical_id] = None
        finally:
            self.references, self.certain, self.assume = kept
            self.opening.discard(key)
        return self.children[logical_id]

    def open_child(self, logical_id: str) -> Stack | None:
        entry = self.resources[logical_id]
        properties = self.evaluator.evaluate(entry.get("Properties"), entry.place, self.existence(entry).maybe)
        place = _place(self.resources.marks.get(logical_id))
        location = cdk.asset(entry) or (properties.get("TemplateURL") if isinstance(properties, dict) else None)
        if not isinstance(location, str):
            self.reading.note("module", f"the template of the nested stack {logical_id} is not known", place)
            return None
        found = self.reading.locate(self.path, self.shown, location, place)
        if found is None:
            return None
        path, shown = found
        if path in self.ancestors or len(self.ancestors) > MAX_NESTING:
            self.fault(f"the template {location} nests itself", place)
            return None
        loaded = self.reading.load(path, shown)
        if not loaded.complete:
            return None
        if not isinstance(loaded.value, Record):
            self.fault(f"{location} is no template", place)
            return None
        given = properties.get("Parameters")
        values = given if isinstance(given, dict) else {}
        prefix, calls = f"{self.prefix}{logical_id}/", (*self.calls, *([place] if place else ()))
        return Stack(self.reading, path, shown, loaded.value, values, prefix, self.ancestors, calls)

    def existence(self, entry: Record) -> Truth:
        """When a resource exists."""
        condition = entry.get("Condition")
        if condition is None:
            return self.conditions.certain(True)
        return self.conditions.truth(condition, _place(entry.marks.get("Condition")) or entry.place)

    def read_all(self, around: Unknown | None = None) -> Iterator[Resource]:
        """The resources of this stack and of those nested in it; `around` says why this stack itself may not exist."""
        for logical_id, entry in self.resources.items():
            place = _place(self.resources.marks.get(logical_id))
            kind = str(entry.get("Type")) if isinstance(entry, Record) else ""
            if not isinstance(entry, Record) or not is_type_name(kind):
                self.not_a_resource(logical_id, entry, place)
                continue
            if kind == cdk.METADATA:
                continue
            if kind.endswith("::MODULE"):
                self.reading.note("module", f"the module {kind} is in a registry, not in this tree", place)
            truth = self.existence(entry)
            if not truth.maybe:
                continue
            may_exist = around
            if truth.sure != self.conditions.all:
                reason, settle = self.conditions.why(str(entry.get("Condition")))
                may_exist = Unknown(reason, _place(entry.marks.get("Condition")), settle)
            yield self.resource(logical_id, entry, place, truth.maybe, may_exist)
            if kind == NESTED_STACK:
                child = self.child(logical_id, place)
                if child is not None:
                    yield from child.read_all(may_exist)
        for circle in cycles(self.waits_for):
            place = _place(self.resources.marks.get(circle[0].removeprefix(self.prefix)))
            shown = circle if len(circle) <= MAX_SHOWN else [*circle[:MAX_SHOWN], "..."]
            self.fault("resources wait for one another: " + " -> ".join(shown), place)

    def not_a_resource(self, logical_id: str, entry: Value, place: Place | None) -> None:
        """Say why an entry of Resources is none; most often it stands for a module that a tool is to put in."""
        if isinstance(entry, dict) and ("Source" in entry or isinstance(entry.get("Type"), dict)):
            self.reading.note("module", f"{logical_id} stands for a module that is not put in yet", place)
        else:
            self.fault(f"{logical_id} is no resource: it has no type", place)

    def resource(
        self, logical_id: str, entry: Record, place: Place | None, assume: int, may_exist: Unknown | None
    ) -> Resource:
        self.references, self.certain, self.assume = set(), set(), assume
        mark = _place(entry.marks.get("Properties")) or place
        value = self.evaluator.evaluate(entry.get("Properties"), mark, assume)
        # also those that come in with the parameters of a nested stack
        addresses = frozenset(self.references.union(reference.address for reference in references(value)))
        if may_exist is None:
            depends = entry.get("DependsOn")
            names = depends if isinstance(depends, list) else [depends]
            first = {self.prefix + name for name in names if isinstance(name, str)}
            self.waits_for[self.prefix + logical_id] = frozenset(self.certain | first)
        if isinstance(value, Unknown):
            options = getattr(value, "options", (value,))
            value = merge_records(options, value.reason, mark, value.settle)
        elif not isinstance(value, Record):
            if value is not None and value is not ABSENT:
                self.fault(f"the Properties of {logical_id} have to be a map", mark)
            value = Record((), mark)
        raw = Record((), entry.place, entry.marks)
        for key, attribute in entry.items():
            evaluated = value if key == "Properties" else self.evaluator.evaluate(attribute, entry.place, assume)
            if evaluated is not ABSENT:
                raw[key] = evaluated
        prefix = self.prefix.rstrip("/")
        spelling = self.spellings.get(logical_id, entry["Type"])
        construct = cdk.construct(entry) or self.reading.construct(self.path, logical_id)
        origin = Origin("cloudformation", self.reading.scope, place, prefix, spelling, self.calls, construct)
        return Resource(entry["Type"], self.prefix + logical_id, value, origin, raw, may_exist, addresses)


def _place(mark: Mark | None) -> Place | None:
    return mark if isinstance(mark, Place) else None


def _unchanged(value: Value) -> Value:
    return value


def _merged(body: Record, fragment: Record) -> Record:
    """A template with the sections of a fragment added; its own entries win."""
    result = Record(body, body.place, {**fragment.marks, **body.marks})
    for key, value in fragment.items():
        own = result.get(key)
        if isinstance(own, Record) and isinstance(value, Record):
            result[key] = Record({**value, **own}, own.place, {**value.marks, **own.marks})
        elif own is None:
            result[key] = value
    return result

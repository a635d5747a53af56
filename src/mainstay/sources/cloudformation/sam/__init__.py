"""Expands SAM templates: what `AWS::Serverless-2016-10-31` makes of them, each piece where its source stands.

The translation itself is that of aws-sam-translator, which is an extra and imported with the first template that
needs it. It works offline, on plain data: what it gives back is laid over the source to get its places again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mainstay.model.findings import GapKind
from mainstay.model.places import Place
from mainstay.model.values import Record, Value
from mainstay.sources.cloudformation.options import Options
from mainstay.sources.cloudformation.sam.artifacts import packaged
from mainstay.sources.cloudformation.sam.places import Sources
from mainstay.sources.cloudformation.sam.translation import Refusal, Translation, installed, plain

__all__ = ["Expanded", "expand", "is_serverless"]

NOT_INSTALLED = (
    "resources of the types AWS::Serverless::* are not expanded, and what they make is not judged: "
    'pip install "mainstay[sam]"'
)

MAX_RESOURCES = 500
"""How many resources CloudFormation takes in a template."""

MAX_ATTEMPTS = 12
"""How often a template is translated anew without the resources that were refused."""

Note = Callable[[GapKind, str, Place | None], None]


@dataclass(frozen=True, slots=True)
class Expanded:
    """A template without SAM's types, and what each resource in it was before that came from one: its SAM type."""

    body: Record
    spellings: Mapping[str, str]


def is_serverless(entry: Value) -> bool:
    """True for a resource of one of SAM's types."""
    kind = entry.get("Type") if isinstance(entry, dict) else None
    return isinstance(kind, str) and kind.startswith("AWS::Serverless::")


def expand(body: Record, given: Mapping[str, Value], options: Options, transform: Place | None, note: Note) -> Expanded:
    """The template as SAM deploys it. Resources that cannot be expanded stay as they are, each with a gap.

    `given` are the values of the parameters as far as they are known, `transform` is where the transform is named.
    """
    resources = body.get("Resources")
    if not isinstance(resources, Record) or not any(map(is_serverless, resources.values())):
        return Expanded(body, {})
    if not installed():
        note("unsupported", NOT_INSTALLED, transform)
        return Expanded(body, {})
    if len(resources) > MAX_RESOURCES:
        note("limit", f"a template has at most {MAX_RESOURCES} resources; those of SAM are not expanded", transform)
        return Expanded(body, {})
    return _Expansion(body, resources, options, transform, note).run(given)


class _Expansion:
    """One template on its way through the translator."""

    def __init__(self, body: Record, resources: Record, options: Options, transform: Place | None, note: Note) -> None:
        self.body = body
        self.resources = resources
        self.options = options
        self.transform = transform
        self.note = note
        self.left: dict[str, Value] = {}

    def run(self, given: Mapping[str, Value]) -> Expanded:
        source = packaged({key: plain(value) for key, value in self.body.items()})
        source["Parameters"] = _declared(self.body.get("Parameters"))
        self.leave_strangers(source["Resources"])
        translation = Translation(given, self.options.region, self.options.partition)
        for _ in range(MAX_ATTEMPTS):
            if not any(map(is_serverless, source["Resources"].values())):
                break
            made, refusals = translation.run(source)
            if made is not None:
                return self.placed(made)
            self.leave(refusals, source["Resources"])
        else:
            self.leave([Refusal(None, "more of its resources are refused than are looked for")], source["Resources"])
        return Expanded(self.body, {})

    def leave_strangers(self, resources: dict[str, Value]) -> None:
        """Leave out what only the net could tell, and what is no map."""
        for name, entry in list(resources.items()):
            if not isinstance(entry, dict):
                self.left[name] = self.resources[name]
                del resources[name]
            elif entry.get("Type") == "AWS::Serverless::Application" and _is_published(entry):
                reason = f"the application {name} is in a repository of applications, not here"
                self.note("module", reason, self.place_of(Refusal(name, reason)))
                self.left[name] = self.resources[name]
                del resources[name]

    def leave(self, refusals: list[Refusal], resources: dict[str, Value]) -> None:
        """Note why resources were refused and go on without them; without all of SAM's where none is named."""
        for refusal in refusals:
            named = refusal.name if refusal.name in resources and is_serverless(resources[refusal.name]) else None
            what = f"{named} is" if named else "the resources of SAM are"
            self.note(refusal.kind, f"{what} not expanded: {refusal.reason}", self.place_of(refusal))
        named_ones = {one.name for one in refusals if one.name and is_serverless(resources.get(one.name))}
        for name in named_ones or [name for name, entry in resources.items() if is_serverless(entry)]:
            self.left[name] = self.resources[name]
            del resources[name]

    def place_of(self, refusal: Refusal) -> Place | None:
        """Where the resource stands that a refusal is about, or the section that it is about, or the transform."""
        mark = self.resources.marks.get(refusal.name or "")
        if mark is None and "'Globals'" in refusal.reason:
            mark = self.body.marks.get("Globals")
        return mark if isinstance(mark, Place) else self.transform

    def placed(self, made: Mapping[str, Value]) -> Expanded:
        """What the translator made, with the places of what it was made from."""
        sources = Sources(self.body, self.resources, self.transform)
        marks = dict(self.body.marks)
        body = Record(self.body, self.body.place, marks)
        resources, spellings = sources.translated(made.get("Resources") or {})
        for name, entry in resources.items():
            if is_serverless(entry):
                reason = f"SAM has no type {entry['Type']}"
                self.note("unsupported", f"{name} is not expanded: {reason}", self.place_of(Refusal(name, reason)))
        for name, entry in self.left.items():
            resources[name] = entry
        resources.marks = {**resources.marks, **{name: self.resources.marks[name] for name in self.left}}
        body["Resources"] = resources
        for section in ("Conditions", "Outputs"):
            if isinstance(made.get(section), dict):
                body[section] = sources.section(section, made[section])
        return Expanded(body, spellings)


def _declared(parameters: Value) -> dict[str, Value]:
    """The parameters without their defaults: their values are told, and the name of a secret is none."""
    names = parameters if isinstance(parameters, dict) else {}
    return {name: {"Type": "String"} for name in names}


def _is_published(entry: Mapping[str, Value]) -> bool:
    properties = entry.get("Properties")
    location = properties.get("Location") if isinstance(properties, dict) else None
    return not isinstance(location, str)

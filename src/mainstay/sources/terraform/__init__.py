"""Terraform configurations: read, evaluated, and handed on as raw resources."""

from __future__ import annotations

import functools

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mainstay.model.findings import Gap
from mainstay.model.resources import Origin
from mainstay.model.values import ABSENT, Record, Unknown, Value
from mainstay.sources.raw import RawResource
from mainstay.sources.terraform import functions, syntax, variables
from mainstay.sources.terraform.bodies import evaluate
from mainstay.sources.terraform.configuration import Configuration, is_terraform
from mainstay.sources.terraform.data_sources import Facts, literal
from mainstay.sources.terraform.expressions import compile
from mainstay.sources.terraform.instance import Instance
from mainstay.sources.terraform.library import Library
from mainstay.sources.terraform.module import Module
from mainstay.sources.terraform.scope import Run, Scope
from mainstay.sources.terraform.types import EvaluationError

__all__ = ["Facts", "Library", "Options", "is_terraform", "local_sources", "read_root"]


@dataclass(frozen=True, slots=True)
class Options:
    """What the user says of the root modules. `variables` are texts, as `--var` takes them."""

    variables: Mapping[str, str] = field(default_factory=dict)
    variable_files: tuple[Path, ...] = ()
    workspace: str = "default"
    facts: Facts = field(default_factory=Facts)


def local_sources(configuration: Configuration) -> Iterator[Path]:
    """The directories that a module calls by path."""
    for block in configuration.calls.values():
        source = literal(block, "source")
        if source.startswith(("./", "../")) or source in (".", ".."):
            yield (configuration.directory / source).resolve()


def read_root(directory: Path, library: Library, options: Options) -> Iterator[RawResource | Gap]:
    """The resources of a root module and of all the modules it calls; then what could not be read.

    Nothing is executed, and no file outside the library's tree is opened.
    """
    configuration = library.load(directory)
    run = Run(_context(library.tree, directory), options.workspace)
    for gap in configuration.gaps:
        run.gap(gap)
    inputs = _inputs(configuration, library, options, run)
    module = Module(configuration, run, library, inputs, facts=options.facts)
    if options.facts.region is None:
        module.facts = Facts(_region(module), options.facts.account, options.facts.partition)
    seen: set[str] = set()
    for instance in module.resources():
        for gap in _new_gaps(instance, seen):
            run.gap(gap)
        yield _raw(instance, configuration.shown)
    yield from run.gaps


def _new_gaps(instance: Instance, seen: set[str]) -> Iterator[Gap]:
    """The gaps of the file set that an instance comes from, once a module."""
    shown = instance.module.configuration.shown
    if shown not in seen:
        seen.add(shown)
        yield from instance.module.configuration.gaps


def _context(tree: Path, directory: Path) -> functions.Context:
    def render(text: str, names: Mapping[str, Value]) -> Value:
        template = syntax.parse_template(text, "template", 1, compile)
        if template is None:
            raise EvaluationError("the template is not valid")
        return template(Scope(_NoNames(context), bindings=dict(names)))

    context = functions.Context(root=tree, directory=directory, render=render)
    return context


class _NoNames:
    """The module that a template sees: none. Its variables are bindings."""

    def __init__(self, context: functions.Context) -> None:
        self.run = Run(context, "default")

    def _refuse(self, *_: object) -> Value:
        raise EvaluationError("a template sees only the variables that it is given")

    variable = local = call = managed = data = path = _refuse


def _inputs(
    configuration: Configuration, library: Library, options: Options, run: Run
) -> dict[str, Callable[[], Value]]:
    """The values of the root's variables, in Terraform's order: automatic files, then files and values as given."""
    empty = Scope(_NoNames(run.context))
    values: dict[str, Value] = {}
    names = [entry.name for entry in configuration.directory.iterdir() if entry.is_file()]
    for path in [*variables.automatic_files(configuration.directory, names), *options.variable_files]:
        found, gaps = variables.read_values(path, library.show(path), empty)
        values.update(found)
        for gap in gaps:
            run.gap(gap)
    for name, text in options.variables.items():
        block = configuration.variables.get(name)
        if block is not None:
            constraint = library.variable(configuration, name, block).constraint
            try:
                values[name] = variables.parse_option(text, constraint)
            except EvaluationError as error:
                values[name] = Unknown(f"--var {name}: {error}", None, f"give --var {name} as HCL")
    return {name: functools.partial(_itself, value) for name, value in values.items()}


def _itself(value: Value) -> Value:
    return value


def _region(module: Module) -> str | None:
    """The region that the root's AWS provider names."""
    block = module.configuration.providers.get(("aws", ""))
    attribute = block.body.attributes.get("region") if block is not None else None
    value = evaluate(attribute.expression, module.scope) if attribute is not None else None
    return value if isinstance(value, str) else None


def _raw(instance: Instance, scope: str) -> RawResource:
    body, links = instance.body()
    tags = instance.module.default_tags(instance.block)
    if tags is not ABSENT:
        body["tags"] = _merged(tags, body.get("tags"))
    place = instance.block.place
    origin = Origin("terraform", scope, place, instance.module.address, instance.type)
    return RawResource(instance.type, instance.address, body, origin, links, instance.may_exist, instance.condition)


def _merged(defaults: Value, tags: Value) -> Value:
    """A provider's default tags under a resource's own."""
    if tags is None:
        return defaults
    if isinstance(tags, Unknown) or isinstance(defaults, Unknown):
        unknown = tags if isinstance(tags, Unknown) else defaults
        known = defaults if isinstance(tags, Unknown) else tags
        own = {} if isinstance(tags, Unknown) or not isinstance(known, dict) else known
        return Record(own, rest=unknown)
    if isinstance(tags, Record) and isinstance(defaults, dict):
        return Record({**defaults, **tags}, tags.place, tags.marks, tags.rest)
    return {**defaults, **tags} if isinstance(tags, dict) and isinstance(defaults, dict) else tags

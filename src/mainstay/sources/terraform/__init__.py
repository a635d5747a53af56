"""Terraform configurations: read, evaluated, and handed on as raw resources."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.model.resources import Origin
from mainstay.model.values import ABSENT, OneOf, Record, Unknown, Value
from mainstay.sources.alternatives import one_of
from mainstay.sources.raw import RawResource
from mainstay.sources.terraform import functions, syntax, variables
from mainstay.sources.terraform.bodies import evaluate
from mainstay.sources.terraform.configuration import Configuration, is_terraform
from mainstay.sources.terraform.expressions import compile
from mainstay.sources.terraform.facts import Facts
from mainstay.sources.terraform.instance import Instance
from mainstay.sources.terraform.library import Library
from mainstay.sources.terraform.module import Module
from mainstay.sources.terraform.scope import NoNames, Run, Scope
from mainstay.sources.terraform.site import Site
from mainstay.sources.terraform.types import EvaluationError

__all__ = ["Facts", "Library", "Options", "is_terraform", "read_root"]

ROOM = 10_000
"""How deep evaluation may go: a value that passes through a hundred locals is a hundred calls of ten frames each."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user says of the root modules. `variables` are texts, as `--var` takes them."""

    variables: Mapping[str, str] = field(default_factory=dict)
    variable_files: tuple[Path, ...] = ()
    workspace: str = "default"
    facts: Facts = field(default_factory=Facts)


def read_root(
    directory: Path, library: Library, options: Options, scope: str | None = None
) -> Iterator[RawResource | Gap]:
    """The resources of a root module and of all the modules it calls; then what could not be read.

    `scope` is the name of the root, by default the directory as it is shown. Nothing is executed, and no file outside
    the library's tree is opened.
    """
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(max(usual, ROOM))
    try:
        yield from list(_read(directory, library, options, scope))
    finally:
        sys.setrecursionlimit(usual)


def _read(directory: Path, library: Library, options: Options, scope: str | None) -> Iterator[RawResource | Gap]:
    configuration = library.load(directory)
    run = _run(library.tree, directory, options)
    run.place = Place(configuration.shown, 1, 1)
    for gap in configuration.gaps:
        run.gap(gap)
    inputs = _inputs(configuration, library, options, run)
    module = Module(configuration, Site(run, (directory,)), library, inputs)
    if run.facts.region is None:
        run.facts = replace(run.facts, region=_region(module))
    for instance, tags in module.resources():
        yield _raw(instance, tags, configuration.shown if scope is None else scope)
    yield from run.gaps


def _run(tree: Path, directory: Path, options: Options) -> Run:
    def render(text: str, names: Mapping[str, Value]) -> Value:
        template = syntax.parse_template(text, "template", 1, compile)
        if template is None:
            raise EvaluationError("the template is not valid")
        return template(Scope(NoNames(run), bindings=dict(names)))

    run = Run(functions.Context(root=tree, directory=directory, render=render), options.workspace, options.facts)
    return run


def _inputs(
    configuration: Configuration, library: Library, options: Options, run: Run
) -> dict[str, Callable[[], Value]]:
    """The values of the root's variables, in Terraform's order: automatic files, then files and values as given."""
    empty = Scope(NoNames(run))
    values: dict[str, Value] = {}
    names, _ = library.files(configuration.directory)
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
                values[name] = variables.parse_option(text, constraint, empty)
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


def _raw(instance: Instance, tags: Value, scope: str) -> RawResource:
    body, links = instance.body()
    if tags is not ABSENT and instance.type not in WITHOUT_DEFAULT_TAGS:
        body["tags"] = _merged(tags, body.get("tags"))
    place = instance.block.place
    site = instance.site
    origin = Origin("terraform", scope, place, site.address, instance.type, site.calls)
    return RawResource(instance.type, instance.address, body, origin, links, instance.may_exist, instance.condition)


WITHOUT_DEFAULT_TAGS = frozenset({"aws_autoscaling_group"})
"""What has tags of another shape, which the provider's default tags don't reach."""

UNSURE = "the tags may hold further keys"


def _merged(defaults: Value, tags: Value) -> Value:
    """A provider's default tags under a resource's own."""
    if tags is None:
        return defaults
    if isinstance(tags, OneOf):
        return one_of([_merged(defaults, option) for option in tags.options], tags)
    if isinstance(tags, Unknown) and isinstance(defaults, dict):
        sure = {key: one_of([value, tags], tags) for key, value in defaults.items()}
        return Record(sure, rest=tags)
    if not isinstance(tags, dict):
        return tags
    place, marks = (tags.place, tags.marks) if isinstance(tags, Record) else (None, None)
    if not isinstance(defaults, dict):
        return Record(tags, place, marks, rest=defaults)
    rest_of_defaults, rest = (value.rest if isinstance(value, Record) else ABSENT for value in (defaults, tags))
    sure = {key: value if rest is ABSENT else one_of([value, rest], Unknown(UNSURE)) for key, value in defaults.items()}
    return Record({**sure, **tags}, place, marks, rest_of_defaults if rest is ABSENT else rest)

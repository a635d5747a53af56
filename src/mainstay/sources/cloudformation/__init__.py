"""Reads CloudFormation templates: YAML and JSON, evaluated as far as parameters and conditions are known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.model.resources import Resource
from mainstay.model.values import Record
from mainstay.sources import files
from mainstay.sources.cloudformation.cdk import SYNTHESIZED, Assembly, Synthesized, is_assembly, read_assembly
from mainstay.sources.cloudformation.options import Options
from mainstay.sources.cloudformation.reading import Reading
from mainstay.sources.cloudformation.stack import Stack
from mainstay.sources.cloudformation.template import is_template, nested_templates, parameter_names

__all__ = [
    "SYNTHESIZED",
    "Assembly",
    "Options",
    "Synthesized",
    "is_assembly",
    "is_template",
    "nested_templates",
    "parameter_names",
    "read",
    "read_assembly",
]


def read(
    path: Path,
    shown: str,
    options: Options,
    root: Path,
    scope: str | None = None,
    synthesized: Synthesized | None = None,
) -> Iterator[Resource | Gap]:
    """The resources of the template at `path` and of the local stacks nested in it, then what could not be read.

    `shown` is the path as users see it, and by default the scope of every resource. Nothing outside `root` is opened.
    `synthesized` is what an assembly of the CDK says of the template; what `options` say counts more.
    """
    reading = Reading(shown if scope is None else scope, root, options)
    if synthesized is not None:
        for told_by in synthesized.told_by:
            files.note(told_by)
        reading.constructs = synthesized.constructs
        reading.options = options = options.deployed_to(synthesized.region, synthesized.account)
    if not _inside(path, root):
        yield Gap("refused", "the file lies outside the tree that is reviewed", Place(shown, 1, 1))
        return
    loaded = reading.load(path, shown)
    if isinstance(loaded.value, Record):
        yield from Stack(reading, path.resolve(), shown, loaded.value, options.parameters).read_all()
    elif loaded.complete:
        reading.note("syntax", "a template has to be a map", Place(shown, 1, 1))
    yield from reading.gaps


def _inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError):
        return True  # a loop of links, or no path at all: reading it says what is wrong

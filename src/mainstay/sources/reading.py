"""Reads trees of infrastructure code, scope by scope: one root module, or one template with its nested stacks."""

from __future__ import annotations

import functools
import stat
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from mainstay.documents import decode
from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.model.resources import Resource
from mainstay.sources import cloudformation, terraform
from mainstay.sources.discovery import Found, explore
from mainstay.sources.raw import RawResource
from mainstay.sources.spelling import Spelling, links_of

MOST_TEMPLATE_BYTES = 10_000_000
HEAD = 65_536

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Options:
    """What the user says of the code: values for variables and parameters, and facts of the account.

    `tree` is the directory outside which nothing is read; without it, the repository that a path lies in, or the
    path itself.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    variable_files: tuple[Path, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    workspace: str = "default"
    region: str | None = None
    account: str | None = None
    partition: str = "aws"
    tree: Path | None = None

    @property
    def terraform(self) -> terraform.Options:
        facts = terraform.Facts(self.region, self.account, self.partition)
        return terraform.Options(self.variables, self.variable_files, self.workspace, facts)

    @property
    def cloudformation(self) -> cloudformation.Options:
        return cloudformation.Options(self.parameters, self.region, self.account, self.partition)


@dataclass(frozen=True, slots=True)
class Scope:
    """One root module or template: its resources, and what of it could not be read.

    `inputs` are the names of its variables or parameters.
    """

    name: str
    resources: list[Resource]
    gaps: list[Gap]
    file_count: int
    inputs: frozenset[str] = frozenset()


def show(path: Path) -> str:
    """A path as users see it: relative to where they stand, where it lies below."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def read(paths: Iterable[Path], options: Options, spelling: Spelling) -> Iterator[Scope]:
    """The scopes of the trees at `paths`, in the order of their names within each tree."""
    done: set[Path] = set()
    for path in paths:
        found = explore(path)
        tree = (options.tree or _tree(path)).resolve()
        if found.gaps:
            yield Scope(show(path), [], found.gaps, 0)
        yield from _terraform(found, tree, options, spelling, done)
        yield from _templates(found, tree, options, spelling, done, explicit=path.is_file())


def _tree(path: Path) -> Path:
    """The repository around a path; the path itself, or a file's directory, where there is none."""
    start = path.resolve()
    start = start if start.is_dir() else start.parent
    return next((parent for parent in (start, *start.parents) if (parent / ".git").exists()), start)


def _terraform(found: Found, tree: Path, options: Options, spelling: Spelling, done: set[Path]) -> Iterator[Scope]:
    library = terraform.Library(tree, show)
    waiting = [root for root in found.roots() if root not in done]
    roots: set[Path] = set()
    while waiting := waiting or sorted(found.modules - found.reached(roots) - done)[:1]:
        for root in waiting:
            done.add(root)
            roots.add(root)
            yield _guarded(root, functools.partial(_root, root, library, options, spelling))
        # what is left is called in a circle, or by what only looked like a call
        found.calls.update((module, set(called)) for module, called in library.calls.items())
        waiting = []


def _root(root: Path, library: terraform.Library, options: Options, spelling: Spelling) -> Scope:
    before = library.file_count
    raws, gaps = _sorted_out(terraform.read_root(root, library, options.terraform))
    inputs = frozenset(library.load(root).variables)
    return Scope(show(root), spelling.resources(raws), gaps, library.file_count - before, inputs)


def _guarded(path: Path, read_scope: Callable[[], Scope]) -> Scope:
    """The outermost loop: a fault of ours in one scope must not cost the user the others."""
    try:
        return read_scope()
    except Exception as error:  # noqa: BLE001 # whatever it is, it becomes a gap and the review goes on
        where = traceback.extract_tb(error.__traceback__)[-1]
        fault = f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}"
        reason = f"mainstay itself failed here ({fault}: {error}); nothing of it is judged. Please report it"
        return Scope(show(path), [], [Gap("internal", reason, Place(show(path), 1, 1))], 0)


def _sorted_out(stream: Iterable[T | Gap]) -> tuple[list[T], list[Gap]]:
    """What a reader gives, the gaps apart."""
    resources: list[T] = []
    gaps: list[Gap] = []
    for item in stream:
        if isinstance(item, Gap):
            gaps.append(item)
        else:
            resources.append(item)
    return resources, gaps


def _templates(
    found: Found, tree: Path, options: Options, spelling: Spelling, done: set[Path], explicit: bool
) -> Iterator[Scope]:
    templates = [path for path in found.candidates if _is_template(path, tree)]
    if explicit and not templates:
        for path in found.candidates:
            gap = Gap("unsupported", "is neither Terraform nor a CloudFormation template", Place(show(path), 1, 1))
            yield Scope(show(path), [], [gap], 0)
    inside = [path for path in templates if _is_inside(path, tree)]
    nested = {path.resolve(): cloudformation.nested_templates(path) for path in inside}
    for path in _outermost(templates, nested):
        if path.resolve() in done:
            continue
        done.add(path.resolve())
        yield _guarded(path, functools.partial(_template, path, tree, options, spelling))


def _template(path: Path, tree: Path, options: Options, spelling: Spelling) -> Scope:
    resources, gaps = _sorted_out(cloudformation.read(path, show(path), options.cloudformation, tree))
    inputs = cloudformation.parameter_names(path) if options.parameters and _is_inside(path, tree) else frozenset()
    return Scope(show(path), spelling.resources(map(_raw, resources)), gaps, 1, inputs)


def _outermost(templates: Sequence[Path], nested: Mapping[Path, set[Path]]) -> Iterator[Path]:
    """The templates that no other nests; then those that only nest each other, one of each circle."""
    inner = set[Path]().union(*nested.values())
    reached: set[Path] = set()
    for path in [*(one for one in templates if one.resolve() not in inner), *templates]:
        if path.resolve() not in reached:
            yield path
            waiting = [path.resolve()]
            while waiting:
                one = waiting.pop()
                if one not in reached:
                    reached.add(one)
                    waiting.extend(nested.get(one, ()))


def _is_template(path: Path, tree: Path) -> bool:
    """Whether a file is for the reader of templates, also to say that it will not open it."""
    try:
        if not _is_inside(path, tree):
            return True
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return False  # a pipe would be waited for
        large = status.st_size > MOST_TEMPLATE_BYTES
        with path.open("rb") as file:
            text, _ = decode(file.read(HEAD if large else -1), path.name)
        # a template that is too large is one all the same: its reader says so
        return "AWSTemplateFormatVersion" in text if large else cloudformation.is_template(text)
    except (OSError, RuntimeError):  # a loop of links is either, by version
        return path.suffix == ".template"


def _is_inside(path: Path, tree: Path) -> bool:
    return path.resolve().is_relative_to(tree)


def _raw(resource: Resource) -> RawResource:
    """A template's resource on its way to have its pieces and defaults filled in."""
    links = links_of(resource.properties)
    links["Ref"] = resource.references
    return RawResource(resource.type, resource.address, resource.properties, resource.origin, links, resource.may_exist)

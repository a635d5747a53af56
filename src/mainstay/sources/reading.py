"""Reads trees of infrastructure code, scope by scope: one root module, or one template with its nested stacks."""

from __future__ import annotations

import functools
import os
import stat
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

from mainstay.documents import decode
from mainstay.model.errors import UsageError
from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.model.resources import Resource
from mainstay.model.values import Unknown
from mainstay.sources import cloudformation, files, plans, terraform
from mainstay.sources.discovery import explore
from mainstay.sources.raw import RawResource
from mainstay.sources.spelling import Spelling, links_of

MOST_TEMPLATE_BYTES = 10_000_000
HEAD = 65_536

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Options:
    """What the user says of the code: values for variables and parameters, and facts of the account.

    `tree` is the directory outside which nothing is read; without it, the repository that a path lies in, or the
    path itself. `plan` is a plan of the root module at the one path that is read.
    `exclude` are patterns of files and directories below a path that are not looked at.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    variable_files: tuple[Path, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    workspace: str = "default"
    region: str | None = None
    account: str | None = None
    partition: str = "aws"
    tree: Path | None = None
    plan: Path | None = None
    exclude: tuple[str, ...] = ()

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

    `parts` are the module directories and files that were read for it. `inputs` are the names of its variables or
    parameters. `unseen` are the types of which an account may have more than could be seen, each with the reason;
    `regions` are those of it that are under review.
    """

    name: str
    resources: list[Resource]
    gaps: list[Gap]
    parts: Mapping[str, Part] = field(default_factory=dict)
    inputs: frozenset[str] = frozenset()
    unseen: Mapping[str, Unknown] = field(default_factory=dict)
    regions: Sequence[str] = ()


class Part(NamedTuple):
    """A module directory, with the directories that it calls, or a single file."""

    file_count: int
    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Root:
    """Where a scope begins, before it is read. `key` tells it from every other one of a run."""

    key: str
    read: Callable[[Spelling], Scope]


def show(path: Path) -> str:
    """A path as users see it: relative to where they stand, where it lies below."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def read(paths: Iterable[Path], options: Options, spelling: Spelling) -> Iterator[Scope]:
    """The scopes of the trees at `paths`, in the order of their names within each tree."""
    for tree in trees(paths, options):
        while batch := tree.roots():
            for root in batch:
                scope = root.read(spelling)
                tree.learn(scope.parts)
                yield scope


def trees(paths: Iterable[Path], options: Options) -> Iterator[Tree]:
    """What lies at each path. A scope that two of them hold belongs to the first.

    Scopes are named by their path in the repository around them, so that a name is the same wherever one stands; with
    several repositories under review, by the path from where those meet. Raises UsageError for a plan that is given
    with several paths, or that is none of what lies at the path.
    """
    given = list(paths)
    if options.plan is not None and len(given) != 1:
        raise UsageError("--plan belongs to one PATH")
    meeting = project_of(given, options.tree)
    done: set[Path] = set()
    for path in given:
        yield Tree(path, (options.tree or _repository(path)).resolve(), meeting, options, done)


def project_of(paths: Sequence[Path], tree: Path | None = None) -> Path:
    """The directory that scopes are named from: the repository of the paths, or where their repositories meet."""
    return Path(os.path.commonpath([(tree or _repository(path)).resolve() for path in paths])) if paths else Path()


class Tree:
    """What lies at one path: the roots in it, told in batches.

    The first batch are the roots that no other module calls, then the templates. Modules that are left because they
    are called in a circle come one a batch, once it was learnt what the roots before them call.
    """

    def __init__(self, path: Path, top: Path, meeting: Path, options: Options, done: set[Path]) -> None:
        self.options = options
        self.tree = top
        self.meeting = meeting
        self._found = found = explore(path, options.exclude)
        self._name = show(path)
        self._library = terraform.Library(self.tree, show)
        self._done = done
        self._roots: set[Path] = set()
        planned = list(plans.find(path, found, self._library, options.plan))
        self._first: list[Root] | None = [
            *([Root(f"gaps {path}", functools.partial(self._unseen, found.gaps))] if found.gaps else []),
            *map(self._plan, [one for one in planned if one.path.resolve() not in done]),
            *map(self._module, [root for root in found.roots() if root not in done]),
            *self._assembled(),
            *self._templates(explicit=path.is_file()),
        ]

    def roots(self) -> list[Root]:
        """The next batch; empty at the end."""
        if self._first is not None:
            batch, self._first = self._first, None
            if batch:
                return batch
        left = self._found.modules - self._found.reached(self._roots) - self._done
        return [self._module(root) for root in sorted(left)[:1]]

    def learn(self, parts: Mapping[str, Part]) -> None:
        """Takes note of what the modules call that a scope was made from."""
        for directory, part in parts.items():
            if part.calls or Path(directory) in self._found.calls:  # a call that only looked like one is none
                self._found.calls[Path(directory)] = set(map(Path, part.calls))

    def _unseen(self, gaps: list[Gap], _: Spelling) -> Scope:
        return Scope(self._name, [], gaps)

    def _module(self, root: Path) -> Root:
        self._done.add(root)
        self._roots.add(root)
        return Root(f"terraform {root}", functools.partial(_guarded, root, functools.partial(self._read_module, root)))

    def _scope(self, path: Path) -> str:
        """The name of the scope that begins at a path; one that a link leads out to has its whole path."""
        resolved = path.resolve()
        return (resolved.relative_to(self.meeting) if resolved.is_relative_to(self.meeting) else resolved).as_posix()

    def _read_module(self, root: Path, spelling: Spelling) -> Scope:
        library = self._library
        library.touched.clear()
        raws, gaps = _sorted_out(terraform.read_root(root, library, self.options.terraform, self._scope(root)))
        inputs = frozenset(library.load(root).variables)
        return Scope(show(root), spelling.resources(raws), gaps, self._parts(), inputs)

    def _parts(self) -> dict[str, Part]:
        """The module directories that the last scope was read from."""
        library = self._library
        return {
            str(one): Part(library.file_counts[one], tuple(sorted(map(str, library.calls[one]))))
            for one in sorted(library.touched)
        }

    def _plan(self, planned: plans.Planned) -> Root:
        """A plan; the root module that it is of is not judged once more."""
        root = planned.root
        home = planned.path if root is None or root in self._done else root
        self._done.add(planned.path.resolve())
        if root is not None:
            self._done.add(root)
            self._roots.add(root)
        reader = functools.partial(self._read_plan, planned, home)
        return Root(f"plan {planned.path.resolve()} {root}", functools.partial(_guarded, planned.path, reader))

    def _read_plan(self, planned: plans.Planned, home: Path, spelling: Spelling) -> Scope:
        library = self._library
        library.touched.clear()
        files.note(planned.path)
        raws, gaps = _sorted_out(plans.read(planned, self._scope(home), library, self.options.terraform))
        parts = {str(planned.path.resolve()): Part(1), **self._parts()}
        return Scope(show(home), spelling.resources(raws), gaps, parts)

    def _templates(self, explicit: bool) -> Iterator[Root]:
        tree, found = self.tree, self._found
        candidates = [path for path in found.candidates if path.resolve() not in self._done]
        templates = [path for path in candidates if _is_template(path, tree)]
        if explicit and not templates:
            for path in candidates:
                reason = "is neither Terraform, nor a plan of it, nor a CloudFormation template"
                gap = Gap("unsupported", reason, Place(show(path), 1, 1))
                yield Root(f"unsupported {path}", functools.partial(self._unseen, [gap]))
        inside = [path for path in templates if _is_inside(path, tree)]
        nested = {path.resolve(): cloudformation.nested_templates(path) for path in inside}
        for path in _outermost(templates, nested):
            if path.resolve() in self._done:
                continue
            yield self._template(path)

    def _assembled(self) -> Iterator[Root]:
        """The stacks that the assemblies of the CDK name. What lies in a broken one is a template as any other."""
        for directory in self._found.assemblies:
            assembly = cloudformation.read_assembly(directory, show(directory))
            if assembly.gaps:
                yield Root(f"gaps {directory}", functools.partial(self._unseen, list(assembly.gaps)))
            self._found.candidates.extend(assembly.loose)
            for stack in assembly.stacks:
                if stack.template.resolve() not in self._done:
                    yield self._template(stack.template, stack)

    def _template(self, path: Path, synthesized: cloudformation.Synthesized | None = None) -> Root:
        self._done.add(path.resolve())
        reader = functools.partial(self._read_template, path, synthesized)
        return Root(f"template {path.resolve()} {path}", functools.partial(_guarded, path, reader))

    def _read_template(self, path: Path, synthesized: cloudformation.Synthesized | None, spelling: Spelling) -> Scope:
        options = self.options
        scope = self._scope(path)
        found = cloudformation.read(path, show(path), options.cloudformation, self.tree, scope, synthesized)
        resources, gaps = _sorted_out(found)
        asked = options.parameters and _is_inside(path, self.tree)
        inputs = cloudformation.parameter_names(path) if asked else frozenset[str]()
        return Scope(show(path), spelling.resources(map(_raw, resources)), gaps, {str(path.resolve()): Part(1)}, inputs)


def _repository(path: Path) -> Path:
    """The repository around a path; the path itself, or a file's directory, where there is none."""
    start = path.resolve()
    start = start if start.is_dir() else start.parent
    return next((parent for parent in (start, *start.parents) if (parent / ".git").exists()), start)


def _guarded(path: Path, read_scope: Callable[[Spelling], Scope], spelling: Spelling) -> Scope:
    """The outermost loop: a fault of ours in one scope must not cost the user the others."""
    try:
        return read_scope(spelling)
    except Exception as error:  # noqa: BLE001 # whatever it is, it becomes a gap and the review goes on
        where = traceback.extract_tb(error.__traceback__)[-1]
        fault = f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}"
        reason = f"mainstay itself failed here ({fault}: {error}); nothing of it is judged. Please report it"
        return Scope(show(path), [], [Gap("internal", reason, Place(show(path), 1, 1))])


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
    return RawResource(
        resource.type,
        resource.address,
        resource.properties,
        resource.origin,
        links,
        resource.may_exist,
        around=resource.raw,
    )

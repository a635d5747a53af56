"""`review --diff`: what changed against an earlier state of the code, judged now by the same controls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mainstay import settings
from mainstay.model.errors import UsageError
from mainstay.model.findings import Review
from mainstay.sources import Options, git
from mainstay.verbs.decisions import judged_below, name_in


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier state of a repository, laid out in a directory of its own."""

    repository: Path
    home: Path

    def path(self, path: Path) -> Path:
        """Where a path of the working tree is in the earlier state. Raises UsageError for one outside of it."""
        resolved = path.resolve()
        if not resolved.is_relative_to(self.repository):
            raise UsageError(f"{path} lies outside of the repository {self.repository}")
        return self.home / resolved.relative_to(self.repository)

    def moved(self, path: Path) -> Path:
        """The same for what may lie anywhere: outside of the repository it is what it is now."""
        return self.path(path) if path.resolve().is_relative_to(self.repository) else path

    def options(self, options: Options) -> Options:
        """The options for the earlier state: what is given on the command line holds for both."""
        if options.plan is not None:
            raise UsageError("a plan shows one state of the code; it can't be compared with a ref")
        return replace(options, tree=None if options.tree is None else self.path(options.tree))


Judge = Callable[[Sequence[Path], Earlier], Review]
"""Judges paths of the earlier state, waivers included."""


@contextmanager
def earlier(path: Path, ref: str) -> Iterator[Earlier]:
    """The repository around `path` as it was at `ref`, for as long as it is needed. Raises UsageError."""
    repository = git.repository_of(path)
    commit = git.commit_of(repository, ref)
    with TemporaryDirectory(prefix="mainstay-") as directory:
        home = Path(directory).resolve() / "tree"
        (home / ".git").mkdir(parents=True)  # what looks for the top of the repository finds it here
        git.lay_out(repository, commit, home)
        git.lend_modules(repository, home)
        yield Earlier(repository, home)


def compare_with_ref(review: Review, paths: Sequence[Path], ref: str, judge: Judge) -> Review:
    """The review with what is new, unchanged and fixed since `ref`.

    A path that was not there then has nothing but new findings. Raises UsageError for a ref that is not there, and
    outside of a repository.
    """
    with earlier(paths[0], ref) as before:
        there = [path for path in (_then(path, before) for path in paths) if path.exists()]
        known = settings.Baseline()
        if there:
            old = judge(there, before)
            known = settings.baseline_of(_renamed(old, before), name_in(before.home))
        project = before.repository
        return settings.compare(review, known, judged_below(paths, project), name_in(project))


def _then(path: Path, before: Earlier) -> Path:
    """Where a path was. A new file of Terraform belongs to the module that was in its directory."""
    there = before.path(path)
    new = path.is_file() and not there.exists()
    return there.parent if new and path.name.endswith((".tf", ".tofu", ".tf.json", ".tofu.json")) else there


def _renamed(review: Review, before: Earlier) -> Review:
    """The gaps as the working tree would tell them, also where a reason names a path."""
    there, here = str(before.home), str(before.repository)
    gaps = [replace(gap, reason=gap.reason.replace(there, here)) for gap in review.gaps]
    return replace(review, gaps=gaps)

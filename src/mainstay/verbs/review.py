"""`review`: judges infrastructure code by the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from mainstay import sources
from mainstay.documents import did_you_mean
from mainstay.model.controls import Control
from mainstay.model.errors import UsageError
from mainstay.model.findings import Review
from mainstay.sources import Options
from mainstay.verbs.cache import Cache, make
from mainstay.verbs.judging import Judge
from mainstay.verbs.surveying import Progress, Survey
from mainstay.verbs.workers import judge_all


def review(
    paths: Sequence[Path],
    controls: Sequence[Control],
    options: Options | None = None,
    cache: Path | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
    check_inputs: bool = True,
) -> Review:
    """Judges everything under `paths`, files or directories, by `controls`.

    Findings come in the order of files and addresses, of all verdicts. Raises UsageError for a path that is not there
    and, with `check_inputs`, for a value that no variable or parameter takes; whatever cannot be read is among the
    gaps. `cache` is a directory that keeps verdicts for the next run, and `jobs` how many processes may judge; neither
    changes the result.
    """
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no file or directory {str(path)!r}")
    chosen = options or Options()
    judge = Judge(controls)
    kept = Cache(cache, _asked(paths, controls, chosen)) if cache is not None else None
    survey = Survey(progress)
    for tree in sources.trees(paths, chosen):
        while batch := tree.roots():
            survey.known += len(batch)
            for judged in judge_all(batch, judge, kept, jobs, survey.step):
                tree.learn(judged.parts)
                survey.add(judged)
    if kept is not None:
        kept.prune()
    if options is not None and check_inputs:
        _check_inputs(options, survey.inputs)
    return survey.review(controls)


def _asked(paths: Sequence[Path], controls: Sequence[Control], options: Options) -> list[str]:
    """Everything that a verdict depends on besides the files of its scope.

    The repositories of the paths are among it: they say what may be read, and scopes are named from where they meet.
    """
    repositories = dict.fromkeys(str(sources.project_of([path], options.tree)) for path in paths)
    judged_by = (repr((one.id, one.applies_to, one.when, one.expect)) for one in controls)
    return [make(), str(Path.cwd()), repr(list(repositories)), repr(options), *judged_by]


def _check_inputs(options: Options, known: Collection[str]) -> None:
    """A value for something that nothing takes is a typo: Terraform and CloudFormation refuse it as well."""
    for kind, values in (("variable", options.variables), ("parameter", options.parameters)):
        for name in values:
            if name not in known:
                hint = did_you_mean(name, sorted(known))
                raise UsageError(f"nothing under review has a {kind} {name!r}" + (f"; {hint}" if hint else ""))

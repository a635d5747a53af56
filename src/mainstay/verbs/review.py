"""`review`: judges infrastructure code by the catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from mainstay import engine, sources
from mainstay.analysis import Links, relate
from mainstay.catalog import did_you_mean, load_shapes
from mainstay.model.controls import SEVERITIES, Control
from mainstay.model.errors import UsageError
from mainstay.model.findings import Finding, Gap, Review
from mainstay.model.resources import Resource
from mainstay.sources import Options
from mainstay.sources.spelling import Spelling

RELATED = "related."


def review(paths: Sequence[Path], controls: Sequence[Control], options: Options | None = None) -> Review:
    """Judges everything under `paths`, files or directories, by `controls`.

    Findings come in the order of files and addresses, of all verdicts. Raises UsageError for a path that is not
    there; whatever cannot be read is among the gaps.
    """
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no file or directory {str(path)!r}")
    reads = reads_by_type(controls)
    spelling = Spelling(load_shapes(), reads)
    wanted = {type: related for type, paths in reads.items() if (related := _related_types(paths))}
    links = {name: Links(facts.links, facts.identity) for name, facts in spelling.tables.types.items()}
    survey = _Survey(reads.keys())
    resources = survey.passing(sources.read(paths, options or Options(), spelling), wanted, links)
    findings = list(engine.evaluate(controls, resources, datetime.now(UTC)))
    if options is not None:
        _check_inputs(options, survey.inputs)
    return Review(
        findings=sorted(findings, key=_order),
        gaps=sorted(survey.gaps, key=_gap_order),
        controls=controls,
        resource_count=survey.resource_count,
        file_count=survey.file_count,
        unjudged_types=dict(sorted(survey.unjudged.items())),
    )


class _Survey:
    """Counts what goes by on its way to the engine, and keeps the gaps."""

    def __init__(self, judged: Collection[str]) -> None:
        self.judged = judged
        self.gaps: dict[Gap, None] = {}
        self.unjudged: Counter[str] = Counter()
        self.inputs: set[str] = set()
        self.resource_count = 0
        self.file_count = 0

    def passing(
        self, scopes: Iterable[sources.Scope], wanted: Mapping[str, frozenset[str]], links: Mapping[str, Links]
    ) -> Iterator[Resource]:
        """The resources of all scopes, related to each other within their scope."""
        for scope in scopes:
            self.gaps.update(dict.fromkeys(scope.gaps))
            self.file_count += scope.file_count
            self.inputs |= scope.inputs
            self.resource_count += len(scope.resources)
            self.unjudged.update(one.type for one in scope.resources if one.type not in self.judged)
            yield from relate(scope.resources, wanted, links)


def _check_inputs(options: Options, known: Collection[str]) -> None:
    """A value for something that nothing takes is a typo: Terraform and CloudFormation refuse it as well."""
    for kind, values in (("variable", options.variables), ("parameter", options.parameters)):
        for name in values:
            if name not in known:
                hint = did_you_mean(name, sorted(known))
                raise UsageError(f"nothing under review has a {kind} {name!r}" + (f"; {hint}" if hint else ""))


def select(
    controls: Iterable[Control],
    ids: Sequence[str] = (),
    practices: Sequence[str] = (),
    pillars: Sequence[str] = (),
    severity: str | None = None,
) -> Iterator[Control]:
    """The controls that all of the given filters let through. `practices` may be whole questions (`SEC08`)."""
    least = SEVERITIES.index(severity) if severity else 0
    for control in controls:
        if ids and control.id not in ids:
            continue
        if practices and not any(own.startswith(tuple(practices)) for own in control.practices):
            continue
        if pillars and not set(pillars) & set(control.pillars):
            continue
        if SEVERITIES.index(control.severity) >= least:
            yield control


def reads_by_type(controls: Iterable[Control]) -> Mapping[str, frozenset[str]]:
    """By resource type, the property paths that the controls read."""
    found: dict[str, frozenset[str]] = {}
    for control in controls:
        paths = engine.reads(control.expect)
        if control.when is not None:
            paths |= engine.reads(control.when)
        for type in control.applies_to:
            found[type] = found.get(type, frozenset()) | paths
    return found


def _related_types(paths: Iterable[str]) -> frozenset[str]:
    return frozenset(path.removeprefix(RELATED).split(".")[0] for path in paths if path.startswith(RELATED))


def _order(finding: Finding) -> tuple[str, str, int, str, str]:
    subject = finding.subject
    place = subject.place
    return (subject.scope, place.file if place else "", place.line if place else 0, subject.address, finding.control.id)


def _gap_order(gap: Gap) -> tuple[str, int, int, str]:
    place = gap.place
    return (place.file, place.line, place.column, gap.reason) if place else ("", 0, 0, gap.reason)

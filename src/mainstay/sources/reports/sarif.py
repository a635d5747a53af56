"""SARIF 2.1.0: the runs of a log, their results with severity, place and the names of what they are about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urljoin

from mainstay.model.controls import Layer, Severity
from mainstay.model.errors import Fault
from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.model.reports import Result
from mainstay.sources.reports.fields import SEVERITY_WORDS, at, items, number, text, texts, web_address
from mainstay.sources.reports.layers import Scanner, Table
from mainstay.sources.reports.paths import Files
from mainstay.sources.reports.sighting import Run, Sighting, Unfit, in_order

VERSION = "2.1"
LEVELS: dict[str, Severity] = {"error": "high", "warning": "medium", "note": "low", "none": "low"}
NO_RESULT = {"pass", "notApplicable", "informational"}
SCORES: tuple[tuple[float, Severity], ...] = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"))
"""The least CVSS score of each severity, as GitHub reads `security-severity`."""

BASES_FOLLOWED = 5

Read = tuple[tuple[Run, ...], tuple[Gap, ...], tuple[Fault, ...]]


def read_runs(document: dict[str, Any], shown: str, files: Files, table: Table) -> Read:
    """The runs of a SARIF log. Raises Unfit where it is built otherwise."""
    version = document.get("version", VERSION)
    if not isinstance(version, str) or not version.startswith(VERSION):
        raise Unfit(f"SARIF {text(document, 'version')} is not read, only {VERSION}", ("version",))
    runs = document["runs"]
    if not isinstance(runs, list):
        raise Unfit("'runs' has to be a list", ("runs",))
    found, gaps, remarks = [], [], []
    for position, entry in enumerate(runs):
        if not isinstance(entry, dict):
            raise Unfit(f"runs[{position}] has to be an object", ("runs", position))
        if not text(entry, "tool", "driver", "name"):
            raise Unfit(f"runs[{position}].tool.driver has to have a name", ("runs", position))
        run = _Run(entry, position, shown, files, table)
        place = Place(shown, 1, 1)
        if entry.get("results") is None and at(entry, "externalPropertyFileReferences", "results"):
            gaps.append(Gap("unsupported", f"the run of {run.tool} keeps its results in other files", place))
            continue
        if entry.get("results") is None:
            gaps.append(Gap("unreadable", f"the run of {run.tool} has no results: it did not scan", place))
            continue
        if any(one.get("executionSuccessful") is False for one in items(entry, "invocations")):
            gaps.append(Gap("unreadable", f"the run of {run.tool} did not end well: results may be missing", place))
        found.append(run.read())
        if run.scanner is None:
            remarks.append(Fault(f"{run.tool} is not known: its results count as {_listed(found[-1])}", place))
    return tuple(found), tuple(gaps), tuple(remarks)


def _listed(run: Run) -> str:
    return " and ".join(run.layers)


@dataclass(frozen=True)
class _Run:
    """One run being read."""

    entry: dict[str, Any]
    position: int
    shown: str
    files: Files
    table: Table

    @cached_property
    def tool(self) -> str:
        return text(self.entry, "tool", "driver", "name")

    @cached_property
    def scanner(self) -> Scanner | None:
        return self.table.scanner(self.tool)

    @cached_property
    def image(self) -> str:
        """The container image that was scanned, where the run says so."""
        return text(self.entry, "properties", "imageName")

    def read(self) -> Run:
        results = self.entry["results"]
        if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
            path = ("runs", self.position, "results")
            raise Unfit(f"runs[{self.position}].results has to be a list of objects", path)
        sightings = tuple(self.sighting(one) for one in results if self.counts(one))
        layers = {one.result.layer for one in sightings} or {self.scanner.layer if self.scanner else "code"}
        if self.image and self.scanner:
            layers |= set(self.scanner.images)
        driver = at(self.entry, "tool", "driver")
        version = text(driver, "version") or text(driver, "semanticVersion")
        return Run(self.tool, version, self.shown, in_order(layers), sightings)

    @staticmethod
    def counts(result: dict[str, Any]) -> bool:
        """Whether it tells of a weakness that is there: not of a pass, and not of what has gone since."""
        return text(result, "kind") not in NO_RESULT and text(result, "baselineState") != "absent"

    def sighting(self, entry: dict[str, Any]) -> Sighting:
        rule = self.rule(entry)
        place, address = self.place(entry)
        message = self.message(entry, rule)
        result = Result(
            tool=self.tool,
            rule=text(entry, "ruleId") or text(entry, "rule", "id") or text(rule, "id") or "unnamed",
            message=f"{message} (at {address})" if address else message,
            severity=_severity(entry, rule),
            layer=self.layer(entry, rule, place),
            place=place,
            url=web_address(text(rule, "helpUri")),
            suppressed=_suppressed(entry),
        )
        return Sighting(result, tuple(dict.fromkeys(self.names(entry))))

    def rule(self, entry: dict[str, Any]) -> dict[str, Any]:
        """What the tool tells of the rule: found by its index, in the component that it belongs to, or by its id."""
        component = number(entry, "rule", "toolComponent", "index")
        index = number(entry, "rule", "index")
        index = number(entry, "ruleIndex") if index is None else index
        rules = (
            at(self.entry, "tool", "driver", "rules")
            if component is None
            else at(self.entry, "tool", "extensions", component, "rules")
        )
        if index is not None and isinstance(found := at(rules, index), dict):
            return found
        return self.rules.get(text(entry, "ruleId") or text(entry, "rule", "id"), {})

    @cached_property
    def rules(self) -> dict[str, dict[str, Any]]:
        owners = [at(self.entry, "tool", "driver"), *items(self.entry, "tool", "extensions")]
        return {text(rule, "id"): rule for owner in reversed(owners) for rule in items(owner, "rules")}

    def message(self, entry: dict[str, Any], rule: dict[str, Any]) -> str:
        """Its own words, or those of its rule with the arguments put in."""
        said = text(entry, "message", "text") or text(entry, "message", "markdown")
        if not said:
            name = text(entry, "message", "id") or "default"
            said = text(rule, "messageStrings", name, "text")
            for position, argument in enumerate(texts(entry, "message", "arguments")):
                said = said.replace(f"{{{position}}}", argument)
        return text(said) or text(rule, "shortDescription", "text") or text(rule, "name") or "no message"

    def layer(self, entry: dict[str, Any], rule: dict[str, Any], place: Place | None) -> Layer:
        if self.scanner is None:
            return "code" if place is not None else "application"
        tags = [*texts(rule, "properties", "tags"), *texts(entry, "properties", "tags")]
        return self.scanner.layer_of([text(entry, "ruleId"), text(rule, "id"), text(rule, "name"), *tags])

    def place(self, entry: dict[str, Any]) -> tuple[Place | None, str]:
        """Where it stands; or the address in the web, or the image, that it was found at."""
        for location in items(entry, "locations"):
            artifact = at(location, "physicalLocation", "artifactLocation")
            if self.image:
                inside = text(artifact, "uri")
                return None, self.image if inside in self.image else f"{inside} in {self.image}"
            uri = self.uri(artifact)
            if uri.startswith(("http://", "https://")):
                return None, uri
            if uri and (file := self.files.shown(uri)):
                return _region(file, at(location, "physicalLocation", "region")), ""
        return None, self.image

    def uri(self, artifact: Any) -> str:
        """The URI of an artifact, its base put before it where the run tells what the base is."""
        index = number(artifact, "index")
        if index is not None and not text(artifact, "uri"):
            artifact = at(self.entry, "artifacts", index, "location")
        uri, base = text(artifact, "uri"), text(artifact, "uriBaseId")
        for _ in range(BASES_FOLLOWED):
            start = text(self.entry, "originalUriBaseIds", base, "uri") if base else ""
            if not start:
                break
            try:
                uri = urljoin(start, uri)
            except ValueError:
                break
            base = text(self.entry, "originalUriBaseIds", base, "uriBaseId")
        return uri

    def names(self, entry: dict[str, Any]) -> Iterator[str]:
        """The names of what it was found in."""
        for location in items(entry, "locations"):
            for named in items(location, "logicalLocations"):
                index = number(named, "index")
                whole = at(self.entry, "logicalLocations", index) if index is not None else None
                for one in (named, whole):
                    yield from filter(None, (text(one, "fullyQualifiedName"), text(one, "name")))
        for key in ("resource", "resource_id", "resource_address"):
            if said := text(entry, "properties", key):
                yield said
        if self.image:
            yield self.image


def _region(file: str, region: Any) -> Place:
    line = max(number(region, "startLine") or 1, 1)
    column = max(number(region, "startColumn") or 1, 1)
    end_line, end_column = number(region, "endLine") or line, number(region, "endColumn") or 0
    if (end_line, end_column) <= (line, column):
        return Place(file, line, column)
    return Place(file, line, column, end_line, max(end_column, 1))


def _severity(entry: dict[str, Any], rule: dict[str, Any]) -> Severity:
    """By score, by word, or by level, in this order; of the result before that of its rule."""
    for owner in (entry, rule):
        if (score := _score(text(owner, "properties", "security-severity"))) is not None:
            return next((severity for least, severity in SCORES if score >= least), "low")
    for owner in (entry, rule):
        for key in ("severity", "issue_severity", "problem.severity"):
            if (word := SEVERITY_WORDS.get(text(owner, "properties", key).lower())) is not None:
                return word
    level = text(entry, "level") or text(rule, "defaultConfiguration", "level") or "warning"
    return LEVELS.get(level, "medium")


def _score(said: str) -> float | None:
    try:
        return float(said)
    except ValueError:
        return None


def _suppressed(entry: dict[str, Any]) -> bool:
    """Whether somebody decided to live with it: every suppression counts as accepted that says nothing else."""
    suppressions = list(items(entry, "suppressions"))
    return bool(suppressions) and all(one.get("status") in (None, "accepted") for one in suppressions)

"""Results of other scanners, read in as evidence for the layers that configuration does not show."""

from __future__ import annotations

from dataclasses import dataclass

from mainstay.model.controls import Layer, Severity
from mainstay.model.places import Place


@dataclass(frozen=True, slots=True)
class Result:
    """One result of another scanner.

    `resource` is the address of a reviewed resource that it names, empty where it names none; `scope` that
    resource's. `rule` is the scanner's own id.
    """

    tool: str
    rule: str
    message: str
    severity: Severity
    layer: Layer
    place: Place | None = None
    resource: str = ""
    scope: str = ""
    url: str = ""
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A file of results: one run of one scanner. A scanner that found nothing is evidence as well."""

    tool: str
    version: str
    file: str
    layers: tuple[Layer, ...]
    results: tuple[Result, ...]

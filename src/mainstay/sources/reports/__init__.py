"""Reports of other scanners, read in as evidence: SARIF and OCSF, told apart by what is in them."""

from mainstay.sources.reports.reading import Reading, read_report
from mainstay.sources.reports.sighting import Run, Sighting

__all__ = ["Reading", "Run", "Sighting", "read_report"]

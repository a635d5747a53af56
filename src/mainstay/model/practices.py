"""Practices: what the AWS Well-Architected Framework asks of a workload, and the evidence that answers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from mainstay.model.controls import Pillar

DOCUMENTATION = "https://docs.aws.amazon.com/wellarchitected/latest/framework"

Risk = Literal["low", "medium", "high"]

EvidenceKind = Literal["config", "logs", "identity", "experiment", "metrics", "process", "attestation"]
EVIDENCE_KINDS: tuple[EvidenceKind, ...] = get_args(EvidenceKind)

Answerable = Literal["machine", "machine-assisted", "records", "human-assisted", "human"]


@dataclass(frozen=True, slots=True)
class Practice:
    """One practice of the framework; `risk` is the level that the framework gives to not following it.

    `evidence` are the kinds of evidence that it needs, `how` says in a line what answers it.
    """

    id: str
    title: str
    risk: Risk
    pillar: Pillar
    question: str
    question_title: str
    page: str
    evidence: tuple[EvidenceKind, ...]
    answerable: Answerable
    how: str

    @property
    def url(self) -> str:
        """Its page in the framework's documentation."""
        return f"{DOCUMENTATION}/{self.page}.html"

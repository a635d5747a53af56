"""Sigma rules: mainstay's pack, and any folder of them."""

from mainstay.catalog.sigma.case_events import case_events
from mainstay.catalog.sigma.cases import Proof, read_cases, read_proofs
from mainstay.catalog.sigma.loading import PACK, load_rules, read_rules
from mainstay.catalog.sigma.placeholders import Declared, declared_lists, filled, placeholders
from mainstay.catalog.sigma.rules import Other, Rules

__all__ = [
    "PACK",
    "Declared",
    "Other",
    "Proof",
    "Rules",
    "case_events",
    "declared_lists",
    "filled",
    "load_rules",
    "placeholders",
    "read_cases",
    "read_proofs",
    "read_rules",
]

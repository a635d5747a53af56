"""The ledger: what was observed, appended and never changed."""

from mainstay.evidence.answers import Changes, Ended, Extent, Flaw, Moment, Observed, Pruned, Query, Recorded, Standing
from mainstay.evidence.errors import LedgerError, PrunedAway
from mainstay.evidence.ledger import Ledger, open_ledger

__all__ = [
    "Changes",
    "Ended",
    "Extent",
    "Flaw",
    "Ledger",
    "LedgerError",
    "Moment",
    "Observed",
    "Pruned",
    "PrunedAway",
    "Query",
    "Recorded",
    "Standing",
    "open_ledger",
]

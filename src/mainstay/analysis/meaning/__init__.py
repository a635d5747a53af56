"""What the fields of an event mean: the facts that a rule reads under `derived`."""

from mainstay.analysis.meaning.facts import Facts, Meaning, no_chains, tellable

__all__ = ["Facts", "Meaning", "no_chains", "tellable"]

"""Analysis: what can only be said of resources by looking at all of them together. Pure functions."""

from mainstay.analysis.relations import Links, relate

__all__ = ["Links", "relate"]

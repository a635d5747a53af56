"""Analysis: what can only be said of resources by looking at all of them together. Pure functions."""

from mainstay.analysis.derive import derive, facts_read, properties_read
from mainstay.analysis.linking import linked
from mainstay.analysis.relations import Links, relate

__all__ = ["Links", "derive", "facts_read", "linked", "properties_read", "relate"]

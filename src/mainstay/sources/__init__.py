"""Sources: the world, read into the model. `read` finds out by itself what a tree holds."""

from mainstay.sources.reading import Options, Scope, read

__all__ = ["Options", "Scope", "read"]

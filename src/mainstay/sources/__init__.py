"""Sources: the world, read into the model. `read` finds out by itself what a tree holds."""

from mainstay.sources.reading import Options, Part, Root, Scope, Tree, project_of, read, trees

__all__ = ["Options", "Part", "Root", "Scope", "Tree", "project_of", "read", "trees"]

"""mainstay: proves whether a cloud workload is well architected."""

__version__ = "0.1.0"

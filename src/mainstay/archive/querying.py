"""The seam of engines: one query, in SQLGlot's tree, over the parts of an archive and small tables beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Union

import pyarrow as pa
from sqlglot import exp

Table = Union[Sequence[Path], pa.Table]
"""Parquet files, or a small table of the caller's."""


class Engine(Protocol):
    """What answers queries."""

    def rows(self, query: exp.Query, tables: Mapping[str, Table]) -> Iterator[tuple[Any, ...]]:
        """The rows of the answer, in its order. The query names `tables`, and reads nothing else.

        Raises EngineError, at the latest with the first row where the query asks for an order.
        """

    def close(self) -> None:
        """Lets go of what it holds."""

"""Queries on this machine, by DuckDB."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
from sqlglot import exp

from mainstay.archive.errors import EngineError
from mainstay.archive.querying import Table

_STRETCH: Final = 4096


def _spill(beside: Path | None) -> Path:
    """A folder that DuckDB makes when it needs it and removes; no other process has the same."""
    place = beside.absolute() if beside is not None else Path(tempfile.gettempdir(), "mainstay")
    parent = place.parent if os.access(place.parent, os.W_OK) else Path(tempfile.gettempdir())
    return parent / f".{place.name}-{os.getpid()}-{secrets.token_hex(4)}"


class DuckDB:
    """DuckDB in this process. What does not fit into `memory` (`2GB`) goes to a folder of its own `beside` another, or
    to the system's temporary files where none can be made there."""

    def __init__(self, beside: Path | None = None, threads: int = 2, memory: str = "2GB") -> None:
        self._connection = duckdb.connect(config={"threads": threads, "memory_limit": memory})
        self._connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        spill = exp.Literal.string(str(_spill(beside))).sql("duckdb")
        self._connection.execute(f"SET temp_directory = {spill}")

    def rows(self, query: exp.Query, tables: Mapping[str, Table]) -> Iterator[tuple[Any, ...]]:
        try:
            cursor = self._connection.cursor()
            for name, table in tables.items():
                if isinstance(table, pa.Table):
                    cursor.register(name, table)
                else:
                    files = exp.array(*(exp.Literal.string(str(path)) for path in table)).sql("duckdb")
                    cursor.execute(
                        f'CREATE OR REPLACE TEMP VIEW "{name}" AS'
                        f" SELECT * FROM read_parquet({files}, hive_partitioning = false)"
                    )
            cursor.execute(query.sql("duckdb"))
            while rows := cursor.fetchmany(_STRETCH):
                yield from rows
            cursor.close()
        except duckdb.Error as error:
            raise EngineError(f"DuckDB: {str(error).partition(chr(10))[0]}") from error

    def close(self) -> None:
        self._connection.close()

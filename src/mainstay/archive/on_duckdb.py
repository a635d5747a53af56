"""Queries on this machine, by DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
from sqlglot import exp

from mainstay.archive.errors import EngineError
from mainstay.archive.querying import Table

_STRETCH: Final = 4096


class DuckDB:
    """DuckDB in this process. What does not fit into `memory` (`2GB`) goes to `spill`, a folder."""

    def __init__(self, spill: Path | None = None, threads: int = 2, memory: str = "2GB") -> None:
        self._connection = duckdb.connect(config={"threads": threads, "memory_limit": memory})
        self._connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        if spill is not None:
            self._connection.execute(f"SET temp_directory = {exp.Literal.string(str(spill)).sql('duckdb')}")

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

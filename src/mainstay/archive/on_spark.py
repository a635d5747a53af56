"""Queries on a cluster, by Spark. The workers read the archive's folder, so it has to be at the same path there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
from py4j.protocol import Py4JError  # type: ignore[import-untyped]  # it has no types
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from sqlglot import exp

from mainstay.archive.errors import EngineError
from mainstay.archive.querying import Table


class Spark:
    """A session at `master`: `spark://host:7077`, or `local[2]` for one in this machine. `settings` are Spark's own."""

    def __init__(self, master: str, settings: Mapping[str, str] | None = None) -> None:
        builder = SparkSession.builder.master(master).appName("mainstay")
        for name, value in {**_SETTINGS, **(settings or {})}.items():
            builder = builder.config(name, value)
        try:
            self._session = builder.getOrCreate()
        except (PySparkException, Py4JError, OSError, RuntimeError) as error:
            raise EngineError(f"Spark at {master} can't be reached: {_first_line(error)}") from error
        self._session.sparkContext.setLogLevel("OFF")
        self._files: dict[str, tuple[str, ...]] = {}

    def rows(self, query: exp.Query, tables: Mapping[str, Table]) -> Iterator[tuple[Any, ...]]:
        try:
            for name, table in tables.items():
                self._register(name, table)
            answer = self._session.sql(query.sql("spark"))
            # one job a partition, which is slower, and the driver holds one partition of what may be long
            for row in answer.toLocalIterator() if query.args.get("order") else answer.collect():
                yield tuple(row)
        except (PySparkException, Py4JError) as error:
            raise EngineError(f"Spark: {_first_line(error)}") from error

    def _register(self, name: str, table: Table) -> None:
        if isinstance(table, pa.Table):
            self._session.createDataFrame(table).createOrReplaceTempView(name)
            self._files.pop(name, None)
        elif self._files.get(name) != (files := tuple(map(str, table))):
            self._session.read.parquet(*files).createOrReplaceTempView(name)
            self._files[name] = files  # looking at their schema is a job of its own

    def close(self) -> None:
        self._session.stop()


_SETTINGS: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]

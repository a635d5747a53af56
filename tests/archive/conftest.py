"""The engines that the tests of archives ask: DuckDB, and one real Spark cluster for all of them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
from tests.archive.cluster import JAVA, cluster

from mainstay.archive.on_duckdb import DuckDB
from mainstay.archive.querying import Engine


@pytest.fixture(scope="session")
def duckdb() -> Iterator[Engine]:
    engine = DuckDB()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    if JAVA is None:
        pytest.skip("THERE IS NO JAVA: nothing was tested on Spark (apt-get install openjdk-17-jre-headless)")
    with warnings.catch_warnings(), cluster(tmp_path_factory.mktemp("cluster")) as address:
        warnings.simplefilter("ignore")  # pyspark's own, about its sockets and what it deprecates
        from mainstay.archive.on_spark import Spark

        engine = Spark(
            address,
            {
                "spark.driver.host": "127.0.0.1",
                "spark.driver.bindAddress": "127.0.0.1",
                "spark.executor.memory": "512m",
                "spark.sql.shuffle.partitions": "2",
                "spark.sql.adaptive.enabled": "false",
                "spark.sql.codegen.wholeStage": "false",  # compiling takes longer than so few events do
            },
        )
        yield engine
        engine.close()


@pytest.fixture(params=["duckdb", "spark"])
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.getfixturevalue(request.param)
    return found

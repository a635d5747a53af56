"""Every test of the ledger runs on both databases: a SQLite file, and a schema of its own on a PostgreSQL server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from tests.evidence.postgres import NoServer, serving

from mainstay.evidence import Ledger, open_ledger

NUMBERS = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a running PostgreSQL."""
    try:
        with serving() as url:
            yield url
    except NoServer as reason:
        pytest.skip(f"no PostgreSQL to test with: {reason}")


def schema_of_its_own(server: str) -> str:
    name = f"ledger_{next(NUMBERS)}"
    engine = create_engine(server.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    engine.dispose()
    return f"{server}&options=-csearch_path%3D{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a ledger may be made."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    return schema_of_its_own(request.getfixturevalue("server"))


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger in a file, made once: a copy takes less time than the migrations."""
    path = tmp_path_factory.mktemp("empty") / "ledger.db"
    open_ledger(path, write=True).close()
    return path


@pytest.fixture
def ledger(place: str, empty: Path) -> Iterator[Ledger]:
    if "://" not in place:
        shutil.copyfile(empty, place)
    with open_ledger(place, write=True) as opened:
        yield opened

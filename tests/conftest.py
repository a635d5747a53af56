"""Every test has a cache of its own making: what lies in the user's is neither read nor added to."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = os.environ.get("MAINSTAY_CACHE")
    os.environ["MAINSTAY_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["MAINSTAY_CACHE"]
    else:
        os.environ["MAINSTAY_CACHE"] = before

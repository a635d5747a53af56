"""Every test has a cache of its own making: what lies in the user's is neither read nor added to.

Ctrl-C reaches the processes that tests start, also where a shell has started the tests in the background and has it
ignored by everything that comes of them.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = os.environ.get("MAINSTAY_CACHE")
    os.environ["MAINSTAY_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["MAINSTAY_CACHE"]
    else:
        os.environ["MAINSTAY_CACHE"] = before

"""Threads that do not hold the process when it is told to end, as those of concurrent.futures would."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")


class Crew:
    """Does work on a few daemon threads. Left by an error, it waits for nobody: a call may hang for minutes."""

    def __init__(self, size: int, name: str) -> None:
        self._work: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._serve, name=f"{name}-{n}", daemon=True) for n in range(size)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for _ in self._threads:
            self._work.put(None)
        if error is None:
            for thread in self._threads:
                thread.join()

    def submit(self, work: Callable[..., T], *given: Any) -> Future[T]:
        future: Future[T] = Future()
        self._work.put((future, lambda: work(*given)))
        return future

    def map(self, work: Callable[[Any], T], items: Iterable[Any]) -> Iterator[T]:
        """The results in the order of the items; the first error in that order is raised."""
        futures = [self.submit(work, item) for item in items]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()

    def _serve(self) -> None:
        while (todo := self._work.get()) is not None:
            future, work = todo
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 # whoever waits for the result raises it
                future.set_exception(error)
            del todo, future, work  # not kept until the next work comes

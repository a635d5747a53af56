"""The sandbox's life: a child process that answers before anyone uses it, and ends with whoever started it."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import threading
import time
import weakref
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from mainstay.model.errors import UsageError
from mainstay.sandbox.account import Account
from mainstay.sandbox.environment import isolated

if TYPE_CHECKING:
    import boto3.session

WAIT_SECONDS = 60.0
"""How long the server may take to answer: importing moto on a busy machine takes a while."""

END_SECONDS = 5.0

MISSING = 'the sandbox needs moto: pip install "mainstay[sandbox]"'


class Sandbox:
    """An embedded AWS account, from `start` to `stop`; as a context manager, from its beginning to its end.

    It ends with this process however that ends, SIGKILL included. `port` 0 takes a free one. Without
    `managed_policies` the account lacks AWS's own policies, which roles attach by their ARN, and is emptied at once:
    with them, moto takes more than a second to put them back.
    """

    def __init__(
        self,
        region: str = "us-east-1",
        port: int = 0,
        wait_seconds: float = WAIT_SECONDS,
        managed_policies: bool = True,
    ) -> None:
        self.region = region
        self.port = port
        self.wait_seconds = wait_seconds
        self.managed_policies = managed_policies
        self._process: subprocess.Popen[bytes] | None = None
        self._account: Account | None = None
        self._ending: weakref.finalize[..., Sandbox] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Start the account, and wait until it answers."""
        if self._process is not None:
            raise UsageError("this sandbox is running already")
        # the kernel's signal comes when the starting thread ends: one that is not the main thread ends too soon
        armed = ["armed"] if threading.current_thread() is threading.main_thread() else []
        policies = ["policies"] if self.managed_policies else []
        process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "mainstay.sandbox.server",
                str(self.port),
                str(os.getpid()),
                *armed,
                *policies,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=isolated(os.environ, self.region),
        )
        self._process = process
        self._ending = weakref.finalize(self, _end, process)  # also at the exit of a program that forgets to stop it
        try:
            said = self._heard(process)
            if "missing" in said:
                raise UsageError(f"{MISSING} ({said['missing']})")
            if "port" not in said:
                raise UsageError(f"the sandbox does not start: {said['error']}")
            self._account = Account(f"http://127.0.0.1:{said['port']}", self.region)
            if not self._account.answers():
                raise UsageError(f"the sandbox at {self._account.endpoint} does not answer")
        except BaseException:
            self.stop()
            raise
        return self

    def _heard(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        """The one line that the server says about itself."""
        assert process.stdout is not None
        with process.stdout as stream, selectors.DefaultSelector() as ready:
            ready.register(stream, selectors.EVENT_READ)
            until = time.monotonic() + self.wait_seconds
            heard = b""
            while not heard.endswith(b"\n"):
                if not ready.select(max(0.0, until - time.monotonic())):
                    raise UsageError(f"the sandbox does not start: nothing heard for {self.wait_seconds:g} seconds")
                piece = os.read(stream.fileno(), 4096)
                if not piece:
                    raise UsageError(f"the sandbox does not start: its process ended ({process.wait(END_SECONDS)})")
                heard += piece
        said: dict[str, Any] = json.loads(heard)
        return said

    def stop(self) -> None:
        """End the account, and everything in it. A second time does nothing."""
        if self._ending is not None:
            self._ending()
        self._process = self._account = self._ending = None

    @property
    def account(self) -> Account:
        """The running account."""
        if self._account is None:
            raise UsageError("this sandbox is not running")
        return self._account

    @property
    def pid(self) -> int:
        """The id of the process that answers."""
        if self._process is None:
            raise UsageError("this sandbox is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def endpoint(self) -> str:
        return self.account.endpoint

    @property
    def environment(self) -> dict[str, str]:
        """For programs that are to use this account."""
        return self.account.environment

    def session(self) -> boto3.session.Session:
        """A session of boto3 whose clients all talk to this account."""
        return self.account.session()

    def client(self, service: str, **options: Any) -> Any:
        """A client of boto3 for one service of this account."""
        return self.account.client(service, **options)

    def reset(self) -> None:
        """Empty the account."""
        self.account.reset()

    def wait(self, seconds: float) -> bool:
        """True where the server's process has ended within so many seconds: somebody else has ended it."""
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """Closing its stdin ends the child; one that does not hear is killed."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

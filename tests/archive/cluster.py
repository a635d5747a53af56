"""Spark's own standalone cluster, for the tests: a master and two workers as processes of this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyspark

JAVA = shutil.which("java")
_MODULES = (
    "java.lang java.lang.invoke java.io java.net java.nio java.util java.util.concurrent sun.nio.ch sun.nio.cs "
    "sun.security.action sun.util.calendar"
)
_OPTIONS = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in _MODULES.split()]
_OPTIONS += ["-Xmx384m", "-Dspark.master.rest.enabled=false"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """The address of a master that two workers of one core each have joined."""
    port = free_port()
    address = f"spark://127.0.0.1:{port}"
    with ExitStack() as stack:
        master = ["--port", str(port), "--webui-port", str(free_port())]
        log = folder / "master.log"
        stack.enter_context(_process("master.Master", master, log, "New state: ALIVE"))
        for number in range(2):
            worker = ["--cores", "1", "--memory", "1g", "--webui-port", str(free_port())]
            worker += ["--work-dir", str(folder / f"work-{number}"), address]
            log = folder / f"worker-{number}.log"
            stack.enter_context(_process("worker.Worker", worker, log, "Successfully registered with master"))
        yield address


@contextmanager
def _process(name: str, arguments: list[str], log: Path, ready: str) -> Iterator[None]:
    jars = Path(pyspark.__file__).parent / "jars" / "*"
    assert JAVA is not None
    home = {"SPARK_HOME": str(Path(pyspark.__file__).parent), "SPARK_SCALA_VERSION": "2.13"}  # spark-class sets them
    environment = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", **home}
    with log.open("wb") as stream:
        command = [JAVA, *_OPTIONS, "-cp", str(jars), f"org.apache.spark.deploy.{name}", "--host", "127.0.0.1"]
        process = subprocess.Popen([*command, *arguments], stdout=stream, stderr=stream, env=environment)
    try:
        until = time.monotonic() + 60
        while ready not in log.read_text(errors="replace"):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{name} did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

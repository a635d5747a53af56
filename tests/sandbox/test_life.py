"""How a sandbox begins, and that it ends with whoever started it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mainstay.model.errors import UsageError
from mainstay.sandbox import Account, Sandbox, isolated

SECONDS = 10.0

STARTED_ELSEWHERE = """
import sys, threading, time
from mainstay.sandbox import Sandbox
sandbox = Sandbox()
if sys.argv[1] == "thread":
    worker = threading.Thread(target=sandbox.start)
    worker.start()
    worker.join()
    time.sleep(0.5)
else:
    sandbox.start()
print(sandbox.pid, sandbox.endpoint, sandbox.running, flush=True)
time.sleep(60)
"""


def is_there(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def is_gone_soon(pid: int) -> bool:
    until = time.monotonic() + SECONDS
    while is_there(pid) and time.monotonic() < until:
        time.sleep(0.05)
    return not is_there(pid)


def test_two_accounts_live_at_once_and_know_nothing_of_each_other() -> None:
    with Sandbox() as one, Sandbox(region="eu-central-1") as other:
        one.client("sqs").create_queue(QueueName="orders")
        assert one.endpoint != other.endpoint
        assert "QueueUrls" in one.client("sqs").list_queues()
        assert "QueueUrls" not in other.client("sqs").list_queues()
        assert other.client("sqs").meta.region_name == "eu-central-1"
        pids = one.pid, other.pid
    assert not any(map(is_there, pids))


def test_a_stopped_account_does_not_answer_and_can_be_stopped_again() -> None:
    sandbox = Sandbox().start()
    account = sandbox.account
    assert account.answers()
    with pytest.raises(UsageError, match="running already"):
        sandbox.start()
    sandbox.stop()
    sandbox.stop()
    assert not account.answers()
    with pytest.raises(UsageError, match="not running"):
        sandbox.client("s3")


def test_a_reset_empties_the_account(account: Account) -> None:
    account.client("sqs").create_queue(QueueName="orders")
    account.reset()
    assert "QueueUrls" not in account.client("sqs").list_queues()


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} cannot be had"):
            Sandbox(port=port).start()


def test_a_missing_extra_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "moto").mkdir()
    (tmp_path / "moto" / "__init__.py").write_text("raise ImportError('No module named moto')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(UsageError, match=r'pip install "mainstay\[sandbox\]"'):
        Sandbox().start()


def test_a_server_that_says_nothing_is_not_waited_for_forever() -> None:
    began = time.monotonic()
    with pytest.raises(UsageError, match=r"nothing heard for 0\.01 seconds"):
        Sandbox(wait_seconds=0.01).start()
    assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize("where", ["main", "thread"])
def test_the_account_ends_with_a_parent_that_is_killed(where: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTED_ELSEWHERE, where], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid, _, running = parent.stdout.readline().split()
        assert running == "True"
        assert is_there(int(pid))
        parent.kill()
    assert is_gone_soon(int(pid))


def test_ctrl_c_ends_the_command_and_the_account(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.json"
    command = [
        sys.executable,
        "-c",
        "from mainstay.cli.sandbox import start_account; start_account(0, 'us-east-1', True)",
    ]
    environ = {**os.environ, "MAINSTAY_SANDBOX": str(state)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ, start_new_session=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        account = Account(said["endpoint"])
        assert account.answers()
        assert json.loads(state.read_text())["endpoint"] == account.endpoint
        os.killpg(process.pid, signal.SIGINT)
        try:
            assert process.wait(SECONDS) == 0
        finally:
            process.terminate()  # else the test would wait for it for ever
    assert not account.answers()
    assert not state.exists()


def test_no_credentials_and_no_profile_of_the_user_reach_the_account(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile work]\nregion = eu-west-3\naws_access_key_id = AKIAREAL\naws_secret_access_key = real\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.eu-west-3.amazonaws.com")
    client = account.client("s3")
    assert client.meta.endpoint_url == account.endpoint
    assert client.meta.region_name == "us-east-1"
    assert account.session().get_credentials().access_key == "testing"
    environ = isolated(os.environ, "us-east-1", account.endpoint)
    assert "AWS_PROFILE" not in environ
    assert "AWS_ENDPOINT_URL_S3" not in environ
    asked = "import boto3; s = boto3.Session(); print(s.get_credentials().access_key, s.client('s3').meta.endpoint_url)"
    told = subprocess.run([sys.executable, "-c", asked], env=environ, capture_output=True, text=True, check=True).stdout
    assert told.split() == ["testing", account.endpoint]


@pytest.mark.parametrize("endpoint", ["https://sqs.eu-west-1.amazonaws.com", "http://10.0.0.1:5000", "nonsense"])
def test_nothing_but_loopback_is_an_account(endpoint: str) -> None:
    with pytest.raises(UsageError, match="not on this machine"):
        Account(endpoint)

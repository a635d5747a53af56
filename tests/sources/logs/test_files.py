"""Logs are found in files, folders, buckets and on standard input, and inflated within bounds."""

from __future__ import annotations

import gzip
import io
import json
import sys
import zlib
from pathlib import Path
from typing import Any

import boto3.session
import pytest
from tests import accounts

from mainstay.model.errors import AccountError, UsageError
from mainstay.model.events import Batch
from mainstay.sources.logs import LogFile, files, log_files, read, streams

LINE = {
    "eventVersion": "1.11",
    "eventTime": "2026-03-02T09:00:00Z",
    "eventName": "A",
    "eventSource": "s3.amazonaws.com",
}
HEADER = b"version account-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"
FLOW = b"2 111122223333 192.0.2.1 192.0.2.2 1 22 6 1 40 1772442000 1772442060 ACCEPT OK\n"


def lines(count: int) -> bytes:
    return b"".join(json.dumps(LINE | {"eventID": str(one)}).encode() + b"\n" for one in range(count))


def numbers(batches: list[Batch]) -> list[tuple[int, str]]:
    return [(event.number, event.id) for batch in batches for one in batch.records if (event := one.event())]


def test_a_folder_is_walked_in_order_and_hidden_or_special_files_are_left(tmp_path: Path) -> None:
    import os

    for name in ("b/2.json", "b/1.json", "a.json", ".hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(lines(1))
    os.mkfifo(tmp_path / "pipe")
    found = list(log_files(str(tmp_path)))
    assert [Path(one.name).relative_to(tmp_path).as_posix() for one in found] == ["a.json", "b/1.json", "b/2.json"]
    (tmp_path / "a.json").write_bytes(lines(2))
    assert next(log_files(str(tmp_path / "a.json"))).identity != found[0].identity
    for missing in ("none", "pipe"):
        with pytest.raises(UsageError, match="is no file and no folder"):
            list(log_files(str(tmp_path / missing)))


def test_a_file_that_went_away_and_one_of_no_known_kind_are_gaps(tmp_path: Path) -> None:
    (tmp_path / "gone.json").write_bytes(lines(1))
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n")
    found = list(log_files(str(tmp_path)))
    (tmp_path / "gone.json").unlink()
    assert [[gap.kind for batch in read(one) for gap in batch.gaps] for one in found] == [
        ["unreadable"],
        ["unsupported"],
    ]


@pytest.mark.parametrize("inflater", [files._inflater, zlib.decompressobj])
def test_gzip_of_several_members_and_a_bomb(inflater: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_inflater", inflater)
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"a" * 3_000_000) + gzip.compress(b"b") + b"\0" * 9)
    (file,) = log_files(str(path))
    assert file.contents().data == b"a" * 3_000_000 + b"b"
    assert file.contents().gap is None
    held = file.contents(largest=1_000_000)
    assert len(held.data) == 1_000_000
    assert held.gap is not None
    assert held.gap.kind == "limit"
    for piece in files.inflated(iter([path.read_bytes()])):
        assert len(piece) <= files.STEP
    for broken in (path.read_bytes()[:-12], gzip.compress(b"a")[:-1], gzip.compress(b"a")[:-5] + b"12345", b"\x1f\x8b"):
        path.write_bytes(broken)
        assert (gap := file.contents().gap) is not None
        assert gap.kind == "syntax"


@pytest.mark.parametrize("inflater", [files._inflater, zlib.decompressobj])
def test_every_way_of_cutting_a_stream_inflates_to_the_same(inflater: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_inflater", inflater)
    data = gzip.compress(lines(30)) + gzip.compress(b"more")
    for step in (1, 2, 7, 100, len(data)):
        pieces = iter([data[start : start + step] for start in range(0, len(data), step)])
        assert b"".join(files.inflated(pieces)) == lines(30) + b"more"


def test_long_files_are_read_by_stretches_and_numbered_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LONG", 1_000)

    def file(data: bytes, step: int = 300) -> LogFile:
        pieces = [data[start : start + step] for start in range(0, len(data), step)]
        return LogFile("x.log", len(data), "", lambda: (iter(pieces), {}))

    found = list(read(file(lines(50))))
    assert len(found) > 3
    assert numbers(found) == [(one + 1, str(one)) for one in range(50)]
    flows = list(read(file(HEADER + FLOW * 50)))
    assert len(flows) > 3
    assert numbers(flows) == [(one, f"x.log:{one}") for one in range(2, 52)]
    whole = list(read(file(json.dumps({"Records": [LINE] * 50}).encode())))
    assert len(whole) == 1
    assert len(whole[0].records) == 50


def test_standard_input_is_read_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Coming(io.RawIOBase):
        def __init__(self) -> None:
            self.left = [lines(2), lines(1)[:20], lines(1)[20:] + b"\n", json.dumps(LINE).encode()]
            self.given = 0

        def read1(self, size: int) -> bytes:
            self.given += 1
            return self.left.pop(0) if self.left else b""

    coming = Coming()
    monkeypatch.setattr(sys, "stdin", type("In", (), {"buffer": coming})())
    (file,) = log_files("-")
    found = read(file)
    assert len(next(found).records) == 2
    assert coming.given == 1
    assert [one for one, _ in numbers(list(found))] == [3, 5]


def test_a_prefix_of_a_bucket_is_listed_and_streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    session = accounts.account().session()
    client = session.client("s3")
    client.create_bucket(Bucket="logs-of-a-test")
    for key in ("AWSLogs/b.json.gz", "AWSLogs/a.json.gz", "other/c.json.gz"):
        client.put_object(Bucket="logs-of-a-test", Key=key, Body=gzip.compress(lines(3)), Metadata={"signature": "ab"})
    client.put_object(Bucket="logs-of-a-test", Key="AWSLogs/", Body=b"")
    found = list(log_files("s3://logs-of-a-test/AWSLogs/", session))
    assert [one.name for one in found] == [f"s3://logs-of-a-test/AWSLogs/{one}.json.gz" for one in "ab"]
    assert len(found[0].identity) == 32
    assert found[0].contents().metadata == {"signature": "ab"}
    assert [len(numbers(list(read(one)))) for one in found] == [3, 3]
    client.delete_object(Bucket="logs-of-a-test", Key="AWSLogs/a.json.gz")
    (batch,) = read(found[0])
    assert batch.gaps[0].kind == "unreadable"
    with pytest.raises(AccountError, match="cannot be listed"):
        list(log_files("s3://there-is-none", session))
    with pytest.raises(UsageError):
        list(log_files("s3://", boto3.session.Session()))

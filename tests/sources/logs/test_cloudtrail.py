"""CloudTrail is read whole, and what is wrong with a file costs no more than what is wrong."""

from __future__ import annotations

import gzip
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.model.events import Batch, Event
from mainstay.sources.logs import LogFile, cloudtrail, detect_source, read


def record(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::111122223333:user/u{number % 3}", "x": ["[", "}\\"]},
        "eventTime": f"2026-03-02T09:00:{number % 60:02}Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "203.0.113.10",
        "userAgent": 'odd "agent" {[',
        "requestParameters": {"bucketName": "b", "key": f"k{number}"},
        "responseElements": None,
        "eventID": f"id-{number}",
        "recipientAccountId": "111122223333",
        "somethingNew": {"a": [1]},
    } | fields


def file(
    data: bytes, name: str = "111122223333_CloudTrail_eu-central-1_20260302T0905Z_a.json.gz", step: int = 700
) -> LogFile:
    pieces = [data[start : start + step] for start in range(0, len(data), step)]
    return LogFile(name, len(data), "", lambda: (iter(pieces), {}))


def delivered(records: list[Any]) -> bytes:
    return json.dumps({"Records": records}, separators=(",", ":")).encode()


def events(batches: list[Batch]) -> list[Event]:
    return [one.event() for batch in batches for one in batch.records]


def reasons(batches: list[Batch]) -> list[tuple[str, str]]:
    return [(gap.kind, gap.reason) for batch in batches for gap in batch.gaps]


RECORDS = [record(number) for number in range(40)]


def test_records_are_read_as_they_are() -> None:
    found = list(read(file(gzip.compress(delivered(RECORDS)))))
    assert [event.fields for event in events(found)] == RECORDS
    assert [event.number for event in events(found)] == list(range(1, 41))
    assert [(event.id, event.time_us) for event in events(found)][1] == ("id-1", 1772442001_000000)
    assert not reasons(found)
    assert found[0].records[0].keys() == (
        ("s3.amazonaws.com", "GetObject"),
        None,
        "203.0.113.10",
        (
            json.dumps(RECORDS[0]["userIdentity"], separators=(",", ":")).encode(),
            'odd "agent" {[',
            "111122223333",
            None,
        ),
        "eu-central-1",
    )


@pytest.mark.parametrize(
    "text",
    [
        delivered(RECORDS),
        b"\xef\xbb\xbf" + delivered(RECORDS),
        json.dumps({"Records": RECORDS}, indent=2).encode(),
        json.dumps(RECORDS).encode(),
        json.dumps(RECORDS, indent=1).encode(),
        b"\n".join(json.dumps(one).encode() for one in RECORDS),
        b"\r\n".join(json.dumps(one).encode() for one in RECORDS) + b"\r\n",
        b"\n".join(
            json.dumps({"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": one}).encode()
            for one in RECORDS
        ),
        delivered(RECORDS[:15]) + delivered(RECORDS[15:]),
        delivered(RECORDS[:15]) + b"\n" + delivered(RECORDS[15:]),
    ],
)
def test_every_way_of_writing_records_is_read(text: bytes) -> None:
    assert detect_source("x.json", text[:4096]) == "cloudtrail"
    for name in ("x.json", "-"):
        found = list(read(file(text, name)))
        assert [event.fields for event in events(found)] == RECORDS
        assert [event.number for event in events(found)] == list(range(1, 41))
        assert not reasons(found)
        assert sum(batch.rejected for batch in found) == 0


def test_what_is_odd_in_one_record_is_its_own_affair() -> None:
    odd: list[Any] = [
        record(1, eventName=["a", {"b": 1}], userIdentity="root", errorCode=7),
        record(2, eventTime=5),
        record(3, eventTime="yesterday"),
        "text", None, [], 3,
        {"eventName": "NoTime"},
        record(4, eventTime="2026-03-02T10:00:00.5+01:00", eventID=""),
    ]  # fmt: skip
    found = list(read(file(delivered([*odd, *RECORDS]))))
    assert [event.fields for event in events(found)] == [odd[0], odd[-1], *RECORDS]
    assert sum(batch.rejected for batch in found) == 7
    assert all(hash(one.keys()) is not None for batch in found for one in batch.records)  # type: ignore[arg-type]
    assert found[0].records[0].keys() == (
        ("s3.amazonaws.com", b'["a",{"b":1}]'), 7, "203.0.113.10", ("root", 'odd "agent" {[', "111122223333", None),
        "eu-central-1",
    )  # fmt: skip
    last = events(found)[1]
    assert (last.time_us, last.number) == (1772442000_500000, 9)
    assert last.id.endswith(":9")


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        (b"NaN", "NaN"),
        (b"1e999", "1e999"),
        (rb'"\ud800"', "�"),
        (b'"\xff\xfe"', "��"),
        (b'"tab\there"', "tab\there"),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b"[" * 300 + b"]" * 300, "[" * 300 + "]" * 300),
        (b"9" * 400, int("9" * 400)),
    ],
)
def test_text_that_decoders_refuse_is_read_with_its_neighbours(part: bytes, shown: object) -> None:
    text = delivered([RECORDS[0], record(1, requestParameters="HERE"), RECORDS[2]]).replace(b'"HERE"', part)
    found = list(read(file(text)))
    assert [event.fields.get("requestParameters") for event in events(found)] == [
        RECORDS[0]["requestParameters"], shown, RECORDS[2]["requestParameters"],
    ]  # fmt: skip
    assert not reasons(found)


def test_a_record_that_nests_too_deep_is_rejected_and_its_neighbours_are_not() -> None:
    text = delivered([RECORDS[0], "HERE", RECORDS[2]]).replace(b'"HERE"', b'{"a":' * 50_000 + b"1" + b"}" * 50_000)
    found = list(read(file(text, step=1 << 20)))
    assert [event.fields for event in events(found)] == [RECORDS[0], RECORDS[2]]
    assert sum(batch.rejected for batch in found) == 1


def test_a_record_of_ten_megabytes_is_read() -> None:
    big = record(1, requestParameters={"body": "x" * 10_000_000})
    found = list(read(file(gzip.compress(delivered([big, RECORDS[0]]), 1), step=1 << 20)))
    assert [len(event.fields["requestParameters"].get("body", "")) for event in events(found)] == [10_000_000, 0]


def test_a_file_that_breaks_off_gives_what_was_before_and_the_place() -> None:
    text = json.dumps({"Records": RECORDS}).replace('{"eventVersion"', '\n{"eventVersion"').encode()
    found = list(read(file(text[: text.rindex(b"k30")])))
    assert [event.fields for event in events(found)] == RECORDS[:30]
    (gap,) = [gap for batch in found for gap in batch.gaps]
    assert gap.kind == "syntax"
    assert "the 30 records before are read" in gap.reason
    assert gap.place is not None
    assert gap.place.line == 31
    lines = list(read(file(b"\n".join(json.dumps(one).encode() for one in RECORDS)[:-9], "x.json")))
    assert [event.fields for event in events(lines)] == RECORDS[:-1]
    assert reasons(lines) == [("syntax", "the last record breaks off")]


PACKED = gzip.compress(delivered(RECORDS))


@given(st.integers(0, len(PACKED) - 1), st.integers(1, 5_000))
@settings(max_examples=80, deadline=None)
def test_truncated_gzip_gives_records_that_were_there_and_a_gap(length: int, step: int) -> None:
    found = list(read(file(PACKED[:length], step=step)))
    fields = [event.fields for event in events(found)]
    assert fields == RECORDS[: len(fields)]
    assert reasons(found) or length == 0


@given(st.integers(0, 2**32))
@settings(max_examples=80, deadline=None)
def test_damaged_files_are_read_or_told_of(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(PACKED)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(data))
        data[at : at + chance.choice((0, 1, 30))] = chance.randbytes(chance.choice((0, 1, 30)))
    found = list(read(file(bytes(data))))
    fields = [event.fields for event in events(found)]
    assert reasons(found) or fields == RECORDS
    for batch in found:
        for one in batch.records:
            assert hash(one.keys()) is not None  # type: ignore[arg-type]


@given(st.integers(0, 2**32))
@settings(max_examples=80, deadline=None)
def test_mutated_text_never_breaks_the_reader(seed: int) -> None:
    from tests.fuzzed.mutations import mutate

    text = mutate(random.Random(seed), delivered(RECORDS[:6]))
    for batch in cloudtrail.read("x.json", text):
        for one in batch.records:
            one.keys()
            event = one.event()
            assert isinstance(event.fields, dict)
            json.dumps(event.fields).encode()

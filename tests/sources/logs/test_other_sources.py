"""Logs besides CloudTrail, as AWS delivers them: what each reader tells of them, and that nothing breaks one."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.model.events import KEYS, Batch, Event
from mainstay.sources.logs import alb, config, flow, guardduty, lines, resolver, securityhub
from mainstay.sources.logs.times import moment

AT = 1_772_442_000_000_000  # 2026-03-02T09:00:00Z
ISO = "2026-03-02T09:00:00Z"

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
FLOW = "2 111122223333 eni-1 198.51.100.7 10.0.0.5 49152 22 6 3 180 1772442000 1772442060 REJECT OK"
QUERY = {"version": "1.1", "account_id": "111122223333", "region": "eu-central-1", "query_timestamp": ISO,
         "query_name": "www.example.com.", "query_type": "A", "rcode": "NOERROR", "srcaddr": "10.0.0.5",
         "answers": [{"Rdata": "203.0.113.9", "Type": "A", "Class": "IN"}], "srcids": {"instance": "i-1"}}  # fmt: skip
REQUEST = (
    f"h2 {ISO} app/shop/50dc6c495c0c9188 198.51.100.7:49152 10.0.0.5:80 0.001 0.002 0.000 502 - 34 366 "
    '"GET https://shop.example.com:443/a?b=c d HTTP/2.0" "curl \\"7\\"" ECDHE TLSv1.3 '
    "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/shop/73e2d6bc24d8a067 "
    f'"Root=1-2" "shop.example.com" "-" 0 {ISO} "waf,forward" "-" "-" "10.0.0.5:80" "-" "-" "-" TID_1 "new-field"'
)
GUARD = {"schemaVersion": "2.0", "accountId": "111122223333", "region": "eu-central-1", "id": "f1",
         "type": "Recon:EC2/Portscan", "severity": 5, "service": {"eventLastSeen": ISO, "count": 2},
         "createdAt": "2026-03-02T09:15:00Z", "updatedAt": "2026-03-02T09:20:00Z"}  # fmt: skip
ASFF = {"SchemaVersion": "2018-10-08", "Id": "s1", "ProductArn": "arn:aws:securityhub:::product/x/y",
        "ProductName": "Security Hub", "AwsAccountId": "111122223333", "Title": "Open port",
        "UpdatedAt": ISO}  # fmt: skip
ITEM = {"configurationItemCaptureTime": ISO, "resourceType": "AWS::EC2::VPC", "resourceId": "vpc-1",
        "configurationStateId": "7", "configurationItemStatus": "OK", "awsAccountId": "111122223333"}  # fmt: skip


def enveloped(source: str, kind: str, detail: object) -> dict[str, object]:
    return {"version": "0", "id": "e1", "detail-type": kind, "source": source, "time": ISO, "detail": detail}


def text(*values: object) -> bytes:
    return b"\n".join(json.dumps(value).encode() for value in values)


FILES: dict[str, tuple[ModuleType, bytes]] = {
    "flow logs": (flow, f"{HEADER}\n{FLOW}\n".encode()),
    "flow logs without a header": (flow, FLOW.encode()),
    "flow logs exported from CloudWatch": (flow, f"{ISO} {FLOW}\n".encode()),
    "resolver logs": (resolver, text(QUERY)),
    "resolver logs exported from CloudWatch": (resolver, f"{ISO} ".encode() + text(QUERY)),
    "access logs": (alb, REQUEST.encode()),
    "GuardDuty's export": (guardduty, text(GUARD)),
    "GuardDuty in envelopes": (guardduty, text(enveloped("aws.guardduty", "GuardDuty Finding", GUARD))),
    "Security Hub in envelopes": (
        securityhub, text(enveloped("aws.securityhub", "Security Hub Findings - Imported", {"findings": [ASFF]})),
    ),
    "Security Hub's lines": (securityhub, text(ASFF)),
    "Security Hub's list": (securityhub, json.dumps([ASFF], indent=1).encode()),
    "Security Hub's answer": (securityhub, json.dumps({"Findings": [ASFF]}, indent=1).encode()),
    "Security Hub in OCSF": (
        securityhub, text({"class_uid": 2004, "time": AT // 1000, "finding_info": {"uid": "o1"}}),
    ),
    "Config's history": (config, text({"fileVersion": "1.0", "configurationItems": [ITEM]})),
    "Config's changes": (
        config, text(enveloped("aws.config", "Config Configuration Item Change", {"configurationItem": ITEM})),
    ),
    "other lines": (lines, text({"id": "x", "ts": AT / 1e6, "user": "somebody"})),
}  # fmt: skip
READERS = [flow, resolver, alb, guardduty, securityhub, config, lines]


def batches(reader: ModuleType, data: bytes, name: str = "a.log") -> list[Batch]:
    return list(reader.read(name, data))


def events(reader: ModuleType, data: bytes, name: str = "a.log") -> list[Event]:
    return [record.event() for batch in batches(reader, data, name) for record in batch.records]


def rejected(reader: ModuleType, data: bytes) -> int:
    return sum(batch.rejected for batch in batches(reader, data))


@pytest.mark.parametrize("kind", FILES)
def test_every_file_is_known_by_its_content_and_told_at_its_time(kind: str) -> None:
    reader, data = FILES[kind]
    assert next(one for one in READERS if one.recognise("some-file", data[:4096])) is reader
    (event,) = events(reader, data)
    assert (event.time_us, event.source, event.file) == (AT, reader.SOURCE, "a.log")
    assert rejected(reader, data) == 0


@pytest.mark.parametrize("kind", FILES)
def test_a_cut_off_head_is_recognised_as_well(kind: str) -> None:
    reader, data = FILES[kind]
    if reader is not lines:
        assert reader.recognise("some-file", (data * 20)[: len(data)] + b"\n" + data[: len(data) // 2])


@pytest.mark.parametrize("kind", FILES)
def test_keys_are_what_the_event_holds(kind: str) -> None:
    reader, data = FILES[kind]
    (record,) = batches(reader, data)[0].records
    fields = record.event().fields
    assert list(record.keys()) == [fields.get(group[0]) for group in KEYS[reader.SOURCE]]


def test_flows_have_numbers_and_leave_out_hyphens() -> None:
    data = f"dstport srcaddr flow-direction start\n22 198.51.100.7 - 1772442000\n{HEADER}\n{FLOW}\n".encode()
    first, second = events(flow, data)
    assert first.fields == {"dstport": 22, "srcaddr": "198.51.100.7", "start": 1772442000}
    assert (first.id, first.number, second.id) == ("a.log:2", 2, "a.log:4")
    assert (second.fields["action"], second.fields["bytes"], second.fields["account-id"]) == (
        "REJECT", 180, "111122223333",
    )  # fmt: skip


def test_skipped_windows_of_flow_logs_are_a_gap_and_empty_ones_are_nothing() -> None:
    lost = "2 111122223333 eni-1 - - - - - - - 1772442000 1772442060 - "
    data = f"{HEADER}\n{lost}NODATA\n{lost}SKIPDATA\n{FLOW}\n{lost}SKIPDATA\n".encode()
    assert len(events(flow, data)) == 1
    (gap,) = [gap for batch in batches(flow, data) for gap in batch.gaps]
    assert (gap.kind, gap.where) == ("failed", "a.log:3:1")
    assert gap.reason.startswith("2 capture windows")
    assert rejected(flow, data) == 0


def test_flow_logs_that_cannot_be_placed_in_time_are_a_gap() -> None:
    for data in (b"srcaddr dstaddr bytes\n10.0.0.1 10.0.0.2 5\n", b"PAR1\x00"):
        assert [gap.kind for batch in batches(flow, data) for gap in batch.gaps] == ["unsupported"]


def test_requests_are_told_by_their_parts() -> None:
    (event,) = events(alb, REQUEST.encode())
    assert event.fields.items() >= {
        "type": "h2", "client_ip": "198.51.100.7", "client_port": 49152, "target_ip": "10.0.0.5", "target_port": 80,
        "elb_status_code": 502, "request_verb": "GET", "request_url": "https://shop.example.com:443/a?b=c d",
        "request_proto": "HTTP/2.0", "target_processing_time": 0.002, "sent_bytes": 366,
        "actions_executed": "waf,forward",
        "conn_trace_id": "TID_1", "account_id": "111122223333", "region": "eu-central-1",
    }.items()  # fmt: skip
    assert event.fields["user_agent"] == 'curl \\"7\\"'
    assert "target_status_code" not in event.fields
    name = "AWSLogs/444455556666/elasticloadbalancing/eu-west-1/444455556666_elasticloadbalancing_eu-west-1_app.x.log"
    (event,) = events(alb, REQUEST.replace("198.51.100.7:", "2001:db8::7:").encode(), name)
    assert event.fields.items() >= {"client_ip": "2001:db8::7", "account_id": "444455556666"}.items()


def test_each_version_of_a_finding_is_an_event_of_its_own() -> None:
    later = {**GUARD, "updatedAt": "2026-03-02T10:00:00Z"}
    ids = [event.id for event in events(guardduty, json.dumps(GUARD).encode() + json.dumps(later).encode())]
    assert ids == ["f1@2026-03-02T09:20:00Z", "f1@2026-03-02T10:00:00Z"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (ISO, AT), ("2026-03-02T10:00:00.000001+01:00", AT + 1), ("2026-03-02 09:00:00", AT), (AT // 10**6, AT),
        (AT // 1000, AT), (AT, AT), (AT * 1000, AT), (str(AT // 1000), AT), (AT / 10**6 + 0.5, AT + 500_000),
        (True, None), (-1, None), (10**30, None), ("0001-01-01T00:00:00+14:00", None), ("soon", None), (None, None),
        ("9" * 39, None), ([], None),
    ],
)  # fmt: skip
def test_times_are_told_by_text_or_by_the_size_of_a_number(value: object, told: int | None) -> None:
    assert moment(value) == told


@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_record_is_rejected_and_the_rest_is_read(reader: ModuleType) -> None:
    data = next(data for one, data in FILES.values() if one is reader)
    if reader is config:
        data = text(ITEM)
    deep = b"[" * 100_000
    junk = [b"\x00\xff\x1f\x8b", b"half {", b'{"time": 1', deep, b'{"a":' + deep, b"x" * (10 << 20), b"null", b'"a"']
    mixed = data.rstrip(b"\n") + b"\n" + b"\n".join(junk) + b"\n" + data.split(b"\n")[-1 if reader is not flow else 1]
    assert len(events(reader, mixed)) == 2
    assert rejected(reader, mixed) == len(junk)


def test_half_a_configuration_file_is_a_gap() -> None:
    whole = text({"fileVersion": "1.0", "configurationItems": [ITEM, 5, {"resourceType": 1}]})
    assert (len(events(config, whole)), rejected(config, whole)) == (1, 2)
    assert [gap.kind for batch in batches(config, whole[:-3]) for gap in batch.gaps] == ["syntax"]


def test_long_files_come_in_stretches() -> None:
    data = f"{HEADER}\n".encode() + f"{FLOW}\n".encode() * 30_000
    found = batches(flow, data)
    assert len(found) > 1
    numbers = [record.event().number for batch in found for record in batch.records]
    assert numbers == list(range(2, 30_002))
    assert [len(batch.records) for batch in batches(resolver, text(QUERY) * 1 + b"\n" + text(*[QUERY] * 4_000))] == [
        4_000,
        1,
    ]


def mutated(data: bytes, draw: Callable[[st.SearchStrategy[Any]], Any]) -> bytes:
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        cut = draw(st.integers(0, 12))
        data = (
            data[:at]
            + draw(st.binary(max_size=6) | st.sampled_from([b'"', b"{", b"[1]", b"null", b"\n", b" ", b"-"]))
            + data[at + cut :]
        )
    return data


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(st.data())
def test_damaged_files_are_read_without_a_crash(data: st.DataObject) -> None:
    reader, whole = FILES[data.draw(st.sampled_from(sorted(FILES)))]
    damaged = mutated(whole + b"\n" + whole, data.draw)
    for one in READERS:
        one.recognise("a.log", damaged)
    for batch in reader.read("a.log", damaged):
        for record in batch.records:
            assert isinstance(hash(tuple(record.keys())), int)
            assert record.event().time_us >= 0


LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4)
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.sampled_from([QUERY, GUARD, ASFF, ITEM]), st.data())
def test_fields_of_any_type_are_read_without_a_crash(record: dict[str, object], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(record)))
    line = text({**record, name: data.draw(VALUES)})
    for reader in (resolver, guardduty, securityhub, config, lines):
        for batch in reader.read("a.log", line):
            assert len(batch.records) + batch.rejected >= 1
            assert all(isinstance(hash(tuple(one.keys())), int) for one in batch.records)

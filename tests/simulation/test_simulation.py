"""The generator: the same bytes for a seed, records as AWS writes them, and a truth that can be found in them."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mainstay.simulation import ATTACKS, DECOYS, Simulation, deliver, deliver_flows, deliver_queries, generate
from mainstay.simulation.background import kinds
from mainstay.simulation.shapes import shapes

START = datetime(2026, 3, 2, tzinfo=UTC)
POLICIES = ("policyDocument", "assumeRolePolicyDocument", "policy", "statement")
ALWAYS = {
    "eventVersion",
    "userIdentity",
    "eventTime",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "requestParameters",
    "responseElements",
    "eventID",
    "readOnly",
    "eventType",
    "managementEvent",
    "recipientAccountId",
    "eventCategory",
}


def simulation(seed: int = 7) -> Simulation:
    return generate(seed, START, 2, 4_000, len(ATTACKS), len(DECOYS))


@cache
def records() -> tuple[dict[str, Any], ...]:
    return tuple(simulation().records())


def digest(seed: int) -> str:
    small = generate(seed, START, 0.5, 2_000, 10, 5)
    text = json.dumps([list(small.records()), [i.event_ids for i in small.incidents], small.lists(), small.places()])
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_seed_decides_every_byte_whatever_the_hashes_of_the_process() -> None:
    here = str(Path(__file__).parent)
    program = f"import sys; sys.path.insert(0, {here!r}); import test_simulation as t; print(t.digest(11))"
    other = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | {"PYTHONHASHSEED": "4242"}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert other.stdout.strip() == digest(11)


def test_two_seeds_are_two_companies() -> None:
    one, two = simulation(7), simulation(8)
    assert digest(7) != digest(8)
    assert not set(one.lists()["own_accounts"]) & set(two.lists()["own_accounts"])
    assert not {i.event_ids for i in one.incidents} & {i.event_ids for i in two.incidents}


def test_the_background_does_not_depend_on_what_is_played_in_it() -> None:
    alone = {r["eventID"] for r in generate(7, START, 2, 4_000).records()}
    played = {event for incident in simulation().incidents for event in incident.event_ids}
    assert {r["eventID"] for r in records()} == alone | played
    assert not alone & played


def test_every_kind_is_played_and_all_its_events_are_in_the_records() -> None:
    incidents = simulation().incidents
    assert Counter(i.kind for i in incidents if not i.is_decoy) == Counter(ATTACKS.keys())
    assert Counter(i.kind for i in incidents if i.is_decoy) == Counter(DECOYS.keys())
    by_id = {r["eventID"]: r for r in records()}
    for incident in incidents:
        assert incident.event_ids, incident.id
        assert incident.principals, incident.id
        assert set(incident.event_ids) <= by_id.keys(), incident.id
        times = [by_id[event]["eventTime"] for event in incident.event_ids]
        assert times == sorted(times), incident.id
        assert incident.start.strftime("%Y-%m-%dT%H:%M:%SZ") <= times[0], incident.id
        assert times[-1] <= incident.end.strftime("%Y-%m-%dT%H:%M:%SZ"), incident.id


def test_every_record_has_what_cloudtrail_always_writes() -> None:
    for record in records():
        assert record.keys() >= ALWAYS, record
        assert record["eventSource"].endswith(".amazonaws.com")
        assert record["managementEvent"] == (record["eventCategory"] == "Management")
        identity = record["userIdentity"]
        if identity.get("type") == "AssumedRole":
            issuer = identity["sessionContext"]["sessionIssuer"]
            assert identity["principalId"].startswith(issuer["principalId"] + ":")
            assert identity["arn"].split("/")[1] == issuer["userName"]
            assert identity["sessionContext"]["attributes"]["creationDate"] <= record["eventTime"], record
        if identity.get("invokedBy"):
            assert record["sourceIPAddress"] == record["userAgent"] == identity["invokedBy"]
        if record.get("errorCode") and record["eventType"] == "AwsApiCall":
            assert record["responseElements"] is None


def test_records_come_in_time_order_and_none_comes_twice() -> None:
    times = [r["eventTime"] for r in records()]
    assert times == sorted(times)
    assert max(Counter(r["eventID"] for r in records()).values()) == 1


def documents(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in POLICIES and isinstance(inner, str) and inner.startswith("{"):
                yield inner
            yield from documents(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from documents(inner)


def test_policies_are_json_in_strings() -> None:
    found = [text for r in records() for text in documents([r["requestParameters"], r["responseElements"]])]
    assert len(found) > 6
    for text in found:
        assert isinstance(json.loads(text), dict), text


def test_a_session_was_begun_before_it_is_used() -> None:
    """The keys of roles come out of an AssumeRole that is in the trail too, or are older than the trail."""
    given = set()
    for record in generate(7, START, 1, 10_000).records():
        if record["eventName"].startswith("AssumeRole") and record["responseElements"]:
            given.add(record["responseElements"]["credentials"]["accessKeyId"])
        identity = record["userIdentity"]
        key = identity.get("accessKeyId", "")
        runner = identity.get("sessionContext", {}).get("sessionIssuer", {}).get("userName", "").endswith("Runner")
        if identity.get("type") == "AssumedRole" and key and not runner:
            created = identity["sessionContext"]["attributes"]["creationDate"]
            assert key in given or created < "2026-03-02", record


def test_people_sleep_and_rest_and_machines_do_not() -> None:
    week = generate(3, START, 7, 3_000)
    people: Counter[int] = Counter()
    machines: Counter[int] = Counter()
    days: Counter[int] = Counter()
    for record in week.records():
        time = datetime.fromisoformat(record["eventTime"])
        person = "AWSReservedSSO" in str(record["userIdentity"].get("arn"))
        (people if person else machines)[time.hour] += 1
        days[time.weekday()] += person
    assert sum(people[h] for h in (0, 1, 2, 3)) * 20 < sum(people[h] for h in (8, 9, 10, 13))
    assert min(machines.values()) * 6 > max(machines.values())
    assert (days[5] + days[6]) * 10 < days[0] + days[1]
    assert 0.7 < sum(machines.values()) / (7 * 3_000) < 1.3


def test_the_lists_know_the_company_and_not_the_attackers() -> None:
    made = simulation()
    lists, by_id = made.lists(), {r["eventID"]: r for r in made.records()}
    networks = {cidr.removesuffix("0/24").removesuffix("/32") for cidr in lists["own_networks"]}
    for incident in made.incidents:
        assert incident.account in lists["own_accounts"]
        if incident.kind in ("stolen-key", "stolen-instance-credentials", "trust-opened"):
            address = by_id[incident.event_ids[-1]]["sourceIPAddress"]
            assert not any(address.startswith(network) for network in networks), incident.id


def test_every_call_of_an_activity_is_in_the_table_of_calls() -> None:
    known = shapes().values()
    for name, kind in kinds().items():
        for activity in kind.activities:
            for call, _ in activity.calls:
                assert any(call is shape for shape in known), f"{name}: {call.service}:{call.name}"


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        generate(1, START, 1, 100, ["no-such-attack"])


def test_files_are_delivered_as_aws_names_them_late_and_sometimes_twice(tmp_path: Path) -> None:
    made = generate(5, START, 0.5, 4_000, 5)
    first = deliver(made, tmp_path / "one")
    assert [p.read_bytes() for p in deliver(made, tmp_path / "two")] == [p.read_bytes() for p in first]
    seen: Counter[str] = Counter()
    disorder = False
    for path in first:
        _, organization, account, _, region, year, month, day, name = path.relative_to(tmp_path / "one").parts
        delivered = datetime.strptime(name.split("_")[3] + "+0000", "%Y%m%dT%H%MZ%z")
        assert name.startswith(f"{account}_CloudTrail_{region}_{year}{month}{day}T")
        assert organization.startswith("o-")
        inside = json.loads(gzip.decompress(path.read_bytes()))["Records"]
        for record in inside:
            seen[record["eventID"]] += 1
            assert (record["recipientAccountId"], record["awsRegion"]) == (account, region)
            late = (delivered - datetime.fromisoformat(record["eventTime"])).total_seconds()
            assert 0 <= late <= 1_260
        times = [record["eventTime"] for record in inside]
        disorder |= times != sorted(times)
    assert disorder
    assert set(seen) == {r["eventID"] for r in made.records()}
    assert 0 < sum(count == 2 for count in seen.values()) < len(seen) / 100


def test_flow_and_resolver_logs_hold_the_scan_the_pool_and_the_names(tmp_path: Path) -> None:
    made = generate(5, START, 1, 500, ["port-scan", "mining-pool", "exfiltration-by-dns"])
    incidents = {incident.kind: incident for incident in made.incidents}
    lines = [
        line.split()
        for path in deliver_flows(made, tmp_path, 500)
        for line in gzip.decompress(path.read_bytes()).decode().splitlines()[1:]
    ]
    assert {len(line) for line in lines} == {14}
    refused = Counter(line[3] for line in lines if line[12] == "REJECT")
    assert refused.most_common(1)[0][1] > 0.9 * incidents["port-scan"].flows
    names = Counter()
    for path in deliver_queries(made, tmp_path, 500):
        for text in gzip.decompress(path.read_bytes()).splitlines():
            names[".".join(json.loads(text)["query_name"].split(".")[-4:])] += 1
    assert max(names.values()) >= incidents["exfiltration-by-dns"].queries

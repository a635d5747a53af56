"""What hunts read, disturbed: logs, rules, places and the state file."""

from __future__ import annotations

import gzip
import json
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.cli.trails import DELETED, SEVERAL, delivered, record
from tests.fuzzed.mutations import mutate
from tests.fuzzed.odd import disturb

from mainstay.analysis.meaning import Meaning
from mainstay.catalog.sigma import PACK, Rules, load_rules, read_proofs, read_rules
from mainstay.engine.detecting import Detector
from mainstay.model.errors import DataError, MainstayError, StateError
from mainstay.settings.places import read_places
from mainstay.sources import logs
from mainstay.verbs.hunting import Judging, Remembering, chosen
from mainstay.verbs.proving import run_case

PLACES = b"network,name,latitude,longitude\n192.0.2.0/24,Berlin,52.5,13.4\n2001:db8::/32,Lisbon,38.7,-9.1\n"
FLOW = (
    b"version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
    b"log-status\n2 111122223333 eni-1 192.0.2.1 192.0.2.2 443 50000 6 10 840 1772442000 1772442060 ACCEPT OK\n"
)
ALB = (
    b"https 2026-03-02T09:00:00.000000Z app/web/50dc6c495c0c9188 192.0.2.1:40000 10.0.0.1:80 0.001 0.002 0.000 200 200 "
    b'34 366 "GET https://www.example.com:443/ HTTP/1.1" "curl/8.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 - "Root=1-5" '
    b'"www.example.com" "-" 0 2026-03-02T09:00:00.000000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"\n'
)
SHAPES: tuple[dict[str, object], ...] = (
    {"version": "1.1", "account_id": "111122223333", "region": "eu-central-1", "vpc_id": "vpc-1",
     "query_timestamp": "2026-03-02T09:00:00Z", "query_name": "www.example.com.", "query_type": "A", "rcode": "NOERROR",
     "answers": [{"Rdata": "192.0.2.1", "Type": "A", "Class": "IN"}], "srcaddr": "10.0.0.1", "srcids": {}},
    {"schemaVersion": "2.0", "accountId": "111122223333", "region": "eu-central-1", "id": "f1", "type": "Recon:EC2/X",
     "service": {"serviceName": "guardduty", "eventLastSeen": "2026-03-02T09:00:00Z"}, "severity": 8, "resource": {},
     "updatedAt": "2026-03-02T09:00:00.000Z"},
    {"SchemaVersion": "2018-10-08", "Id": "s1", "ProductArn": "arn:aws:securityhub:::product/x", "Title": "x",
     "AwsAccountId": "111122223333", "UpdatedAt": "2026-03-02T09:00:00Z", "Resources": [{"Id": "a", "Type": "Other"}]},
    {"configurationItemCaptureTime": "2026-03-02T09:00:00Z", "resourceType": "AWS::S3::Bucket", "resourceId": "b",
     "awsAccountId": "111122223333", "configurationItemStatus": "OK", "configuration": {}, "ARN": "arn:aws:s3:::b"},
    {"time": "2026-03-02T09:00:00Z", "id": "j1", "user": "ada"},
)  # fmt: skip


@contextmanager
def told(*kinds: type[MainstayError]) -> Iterator[None]:
    """What is wrong with the input may be told, by faults with places or in a line."""
    try:
        yield
    except kinds as error:
        if not error.faults if isinstance(error, DataError) else "\n" in str(error):
            raise AssertionError("it is not told in a line") from error


@cache
def pack() -> Rules:
    return load_rules((), {})


def log_of(chance: random.Random) -> bytes:
    """A log of any source, whole but for values nobody expects."""
    kind = chance.randrange(5)
    if kind == 0:
        return chance.choice((FLOW, ALB))
    shape = record(1, "DeleteTrail") if kind < 3 else json.loads(json.dumps(chance.choice(SHAPES)))
    records = [disturb(shape, chance, chance.randrange(4)) for _ in range(3)]
    lines = [json.dumps(one).encode() for one in records]
    return b'{"Records": [' + b",".join(lines) + b"]}" if kind == 1 else b"\n".join(lines)


def logs_read(seed: int, folder: Path) -> None:
    chance = random.Random(seed)
    data = log_of(chance)
    data = mutate(chance, data) if seed % 3 else data
    if chance.randrange(3) == 0:
        data = gzip.compress(data)
        data = mutate(chance, data) if seed % 2 else data
    (folder / f"{chance.choice(('a', '111122223333_CloudTrail_x'))}.log").write_bytes(data)
    some = [rule.about.id for rule in pack().rules[seed % 9 :: 9]]
    detector = Judging(chosen(pack(), some)).detector()
    for file in logs.log_files(str(folder)):
        for batch in logs.read(file):
            for one in batch.records:
                hash(tuple(one.keys()))
                json.dumps(dict(one.event().fields)).encode()
            list(detector.take(batch.source, batch.records))
    list(detector.flush())


@cache
def rule_texts() -> tuple[bytes, ...]:
    folder = Path(logs.__file__).parents[2] / "catalog" / "detections"
    return (DELETED.encode(), SEVERAL.encode(), *(path.read_bytes() for path in sorted(folder.rglob("*.yml"))))


def sigma_rules(seed: int, folder: Path) -> None:
    """What of a folder of rules loads can judge; the rest is told."""
    chance = random.Random(seed)
    (folder / "a.yml").write_bytes(mutate(chance, chance.choice(rule_texts())))
    found = load_rules((folder,), {}, builtin=False)
    assert all(fault.message for fault in found.faults)
    detector = Judging(found).detector()
    (folder / "log.json.gz").write_bytes(delivered([record(1, "DeleteTrail"), record(2)]))
    for batch in logs.read(next(logs.log_files(str(folder / "log.json.gz")))):
        list(detector.take(batch.source, batch.records))
    list(detector.flush())


@cache
def cases_and_rules() -> tuple[tuple[bytes, Path], ...]:
    """The cases of the pack, each file with the rules beside it."""
    return tuple(
        (path.read_bytes(), path.with_name(path.name.removesuffix(".events.jsonl") + ".yml"))
        for path in sorted(PACK.rglob("*.events.jsonl"))
    )


def cases(seed: int, folder: Path) -> None:
    """A case is run however odd its events are, or what is wrong with it is told."""
    chance = random.Random(seed)
    data, file = chance.choice(cases_and_rules())
    line = chance.choice(data.splitlines())
    if seed % 2:
        line = json.dumps(disturb(json.loads(line), chance, chance.randrange(1, 6))).encode()
    else:
        line = mutate(chance, line)
    (folder / "a.events.jsonl").write_bytes(line)
    (folder / "a.yml").write_bytes(file.read_bytes())
    proofs, faults = read_proofs(read_rules((folder,), builtin=False))
    assert all(fault.message and fault.place for fault in faults)
    for proof in proofs:
        for case in proof.cases:
            run_case(proof, case)


def places(seed: int, folder: Path) -> None:
    (folder / "places.csv").write_bytes(mutate(random.Random(seed), PLACES))
    with told(DataError):
        read_places(folder / "places.csv", "places.csv")


@cache
def remembered() -> bytes:
    """A state file with windows in it, and with what waits for its turn."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "state")
        _watched(file, range(2, 30))
        return file.read_bytes()


def _watched(file: Path, numbers: range) -> None:
    detector = Detector(_several().rules, lambda origins: Meaning({}, None, origins), 5_000_000, kept=True)
    with tempfile.TemporaryDirectory() as directory, Remembering(detector, file) as memory:
        Path(directory, "a.json.gz").write_bytes(delivered(record(one, "DescribeTrails") for one in numbers))
        for batch in logs.read(next(logs.log_files(directory))):
            list(detector.take(batch.source, batch.records))
        memory.checkpoint({"a": "1"})


@cache
def _several() -> Rules:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "a.yml").write_text(SEVERAL)
        return load_rules((Path(directory),), {}, builtin=False)


def state_file(seed: int, folder: Path) -> None:
    """A state file of which bytes were changed, or the end is missing: it serves, or is refused in a line."""
    chance = random.Random(seed)
    data = bytearray(remembered())
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(data))
        data[at : at + 1] = chance.randbytes(1)
    (folder / "state").write_bytes(data[: chance.randrange(len(data))] if seed % 4 == 0 else data)
    with told(StateError):
        _watched(folder / "state", range(31, 40))


INPUTS = {"logs": logs_read, "sigma_rules": sigma_rules, "cases": cases, "places": places, "state_file": state_file}

"""Everything that reviews of accounts and the ledger read, disturbed: each input must be read, or told of in a line.

An input is a function of a seed and an empty directory. It raises what nobody should see, and AssertionError where
something is answered that is not so.
"""

from __future__ import annotations

import io
import json
import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import duckdb
from tests.fuzzed import detections
from tests.fuzzed.answers import ACCOUNT, REGION, NoAccount, Odd
from tests.fuzzed.mutations import mutate
from tests.fuzzed.odd import TEXTS, disturb
from tests.sources.live.recorded import AtOnce
from tests.verbs.ledgers import NOW, bucket, catalog, fill, found

from mainstay.catalog import load
from mainstay.evidence import Ledger, open_ledger
from mainstay.evidence.schema import metadata
from mainstay.model.errors import DataError, LedgerError, MainstayError, UsageError
from mainstay.model.findings import Gap, Review
from mainstay.model.places import Unit
from mainstay.outputs import FORMATS, Style
from mainstay.settings.attestations import canonical, read_attestations
from mainstay.settings.reading import read_configuration
from mainstay.sources.live import stacks
from mainstay.sources.live.collecting import in_order
from mainstay.sources.states import read_state
from mainstay.verbs import show_ledger, show_passes, show_resource, showing
from mainstay.verbs.account_pass import AccountPass, Target
from mainstay.verbs.aggregate import review_aggregate
from mainstay.verbs.judging import Judge
from mainstay.verbs.live import live_tables, review_live
from mainstay.verbs.sandbox import read_template

Input = Callable[[int, Path], None]

STATES = (
    {"version": 4, "resources": [{
        "mode": "managed", "module": "module.a", "type": "aws_s3_bucket", "name": "b",
        "instances": [{"index_key": "k", "attributes": {"arn": "arn:aws:s3:::b", "id": "b"}}, {"attributes": {}}],
    }]},
    {"format_version": "1.0", "values": {"root_module": {
        "resources": [{"mode": "managed", "address": "aws_s3_bucket.b", "values": {"id": "x"}}],
        "child_modules": [{"resources": [], "child_modules": []}],
    }}},
)  # fmt: skip
ATTESTATION = b"""practice: OPS01-BP01
statement: We ask our users every quarter.
by: Web Team <web@example.org>
on: 2026-11-01
expires: 2027-05-01
applies: true
scope: shop
signature: |
  -----BEGIN SSH SIGNATURE-----
  U1NIU0lHAAAAAQ==
  -----END SSH SIGNATURE-----
"""
CONFIGURATION = b"""[freshness]
review = "7d"
live = "24h"
attestation = "365d"
[attestations]
paths = ["attestations"]
signers = "attestations/allowed_signers"
accept_unsigned = true
"""
TEMPLATE = b"""Parameters: {Stage: {Type: String, Default: prod}}
Conditions: {Live: !Equals [!Ref Stage, prod]}
Resources:
  Key: {Type: AWS::KMS::Key, Condition: Live, Properties: {Description: !Sub "${AWS::StackName} ${Stage}"}}
  Data: {Type: AWS::S3::Bucket, DependsOn: Key, Properties: {BucketName: !Join ["-", [!Ref Stage, !GetAtt Key.Arn]]}}
Outputs: {Name: {Value: !GetAtt Data.Arn}}
"""
MOMENTS = (
    "7d", "90m", "999999d", "pass:3", "pass:99999999999999999999", "pass:", "pass:-1", "2026-11-01", "launch",
    "20261101", "2026-11-01T10:00:00+01:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "2026-W01-1", "2026-02-30",
)  # fmt: skip
URLS = (
    "postgresql://u:SECRET@127.0.0.1:1/db", "postgresql://u:SECRET@127.0.0.1:99999/db", "postgresql://u:SECRET@[::1/db",
    "postgresql+asyncpg://u:SECRET@127.0.0.1:1/x", "mysql://u:SECRET@127.0.0.1/db", "postgres://u:SECRET@127.0.0.1:1/x",
    "postgresql://u@127.0.0.1:1/db?password=SECRET", "postgresql:///u:SECRET@127.0.0.1:1/db", "postgresql://", "://",
    "postgresql://u:SECRET@127.0.0.1:1/db?sslmode=no", "postgresql:///db?port=x", "postgresql://u:SEC%00RET@127.0.0.1:1",
)  # fmt: skip
LETTERS = "0123456789dhm:-+TZ pas@/?&=%#[]'\"\ud800\x00é"


@contextmanager
def told(*kinds: type[MainstayError]) -> Iterator[None]:
    """What is wrong with the input may be told, in a line or by faults with places, and without a password."""
    try:
        yield
    except kinds as error:
        check_words(error)


def check_words(error: MainstayError) -> None:
    assert "SECRET" not in str(error)
    if isinstance(error, DataError):
        assert error.faults
    else:
        assert len(str(error).splitlines()) == 1


def edited(text: str, chance: random.Random) -> str:
    for _ in range(chance.randrange(3)):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(LETTERS) + text[at + chance.randrange(2) :]
    return text


# -- what accounts answer


@cache
def judge() -> Judge:
    return Judge(load().controls, live_tables())


def account(seed: int, folder: Path) -> None:
    """A pass over an account whose every third answer is odd, judged in full."""
    one = AccountPass(Target(Odd(seed), (REGION,)), judge(), in_order)
    one.long_tail.pause = lambda seconds: None
    judged = one.judged(AtOnce(), lambda where: None)  # type: ignore[arg-type] # all that is asked of a crew
    assert [gap.reason for gap in judged.gaps if gap.kind == "internal"] == []
    assert judged.resource_count > 50


def remembered(seed: int, folder: Path) -> None:
    """The same, of the types of one service, into a ledger: what it gives back is what was judged."""
    controls = [one for one in load().controls if one.applies_to[0].split("::")[1] == ("S3", "IAM", "SQS")[seed % 3]]
    with open_ledger(folder / "ledger.db", write=True) as ledger:
        first, again = (review_live([Target(Odd(seed), (REGION,))], controls, ledger) for _ in range(2))
        assert [gap.reason for gap in first.gaps if gap.kind == "internal"] == []
        assert {finding.verdict for finding in first.findings} <= {"pass", "fail", "unknown", "not_applicable"}
        assert len(first.findings) == len(again.findings)
        assert ledger.verify() == []
        changes = ledger.changes(ledger.passes()[1])
        assert not changes.new
        assert not changes.fixed


def aggregator(seed: int, folder: Path) -> None:
    """What AWS Config has recorded, odd, of a few types."""
    controls = load().controls[seed % 50 :: 50]
    review = review_aggregate(Odd(seed), "all", (REGION,), controls)
    assert all(gap.kind in ("denied", "failed") for gap in review.gaps)


def stack_names(seed: int, folder: Path) -> None:
    told = stacks.read_stacks(Odd(seed, 0.9), (REGION, "us-east-1"))
    assert all(isinstance(name, str) for of in told.values() for pair in of.values() for name in pair)
    stacks.stack_of({"Key": "AWS::KMS::Key"}, told)


# -- files


def state(seed: int, folder: Path) -> None:
    chance = random.Random(seed)
    document = json.loads(json.dumps(chance.choice(STATES)))
    text = json.dumps(disturb(document, chance, chance.randrange(5))).encode()
    (folder / "state").write_bytes(mutate(chance, text) if seed % 2 else text)
    with told(UsageError):
        names = read_state(folder / "state")
        assert all(isinstance(name, str) and name for told in names.values() for name in told)


def attestation(seed: int, folder: Path) -> None:
    file = folder / "OPS01-BP01.yaml"
    file.write_bytes(mutate(random.Random(seed), ATTESTATION))
    with told(DataError):
        for entry in read_attestations([file], {"OPS01-BP01"}, date(2026, 11, 23), folder):
            assert entry.attestation.expires > entry.attestation.on
            canonical(entry.attestation)


def configuration(seed: int, folder: Path) -> None:
    file = folder / "mainstay.toml"
    file.write_bytes(mutate(random.Random(seed), CONFIGURATION))
    with told(DataError):
        read_configuration(file, file.name)


def sandbox_template(seed: int, folder: Path) -> None:
    """A template on its way into the sandbox, up to the first call."""
    (folder / "template.yaml").write_bytes(mutate(random.Random(seed), TEMPLATE))
    with told(DataError, UsageError):
        read_template(NoAccount(), folder / "template.yaml", {"Stage": "test"} if seed % 3 else {})  # type: ignore[arg-type]


# -- the ledger


@cache
def filled() -> bytes:
    """A ledger as a file without companions."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "ledger.db")
        with open_ledger(file, write=True) as ledger:
            fill(ledger)
        connection = sqlite3.connect(file)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.close()
        return file.read_bytes()


READ: tuple[Callable[[Ledger], object], ...] = (
    Ledger.passes, Ledger.ended, Ledger.extents, Ledger.attestations, Ledger.milestones, Ledger.head, Ledger.row_count,
    Ledger.resource_count, Ledger.verify,
    lambda ledger: list(ledger.resources()),
    lambda ledger: [(one.subject, one.reasons, one.waiver) for one in ledger.findings()],
    lambda ledger: [(ledger.gaps(one), ledger.collected(one)) for one in ledger.passes()],
    lambda ledger: ledger.history("arn:aws:s3:::orders"),
    lambda ledger: ledger.changes(datetime(2026, 11, 18, tzinfo=UTC)),
    lambda ledger: ledger.evidence({one.id: one for one in catalog().controls}),
    lambda ledger: ledger.growth(("severity",)),
    lambda ledger: showing.overview(ledger, catalog, NOW),
    show_passes.passes, show_passes.gaps, show_ledger.verify,
    lambda ledger: show_resource.resource(ledger, "arn:aws:s3:::orders", None, None),
)  # fmt: skip


def asked_everything(ledger: Ledger) -> None:
    for read in READ:
        with told(LedgerError, UsageError):
            read(ledger)


def damaged(seed: int, folder: Path) -> None:
    """A ledger of which bytes were changed, or the end is missing."""
    chance = random.Random(seed)
    data = bytearray(filled())
    if seed % 3 == 0:
        del data[chance.randrange(len(data)) :]
    for _ in range(chance.randrange(1, 4) if data else 0):
        start = chance.randrange(len(data))
        data[start : start + chance.choice((1, 1, 200))] = chance.randbytes(chance.choice((1, 1, 200)))
    (folder / "ledger.db").write_bytes(data)
    with told(LedgerError), open_ledger(folder / "ledger.db", write=False) as ledger:
        asked_everything(ledger)


def tampered(seed: int, folder: Path) -> None:
    """A ledger of which somebody changed one field: everything answers, and `verify` names a flaw."""
    chance = random.Random(seed)
    file = folder / "ledger.db"
    file.write_bytes(filled())
    connection = sqlite3.connect(file)
    connection.row_factory = sqlite3.Row
    rows = [(table, row) for table in metadata.tables.values() for row in connection.execute(f"SELECT * FROM {table}")]
    table, row = chance.choice(rows)
    name = chance.choice(row.keys())
    keys = [column.name for column in table.primary_key]
    other = changed(row[name], chance)
    where = " AND ".join(f'"{key}" = ?' for key in keys)
    try:
        connection.execute(f'UPDATE {table} SET "{name}" = ? WHERE {where}', (other, *(row[key] for key in keys)))
        connection.commit()
    except sqlite3.IntegrityError:
        return
    finally:
        connection.close()
    with open_ledger(file, write=False) as ledger:
        asked_everything(ledger)
        assert ledger.verify(), f"{table}.{name} was {row[name]!r}, is {other!r}, and nobody is told"


def changed(value: object, chance: random.Random) -> object:
    """Another value of the same type, or none."""
    if isinstance(value, int):
        return value + chance.choice((1, -1, 1000))
    if isinstance(value, bytes):
        at = chance.randrange(len(value))
        return value[:at] + bytes([value[at] ^ 1 << chance.randrange(8)]) + value[at + 1 :]
    if isinstance(value, str) and value:
        at = chance.randrange(len(value))
        other = chance.choice([letter for letter in 'x0"{}[],:é' if letter != value[at]])
        return chance.choice((value[:at] + other + value[at + 1 :], value[:at], value + other))
    return "{}" if value is None else "x"


def moment(seed: int, folder: Path) -> None:
    """What may stand after --at, --since and --before."""
    chance = random.Random(seed)
    text = "".join(edited(chance.choice((*MOMENTS, *TEXTS)), chance).splitlines())
    (folder / "ledger.db").write_bytes(filled())
    with open_ledger(folder / "ledger.db", write=False) as ledger, told(UsageError):
        when = showing.moment(ledger, text, NOW)
        ledger.findings(None, when)
        ledger.changes(when)


def url(seed: int, folder: Path) -> None:
    """What may stand after --ledger: an address at which no ledger is."""
    chance = random.Random(seed)
    text = chance.choice(URLS)
    start, at, rest = text.partition("127.0.0.1:1")  # no other machine is asked
    text = f"{start}{at}/{edited(rest, chance)}" if at else start
    with told(LedgerError):
        open_ledger(text, write=seed % 2 == 0).close()
        raise AssertionError(f"{text!r} was opened")


# -- what is written


def formats(seed: int, folder: Path) -> None:
    """A review of an account whose resources have odd names, in every format."""
    chance = random.Random(seed)
    names = [chance.choice((*TEXTS, "a b", "x" * 2_000, "日本語/é/ü")) + edited("ab", chance) for _ in range(2)]
    resources = {"orders": bucket(names[0]), "logs": bucket(names[1], names[0])}
    findings = [
        replace(one, subject=replace(one.subject, region=chance.choice((REGION, "", names[0]))))
        for number in range(3) for one in found(number, resources)
    ]  # fmt: skip
    gap = Gap("denied", names[0], unit=Unit(ACCOUNT, names[1], "AWS::S3::Bucket"), permission=names[0], call=names[1])
    review = Review(findings, [gap], catalog().controls, 2, 0, accounts={ACCOUNT: (REGION,)})
    for name, write in FORMATS.items():
        written = io.BytesIO()
        with io.TextIOWrapper(written, encoding="utf-8", newline="") as stream:
            write(review, stream, Style())
            stream.flush()
            check(name, written.getvalue(), folder)


def check(name: str, data: bytes, folder: Path) -> None:
    if name == "parquet":
        (folder / "review.parquet").write_bytes(data)
        with duckdb.connect() as connection:
            rows = connection.execute(f"SELECT count(*) FROM '{folder / 'review.parquet'}'").fetchone()
        assert rows is not None
        assert rows[0] >= 1
        return
    text = data.decode()
    assert "\x1b" not in text
    if name in ("json", "sarif", "gitlab", "ocsf"):
        assert json.loads(text)
    elif name == "asff":
        assert all(json.loads(line) for line in text.splitlines())
    elif name == "junit":
        ElementTree.fromstring(text)


INPUTS: Mapping[str, Input] = {
    "account": account, "remembered": remembered, "aggregator": aggregator, "stack_names": stack_names, "state": state,
    "attestation": attestation, "configuration": configuration, "sandbox_template": sandbox_template,
    "damaged": damaged, "tampered": tampered, "moment": moment, "url": url, "formats": formats,
    **detections.INPUTS,
}  # fmt: skip

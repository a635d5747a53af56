"""Digests beside the logs: what each command says of them."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from tests.cli.trails import mainstay, rules
from tests.sources.logs.test_digests import DER, Trail

from mainstay.sources.logs import log_files
from mainstay.sources.logs.digests import base_of
from mainstay.verbs.digesting import Digesting
from mainstay.verbs.log_files import found

OWN = ("--no-pack", "--rules", "rules")
KEYS = {"PublicKeyList": [{"Value": base64.b64encode(DER).decode(), "Fingerprint": "f1"}]}


def put(trail: Trail, folder: Path) -> None:
    for key, (data, _) in trail.objects.items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(data)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    rules(tmp_path / "rules")
    put(Trail(), tmp_path / "logs")
    (tmp_path / "keys.json").write_text(json.dumps(KEYS))
    return tmp_path


def test_without_keys_a_remark_says_once_that_signatures_were_not_checked(place: Path) -> None:
    run = mainstay("hunt", "logs", *OWN, "-q", "-f", "json", cwd=place)
    document = json.loads(run.stdout)
    assert (run.returncode, document["gaps"]) == (0, [])
    assert [one["message"].partition(":")[0] for one in document["remarks"]] == [
        "the signatures of 4 of 4 digests were not checked"
    ]
    for command in (("ingest", "logs", "archive", "-q"), ("watch", "logs", "--once", *OWN)):
        run = mainstay(*command, cwd=place)
        assert (run.returncode, run.stderr.count("note: "), run.stderr.count("no public keys")) == (0, 1, 1)


@pytest.mark.parametrize("configured", [False, True])
def test_with_keys_the_last_signature_of_a_copy_alone_is_not_checked(place: Path, configured: bool) -> None:
    given = () if configured else ("--digest-keys", "keys.json")
    if configured:
        (place / "mainstay.toml").write_text('[detect]\ndigest-keys = "keys.json"\n')
    run = mainstay("hunt", "logs", *OWN, "-q", "-f", "json", *given, cwd=place)
    (remark,) = json.loads(run.stdout)["remarks"]
    assert remark["message"].startswith("the signatures of 1 of 4 digests were not checked: in a copy of a bucket")
    assert "1 of 4" in mainstay("ingest", "logs", "archive", "-q", *given, cwd=place).stderr


def test_a_digest_signed_by_somebody_else_is_a_gap(place: Path) -> None:
    (place / "keys.json").write_text(json.dumps(KEYS).replace("f1", "f2"))
    for command in (("hunt", "logs", *OWN, "-q", "-f", "json"), ("ingest", "logs", "archive", "-q")):
        assert mainstay(*command, "--digest-keys", "keys.json", cwd=place).returncode == 3
    run = mainstay("hunt", "logs", *OWN, "-q", "--digest-keys", "rules/deleted.yml", cwd=place)
    assert run.returncode == 2
    assert "not the public keys of CloudTrail" in run.stderr


def test_a_watch_tells_of_logs_that_a_digest_names_otherwise(place: Path) -> None:
    trail = Trail()
    trail.change("_2_1.json.gz", b"T02", b"T22")
    put(trail, place / "logs")
    (place / "logs" / trail.key("_1_0.json.gz")).unlink()
    run = mainstay("watch", "logs", "--once", *OWN, "-f", "jsonl", cwd=place)
    gaps = [json.loads(line)["gap"]["reason"] for line in run.stdout.splitlines()]
    assert sorted(reason.partition(",")[0] for reason in gaps) == [
        "a file of the digest is missing",
        "the file is not as CloudTrail delivered it",
    ]


def test_a_digest_waits_for_its_files_and_is_verified_once(place: Path) -> None:
    files = found([str(place / "logs")])
    (last,) = [file for file in files if file.name.endswith("T040000Z.json.gz")]
    late = [file for file in files if "_3_1." not in file.name]
    digesting = Digesting(None)
    assert list(digesting.verified([last], late)) == []
    said = [str(one) for one in digesting.verified([], files)]
    assert ["signatures of digests are not checked" in one for one in said] == [True]
    assert list(digesting.verified([], files)) == []
    hasty = Digesting(None, patience_seconds=0)
    assert "a file of the digest is missing" in str(next(hasty.verified([last], late)))


def test_a_watch_tells_of_a_digest_that_is_missing_in_between(place: Path) -> None:
    names = [file.name for file in log_files(str(place / "logs")) if base_of(file.name).endswith("T030000Z.json")]
    Path(names[0]).unlink()
    files = found([str(place / "logs")])
    (last,) = [file for file in files if file.name.endswith("T040000Z.json.gz")]
    (gap, _) = Digesting(None).verified([last], files)
    assert "the chain of digests is broken between 2026-03-02T02:00:00Z and 2026-03-02T03:00:00Z" in str(gap)

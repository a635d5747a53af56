"""Digests prove that logs are as CloudTrail delivered them, and tell of every one that is not."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3.session
import pytest
from botocore.stub import Stubber
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mainstay.model.errors import AccountError, DataError
from mainstay.sources.logs import LogFile, read
from mainstay.sources.logs.digests import base_of, names_in, verify
from mainstay.sources.logs.signatures import public_keys, read_keys, signed_by

BUCKET, FOLDER = "trail-bucket", "AWSLogs/111122223333"
KEY = rsa.generate_private_key(65537, 2048)
DER = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)


def sign(text: str, key: rsa.RSAPrivateKey = KEY) -> str:
    return key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()).hex()


class Trail:
    """A bucket as CloudTrail fills it: `hours` digests of two files each."""

    def __init__(self, hours: int = 4) -> None:
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        before: dict[str, Any] = dict.fromkeys(
            ("previousDigestS3Bucket", "previousDigestS3Object", "previousDigestHashValue", "previousDigestSignature")
        )
        for hour in range(hours):
            before = self.hour(hour, before)

    def hour(self, hour: int, before: Mapping[str, Any]) -> dict[str, Any]:
        files = []
        for number in range(2):
            text = json.dumps({"Records": [{"eventTime": f"2026-03-02T{hour:02}:0{number}:00Z"}]})
            key = f"{FOLDER}/CloudTrail/eu-central-1/111122223333_CloudTrail_eu-central-1_{hour}_{number}.json.gz"
            self.objects[key] = (gzip.compress(text.encode()), {})
            digest = hashlib.sha256(text.encode()).hexdigest()
            files.append({"s3Bucket": BUCKET, "s3Object": key, "hashValue": digest, "hashAlgorithm": "SHA-256"})
        end = f"2026-03-02T{hour + 1:02}:00:00Z"
        name = f"111122223333_CloudTrail-Digest_eu-central-1_main_eu-central-1_20260302T{hour + 1:02}0000Z.json.gz"
        key = f"{FOLDER}/CloudTrail-Digest/eu-central-1/{name}"
        states = {
            "awsAccountId": "111122223333", "digestStartTime": f"2026-03-02T{hour:02}:00:00Z", "digestEndTime": end,
            "digestS3Bucket": BUCKET, "digestS3Object": key, "digestPublicKeyFingerprint": "f1",
            "digestSignatureAlgorithm": "SHA256withRSA", **before, "logFiles": files,
        }  # fmt: skip
        text = json.dumps(states)
        digest = hashlib.sha256(text.encode()).hexdigest()
        signature = sign(f"{end}\n{BUCKET}/{key}\n{digest}\n{before['previousDigestSignature'] or 'null'}")
        self.objects[key] = (gzip.compress(text.encode()), {"signature": signature})
        return {
            "previousDigestS3Bucket": BUCKET, "previousDigestS3Object": key, "previousDigestHashValue": digest,
            "previousDigestSignature": signature,
        }  # fmt: skip

    def key(self, ending: str) -> str:
        (found,) = [key for key in self.objects if key.endswith(ending)]
        return found

    def change(self, ending: str, old: bytes, new: bytes) -> None:
        data, metadata = self.objects[self.key(ending)]
        text = gzip.decompress(data)
        assert old in text
        self.objects[self.key(ending)] = (gzip.compress(text.replace(old, new)), metadata)

    def files(self, where: str = f"s3://{BUCKET}") -> list[LogFile]:
        """As the bucket has them, or as a copy of it on a disk, which has no metadata."""
        return [
            LogFile(f"{where}/{key}", len(data), "", lambda one=(data, told): (iter([one[0]]), one[1]))  # type: ignore[misc]
            for key, (data, metadata) in self.objects.items()
            for told in [metadata if where.startswith("s3:") else {}]
        ]


def keys(region: str, since: str, until: str) -> Mapping[str, bytes]:
    assert (region, since) == ("eu-central-1", "2026-03-02T00:00:00Z")
    return {"f1": DER}


def told(trail: Trail) -> list[str]:
    return [gap.reason for gap in verify(trail.files(), keys).gaps]


def test_a_whole_trail_is_proven() -> None:
    found = verify(Trail().files(), keys)
    assert (found.gaps, found.digests, found.signed, found.files, found.unlisted) == ([], 4, 4, 8, 0)


def test_the_next_digest_proves_the_one_before_in_a_copy_without_metadata() -> None:
    found = verify(Trail().files("/copy"), keys)
    assert (found.digests, found.signed, found.files) == (4, 3, 8)
    assert found.gaps == []
    assert found.remark is not None
    assert found.remark.message == (
        "the signatures of 1 of 4 digests were not checked: in a copy of a bucket that of the last digest is not there"
    )


def test_a_digest_that_no_key_of_cloudtrail_signed_is_a_gap_and_so_is_one_of_a_bucket_without_a_signature() -> None:
    found = verify(Trail().files(), lambda *_: {"f2": DER})
    assert (found.digests, found.signed, found.files, found.remark) == (0, 0, 0, None)
    assert [gap.reason for gap in found.gaps] == [
        "the digest names a public key that is not among CloudTrail's, as far as they are given"
    ] * 4
    trail = Trail()
    last = trail.key("T040000Z.json.gz")
    trail.objects[last] = (trail.objects[last][0], {})
    for given in (keys, None):
        (gap,) = verify(trail.files(), given).gaps
        assert "CloudTrail has not written it" in gap.reason


def test_of_digests_that_were_verified_before_only_the_chain_is_looked_at() -> None:
    trail = Trail()
    files = trail.files()
    (third,) = [file for file in files if file.name.endswith("T030000Z.json.gz")]
    (fourth,) = [file for file in files if file.name.endswith("T040000Z.json.gz")]
    logs = [file for file in files if "_3_" in file.name]
    assert names_in(fourth) == {base_of(file.name) for file in logs}
    found = verify([fourth, *logs], lambda *_: {"f1": DER}, [third])
    assert (found.gaps, found.files, found.signed) == ([], 2, 2)
    trail.change("T030000Z.json.gz", b'"f1"', b'"f2"')
    changed = [file for file in trail.files() if file.name == third.name]
    assert ["the digest was changed" in gap.reason for gap in verify([fourth, *logs], None, changed).gaps] == [True]


def test_keys_are_read_as_the_command_line_of_aws_prints_them(tmp_path: Path) -> None:
    answers = [
        {"PublicKeyList": [{"Value": base64.b64encode(DER).decode(), "ValidityStartTime": "2026-01-01T00:00:00+00:00",
                            "ValidityEndTime": "2027-01-01T00:00:00+00:00", "Fingerprint": name}]}
        for name in ("f1", "f2")
    ]  # fmt: skip
    file = tmp_path / "keys.json"
    file.write_text("\n".join(json.dumps(one, indent=4) for one in answers))
    assert read_keys(file) == {"f1": DER, "f2": DER}


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"PublicKeyList": []}', '{"PublicKeyList": [{"Value": "AAAA", "Fingerprint": "f"}]}']
)
def test_a_file_without_keys_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.json").write_text(text)
    with pytest.raises(DataError, match="public key"):
        read_keys(tmp_path / "keys.json")


def test_keys_are_asked_of_the_region_of_the_trail() -> None:
    session = boto3.session.Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name="us-east-1")
    client = session.client("cloudtrail", region_name="eu-central-1")
    answer = {"PublicKeyList": [{"Value": DER, "Fingerprint": "f1"}]}
    with Stubber(client) as stub, patch.object(session, "client", return_value=client) as made:
        for at in (Trail(2).files(), Trail(2).files()):
            stub.add_response(
                "list_public_keys", answer, {"StartTime": "2026-03-02T00:00:00Z", "EndTime": "2026-03-02T02:00:00Z"}
            )
            assert verify(at, partial(public_keys, session)).signed == 2
        made.assert_called_with("cloudtrail", region_name="eu-central-1")
        stub.add_client_error("list_public_keys", "AccessDeniedException")
        found = verify(Trail(2).files(), partial(public_keys, session))
    assert found.gaps == []
    assert "cloudtrail:ListPublicKeys" in str(found.remark)


def test_without_keys_nothing_is_said_to_be_signed() -> None:
    def refused(region: str, since: str, until: str) -> Mapping[str, bytes]:
        raise AccountError("AccessDenied")

    for given, why in (
        (None, "no public keys of CloudTrail are given"),
        (refused, "AccessDenied"),
        (lambda *_: {}, "gives no public key"),
    ):
        found = verify(Trail().files(), given)
        assert (found.signed, found.digests, found.files, found.gaps) == (0, 4, 8, [])
        assert why in str(found.remark)
        assert "who can write to the bucket" in str(found.remark)


def test_logs_that_were_deleted_or_changed_are_told() -> None:
    trail = Trail()
    del trail.objects[trail.key("_1_0.json.gz")]
    trail.change("_2_1.json.gz", b"T02", b"T22")
    data, _ = trail.objects[trail.key("_3_0.json.gz")]
    trail.objects[trail.key("_3_0.json.gz")] = (data[:-9], {})
    found = verify(trail.files(), keys)
    assert [gap.kind for gap in found.gaps] == ["failed"] * 3
    assert (
        "a file of the digest is missing, logs may have been deleted: 111122223333_CloudTrail_" in found.gaps[0].reason
    )
    assert all("logs were changed" in gap.reason for gap in found.gaps[1:])
    assert (found.digests, found.files) == (4, 5)


def test_a_digest_that_is_missing_breaks_the_chain_and_the_oldest_may_point_before_the_source() -> None:
    trail = Trail()
    del trail.objects[trail.key("T030000Z.json.gz")]
    (gap,) = told(trail)
    assert gap.startswith("the chain of digests is broken between 2026-03-02T02:00:00Z and 2026-03-02T03:00:00Z")
    assert verify(trail.files(), keys).unlisted == 2
    trail = Trail()
    del trail.objects[trail.key("T010000Z.json.gz")]
    found = verify(trail.files(), lambda *_: {"f1": DER})
    assert (found.gaps, found.digests, found.unlisted) == ([], 3, 2)


def test_a_trail_that_was_switched_off_for_a_while_is_told() -> None:
    trail = Trail(2)
    trail.hour(7, dict.fromkeys(("previousDigestS3Object", "previousDigestHashValue", "previousDigestSignature")))
    (gap,) = told(trail)
    assert "between 2026-03-02T02:00:00Z and 2026-03-02T07:00:00Z: the trail or its validation was switched off" in gap


@pytest.mark.parametrize("at", ["T020000Z.json.gz", "T040000Z.json.gz"])
def test_a_digest_that_was_changed_with_its_logs_is_told_by_its_signature(at: str) -> None:
    trail = Trail()
    number = int(at[2]) - 1
    key = f"_{number}_0.json.gz"
    old = hashlib.sha256(gzip.decompress(trail.objects[trail.key(key)][0])).hexdigest()
    trail.change(key, b"Records", b"records")
    new = hashlib.sha256(gzip.decompress(trail.objects[trail.key(key)][0])).hexdigest()
    trail.change(at, old.encode(), new.encode())
    found = verify(trail.files(), keys)
    assert any("the signature of the digest is wrong" in gap.reason for gap in found.gaps)
    assert any("the digest was changed" in gap.reason for gap in found.gaps) is (number < 3)
    assert (found.digests, found.files) == (3, 6)


def test_signatures_are_checked_to_the_last_bit() -> None:
    right = sign("text")
    assert signed_by(DER, right, b"text")
    assert not signed_by(DER, right, b"text ")
    assert not signed_by(DER, sign("text", rsa.generate_private_key(65537, 2048)), b"text")
    for wrong in ("", "zz", right[:-2], right + "00", "00" + right, f"{int(right, 16) ^ 1:0512x}"):
        assert not signed_by(DER, wrong, b"text")
    for key in (b"", b"0", DER[:-1], DER + b"0", DER[20:]):
        assert not signed_by(key, right, b"text")


def test_a_digest_is_no_log_and_damage_to_it_is_told() -> None:
    trail = Trail(1)
    assert [list(read(file)) for file in trail.files() if "Digest" in file.name] == [[]]
    for data in (b"", b"{}", b"[" * 5_000, gzip.compress(b"{}")[:-4]):
        trail.objects[trail.key("T010000Z.json.gz")] = (data, {})
        assert len(told(trail)) == 1

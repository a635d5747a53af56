"""Digests of CloudTrail: every hour a trail signs which files it has delivered, with their hashes, and the digest
before. They tell whether somebody has deleted or changed logs.

Format: "CloudTrail digest file structure" and "Custom implementations of CloudTrail log file integrity validation" in
the user guide of CloudTrail. Hashes are of inflated contents.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from mainstay.model.errors import AccountError, Fault
from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.sources.logs.files import Damaged, LogFile, inflated
from mainstay.sources.logs.records import outline
from mainstay.sources.logs.signatures import signed_by

PublicKeys = Callable[[str, str, str], Mapping[str, bytes]]
"""Gives the public keys of a region that were valid at some time between two moments, by fingerprint, as
`cloudtrail:ListPublicKeys` does."""

_NAME = re.compile(r"(\d{12})_CloudTrail-Digest_(.+)_(\d{8}T\d{6}Z)(_backfill)?\.json(?:\.gz)?$")
_REGION = re.compile(r"(?:^|_)([a-z]{2}(?:-[a-z]+)+-\d)(?=_|$)")
_SHOWN = 3


class _Listed(msgspec.Struct):
    s3Bucket: str
    s3Object: str
    hashValue: str
    hashAlgorithm: str = "SHA-256"


class _Statement(msgspec.Struct):
    """What a digest states."""

    digestStartTime: str
    digestEndTime: str
    digestS3Bucket: str
    digestS3Object: str
    digestPublicKeyFingerprint: str = ""
    previousDigestS3Object: str | None = None
    previousDigestHashValue: str | None = None
    previousDigestSignature: str | None = None
    logFiles: list[_Listed] = []  # msgspec copies it


_statement = msgspec.json.Decoder(_Statement)


@dataclass(slots=True)
class Digest:
    """A digest that was read; `signature` is that of S3's metadata, or the one that the next digest tells."""

    name: str
    states: _Statement
    hash: str
    signature: str | None

    @property
    def object(self) -> str:
        return _base(self.states.digestS3Object)

    @property
    def signed(self) -> bytes:
        """What the signature is of."""
        states = self.states
        where = f"{states.digestS3Bucket}/{states.digestS3Object}"
        return "\n".join((states.digestEndTime, where, self.hash, states.previousDigestSignature or "null")).encode()

    @property
    def regions(self) -> list[str]:
        """The regions whose keys may have signed it, that of the trail first."""
        found = _NAME.search(self.object)
        return _REGION.findall(found[2])[::-1] if found else []


@dataclass(slots=True)
class Verified:
    """What digests prove: how many of them were right and how many of those had a right signature, how many files of
    logs are as they were delivered, and how many no digest names. `gaps` say what is missing or was changed; the remark
    says how many signatures were not checked, and why."""

    digests: int = 0
    signed: int = 0
    files: int = 0
    unlisted: int = 0
    gaps: list[Gap] = field(default_factory=list)
    remark: Fault | None = None

    def tell(self, file: str, reason: str) -> None:
        self.gaps.append(Gap("failed", reason, Place(file, 1, 1)))


def recognise(name: str, head: bytes) -> bool:
    """Whether a file is a digest."""
    if _NAME.search(_base(name)):
        return True
    return b'"digestEndTime"' in head and {"digestEndTime", "digestS3Object"} <= outline(head).keys()


def base_of(name: str) -> str:
    """The name of a file without its folders and `.gz`, by which digests find it."""
    return _base(name).removesuffix(".gz")


def trail_of(name: str) -> tuple[str, ...] | None:
    """The account and the trail whose digest a file is, by its name; None for other files."""
    found = _NAME.search(_base(name))
    return (found[1], found[2], found[4] or "") if found else None


def names_in(file: LogFile) -> frozenset[str]:
    """The files that a digest names, by `base_of`; none of one that is not right."""
    digest = _read(file, Verified())
    return frozenset(base_of(one.s3Object) for one in digest.states.logFiles) if digest else frozenset()


def verify(files: Iterable[LogFile], keys: PublicKeys | None = None, known: Iterable[LogFile] = ()) -> Verified:
    """Holds the files of a source against the digests among them, in any order.

    A source without digests proves nothing and has no gaps. Files are found by their names, so that a copy of a bucket
    can be verified. The first digest of a trail in the source may name one before it that is not there. `known` are
    digests that were verified before: of them only the chain is looked at, not the files that they name.
    """
    before = {file.name for file in known}
    told, logs, digest_files = Verified(), dict[str, list[LogFile]](), list[LogFile]()
    for file in (*known, *files):
        base = _base(file.name)
        if _NAME.search(base):
            digest_files.append(file)
        elif "_CloudTrail_" in base:
            logs.setdefault(base_of(base), []).append(file)
    chains: dict[tuple[str, ...], list[Digest]] = {}
    for file in digest_files:
        digest = _read(file, told)
        if digest is not None:
            chains.setdefault(trail_of(digest.object) or (digest.object,), []).append(digest)
    listed: set[str] = set()
    unchecked: list[tuple[Digest, str]] = []
    for trail, chain in chains.items():
        chain.sort(key=lambda one: one.states.digestEndTime)
        broken = _follow(chain, trail[-1] == "_backfill", told)
        broken |= _check_signatures(chain, keys, told, unchecked)
        told.digests += len(chain) - len(broken)
        for digest in (one for one in chain if one.name not in before):
            _check_files(digest, digest.name not in broken, logs, told)
            listed |= {base_of(one.s3Object) for one in digest.states.logFiles}
    if unchecked:
        told.remark = _unsigned(unchecked, sum(map(len, chains.values())))
    if chains:
        told.unlisted = sum(len(found) for base, found in logs.items() if base not in listed)
    return told


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _read(file: LogFile, told: Verified) -> Digest | None:
    contents = file.contents()
    if contents.gap is not None:
        told.tell(file.name, f"the digest cannot be read ({contents.gap.reason}): logs may have been changed")
        return None
    try:
        states = _statement.decode(contents.data)
    except (ValueError, RecursionError) as error:
        told.tell(file.name, f"the digest is not as CloudTrail writes them ({error}): it may have been changed")
        return None
    if base_of(states.digestS3Object) != base_of(file.name):
        told.tell(file.name, f"the digest calls itself {states.digestS3Object}: it was moved or changed")
    signature = contents.metadata.get("signature")
    return Digest(file.name, states, hashlib.sha256(contents.data).hexdigest(), signature)


def _follow(chain: list[Digest], backfill: bool, told: Verified) -> set[str]:
    """Tells where a chain of digests is broken; gives the digests that are not what the next one says."""
    by_object = {one.object: one for one in chain}
    broken: set[str] = set()
    for index, digest in enumerate(chain):
        states = digest.states
        before = by_object.get(_base(states.previousDigestS3Object or ""))
        if before is not None:
            if before.hash != states.previousDigestHashValue:
                told.tell(before.name, f"the digest was changed: {digest.object} has another hash of it")
                broken.add(before.name)
            elif before.signature is None:
                before.signature = states.previousDigestSignature
        elif index and not backfill:
            since, until = chain[index - 1].states.digestEndTime, states.digestStartTime
            if states.previousDigestS3Object is None:
                reason = "the trail or its validation was switched off, or digests were deleted"
            else:
                reason = f"the digest {_base(states.previousDigestS3Object)} is missing: logs may have been deleted"
            told.tell(digest.name, f"the chain of digests is broken between {since} and {until}: {reason}")
    return broken


def _check_signatures(
    chain: list[Digest], keys: PublicKeys | None, told: Verified, unchecked: list[tuple[Digest, str]]
) -> set[str]:
    """Checks the signatures of a chain; adds to `unchecked` what cannot be, with the reason. Gives the digests with a
    wrong one."""
    if not chain:
        return set()
    since = min(one.states.digestStartTime for one in chain)
    until = chain[-1].states.digestEndTime
    asked: dict[str, Mapping[str, bytes] | str] = {}
    broken: set[str] = set()
    for digest in chain:
        known, why = _keys_of(digest, keys, asked, since, until)
        if digest.signature is None and not digest.name.startswith("s3://"):
            unchecked.append((digest, why or "in a copy of a bucket that of the last digest is not there"))
        elif digest.signature is None:
            told.tell(digest.name, "the digest has no signature in S3's metadata: CloudTrail has not written it")
            broken.add(digest.name)
        elif not known:
            unchecked.append((digest, why))
        elif (key := known.get(digest.states.digestPublicKeyFingerprint)) is None:
            told.tell(
                digest.name, "the digest names a public key that is not among CloudTrail's, as far as they are given"
            )
            broken.add(digest.name)
        elif not signed_by(key, digest.signature, digest.signed):
            told.tell(digest.name, "the signature of the digest is wrong: it was changed, or is not CloudTrail's")
            broken.add(digest.name)
        else:
            told.signed += 1
    return broken


def _keys_of(
    digest: Digest, keys: PublicKeys | None, asked: dict[str, Mapping[str, bytes] | str], since: str, until: str
) -> tuple[Mapping[str, bytes], str]:
    """The keys of the regions that may have signed a digest; why there are none."""
    if keys is None:
        return {}, "no public keys of CloudTrail are given"
    found: dict[str, bytes] = {}
    why = "CloudTrail gives no public key"
    for region in digest.regions:
        if region not in asked:
            try:
                asked[region] = keys(region, since, until)
            except AccountError as error:
                asked[region] = str(error)
        known = asked[region]
        if isinstance(known, str):
            why = known
        else:
            found |= known
    return found, "" if found else why


def _unsigned(unchecked: list[tuple[Digest, str]], digests: int) -> Fault:
    why = "; ".join(dict.fromkeys(reason for _, reason in unchecked))
    said = f"the signatures of {len(unchecked):,} of {digests:,} digests were not checked: {why}"
    hint = "who can write to the bucket can have made them along with the logs"
    return Fault(said, Place(unchecked[-1][0].name, 1, 1), hint)


def _check_files(digest: Digest, right: bool, logs: Mapping[str, list[LogFile]], told: Verified) -> None:
    """Checks the files that a digest names; those of a digest that was changed are not counted as verified."""
    missing: list[str] = []
    for listed in digest.states.logFiles:
        copies = logs.get(base_of(listed.s3Object), [])
        if not copies:
            missing.append(_base(listed.s3Object))
        for file in copies:
            found = _hash(file)
            if listed.hashAlgorithm != "SHA-256":
                told.tell(file.name, f"the digest has a hash of the unknown kind {listed.hashAlgorithm}")
            elif found is None or found != listed.hashValue.lower():
                told.tell(
                    file.name, f"the file is not as CloudTrail delivered it, by {digest.object}: logs were changed"
                )
            elif right:
                told.files += 1
    if missing:
        names = ", ".join(missing[:_SHOWN]) + (", ..." if len(missing) > _SHOWN else "")
        number = f"{len(missing):,} files of the digest are" if len(missing) > 1 else "a file of the digest is"
        told.tell(digest.name, f"{number} missing, logs may have been deleted: {names}")


def _hash(file: LogFile) -> str | None:
    """The hash of a file; None where it cannot be read to its end."""
    found = hashlib.sha256()
    try:
        for piece in inflated(file.opened()[0]):
            found.update(piece)
    except (Damaged, OSError, AccountError):
        return None
    return found.hexdigest()

"""`attest`: write a statement for what only a person can say, sign it, and check whose signatures there are.

Signatures are SSH's (`ssh-keygen -Y sign`, as git makes them for commits): made with a key that people have already,
checked against the file `allowed_signers`, which says whose key is whose. A signature speaks for the person in `by`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from mainstay.catalog import load_practices
from mainstay.documents import did_you_mean
from mainstay.model.errors import UsageError
from mainstay.model.evidence import Attestation
from mainstay.settings.attestations import (
    DIRECTORY,
    Entry,
    canonical,
    find_attestations,
    identity,
    parse_attestation,
    read_attestations,
)
from mainstay.settings.configuration import Configuration

NAMESPACE = "mainstay-attestation"
SIGNERS = "allowed_signers"
PATIENCE_SECONDS = 20

_PLAIN = re.compile(r"[A-Za-z][\w.-]*[ @][\w .,@/;()-]*[\w.)]")
"""More than one word, so that none of it is a number, a day or a null to YAML."""

Trust = Literal["signed", "unsigned", "invalid", "unchecked"]


@dataclass(frozen=True, slots=True)
class Signed:
    """An attestation, and whether it is its author's: `unchecked` where that could not be told, `why` says why not."""

    attestation: Attestation
    trust: Trust
    why: str = ""


def attest(
    directory: Path, said: Attestation, practices: Collection[str], today: date, key: Path | None = None
) -> Path:
    """Writes a statement into a file of its own below `directory`, signed where there is a key. Its path.

    Raises UsageError where it would not be read back as it is, and where a file is there already.
    """
    if said.practice not in practices:
        hint = did_you_mean(said.practice, practices)
        raise UsageError(f"the framework has no practice '{said.practice}'" + (f"; {hint}" if hint else ""))
    text = written(said)
    name = f"{said.practice}-{_slug(said.scope)}.yaml" if said.scope else f"{said.practice}.yaml"
    file = directory / name
    entry, faults = parse_attestation(text, file.name, file, practices, today)
    if faults or entry is None:
        raise UsageError("; ".join(f"{fault.message}" + (f" ({fault.hint})" if fault.hint else "") for fault in faults))
    if key is not None:
        text = _with_signature(text, sign(entry.attestation, key))
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise UsageError(f"{file} is there already; change it, and sign it again") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
    return file


def sign_file(entry: Entry, key: Path) -> None:
    """Puts a signature into a file in the place of the one that is there; the rest of it stays as it is."""
    said = entry.attestation
    signature = sign(said, key)
    target = entry.file.resolve()
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        text = _with_signature(target.read_text("utf-8"), signature)
        again, faults = parse_attestation(text, target.name, target, (said.practice,), said.on)
        if faults or again is None or canonical(again.attestation) != canonical(said) or again.signature != signature:
            raise UsageError(f"{entry.file} has no place for a signature; write it as plain YAML, a key a line")
        unfinished.write_text(text, "utf-8")
        unfinished.replace(target)
    except OSError as error:
        raise UsageError(f"{entry.file} cannot be written: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)


def sign(attestation: Attestation, key: Path) -> str:
    """The signature of a private key, or of the agent for a public one. ssh-keygen asks for a passphrase itself."""
    if not key.is_file():
        raise UsageError(f"there is no key {key}")
    with tempfile.TemporaryDirectory() as directory:
        message = Path(directory, "statement")
        message.write_bytes(canonical(attestation))
        done = _keygen("-Y", "sign", "-q", "-n", NAMESPACE, "-f", str(key), str(message))
        made = message.with_name("statement.sig")
        if done.returncode or not made.is_file():
            raise UsageError(f"{key} does not sign: {_said(done)}")
        return made.read_text("ascii").strip()


def check(entries: Iterable[Entry], signers: Path) -> list[Signed]:
    """Whether each attestation is signed by whom it names, with a key that `signers` has for that name and is good
    today. A key is taken out of that file when its owner goes: what it signed is nobody's word any more."""
    return [_checked(entry, signers) for entry in entries]


def sorted_by_trust(
    checked: Iterable[Signed], accept_unsigned: bool = False
) -> tuple[list[Attestation], list[Attestation]]:
    """Those that count, and those that do not. A signature that is wrong never counts, whatever is accepted."""
    counting: list[Attestation] = []
    others: list[Attestation] = []
    for one in checked:
        counts = one.trust == "signed" or (accept_unsigned and one.trust != "invalid")
        (counting if counts else others).append(one.attestation)
    return counting, others


def in_force(configuration: Configuration, start: Path, today: date) -> list[Attestation]:
    """The attestations that count today, of those that the configuration names or that lie at or above `start`.

    Raises DataError with all that is wrong with their files.
    """
    paths = find_attestations(configuration.attestations, start)
    entries = read_attestations(paths, load_practices(), today, Path.cwd())
    signers = find_signers(paths, configuration.allowed_signers)
    return sorted_by_trust(check(entries, signers), configuration.accept_unsigned)[0] if entries else []


def find_signers(paths: Iterable[Path], configured: Path | None = None) -> Path:
    """The file that says whose key is whose: the configured one, or `allowed_signers` beside the attestations."""
    homes = [path if path.is_dir() else path.parent for path in paths]
    beside = [home / SIGNERS for home in homes]
    return configured or next((file for file in beside if file.is_file()), Path(DIRECTORY, SIGNERS))


def written(said: Attestation) -> str:
    """A statement as a file."""
    lines = [
        f"practice: {said.practice}",
        f"statement: {_quoted(said.statement)}",
        f"by: {_quoted(said.by)}",
        f"on: {said.on}",
        f"expires: {said.expires}",
        *([] if said.applies else ["applies: false"]),
        *([f"scope: {_quoted(said.scope)}"] if said.scope else []),
        *([f"link: {_quoted(said.link)}"] if said.link else []),
    ]
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    """Text as a YAML scalar on one line: as it is where that is plain, otherwise in JSON's quotes."""
    if _PLAIN.fullmatch(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    # YAML would take these for ends of lines
    return quoted.replace("\x85", "\\x85").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _checked(entry: Entry, signers: Path) -> Signed:
    attestation = entry.attestation
    if not entry.signature:
        return Signed(attestation, "unsigned", "no signature is on it")
    if not signers.is_file():
        return Signed(attestation, "unchecked", f"there is no {signers.name}, which says whose key is whose")
    with tempfile.TemporaryDirectory() as directory:
        signature = Path(directory, "statement.sig")
        signature.write_text(entry.signature + "\n", "utf-8")
        who = identity(attestation.by)
        arguments = ("-Y", "verify", "-n", NAMESPACE, "-f", str(signers), "-I", who, "-s", str(signature))
        try:
            done = _keygen(*arguments, message=canonical(attestation))
        except UsageError as error:
            return Signed(attestation, "unchecked", str(error))
    if done.returncode:
        return Signed(attestation, "invalid", f"it is not {who}'s signature of this text: {_said(done)}")
    return Signed(attestation, "signed")


def _keygen(*arguments: str, message: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["ssh-keygen", *arguments], input=message, capture_output=True,
            timeout=PATIENCE_SECONDS if message is not None else None,
            env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    except FileNotFoundError:
        raise UsageError("ssh-keygen is not installed (OpenSSH's client has it), and signatures need it") from None
    except subprocess.TimeoutExpired:
        raise UsageError("ssh-keygen does not answer") from None


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = (done.stderr + done.stdout).decode("utf-8", "replace").strip().splitlines()
    return lines[0].strip() if lines else "no reason given"


def _with_signature(text: str, signature: str) -> str:
    """The text of a file with a block `signature` at its end, in the place of one that is there."""
    kept: list[str] = []
    inside = False
    for line in text.splitlines(keepends=True):
        if line.startswith("signature:"):
            inside = True
        elif inside and not line[:1].isspace():
            inside = False
        if not inside:
            kept.append(line)
    before = "".join(kept).rstrip("\n")
    return f"{before}\nsignature: |\n" + "".join(f"  {line}\n" for line in signature.splitlines())


def _slug(text: str) -> str:
    return "".join(char if char.isalnum() else "-" for char in text.lower()).strip("-") or "scope"

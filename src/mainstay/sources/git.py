"""An earlier state of a git repository, laid out as files, without touching the repository.

Only git's plumbing runs, which starts no hooks, filters or fetches, and writes nothing; the files are written here,
below a directory of their own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mainstay.model.errors import UsageError
from mainstay.sources.discovery import SKIPPED

MOST_FILES = 200_000
MOST_BYTES = 1_000_000_000
MOST_FILE_BYTES = 10_000_000
"""Larger files are left out: nothing reads them in the working tree either."""

_OPTIONS = ("--no-replace-objects", "-c", "protocol.allow=never", "-c", "core.fsmonitor=false")
_OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""Set while a hook runs, and right only in the directory that git started it in."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A file of a tree; `linked` says that it is a symbolic link, whose target is its content."""

    path: str
    id: str
    size: int
    linked: bool


def repository_of(path: Path) -> Path:
    """The top of the working tree that a path lies in. Raises UsageError where there is none, and without git."""
    start = path.resolve()
    shown = _git(start if start.is_dir() else start.parent, "rev-parse", "--show-toplevel")
    return Path(os.fsdecode(shown.rstrip(b"\n"))).resolve()


def commit_of(repository: Path, ref: str) -> str:
    """The commit that a ref names. Raises UsageError for one that names none."""
    arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    found = _run(repository, *arguments)
    if found.returncode or not found.stdout.strip():
        raise UsageError(f"git knows no commit {ref!r} here; a shallow clone may lack it (git fetch)")
    return found.stdout.decode("ascii").strip()


def lay_out(repository: Path, commit: str, target: Path) -> None:
    """Writes the files of a commit below `target`, a real path. Raises UsageError where that can't be done.

    Links are made last, and only those that stay inside, so that nothing is written through one.
    """
    blobs = list(_blobs(repository, commit))
    if len(blobs) > MOST_FILES or sum(blob.size for blob in blobs) > MOST_BYTES:
        raise UsageError(f"the tree at {commit[:12]} is too large to be compared with: {len(blobs):,} files")
    links: list[tuple[str, bytes]] = []
    try:
        for blob, content in _contents(repository, blobs):
            if blob.linked:
                links.append((blob.path, content))
                continue
            path = target / blob.path
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)
        for name, content in links:
            _link(target, name, content)
    except OSError as error:
        raise UsageError(f"cannot lay out the tree at {commit[:12]}: {error.strerror}") from None


def lend_modules(repository: Path, target: Path) -> None:
    """Copies the modules that Terraform has downloaded, which no commit has, beside the files of an earlier state."""
    left = MOST_BYTES
    for directory, names, _ in os.walk(repository):
        downloaded = Path(directory, ".terraform", "modules")
        beside = target / Path(directory).relative_to(repository)
        names[:] = sorted(name for name in names if name not in SKIPPED)
        if not beside.is_dir() or not downloaded.is_dir() or downloaded.parent.is_symlink():
            continue
        left -= sum(one.lstat().st_size for one in downloaded.rglob("*") if ".git" not in one.parts)
        if left < 0:
            raise UsageError("the modules in .terraform are too large to be compared with")
        try:
            # the history of a module that was cloned says nothing of it as it is
            clones = shutil.ignore_patterns(".git")
            shutil.copytree(downloaded, beside / ".terraform" / "modules", symlinks=True, ignore=clones)
        except (OSError, shutil.Error) as error:
            raise UsageError(f"cannot copy {downloaded}: {error}") from None


def _link(target: Path, name: str, content: bytes) -> None:
    path = target / name
    leads_to = os.path.normpath(path.parent / os.fsdecode(content))
    path.parent.mkdir(parents=True, exist_ok=True)
    # a tree made to do harm may have a link and a directory of one name
    if Path(leads_to).is_relative_to(target) and path.parent.resolve() == path.parent:
        path.symlink_to(os.fsdecode(content))


def _blobs(repository: Path, commit: str) -> Iterator[Blob]:
    """The files of a commit that can be written: no submodules, nothing large, no name that leads elsewhere."""
    for line in _git(repository, "ls-tree", "-r", "-z", "-l", "--full-tree", commit).split(b"\0"):
        about, _, name = line.partition(b"\t")
        if not name:
            continue
        mode, kind, id, size = about.split()
        path = os.fsdecode(name)
        if kind == b"blob" and not size.isdigit():
            raise UsageError(f"git does not have the content of {path!r} here (git fetch)")
        if kind == b"blob" and int(size) <= MOST_FILE_BYTES and _is_safe(path):
            yield Blob(path, id.decode("ascii"), int(size), mode == b"120000")


def _is_safe(path: str) -> bool:
    return all(part and part not in (".", "..") and part.lower() != ".git" for part in path.split("/"))


def _contents(repository: Path, blobs: Sequence[Blob]) -> Iterator[tuple[Blob, bytes]]:
    with tempfile.TemporaryFile() as asked:
        asked.write("".join(f"{blob.id}\n" for blob in blobs).encode("ascii"))
        asked.seek(0)
        with subprocess.Popen(
            _command(repository, ("cat-file", "--batch")),
            stdin=asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment(),
        ) as process:  # fmt: skip
            assert process.stdout is not None
            try:
                yield from _answers(process.stdout, blobs)
            finally:
                process.kill()


def _answers(stream: IO[bytes], blobs: Iterable[Blob]) -> Iterator[tuple[Blob, bytes]]:
    for blob in blobs:
        head = stream.readline().split()
        content = stream.read(blob.size) if len(head) == 3 else b""
        if len(head) != 3 or len(content) != blob.size:
            raise UsageError(f"git does not have the content of {blob.path!r} here (git fetch)")
        stream.read(1)
        yield blob, content


def _git(directory: Path, *arguments: str) -> bytes:
    done = _run(directory, *arguments)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(f"git does not read {directory}: {said[0] if said else 'no reason given'}")
    return done.stdout


def _run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            _command(directory, arguments), capture_output=True, stdin=subprocess.DEVNULL, env=_environment()
        )
    except FileNotFoundError:
        raise UsageError("git is not installed, and comparing with a ref needs it") from None


def _command(directory: Path, arguments: Sequence[str]) -> list[str]:
    return ["git", "-C", str(directory), *_OPTIONS, *arguments]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    return {**kept, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}

"""Where the running sandbox of this user is: a small file, so that other shells find it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mainstay.model.errors import UsageError
from mainstay.sandbox.account import Account


def state_file() -> Path:
    """`MAINSTAY_SANDBOX`, or `mainstay/sandbox.json` in the XDG state directory."""
    named = os.environ.get("MAINSTAY_SANDBOX")
    if named:
        return Path(named)
    base = os.environ.get("XDG_STATE_HOME")
    home = Path(base) if base and os.path.isabs(base) else Path.home() / ".local" / "state"
    return home / "mainstay" / "sandbox.json"


@contextmanager
def announced(account: Account) -> Iterator[Path]:
    """Tells where the account is while the block runs. Of several running sandboxes the last one started is told."""
    path = state_file()
    text = json.dumps({"endpoint": account.endpoint, "region": account.region})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        unfinished.write_text(text, "utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    try:
        yield path
    finally:
        with suppress(OSError):
            if path.read_text("utf-8") == text:  # else a later sandbox has written it
                path.unlink()


def told() -> Account | None:
    """The sandbox that the state file names; None where there is none, or the file makes no sense."""
    try:
        said = json.loads(state_file().read_text("utf-8"))
        return Account(str(said["endpoint"]), str(said["region"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None

"""The files that other scanners name, as the review names them: relative to the working directory where they can be."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Files:
    """The files of one report: its names may be relative to where we are, or to where the report lies."""

    def __init__(self, report: Path) -> None:
        self.here = Path.cwd()
        self.beside = report.resolve().parent
        self.shown = lru_cache(maxsize=10_000)(self._shown)

    def _shown(self, uri: str) -> str:
        """The name to show for a URI or a path; empty for what is no file."""
        try:
            parts = urlsplit(uri)
        except ValueError:
            return ""
        if len(parts.scheme) > 1 and parts.scheme != "file":
            return ""
        path = unquote(parts.path if parts.scheme == "file" else uri.split("#")[0].split("?")[0], errors="replace")
        path = path.removeprefix("./")
        if not path or "\0" in path:
            return ""
        if os.path.isabs(path):
            return self._relative(path)
        for start in (self.here, self.beside):
            if self._is_there(start / path):
                return self._relative(os.path.join(start, path))
        # Some tools leave out the first slash.
        rooted = self._relative(f"/{path}")
        if not os.path.isabs(rooted) and self._is_there(self.here / rooted):
            return rooted
        return os.path.normpath(path)

    def _relative(self, path: str) -> str:
        whole = os.path.normpath(path)
        here = str(self.here)
        return os.path.relpath(whole, here) if whole.startswith(here.rstrip("/") + "/") else whole

    @staticmethod
    def _is_there(path: Path) -> bool:
        try:
            return path.exists()
        except (OSError, ValueError):
            return False

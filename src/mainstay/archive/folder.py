"""An archive: a folder of Parquet files that hold the events of logs, and the manifest that says which count."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from mainstay.archive.manifest import Manifest, Part
from mainstay.model.events import LogSource
from mainstay.model.findings import Gap
from mainstay.model.places import Place

_MAGIC = b"PAR1"


class Archive:
    """Reads what `Writing` wrote; use it as a context. Raises ArchiveError where the folder is no archive, or one of a
    newer mainstay."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.manifest = Manifest(self.folder)
        self.gaps: list[Gap] = []
        """The parts that could not be read so far."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.manifest.close()

    def parts(self, source: LogSource, since_us: int | None = None, until_us: int | None = None) -> list[Part]:
        """The parts of a source that may hold events of a time and are whole, as far as their size and ends tell."""
        return [part for part in self.manifest.parts(source, since_us, until_us) if self._is_whole(part)]

    def sound(self, parts: list[Part]) -> list[Part]:
        """Those of the parts that can be read from one end to the other; slow, for when an engine could not."""
        return [part for part in parts if self._is_sound(part)]

    def path_of(self, part: Part) -> Path:
        return self.folder.absolute() / part.path

    def _is_whole(self, part: Part) -> bool:
        path = self.path_of(part)
        try:
            size = path.stat().st_size
            with path.open("rb") as stream:
                begin = stream.read(4)
                stream.seek(-4, 2)
                end = stream.read(4)
        except OSError as error:
            return self._missed(part, error.strerror or str(error))
        if size != part.bytes:
            return self._missed(part, f"it has {size} bytes and not the {part.bytes} that were written")
        return begin == end == _MAGIC or self._missed(part, "it is no Parquet file")

    def _is_sound(self, part: Part) -> bool:
        try:
            with pq.ParquetFile(self.path_of(part), page_checksum_verification=True) as file:
                for _ in file.iter_batches():
                    pass
        except (OSError, pa.ArrowException) as error:
            return self._missed(part, str(error).partition("\n")[0])
        return True

    def _missed(self, part: Part, why: str) -> bool:
        gap = Gap("unreadable", f"{part.events} events of the archive are lost: {why}", Place(part.path, 0, 0))
        if gap not in self.gaps:
            self.gaps.append(gap)
        return False

"""Places of networks: a CSV file with the columns `network`, `name`, `latitude` and `longitude`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from ipaddress import ip_network
from math import isfinite
from pathlib import Path

from mainstay.documents import decode, did_you_mean
from mainstay.model.errors import DataError, Fault
from mainstay.model.locations import Location, Network, Places
from mainstay.model.places import Place

COLUMNS = ("network", "name", "latitude", "longitude")


def read_places(file: Path, shown: str) -> Places:
    """The places in a file. Raises DataError with all that is wrong."""
    try:
        text, unreadable = decode(file.read_bytes(), shown)
    except OSError as error:
        raise DataError([Fault(f"cannot be read: {error.strerror}", Place(shown, 1, 1))]) from None
    located, faults = parse_places(text, shown)
    if unreadable or faults:
        raise DataError([*([unreadable] if unreadable else []), *faults])
    return Places(located)


def parse_places(text: str, shown: str) -> tuple[list[tuple[Network, Location]], list[Fault]]:
    """The networks in a text with the place of each, and all that is wrong with it."""
    reader = csv.reader(text.splitlines(keepends=True))
    located: dict[Network, tuple[Location, int]] = {}
    faults: list[Fault] = []
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
        faults += _wrong_columns(columns, shown)
        if faults:
            return [], faults
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            line = reader.line_num
            cells = dict(zip(columns, (cell.strip() for cell in row), strict=False))
            wrong = list(_wrong_cells(cells))
            faults += [Fault(message, Place(shown, line, 1), hint) for message, hint in wrong]
            if wrong:
                continue
            network = ip_network(cells["network"])
            known = located.setdefault(network, (_location(cells), line))
            if known[1] != line:
                faults.append(
                    Fault(f"{network} has two places", Place(shown, line, 1), f"the first is in line {known[1]}")
                )
    except csv.Error as error:
        faults.append(Fault(f"not valid CSV: {error}", Place(shown, max(reader.line_num, 1), 1)))
    return [(network, location) for network, (location, _) in located.items()], faults


def _location(cells: dict[str, str]) -> Location:
    return Location(cells["name"], float(cells["latitude"]), float(cells["longitude"]))


def _wrong_columns(columns: list[str], shown: str) -> Iterator[Fault]:
    place = Place(shown, 1, 1)
    for name in COLUMNS:
        if name not in columns:
            yield Fault(f"there is no column '{name}'", place, f"the first line is {','.join(COLUMNS)}")
    for name in columns:
        if name not in COLUMNS:
            yield Fault(f"there is a column '{name}'", place, did_you_mean(name, COLUMNS))


def _wrong_cells(cells: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What is wrong with a row, each with a hint."""
    missing = [name for name in COLUMNS if not cells.get(name)]
    if missing:
        yield f"there is no {missing[0]}", ""
        return
    try:
        ip_network(cells["network"])
    except ValueError as error:
        yield (
            f"'{cells['network']}' is no network",
            "192.0.2.0/24" if "host bits" not in str(error) else "host bits set",
        )
    if not cells["name"].isprintable():
        yield "the name has to be one line of text", ""
    for name, most in (("latitude", 90), ("longitude", 180)):
        try:
            degrees = float(cells[name])
        except ValueError:
            yield f"the {name} '{cells[name]}' is no number", ""
            continue
        if not isfinite(degrees) or abs(degrees) > most:
            yield f"the {name} '{cells[name]}' is not between {-most} and {most}", ""

"""The file of places: networks with a name, a latitude and a longitude."""

from __future__ import annotations

from pathlib import Path

import pytest

from mainstay.model.errors import DataError
from mainstay.model.locations import Location
from mainstay.settings.places import parse_places, read_places

HEAD = "network,name,latitude,longitude\n"


def test_places_are_read_whatever_the_order_of_the_columns(tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_text(
        'name,network, Latitude ,longitude\n"Frankfurt, DE",192.0.2.0/24,50.1,8.7\n\nhere,2001:db8::1,-90,180\n'
    )
    places = read_places(file, "places.csv")
    assert places.find("192.0.2.9") == Location("Frankfurt, DE", 50.1, 8.7)
    assert places.find("2001:db8::1") == Location("here", -90, 180)


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("network,name,latitude\n", [
            "places.csv:1:1: there is no column 'longitude' (the first line is network,name,latitude,longitude)"]),
        ("network,name,lattitude,latitude,longitude\n", [
            "places.csv:1:1: there is a column 'lattitude' (did you mean 'latitude'?)"]),
        (HEAD + "192.0.2.0/24,here,50\n", ["places.csv:2:1: there is no longitude"]),
        (HEAD + "192.0.2/24,here,50,8\n", ["places.csv:2:1: '192.0.2/24' is no network (192.0.2.0/24)"]),
        (HEAD + "192.0.2.1/24,here,50,8\n", ["places.csv:2:1: '192.0.2.1/24' is no network (host bits set)"]),
        (HEAD + "192.0.2.0/24,here,x,181\n", [
            "places.csv:2:1: the latitude 'x' is no number",
            "places.csv:2:1: the longitude '181' is not between -180 and 180"]),
        (HEAD + "192.0.2.0/24,here,nan,8\n", ["places.csv:2:1: the latitude 'nan' is not between -90 and 90"]),
        (HEAD + "192.0.2.0/24,a,1,1\n\n192.0.2.0/24,b,2,2\n", [
            "places.csv:4:1: 192.0.2.0/24 has two places (the first is in line 2)"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(text: str, faults: list[str]) -> None:
    assert [str(fault) for fault in parse_places(text, "places.csv")[1]] == faults


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"places\.csv:1:1: cannot be read"):
        read_places(tmp_path / "places.csv", "places.csv")
    (tmp_path / "bad.csv").write_bytes(HEAD.encode() + b"192.0.2.0/24,caf\xe9,1,1\n")
    with pytest.raises(DataError, match=r"bad\.csv:2:17: not valid UTF-8"):
        read_places(tmp_path / "bad.csv", "bad.csv")

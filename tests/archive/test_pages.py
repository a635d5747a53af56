"""A file that is decoded as a whole gives the rows that its records give one by one."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from tests.archive.trail import trail

from mainstay.archive.rows import Gathered, Rows
from mainstay.model.events import Delivered
from mainstay.sources.logs import cloudtrail
from mainstay.sources.logs.moments import moment_us

SENT = "additionalEventData.bytesTransferredOut"


def rows(data: bytes, whole: bool) -> list[dict[str, Any]] | None:
    made, into = Rows("cloudtrail", b"salt"), Gathered()
    batches = partial(cloudtrail.read, "trail.json", data)
    if whole:
        if made.add_page(Delivered("cloudtrail", "trail.json", data, moment_us, batches), into) is None:
            return None
    else:
        for batch in batches():
            made.add(batch, into)
    return [{"home": home, **row} for home, table in made.tables(into, lambda: 1) for row in table.to_pylist()]


def page(*odd: dict[str, Any]) -> bytes:
    records = list(trail(40))
    return json.dumps({"Records": [*records, *({**records[0], **each} for each in odd)]}).encode()


@pytest.mark.parametrize(
    "odd",
    [
        {"userAgent": "J\u00fcrgen"},
        {"userIdentity": {"arn": 7}},
        {"eventTime": "some day"},
        {"eventID": None},
        {"additionalEventData": {"bytesTransferredOut": 7.0}},
        {"additionalEventData": {"bytesTransferredOut": 7.5}},
        {"additionalEventData": {"SignatureVersion": "SigV4", "bytesTransferredOut": 2**62}},
    ],
)
def test_a_page_gives_the_rows_of_its_records(odd: dict[str, Any]) -> None:
    whole = rows(page(odd, {}), whole=True)
    assert whole is not None
    assert whole == rows(page(odd, {}), whole=False)


@pytest.mark.parametrize("odd", [{"awsRegion": 7}, {"eventTime": None}, {"additionalEventData": "none"}])
def test_a_page_with_other_types_is_left_to_who_reads_record_by_record(odd: dict[str, Any]) -> None:
    assert rows(page(odd), whole=True) is None


@pytest.mark.parametrize(("sent", "column"), [(7, 7), (7.0, 7), (7.5, None), (2**64, None), (1e15, None)])
def test_a_volume_that_fits_no_column_makes_its_row_not_plain(sent: float, column: int | None) -> None:
    record = {**next(trail(1)), "additionalEventData": {"bytesTransferredOut": sent}}
    found = rows(json.dumps({"Records": [record]}).encode(), whole=False)
    assert found is not None
    assert [(row[SENT], row["plain"]) for row in found] == [(column, column is not None)]

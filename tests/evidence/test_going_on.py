"""Passes that were interrupted and went on: what could not be read at first and then could is not left as a gap."""

from __future__ import annotations

from dataclasses import replace

from tests.evidence.account import ACCOUNT, BUCKETS, QUEUES, bucket, day, everything

from mainstay.evidence import Extent, Ledger
from mainstay.model.findings import Gap

LOGS = bucket("logs")


def test_a_gap_is_no_more_once_the_same_pass_has_read_the_unit(ledger: Ledger) -> None:
    """What the pass before could not read stays a gap of that pass."""
    refused = Gap("refused", "AccessDenied", None, BUCKETS, "s3:ListBuckets", "s3:ListAllMyBuckets", ("a", "b"))
    unnamed, everywhere = replace(refused, unit=None), Gap("limit", "the disk is full")
    earlier, pass_ = (ledger.begin("live", ACCOUNT, "1.0", day(number)) for number in range(2))
    for one in (earlier, pass_):
        ledger.record_unit(one, BUCKETS, [], [refused, refused], day(1))
        ledger.record_unit(one, QUEUES, [], [unnamed], day(1))
        ledger.record_findings(one, [], everything, [everywhere], day(1))
    ledger.record_unit(pass_, BUCKETS, [LOGS], [], day(2))
    assert ledger.gaps(pass_) == [unnamed, everywhere]
    assert ledger.gaps(earlier) == [refused, unnamed, everywhere]
    assert ledger.collected(pass_) == {BUCKETS}
    assert ledger.extents() == {earlier.number: Extent(2, 0, 4), pass_.number: Extent(2, 1, 2)}
    ledger.record_unit(pass_, BUCKETS, [LOGS], [refused], day(3))
    assert ledger.gaps(pass_) == [unnamed, everywhere, refused]

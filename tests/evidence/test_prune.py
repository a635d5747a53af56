"""What was superseded long ago may go; the chain can still be followed, and what stands stays."""

from __future__ import annotations

from itertools import pairwise

import pytest
from sqlalchemy import delete, func, select, update
from tests.evidence.account import ACCOUNT, BUCKETS, bucket, control, day, finding, look

from mainstay.evidence import Extent, Ledger, PrunedAway
from mainstay.evidence.schema import CHAINED, contents, findings, observations, prunes, units
from mainstay.model.findings import Gap


def numbers(ledger: Ledger) -> list[int]:
    with ledger._reading() as connection:
        return sorted(seq for table in CHAINED for seq in connection.execute(select(table.c.seq)).scalars())


def live(ledger: Ledger, days: int) -> None:
    """Versioning goes on and off, every day; another bucket stays as it is."""
    still = bucket("still")
    for number in range(days):
        logs = bucket("logs", Day=number)
        look(ledger, day(number), [logs, still], [finding(logs, "fail" if number % 2 else "pass"), finding(still)])


def test_what_stands_is_kept_and_what_it_replaced_goes(ledger: Ledger) -> None:
    live(ledger, 6)
    standing, resources = ledger.findings(), list(ledger.resources())
    pruned = ledger.prune(day(4), day(6))
    # of the bucket's states those of day 3 and later stay: on day 4 they stood
    assert pruned.rows == {"findings": 3, "observations": 3, "units": 4, "gaps": 0}
    assert pruned.contents == 3
    assert ledger.findings() == standing
    assert list(ledger.resources()) == resources
    assert [one.at for one in ledger.history(bucket("logs").address)] == [day(3), day(4), day(5)]
    assert [len(changes) for changes in (ledger.changes(day(4)).fixed, ledger.changes(day(4)).came_back)] == [0, 1]
    assert ledger.findings()[0].came_back == 2
    assert len(ledger.passes()) == 6
    assert ledger.verify() == []


def test_a_dry_run_counts_and_changes_nothing(ledger: Ledger) -> None:
    live(ledger, 4)
    before, head = numbers(ledger), ledger.head()
    counted = ledger.prune(day(9), day(9), dry_run=True)
    assert (numbers(ledger), ledger.head()) == (before, head)
    assert ledger.prune(day(9), day(9)) == counted
    assert len(before) - len(numbers(ledger)) == sum(counted.rows.values()) - 1


def test_nothing_to_prune_leaves_no_row(ledger: Ledger) -> None:
    look(ledger, day(0), [bucket("logs")], [finding(bucket("logs"))])
    head = ledger.head()
    assert not any(ledger.prune(day(9), day(9)).rows.values())
    assert ledger.head() == head


def test_milestones_can_be_compared_after_a_prune(ledger: Ledger) -> None:
    live(ledger, 2)
    first = ledger.milestone("first", "", day(1))
    look(ledger, day(2), [], [])
    second = ledger.milestone("second", "", day(2))
    live_again = bucket("logs", Day=9)
    look(ledger, day(3), [live_again], [finding(live_again)])
    look(ledger, day(4), [], [])
    before = [ledger.findings(at=one) for one in (first, second)], ledger.changes(first, second)
    ledger.prune(day(9), day(9))
    facts = [[row.fingerprint for row in rows] for rows in before[0]]
    assert [[row.fingerprint for row in ledger.findings(at=one)] for one in (first, second)] == facts
    assert {row.fingerprint for row in ledger.changes(first, second).fixed} == {
        row.fingerprint for row in before[1].fixed
    }
    assert [ledger.verify(one.head) for one in ledger.milestones()] == [[], []]


def test_evidence_and_gaps_of_a_milestone_are_kept(ledger: Ledger) -> None:
    still = bucket("still")
    refused = Gap("refused", "AccessDenied", None, BUCKETS)
    for number, state in enumerate(("complete", "interrupted", "complete", "complete")):
        pass_ = ledger.begin("live", ACCOUNT, "1.0", day(number))
        ledger.record_unit(pass_, BUCKETS, [still], [refused], day(number), listed=True)
        ledger.record_findings(pass_, [finding(still)], lambda *_: True, at=day(number))
        ledger.end(pass_, state, day(number))  # type: ignore[arg-type]
        if number == 1:
            milestone = ledger.milestone("first", "", day(1))
    known = {control().id: control()}
    before = ledger.evidence(known, milestone), [ledger.gaps(one) for one in ledger.passes()[:2]]
    assert before[0][0].at == day(1)
    assert ledger.prune(day(9), day(9)).rows == {"findings": 0, "observations": 0, "units": 1, "gaps": 1}
    assert (ledger.evidence(known, milestone), [ledger.gaps(one) for one in ledger.passes()[:2]]) == before
    assert ledger.verify() == []


def test_a_moment_of_which_something_was_pruned_is_not_answered(ledger: Ledger) -> None:
    live(ledger, 6)
    milestone = ledger.milestone("first", "", day(5))
    ledger.prune(day(4), day(6))
    for when in (day(3), ledger.passes()[3]):
        with pytest.raises(PrunedAway, match=r"2026-.* was pruned: ask about a later moment, or a milestone"):
            ledger.findings(at=when)
        with pytest.raises(PrunedAway):
            ledger.changes(when)
    for after in (day(4), ledger.passes()[4], milestone):
        assert ledger.findings(at=after)


def test_what_is_gone_for_long_is_forgotten_with_its_history(ledger: Ledger) -> None:
    look(ledger, day(0), [bucket("logs")], [finding(bucket("logs"))])
    look(ledger, day(1), [], [])
    look(ledger, day(2), [], [])
    ledger.prune(day(2), day(2))
    assert ledger.history("logs") == []
    with ledger._reading() as connection:
        counts = [connection.execute(select(func.count()).select_from(one)).scalar() for one in (findings, contents)]
    assert counts == [0, 0]
    assert ledger.verify() == []


def test_units_and_gaps_of_the_last_pass_are_kept_whatever_their_age(ledger: Ledger) -> None:
    for number in range(3):
        pass_ = ledger.begin("live", ACCOUNT, "1.0", day(number))
        ledger.record_unit(pass_, BUCKETS, [], [Gap("refused", f"day {number}", None, BUCKETS)], day(number))
    assert ledger.prune(day(9), day(9)).rows == {"findings": 0, "observations": 0, "units": 2, "gaps": 2}
    assert [gap.reason for gap in ledger.gaps(pass_)] == ["day 2"]
    assert ledger.resumable("live", ACCOUNT) == pass_
    assert ledger.extents()[pass_.number] == Extent(units=1, gaps=1)
    assert ledger.verify() == []


def test_pruning_twice_leaves_a_chain_that_can_be_followed(ledger: Ledger) -> None:
    live(ledger, 4)
    ledger.prune(day(2), day(4))
    live(ledger, 6)
    ledger.prune(day(4), day(6))
    ledger.prune(day(9), day(9))
    assert ledger.verify() == []


def test_what_is_done_beside_a_pruned_run_is_found(ledger: Ledger) -> None:
    live(ledger, 6)
    ledger.prune(day(4), day(6))
    left = numbers(ledger)
    behind = next(seq for before, seq in pairwise(left) if seq > before + 1)
    before = left[left.index(behind) - 1]
    for seq in (behind, before):
        with ledger._writing() as connection:
            owner = next(one for one in CHAINED if connection.execute(select(one).where(one.c.seq == seq)).first())
            row = dict(connection.execute(select(owner).where(owner.c.seq == seq)).mappings().one())
            connection.execute(update(owner).where(owner.c.seq == seq).values({"hash": "0" * 64}))
        assert ("changed", owner.name, seq) in [(flaw.kind, flaw.table, flaw.seq) for flaw in ledger.verify()]
        with ledger._writing() as connection:
            connection.execute(update(owner).where(owner.c.seq == seq).values(row))
    with ledger._writing() as connection:
        connection.execute(delete(prunes))
    assert {flaw.kind for flaw in ledger.verify()} == {"removed"}


def test_every_prunable_table_is_one_that_prune_looks_at(ledger: Ledger) -> None:
    live(ledger, 2)
    assert set(ledger.prune(day(0), day(2)).rows) == {one.name for one in (findings, observations, units)} | {"gaps"}

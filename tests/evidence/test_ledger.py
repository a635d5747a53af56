"""What the ledger remembers and answers, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import date

import pytest
from tests.evidence.account import (
    ACCOUNT,
    BUCKET,
    BUCKETS,
    QUEUE,
    QUEUES,
    REGION,
    bucket,
    control,
    day,
    everything,
    finding,
    look,
    queue,
)  # fmt: skip

from mainstay.evidence import Ledger, LedgerError, Query, Recorded, open_ledger
from mainstay.evidence.chain import last_row
from mainstay.model.decisions import Waiver
from mainstay.model.evidence import Attestation, Evidence
from mainstay.model.findings import Finding, Gap, Reason, Verdict
from mainstay.model.places import Place, ServiceDefault, Unit
from mainstay.model.values import Unknown

LOGS, DATA = bucket("logs", "platform"), bucket("data")


def len_of_chain(ledger: Ledger) -> int:
    with ledger._reading() as connection:
        return last_row(connection)[0]


# -- passes and units


def test_a_pass_is_known_by_its_last_end(ledger: Ledger) -> None:
    first = ledger.begin("live", ACCOUNT, "1.0", day(0))
    assert ledger.resumable("live", ACCOUNT) == first
    ledger.end(first, "interrupted", day(1))
    resumed = ledger.resumable("live", ACCOUNT)
    assert resumed is not None
    assert (resumed.number, resumed.state) == (first.number, "interrupted")
    ledger.end(resumed, "complete", day(2))
    assert ledger.resumable("live", ACCOUNT) is None
    assert [(one.state, one.ended) for one in ledger.passes()] == [("complete", day(2))]


def test_only_the_last_pass_of_the_same_target_is_resumed(ledger: Ledger) -> None:
    ledger.begin("live", ACCOUNT, "1.0", day(0))
    ledger.end(ledger.begin("live", ACCOUNT, "1.0", day(1)), "complete", day(1))
    ledger.begin("code", ACCOUNT, "1.0", day(2))
    ledger.begin("live", "444455556666", "1.0", day(2))
    assert ledger.resumable("live", ACCOUNT) is None


def test_a_collected_unit_gives_its_resources_back(ledger: Ledger) -> None:
    pass_ = ledger.begin("live", ACCOUNT, "1.0", day(0))
    odd = replace(DATA, properties=type(DATA.properties)({"Policy": Unknown("not allowed", None, "grant it")}))
    ledger.record_unit(pass_, BUCKETS, [LOGS, odd], [], day(0))
    ledger.record_unit(pass_, QUEUES, [queue("jobs")], [], day(0))
    assert ledger.collected(pass_) == {BUCKETS, QUEUES}
    ledger.record_unit(pass_, QUEUES, [queue("jobs")], [Gap("refused", "not allowed", None, QUEUES)], day(0))
    assert ledger.collected(pass_) == {BUCKETS}  # a resumed pass reads the other one again
    ledger.record_unit(pass_, QUEUES, [queue("jobs")], [], day(0))
    assert ledger.collected(pass_) == {BUCKETS, QUEUES}
    found = {one.address: one for one in ledger.observed([BUCKETS])}
    assert found.keys() == {LOGS.address, DATA.address}
    assert found[LOGS.address] == replace(LOGS, raw=found[LOGS.address].raw)
    assert found[DATA.address].properties["Policy"].settle == "grant it"
    assert [one.address for one in ledger.resources(type=QUEUE)] == [queue("jobs").address]


def test_an_unchanged_resource_costs_no_row(ledger: Ledger) -> None:
    look(ledger, day(0), [LOGS, DATA], [finding(LOGS), finding(DATA, "pass")])
    before = len_of_chain(ledger)
    look(ledger, day(1), [DATA, LOGS], [finding(DATA, "pass"), finding(LOGS)])
    assert len_of_chain(ledger) - before == 3  # the pass, its unit and its end


def test_resources_of_other_types_belong_to_the_unit_that_found_them(ledger: Ledger) -> None:
    pass_ = ledger.begin("live", ACCOUNT, "1.0", day(0))
    policy = replace(bucket("policy"), type="AWS::S3::BucketPolicy")
    ledger.record_unit(pass_, BUCKETS, [LOGS, policy], [], day(0))
    ledger.record_unit(pass_, QUEUES, [], [], day(0))
    before = len_of_chain(ledger)
    ledger.record_unit(pass_, BUCKETS, [LOGS, policy], [], day(1))
    assert len_of_chain(ledger) - before == 1
    ledger.record_unit(pass_, BUCKETS, [LOGS], [], day(2))
    assert [one.address for one in ledger.resources()] == [LOGS.address]


def test_the_unit_of_code_is_its_whole_scope(ledger: Ledger) -> None:
    pass_ = ledger.begin("code", "infra", "1.0", day(0))
    declared = [replace(one, origin=replace(one.origin, source="terraform", scope="infra", region=""))
                for one in (LOGS, queue("jobs"))]  # fmt: skip
    ledger.record_unit(pass_, Unit("infra"), declared, [], day(0))
    ledger.record_unit(pass_, Unit("infra"), declared[1:], [], day(1))
    assert [one.type for one in ledger.resources(scope="infra")] == [QUEUE]


def test_what_a_refused_list_hides_is_not_gone(ledger: Ledger) -> None:
    look(ledger, day(0), [LOGS, DATA], [])
    pass_ = ledger.begin("live", ACCOUNT, "1.0", day(1))
    refused = Gap("refused", "AccessDenied", None, BUCKETS, "s3:ListBuckets", "s3:ListAllMyBuckets", ("a", "b"))
    ledger.record_unit(pass_, BUCKETS, [], [refused], day(1))
    assert len(list(ledger.resources())) == 2
    assert ledger.gaps(pass_) == [refused]
    detail = replace(refused, call="s3:GetBucketPolicy", unit=None, place=Place("a.tf", 1, 2))
    ledger.record_unit(pass_, BUCKETS, [LOGS], [detail], day(2), listed=True)
    assert [one.address for one in ledger.resources()] == [LOGS.address]
    assert ledger.gaps(pass_) == [detail]


def test_the_history_of_a_resource_has_every_state_and_its_absence(ledger: Ledger) -> None:
    changed = bucket("logs", "security", Versioning=True)
    for number, resources in enumerate(([LOGS], [changed], [], [LOGS])):
        look(ledger, day(number), resources, [])
    for name in (LOGS.address, "logs"):
        states = ledger.history(name)
        assert [(one.at, one.owner) for one in states] == [
            (day(0), "platform"), (day(1), "security"), (day(2), "security"), (day(3), "platform")
        ]  # fmt: skip
        assert [one.resource and one.resource.properties for one in states] == [
            LOGS.properties, changed.properties, None, LOGS.properties
        ]  # fmt: skip
    assert ledger.history("log") == []


# -- findings


def test_a_finding_is_read_back_as_it_was_recorded(ledger: Ledger) -> None:
    place = Place("a\udcff.tf", 3, 4, 5, 6)
    reasons = (
        Reason("A.B", "be 'x\0'", "is ü", place, "set it"),
        Reason("C", "be on", "is off", ServiceDefault("2026")),
    )
    waiver = Waiver("Cheap", "file", "ops", date(2027, 1, 1), place)
    subject = replace(finding(LOGS).subject, place=place, calls=(place,), may_exist="count", construct="App/Logs")
    given = Finding(control(), "waived", subject, reasons, waiver)
    look(ledger, day(0), [LOGS], [given])
    (row,) = ledger.findings()
    assert (row.fingerprint, row.control, row.verdict, row.severity) == (
        given.fingerprint,
        given.control.id,
        "waived",
        "medium",
    )
    assert (row.subject, row.reasons, row.waiver, row.owner) == (subject, reasons, waiver, "platform")


def test_a_finding_tells_since_when_it_stands_and_when_it_was_last_looked_at(ledger: Ledger) -> None:
    look(ledger, day(0), [LOGS], [finding(LOGS, "pass")])
    look(ledger, day(1), [LOGS], [finding(LOGS)])
    look(ledger, day(2), [LOGS], [finding(LOGS)])
    (row,) = ledger.findings()
    assert (row.first_seen, row.since, row.last_seen, row.pass_number) == (day(0), day(1), day(2), 2)
    pass_ = ledger.begin("live", ACCOUNT, "1.0", day(3))
    ledger.record_unit(pass_, BUCKETS, [], [Gap("refused", "AccessDenied", None, BUCKETS)], day(3))
    assert ledger.findings()[0].last_seen == day(2)


def test_fixed_and_back_again_is_counted(ledger: Ledger) -> None:
    expected: list[tuple[Verdict, str]] = [
        ("fail", "new"), ("unknown", "changed"), ("fail", "changed"), ("pass", "fixed"), ("fail", "came_back"),
        ("waived", "changed"), ("not_applicable", "fixed"), ("unknown", "changed"), ("fail", "came_back"),
    ]  # fmt: skip
    for number, (verdict, change) in enumerate(expected):
        _, recorded = look(ledger, day(number), [LOGS], [finding(LOGS, verdict)])
        assert asdict(recorded) == {**asdict(Recorded()), change: 1}, number
    assert ledger.findings()[0].came_back == 2


def test_what_a_covered_unit_no_longer_yields_is_gone(ledger: Ledger) -> None:
    look(ledger, day(0), [LOGS, DATA], [finding(LOGS), finding(DATA)])
    asked: list[tuple[str, ...]] = []

    def covered(*about: str) -> bool:
        asked.append(about)
        return False

    look(ledger, day(1), [LOGS], [finding(LOGS)], covered)
    assert asked == [(ACCOUNT, REGION, BUCKET, "s3-keeps-versions")]
    assert len(ledger.findings()) == 2
    _, recorded = look(ledger, day(2), [LOGS], [finding(LOGS)])
    assert recorded.fixed == 1
    assert [row.address for row in ledger.findings()] == [LOGS.address]
    assert [row.address for row in ledger.findings(Query(verdicts=frozenset({"gone"})))] == [DATA.address]
    _, recorded = look(ledger, day(3), [LOGS, DATA], [finding(LOGS), finding(DATA)])
    assert recorded.came_back == 1


def test_only_the_scopes_that_are_given_are_asked_about(ledger: Ledger) -> None:
    look(ledger, day(0), [LOGS], [finding(LOGS)])
    pass_ = ledger.begin("live", "444455556666", "1.0", day(1))
    ledger.record_findings(pass_, [], everything, at=day(1), scopes=["444455556666"])
    assert len(ledger.findings()) == 1
    ledger.record_findings(pass_, [], everything, at=day(1), scopes=[ACCOUNT])
    assert ledger.findings() == []


def test_another_reason_or_owner_is_a_change(ledger: Ledger) -> None:
    look(ledger, day(0), [LOGS], [finding(LOGS)])
    _, recorded = look(ledger, day(1), [LOGS], [finding(LOGS, actual="is suspended")])
    assert recorded.changed == 1
    moved = bucket("logs", "security")
    _, recorded = look(ledger, day(2), [moved], [finding(moved, actual="is suspended")])
    assert recorded.changed == 1
    assert ledger.findings()[0].owner == "security"


def test_more_findings_than_a_chunk_are_recorded_and_end_once(ledger: Ledger) -> None:
    many = [bucket(f"b{number}") for number in range(2_300)]

    def stream() -> Iterator[Finding]:
        for one in many:
            if one is many[1_500]:
                assert len(ledger.findings()) == 1_000  # asked in the middle: what is committed is there
            yield finding(one)

    _, recorded = look(ledger, day(0), many, stream())
    assert recorded.new == 2_300
    _, recorded = look(ledger, day(1), [], [])
    assert recorded.fixed == 2_300
    assert ledger.verify() == []


CRITICAL = control("s3-a", "critical")
LOW = control("s3-b", "low")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(), ["logs s3-a", "data s3-b", "logs s3-b", "jobs s3-b"]),
        (Query(verdicts=frozenset({"fail"})), ["logs s3-a", "jobs s3-b"]),
        (Query(severities=frozenset({"low"})), ["data s3-b", "logs s3-b", "jobs s3-b"]),
        (Query(controls=frozenset({"s3-a"})), ["logs s3-a"]),
        (Query(controls=frozenset()), []),
        (Query(scopes=frozenset({"infra"})), []),
        (Query(regions=frozenset({REGION}), types=frozenset({QUEUE})), ["jobs s3-b"]),
        (Query(owners=frozenset({"platform"})), ["logs s3-a", "logs s3-b"]),
        (Query(address="ARN:*:log?"), ["logs s3-a", "logs s3-b"]),
        (Query(address="arn:*:log_"), []),
        (Query(address="%"), []),
        (Query(limit=2, offset=1), ["data s3-b", "logs s3-b"]),
        (Query(offset=3), ["jobs s3-b"]),
    ],
)
def test_findings_are_chosen_and_sorted(ledger: Ledger, query: Query, expected: list[str]) -> None:
    jobs = queue("jobs")
    given = [finding(LOGS, "fail", CRITICAL), finding(LOGS, "unknown", LOW), finding(DATA, "pass", LOW),
             finding(jobs, "fail", LOW)]  # fmt: skip
    look(ledger, day(0), [LOGS, DATA, jobs], given)
    found = [f"{row.address.rpartition(':')[2]} {row.control}" for row in ledger.findings(query)]
    assert found == expected
    assert (
        sum(ledger.counts(("control",), replace(query, limit=None, offset=0)).values()) == len(expected) or query.offset
    )


def test_findings_are_counted_by_several_columns(ledger: Ledger) -> None:
    look(ledger, day(0), [LOGS, DATA], [finding(LOGS, by=CRITICAL), finding(DATA, by=LOW), finding(LOGS, by=LOW)])
    assert ledger.counts(("severity", "verdict")) == {("critical", "fail"): 1, ("low", "fail"): 2}
    assert ledger.counts(("owner",)) == {("platform",): 2, ("",): 1}
    assert [one.counts for one in ledger.ended()] == [{"fail": 3}]


# -- time


def test_changes_between_moments(ledger: Ledger) -> None:
    jobs = queue("jobs")
    look(ledger, day(0), [LOGS, DATA], [finding(LOGS), finding(DATA)])
    first = ledger.milestone("first", "after the audit", day(0))
    look(ledger, day(1), [LOGS, DATA], [finding(LOGS, "pass"), finding(DATA)])
    second = ledger.milestone("second", "", day(1))
    last, _ = look(ledger, day(2), [LOGS, jobs], [finding(LOGS), finding(jobs)])
    for since in (first, day(0)):
        changes = ledger.changes(since)
        assert [row.address for row in changes.new] == [jobs.address]
        assert [(row.address, row.verdict) for row in changes.fixed] == [(DATA.address, "gone")]
        assert [row.address for row in changes.came_back] == [LOGS.address]
    for since in (last, second, day(1)):
        assert [row.address for row in ledger.changes(since).came_back] == [LOGS.address]
    for until in (second, day(1), last):
        changes = ledger.changes(first, until)
        assert ([row.address for row in changes.fixed], changes.new, changes.came_back) == ([LOGS.address], (), ())
    assert {row.address: row.verdict for row in ledger.findings(at=second)} == {
        LOGS.address: "pass",
        DATA.address: "fail",
    }
    assert ledger.counts(("verdict",), at=first) == {("fail",): 2}
    assert [row.last_seen for row in ledger.findings(at=second)] == [day(1)] * 2
    assert ledger.milestones() == [first, second]


def test_a_milestone_has_its_own_name_and_the_head_before_it(ledger: Ledger) -> None:
    look(ledger, day(0), [LOGS], [])
    head = ledger.head()
    assert ledger.milestone("first", "", day(0)).head == head
    with pytest.raises(LedgerError, match="already a milestone 'first'"):
        ledger.milestone("first", "", day(1))
    gone = replace(ledger.milestones()[0], name="second")
    with pytest.raises(LedgerError, match="no milestone 'second'"):
        ledger.changes(gone)


def test_evidence_is_as_old_as_what_was_looked_at_longest_ago(ledger: Ledger) -> None:
    by_queue = control("sqs-encrypts", type=QUEUE)
    look(ledger, day(0), [LOGS, DATA], [finding(LOGS), finding(DATA, "pass")])
    pass_ = ledger.begin("live", ACCOUNT, "1.0", day(1))
    ledger.record_unit(pass_, QUEUES, [queue("jobs")], [], day(1))
    ledger.record_findings(pass_, [finding(queue("jobs"), "unknown", by_queue)], lambda *_: False, at=day(1))
    look(ledger, day(2), [LOGS, DATA], [finding(LOGS), finding(DATA, "pass")], lambda *about: about[2] == BUCKET)
    known = {"s3-keeps-versions": control(), "sqs-encrypts": by_queue}
    assert ledger.evidence(known) == [
        Evidence(control(), "config", frozenset({"fail", "pass"}), day(2)),
        Evidence(by_queue, "config", frozenset({"unknown"}), day(1)),
    ]
    assert ledger.evidence({}) == []


def test_evidence_of_code_and_of_the_account_are_apart(ledger: Ledger) -> None:
    look(ledger, day(0), [LOGS], [finding(LOGS, "pass")])
    pass_ = ledger.begin("code", "infra", "1.0", day(1))
    declared = replace(LOGS, origin=replace(LOGS.origin, scope="infra", region=""))
    ledger.record_findings(pass_, [finding(declared)], lambda *_: False, at=day(1))
    ledger.record_unit(pass_, Unit("infra"), [], [], day(2))
    assert [(one.verdicts, one.at) for one in ledger.evidence({"s3-keeps-versions": control()})] == [
        (frozenset({"fail"}), day(2)),
        (frozenset({"pass"}), day(0)),
    ]


# -- what people say


def test_attestations_are_renewed_and_withdrawn(ledger: Ledger) -> None:
    first = Attestation("OPS01-BP01", "We ask.", "Ada", date(2026, 1, 1), date(2027, 1, 1), place=Place("a.yaml", 1, 1))
    second = Attestation("OPS02-BP01", "We own.", "Bob", date(2026, 1, 1), date(2027, 1, 1), False, "https://a", "shop")
    assert ledger.attest([first, second], day(0)) == 2
    assert ledger.attest([first, second], day(1)) == 0
    milestone = ledger.milestone("both", "", day(1))
    renewed = replace(first, expires=date(2028, 1, 1))
    assert ledger.attest([renewed], day(2)) == 2
    assert ledger.attestations() == [renewed]
    assert sorted(one.statement for one in ledger.attestations(milestone)) == sorted(
        (first.statement, second.statement)
    )


# -- together


def test_threads_append_to_one_chain(ledger: Ledger) -> None:
    pass_ = ledger.begin("live", ACCOUNT, "1.0", day(0))

    def work(number: int) -> None:
        unit = Unit(ACCOUNT, f"region-{number}", BUCKET)
        ledger.record_unit(pass_, unit, [bucket(f"b{number}")], [], day(0))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(30)))
    assert len(ledger.collected(pass_)) == 30
    assert ledger.verify() == []


def test_a_reader_sees_what_was_there_while_another_writes(place: str, ledger: Ledger) -> None:
    look(ledger, day(0), [LOGS], [finding(LOGS)])
    with open_ledger(place, write=False) as reader:
        with ledger._writing():
            assert len(reader.findings()) == 1
        look(ledger, day(1), [LOGS, DATA], [finding(LOGS), finding(DATA)])
        assert len(reader.findings()) == 2
        with pytest.raises(LedgerError, match="opened to be read only"):
            reader.begin("live", ACCOUNT, "1.0", day(2))


def test_what_failed_half_way_leaves_nothing(ledger: Ledger) -> None:
    pass_ = ledger.begin("live", ACCOUNT, "1.0", day(0))

    def broken() -> Iterator[object]:
        yield LOGS
        raise RuntimeError("the collector broke")

    before = ledger.head()
    with pytest.raises(RuntimeError):
        ledger.record_unit(pass_, BUCKETS, broken(), [], day(0))  # type: ignore[arg-type] # it breaks
    assert ledger.head() == before
    assert list(ledger.resources()) == []
    ledger.record_findings(pass_, [finding(LOGS)], everything, at=day(0))
    assert ledger.verify() == []

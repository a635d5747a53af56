"""Sessions lead back to who began, and end."""

from __future__ import annotations

from mainstay.engine import compile
from mainstay.engine.chains import LIFETIME_US, LONGEST, Chains, is_handing_out
from mainstay.model.events import Event
from mainstay.model.values import Record

USER = "arn:aws:iam::111122223333:user/ana"


def session(name: str) -> str:
    return f"arn:aws:sts::111122223333:assumed-role/{name}/work"


def chain(chains: Chains, *names: str) -> str:
    """Ana assumes the first role, and each role the next; gives the last key."""
    key, arn = "AKIAEXAMPLE", USER
    for number, name in enumerate(names):
        chains.begin(number, f"ASIA{number}", session(name), arn, key)
        key, arn = f"ASIA{number}", session(name)
    return key


def test_a_chain_leads_back_to_its_beginning() -> None:
    chains = Chains()
    key = chain(chains, "A", "B", "C")
    assert chains.origin(key, session("C"), 10) == (USER, 3)
    assert chains.way("ASIA1", "", 10) == (USER, session("A"), session("B"))
    assert chains.origin("", session("B"), 10) == (USER, 2)
    assert chains.origin("AKIAOTHER", session("B"), 10) == (session("B"), 0)
    assert chains.origin("ASIAOTHER", "arn:aws:sts::111122223333:assumed-role/D/x", 10)[1] == 0


def test_a_circle_ends_and_a_long_chain_keeps_its_beginning() -> None:
    chains = Chains()
    assert chains.origin(chain(chains, *("AB" * 500)), session("B"), 10) == (USER, 2)
    longer = Chains()
    key = chain(longer, *(f"role-{number}" for number in range(100)))
    way = longer.way(key, session("role-99"), 10)
    assert (way[0], way[-1], len(way)) == (USER, session("role-99"), LONGEST)


def test_sessions_end_and_leave_nothing_behind() -> None:
    chains, kept = Chains(kept=True), set[str]()
    chain(chains, "A", "B")
    assert chains.origin("ASIA1", session("B"), LIFETIME_US) == (USER, 2)
    assert chains.origin("ASIA1", session("B"), LIFETIME_US + 1) == (session("B"), 0)
    for number in range(2_000):
        chains.begin(number * LIFETIME_US // 10, f"KEY{number}", session(f"role-{number}"), USER)
        for name, value in chains.changes():
            kept.discard(name) if value is None else kept.add(name)
        assert len(kept) == len(chains) <= 30
    assert chains.dropped == 0


def test_the_ones_that_end_first_make_room() -> None:
    chains = Chains(most=4)
    for number in range(4):
        chains.begin(number, f"ASIA{number}", session(f"role-{number}"), USER)
    assert (len(chains), chains.dropped) == (4, 4)
    assert chains.origin("ASIA3", session("role-3"), 5) == (USER, 1)


def test_what_is_kept_answers_the_same() -> None:
    chains, kept = Chains(kept=True), dict[str, str]()
    chain(chains, "A", "B", "C")
    kept.update((key, value) for key, value in chains.changes() if value is not None)
    again = Chains()
    again.load(kept.items())
    for key, name in (("ASIA0", "A"), ("ASIA2", "C"), ("", "B")):
        assert again.origin(key, session(name), 10) == chains.origin(key, session(name), 10)


def test_a_record_of_cloudtrail_teaches_a_session_with_its_end() -> None:
    record = Record(
        {
            "eventSource": "sts.amazonaws.com",
            "eventName": "AssumeRole",
            "userIdentity": Record({"arn": USER, "accessKeyId": "AKIAEXAMPLE"}),
            "responseElements": Record(
                {
                    "credentials": Record({"accessKeyId": "ASIAEXAMPLE", "expiration": "Jan 1, 1970, 1:00:00 AM"}),
                    "assumedRoleUser": Record({"arn": session("A")}),
                }
            ),
        }
    )
    assert compile(is_handing_out)(record) is True
    chains = Chains()
    chains.learn(Event("cloudtrail", 1, "e", record, "log", 1))
    hour = LIFETIME_US // 12
    assert chains.origin("ASIAEXAMPLE", session("A"), hour - 1) == (USER, 1)
    assert chains.origin("ASIAEXAMPLE", session("A"), hour) == (session("A"), 0)
    denied = Record({**record, "responseElements": None})
    assert compile(is_handing_out)(denied) is not True

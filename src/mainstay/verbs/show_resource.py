"""`show resource`: how a resource was configured over time, what changed in between, and how it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from mainstay.analysis.differences import Difference, differences
from mainstay.model.errors import UsageError
from mainstay.model.evidence import Milestone, Pass
from mainstay.model.values import ABSENT, Unknown, Value
from mainstay.outputs.paint import Line, Tone
from mainstay.outputs.tables import Column, Page, Table, minute
from mainstay.outputs.wording import count
from mainstay.verbs.show_findings import VERDICTS, standing_table
from mainstay.verbs.showing import iso, told

if TYPE_CHECKING:
    from mainstay.evidence import Ledger, Observed
    from mainstay.evidence.answers import Moment, Standing

CANDIDATES: Final = 5
VALUES_SHOWN: Final = 160


def resource(
    ledger: Ledger, name: str, since: Moment | None = None, until: Moment | None = None, limit: int | None = None
) -> Page:
    """The states of a resource, each with what differs from the one before; with moments, those two compared.

    `name` is its address, ARN or id. Raises UsageError where the ledger has none, with the names that come near.
    """
    history = ledger.history(name)
    if not history:
        return _by_findings(ledger, name, compared=since is not None or until is not None)
    things: dict[tuple[str, str, str, str], list[Observed]] = {}
    for one in history:
        things.setdefault((one.scope, one.region, one.type, one.address), []).append(one)
    if since is not None or until is not None:
        for key, states in things.items():
            things[key] = list(_between(ledger, states, since, until))
    rows = [row for states in things.values() for row in _states(states)]
    findings = list(_findings(ledger, {(key[0], key[3]) for key in things}))
    abouts = [_about(states[-1]) for states in things.values() if states]
    facts = {"name": name, "resources": abouts}
    lead = [line for about in abouts for line in _lead(about)]
    left = max(0, len(rows) - limit) if limit is not None else 0
    several = len(things) > 1
    columns = (
        Column("from", "from (UTC)", minute),
        Column("pass", "", lambda value: f"pass {value:,}" if value else ""),
        Column("state", "", tone=_state_tone),
        Column("scope", "account", machine=not several),
        Column("region", "region", machine=not several),
        Column("differences", "differences", _in_words, lines=_difference_lines),
    )
    states_table = Table(
        "states", columns, rows[left:], f"Configuration, the last {limit}" if left else "Configuration"
    )
    title = f"Findings: {len(findings):,}" if findings else "Findings"
    failing = standing_table("findings", findings, title, "Nothing is known against it.", True, several)
    return Page("resource", facts, (states_table, failing), lead, left=left)


def _by_findings(ledger: Ledger, name: str, compared: bool) -> Page:
    """A resource whose configuration is not kept, such as one of code: what is found against it."""
    from mainstay.evidence import Query

    found = [one for one in ledger.findings(Query(VERDICTS, address=name)) if one.address == name] if name else []
    if not found:
        raise UsageError(f"the ledger has no resource '{name}'{_near(ledger, name)}")
    if compared:
        raise UsageError(f"the ledger keeps the findings of '{name}' and not its configuration: nothing to compare")
    things: dict[tuple[str, str, str], list[Standing]] = {}
    for one in found:
        things.setdefault((one.scope, one.region, one.type), []).append(one)
    abouts = [
        {"type": type, "address": name, "scope": scope, "region": region,
         "owner": next((one.owner for one in each if one.owner), ""),
         "is_there": any(one.verdict != "gone" for one in each)}
        for (scope, region, type), each in things.items()
    ]  # fmt: skip
    rows = [one for one in found if one.verdict in ("fail", "unknown", "waived")]
    states = Table("states", (), [])
    title = f"Findings: {len(rows):,}" if rows else "Findings"
    table = standing_table("findings", rows, title, "Nothing is known against it.", True, len(things) > 1)
    notes = ("the ledger keeps its findings; configuration over time is kept of live resources",)
    lead = [line for about in abouts for line in _lead(about)]
    return Page("resource", {"name": name, "resources": abouts}, (table, states), lead, notes)


def _near(ledger: Ledger, name: str) -> str:
    from mainstay.evidence import Query

    found = ledger.findings(Query(VERDICTS, address=f"*{name}*", limit=50)) if name.strip("*?") else []
    near = list(dict.fromkeys(one.address for one in found))
    if not near:
        return "; name it by its address, its ARN or its id"
    more = f" and {len(near) - CANDIDATES} more" if len(near) > CANDIDATES else ""
    return f"; did you mean {', '.join(near[:CANDIDATES])}{more}?"


def _about(last: Observed) -> dict[str, Any]:
    return {
        "type": last.type, "address": last.address, "scope": last.scope, "region": last.region, "owner": last.owner,
        "is_there": last.resource is not None,
    }  # fmt: skip


def _lead(about: Mapping[str, Any]) -> Iterator[Line]:
    yield ((about["address"], "strong"),)
    where = " ".join(filter(None, (about["type"], "in", about["scope"], about["region"])))
    owner = f", owned by {about['owner']}" if about["owner"] else ", owned by nobody that a tag names"
    yield ("  ", "plain"), (where + owner, "plain")
    if not about["is_there"]:
        yield ("  ", "plain"), ("it is not there any more", "medium")


def _between(
    ledger: Ledger, states: Sequence[Observed], since: Moment | None, until: Moment | None
) -> Iterator[Observed]:
    """The two states that stood at the moments. Without one of them it is the first state, or the last."""
    before = states[0] if since is None else _state_at(ledger, states, since)
    after = states[-1] if until is None else _state_at(ledger, states, until)
    if before is not None:
        yield before
    if after is not None and after is not before:
        yield after
    if before is None and after is None:
        asked = since if since is not None else until
        raise UsageError(f"the resource was not known at {told(asked) if asked is not None else 'that time'}")


def _state_at(ledger: Ledger, states: Sequence[Observed], moment: Moment) -> Observed | None:
    if isinstance(moment, Pass):
        return next((one for one in reversed(states) if one.pass_number < moment.number), None)
    at = moment.at if isinstance(moment, Milestone) else moment
    return next((one for one in reversed(states) if one.at <= at), None)


def _states(states: Sequence[Observed]) -> Iterator[dict[str, Any]]:
    if states:
        yield _state(states[0], "gone" if states[0].resource is None else "known first", [])
    for before, after in pairwise(states):
        if after.resource is None:
            yield _state(after, "gone", [])
        elif before.resource is None:
            yield _state(after, "came back", [])
        else:
            found = differences(before.resource.properties, after.resource.properties)
            yield _state(after, count(len(found), "difference"), found)


def _state(one: Observed, state: str, found: Sequence[Difference]) -> dict[str, Any]:
    return {
        "from": iso(one.at),
        "pass": one.pass_number,
        "state": state,
        "scope": one.scope,
        "region": one.region,
        "type": one.type,
        "address": one.address,
        "owner": one.owner,
        "digest": one.digest,
        "differences": [
            {"path": each.path, "before": _plain(each.before), "after": _plain(each.after),
             "set_before": each.before is not ABSENT, "set_after": each.after is not ABSENT}
            for each in found
        ],
    }  # fmt: skip


def _plain(value: Value) -> Any:
    """A value as JSON has it; what is not known says so."""
    if value is ABSENT:
        return None
    if isinstance(value, Unknown):
        return f"(unknown: {value.reason})"
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _difference_lines(found: Sequence[Mapping[str, Any]] | None) -> Iterator[tuple[str, Tone]]:
    for one in found or ():
        if one["set_before"]:
            yield f"- {one['path']}: {_short(one['before'])}", "high"
        if one["set_after"]:
            yield f"+ {one['path']}: {_short(one['after'])}", "good"


def _in_words(found: Sequence[Mapping[str, Any]] | None) -> str:
    return "; ".join(
        f"{one['path']}: {_short(one['before']) if one['set_before'] else '(not set)'} -> "
        f"{_short(one['after']) if one['set_after'] else '(not set)'}"
        for one in found or ()
    )


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= VALUES_SHOWN else f"{text[: VALUES_SHOWN - 4]} ..."


def _state_tone(state: str) -> Tone:
    return "medium" if state == "gone" else "quiet" if state == "known first" else "plain"


def _findings(ledger: Ledger, about: set[tuple[str, str]]) -> Iterator[Standing]:
    """What stands against the resources; what passes is left out."""
    from mainstay.evidence import Query

    for scope, address in sorted(about):
        # `*` and `?` in an address match themselves among others
        query = Query(frozenset({"fail", "unknown", "waived"}), scopes=frozenset({scope}), address=address)
        yield from (one for one in ledger.findings(query) if one.address == address)

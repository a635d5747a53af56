"""Judges resources by controls: the stream of verdicts that a review is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from mainstay.engine.compile import compile
from mainstay.engine.explain import reasons
from mainstay.engine.reads import reads
from mainstay.engine.walk import Judge
from mainstay.model.controls import Control
from mainstay.model.findings import Finding, Reason, Subject, Verdict
from mainstay.model.resources import Resource
from mainstay.model.values import Record, Unknown


def evaluate(controls: Iterable[Control], subjects: Iterable[Resource], now: datetime) -> Iterator[Finding]:
    """Every verdict of every control on every subject of its types, subject by subject, in the order given.

    Of a partial resource only what it decides: `pass` and `fail`. `now` is the moment that the verdicts are of; no
    condition asks for it yet.
    """
    return Evaluation(controls).findings(subjects)


class Evaluation:
    """Controls, compiled once for all the streams of resources that they judge."""

    def __init__(self, controls: Iterable[Control]) -> None:
        self._by_type: dict[str, list[Control]] = {}
        self._compiled: dict[str, list[_Judged]] = {}
        for control in controls:
            for kind in control.applies_to:
                self._by_type.setdefault(kind, []).append(control)

    def findings(self, subjects: Iterable[Resource]) -> Iterator[Finding]:
        """As `evaluate`."""
        compiled = self._compiled
        for resource in subjects:
            if resource.type not in compiled:
                # type by type: a catalogue has conditions for many more types than a workload has
                compiled[resource.type] = [_Judged.by(control) for control in self._by_type.get(resource.type, ())]
            if concerned := compiled[resource.type]:
                yield from _judge(resource, concerned)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A control, its conditions compiled."""

    control: Control
    when: Judge | None
    expect: Judge
    reads_raw: bool

    @classmethod
    def by(cls, control: Control) -> _Judged:
        when = None if control.when is None else compile(control.when)
        read = reads(control.expect) | (reads(control.when) if control.when else frozenset())
        return cls(control, when, compile(control.expect), any(path.split(".")[0] == "raw" for path in read))


def _judge(resource: Resource, concerned: Iterable[_Judged]) -> Iterator[Finding]:
    subject = subject_of(resource)
    properties = resource.properties
    with_raw: Record | None = None
    for judged in concerned:
        seen = properties
        if judged.reads_raw:
            seen = with_raw = with_raw or _with_raw(resource)
        applies = True if judged.when is None else judged.when(seen)
        holds = None if applies is False else judged.expect(seen)
        verdict = _verdict(applies, holds)
        if resource.partial and verdict not in ("pass", "fail"):
            continue
        why: tuple[Reason, ...] = ()
        if verdict == "fail" or verdict == "unknown":
            undecided = judged.control.when if applies is None else None
            why = reasons(undecided or judged.control.expect, seen, None if undecided else holds)
            if why and all(reason.settle == _IN_CODE.settle for reason in why):
                verdict, why = "not_applicable", ()  # what is left to tell of a live resource is a matter of its code
        yield Finding(judged.control, verdict, subject, why)


def _verdict(applies: bool | None, holds: bool | None) -> Verdict:
    """Where it can't be told whether a control applies, a resource that is as expected passes all the same."""
    if applies is False:
        return "not_applicable"
    if holds:
        return "pass"
    return "fail" if applies and holds is False else "unknown"


def subject_of(resource: Resource) -> Subject:
    """What a finding keeps of the resource that it is about."""
    origin = resource.origin
    return Subject(
        resource.type,
        resource.address,
        origin.scope,
        origin.module,
        origin.source,
        origin.place,
        None if resource.may_exist is None else resource.may_exist.reason,
        origin.calls,
        origin.construct,
        origin.region,
    )


_IN_CODE = Unknown("only the code says it", settle="review the code beside the account")


def _with_raw(resource: Resource) -> Record:
    """The properties and, under `raw`, the attributes in the source's words; an account does not say what code does."""
    known = resource.properties
    raw = Record(resource.raw, rest=_IN_CODE) if resource.origin.source == "live" else resource.raw
    return Record({**known, "raw": raw}, known.place, known.marks, known.rest)

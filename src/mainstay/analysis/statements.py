"""What people attest, weighed against what was measured. A person's word fills in where no machine can see.

- It speaks only of practices that ask for a person: that need evidence of the kind `attestation`, or that a person
  answers with or without the help of a machine. There it is that kind of evidence, and no other; where a person
  answers, the other kinds support and are not required.
- It never outweighs a measurement: where a control fails, the statement is contradicted and the measurement stands.
- That a practice does not apply may be said of any practice. Measurements of something that it applies to contradict,
  stale ones too, until somebody looks again: then the practice is what is measured, and partial at best.
- It expires. An expired statement proves nothing; one that says "does not apply" keeps the practice from being met
  until it is renewed or removed, for it is a doubt that nobody has settled.
- Several, of several scopes, have to hold together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mainstay.model.evidence import Attestation
from mainstay.model.practices import Practice

Standing = Literal["counts", "expired", "early", "unsigned", "contradicted", "out_of_place"]


@dataclass(frozen=True, slots=True)
class Attested:
    """A statement about a practice, whether it counts, and why not."""

    attestation: Attestation
    standing: Standing
    note: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """All statements about one practice: that it is followed (`holds`), or that it does not apply (`retires`).

    `doubtful` where one of them has expired or is contradicted. `spent` is the share of its life that is over.
    """

    attested: tuple[Attested, ...]
    holds: bool
    retires: bool
    doubtful: bool
    spent: float | None


class Statements:
    """The attestations that there are, at a moment."""

    def __init__(
        self, signed: Iterable[Attestation], unsigned: Iterable[Attestation], now: datetime, limit: timedelta
    ) -> None:
        self.today = now.date()
        self.limit = limit
        self.by_practice: dict[str, list[tuple[Attestation, bool]]] = defaultdict(list)
        for attestation in signed:
            self.by_practice[attestation.practice].append((attestation, True))
        for attestation in unsigned:
            self.by_practice[attestation.practice].append((attestation, False))

    def about(self, practice: Practice, failing: bool, decided: bool) -> Said:
        """What is said of a practice. `decided` says that something was measured at all, `failing` that it fails."""
        attested = tuple(
            self._attested(one, is_signed, practice, failing, decided)
            for one, is_signed in self.by_practice.get(practice.id, ())
        )
        counting = [one.attestation for one in attested if one.standing == "counts"]
        holds = any(one.applies for one in counting)
        return Said(
            attested,
            holds=holds,
            retires=bool(counting) and not holds,
            doubtful=any(
                one.standing in ("expired", "contradicted") and (holds or not one.attestation.applies)
                for one in attested
            ),
            spent=max((self._age(one) / self._life(one) for one in counting), default=None),
        )

    def _attested(
        self, attestation: Attestation, is_signed: bool, practice: Practice, failing: bool, decided: bool
    ) -> Attested:
        if not is_signed:
            return Attested(attestation, "unsigned", "nobody's valid signature is on it")
        if attestation.on > self.today:
            return Attested(attestation, "early", f"it is dated {attestation.on}")
        if attestation.applies and not may_attest(practice):
            return Attested(attestation, "out_of_place", "the practice is decided by machine, whatever people say")
        if self.today > attestation.expires:
            return Attested(attestation, "expired", f"it expired on {attestation.expires}")
        if self._age(attestation) > self.limit:
            old = in_time(self._age(attestation))
            return Attested(attestation, "expired", f"it is {old} old, {in_time(self.limit)} is the limit")
        if attestation.applies and failing:
            return Attested(attestation, "contradicted", "what was measured fails")
        if not attestation.applies and decided:
            return Attested(attestation, "contradicted", "something that the practice applies to was measured")
        return Attested(attestation, "counts")

    def _age(self, attestation: Attestation) -> timedelta:
        return self.today - attestation.on

    def _life(self, attestation: Attestation) -> timedelta:
        return max(min(self.limit, attestation.expires - attestation.on), timedelta(days=1))


def may_attest(practice: Practice) -> bool:
    """Whether a person's word is evidence for the practice at all."""
    return "attestation" in practice.evidence or practice.answerable in ("human", "human-assisted")


def in_time(span: timedelta) -> str:
    """A span in the unit that people would use: `45 min`, `24 h`, `9 days`."""
    hours = span.total_seconds() / 3600
    if hours > 47:
        return f"{hours / 24:.0f} days"
    return f"{hours:.0f} h" if hours >= 1 else f"{hours * 60:.0f} min"

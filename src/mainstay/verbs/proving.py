"""`test`, for detections: the cases beside the rules are their tests, and a rule that nothing can fire is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from mainstay.analysis.meaning import Meaning
from mainstay.catalog.sigma import Proof, Rules, case_events, read_proofs
from mainstay.engine.detecting import Detector
from mainstay.engine.witness import witness
from mainstay.model.detections import Case, Detection
from mainstay.model.errors import Fault
from mainstay.model.locations import Location, Places
from mainstay.model.places import Place


@dataclass(frozen=True, slots=True)
class Wrong:
    """A case that went otherwise than it says: the rules of `file` fired (`fired`, on the events `on`), or did not."""

    file: str
    case: Case
    fired: tuple[str, ...]
    on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProofReport:
    """How the cases went: all is well where there is nothing `wrong`, none `cannot_fire`, and there are no faults.

    `cannot_fire` are rules that contradict themselves, as far as a search can tell, and where they stand. `unproven`
    have no case, and a made-up event fires them. `unfilled` wait for lists.
    """

    rule_count: int
    case_count: int
    wrong: tuple[Wrong, ...]
    cannot_fire: tuple[tuple[str, Place | None], ...]
    unproven: tuple[str, ...]
    unfilled: tuple[str, ...]
    faults: tuple[Fault, ...]


def prove(rules: Rules) -> ProofReport:
    """Runs the cases of all the rules, which still have their placeholders, each as a hunt of its own."""
    proofs, faults = read_proofs(rules)
    wrong = tuple(one for proof in proofs for one in _wrong(proof))
    proven = {id for proof in proofs if any(case.fires for case in proof.cases) for id in proof.firing}
    proven |= {rule.about.id for proof in proofs for rule in proof.rules if rule.quiet}
    filled = rules.filled({})
    rest = [rule for rule in filled.rules if isinstance(rule, Detection) and rule.about.id not in proven]
    asked = [rule for rule in rest if not rule.needs]
    fires = {rule.about.id: witness(rule.condition) is not None for rule in asked}
    return ProofReport(
        len(rules.rules),
        sum(len(proof.cases) for proof in proofs),
        wrong,
        tuple((rule.about.id, rule.about.place) for rule in asked if not fires[rule.about.id]),
        tuple(id for id, can in fires.items() if can),
        tuple(rule.about.id for rule in rest if rule.needs),
        (*rules.faults, *faults),
    )


def _wrong(proof: Proof) -> Iterator[Wrong]:
    for case in proof.cases:
        fired, on = run_case(proof, case)
        if bool(fired) is not case.fires:
            yield Wrong(proof.file, case, fired, on)


def run_case(proof: Proof, case: Case) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The rules that a case fires, of those that its file is about, and the events that they fire on."""
    rules = proof.filled(case)
    lists: dict[str, Sequence[str]] = dict(case.lists)
    located = ((ip_network(network, strict=False), Location(*place)) for network, place in case.places.items())
    places = Places(located)
    detector = Detector(rules, lambda origins: Meaning(lists, places, origins))
    events = case_events(case, proof.source)
    found = [*detector.take_events(events), *detector.flush()]
    found = [one for one in found if one.rule.about.id in proof.firing]
    return tuple(dict.fromkeys(one.rule.about.id for one in found)), tuple(one.event_id for one in found)

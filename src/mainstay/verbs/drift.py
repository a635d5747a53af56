"""Code beside account: what differs, what the account lacks, and what nobody declared, as findings of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from mainstay.analysis import drift
from mainstay.analysis.differences import Difference
from mainstay.analysis.drift import Matching
from mainstay.catalog import Exempt, load_drift_controls, load_exempt, load_grants, load_silence
from mainstay.engine import subject_of, told
from mainstay.model.findings import Finding, Reason, Review, Verdict
from mainstay.model.places import Mark, ServiceDefault
from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, Unknown, Value, find_mark
from mainstay.sources import Scope
from mainstay.sources.live import load_collectors
from mainstay.sources.live.registry import load_registry
from mainstay.sources.live.stacks import read_stacks, stack_of
from mainstay.sources.spelling import load_tables
from mainstay.sources.states import LOCAL, read_state
from mainstay.verbs.account_pass import Target

BY_AWS = ("IsDefault", "DefaultForAz", "Default")
"""What the API calls the resources that an account is born with."""
BY_STACK = "aws:cloudformation:stack-name"

AS_DECLARED, EXISTS, DECLARED = "account-is-as-declared", "declared-resource-exists", "resource-is-declared-in-code"


class Beside:
    """The code of some scopes beside the resources of an account.

    `seen` says of a type whether all its resources could be listed; `known` has what the deployment says of ids, by
    scope and address. `there` is what was found in the account, by the scope and address that findings go by.
    """

    def __init__(
        self,
        scopes: Sequence[Scope],
        live: Sequence[Resource],
        identities: Mapping[str, str],
        seen: Callable[[str], bool],
        known: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    ) -> None:
        self.live = live
        self.identities = identities
        self.seen = seen
        self.controls = {control.id: control for control in load_drift_controls()}
        self.links = {type: frozenset(path[0] for path in facts.links) for type, facts in load_tables().types.items()}
        self.scopes = scopes
        left = list(live)
        self.matching: dict[str, Matching] = {}
        for scope in scopes:
            matching = drift.match(scope.resources, left, identities, (known or {}).get(scope.name, {}))
            self.matching[scope.name] = matching
            left = [resource for resource in left if resource.address not in matching.live]
        self.unmatched = left
        self.there: dict[tuple[str, str], Resource] = {}
        self.owners: dict[str, Resource] = {}
        for scope, matching in zip(scopes, self.matching.values(), strict=True):
            for one in scope.resources:
                if one.address in matching.declared:
                    self.there[one.origin.scope, one.address] = matching.declared[one.address]
                    self.owners[matching.declared[one.address].address] = one

    def findings(self) -> Iterator[Finding]:
        """The verdicts of the drift controls: on every declared resource, and on what nobody declared."""
        for scope in self.scopes:
            matching = self.matching[scope.name]
            for resource in scope.resources:
                there = matching.declared.get(resource.address)
                if there is not None:
                    yield self._finding(EXISTS, resource, "pass")
                    yield self._compared(resource, there, matching)
                elif resource.may_exist is None and not resource.partial:
                    yield self._missing(resource, scope.name)
            for there in matching.declared.values():
                yield self._finding(DECLARED, there, "pass")
        exempt, grants = load_exempt(), load_grants()
        for resource in self.unmatched:
            if resource.type in grants and (owner := self._owner(resource)) is not None:
                if not grants[resource.type] or owner.properties.look_up(grants[resource.type]) in (ABSENT, None):
                    reason = Reason("", "declared in the code under review, as its owner is", "not declared")
                    yield self._finding(DECLARED, resource, "fail", reason)
                continue
            if not resource.names or resource.type in exempt.everywhere | exempt.parts:
                continue  # a policy belongs to what it is the policy of
            if _made_otherwise(resource, self.identities.get(resource.type, ""), exempt):
                yield self._finding(DECLARED, resource, "not_applicable")
            else:
                yield self._finding(
                    DECLARED, resource, "fail", Reason("", "declared in the code under review", "not declared")
                )

    def _owner(self, part: Resource) -> Resource | None:
        """The declared resource whose live one a part belongs to."""
        around = (part.address.rpartition(".")[0], *sorted(part.references))
        return next((self.owners[one] for one in around if one in self.owners), None)

    def _compared(self, resource: Resource, there: Resource, matching: Matching) -> Finding:
        reasons = [
            Reason(
                one.path,
                f"{told(one.steps, one.before)}, as declared",
                f"{told(one.steps, one.after)} in {there.address}",
                _mark(resource, one.steps),
            )
            for one in (*drift.compare(resource, there, matching), *_unsaid(resource, there))
            if not self._is_untold(one, there) and not isinstance(_mark(resource, one.steps), ServiceDefault)
        ]
        return self._finding(AS_DECLARED, resource, "fail" if reasons else "pass", *reasons)

    def _is_untold(self, one: Difference, there: Resource) -> bool:
        """Whether the account never tells it: what is only ever written, and of a piece, whose it is."""
        registered = load_registry().get(there.type)
        if registered is not None and any(one.steps[: len(path)] == path for path in registered.blind):
            return True
        is_piece = there.origin.spelling not in ("", there.type)
        return is_piece and there.type in self.links and one.steps[0] in self.links[there.type]

    def _missing(self, resource: Resource, scope: str) -> Finding:
        if not self.seen(resource.type):
            reason = Reason("", "in the account", f"unknown: not all of {resource.type} could be listed")
            return self._finding(EXISTS, resource, "unknown", reason)
        alike = [one for one in self.unmatched if one.type == resource.type]
        gone = resource.address in self.matching[scope].gone
        if alike and not gone and not drift.has_identity(resource, self.identities):
            number = f"{len(alike)} resources" if len(alike) > 1 else "the resource"
            said = f"unknown: it has no name in the code, and which of {number} of its type it is cannot be told"
            settle = "give it a name, or say what the deployment called it by --state"
            return self._finding(EXISTS, resource, "unknown", Reason("", "in the account", said, None, settle))
        return self._finding(EXISTS, resource, "fail", Reason("", "in the account", "not there"))

    def _finding(self, control: str, resource: Resource, verdict: Verdict, *reasons: Reason) -> Finding:
        return Finding(self.controls[control], verdict, subject_of(resource), tuple(reasons))


def beside(code: Review, account: Review, found: Beside) -> Review:
    """One review of code and account: what both say of a resource is said once, with the place in the code.

    A verdict that only the account could tell takes the place of the code's unknown; one that the account contradicts
    stands beside it.
    """
    live_by_subject: dict[tuple[str, str], Finding] = {
        (finding.control.id, finding.subject.address): finding for finding in account.findings
    }
    settled: set[tuple[str, str]] = set()
    findings: list[Finding] = []
    for finding in code.findings:
        there = found.there.get((finding.subject.scope, finding.subject.address))
        other = live_by_subject.get((finding.control.id, there.address)) if there else None
        if other is None:
            findings.append(finding)
            continue
        settled.add((other.control.id, other.subject.address))
        if other.verdict == finding.verdict or other.verdict == "unknown":
            findings.append(finding)
        elif finding.verdict == "unknown":
            findings.append(other)
        else:
            findings.extend((finding, other))
    findings += [one for one in account.findings if (one.control.id, one.subject.address) not in settled]
    findings += found.findings()
    controls = {control.id: control for control in (*code.controls, *account.controls, *found.controls.values())}
    return replace(
        code,
        findings=findings,
        gaps=[*code.gaps, *account.gaps],
        controls=tuple(controls.values()),
        resource_count=code.resource_count + account.resource_count,
        unjudged_types={**code.unjudged_types, **account.unjudged_types},
        accounts=account.accounts,
    )


def review_beside(
    code: Review,
    account: Review,
    scopes: Sequence[Scope],
    accounts: Sequence[Scope],
    targets: Sequence[Target],
    state: Path | None = None,
) -> Review:
    """The review of code beside that of accounts, with what differs between the two.

    What is called what is told by Terraform's state (`state`, or a local one beside the code) and by the stacks of the
    accounts; where neither does, by names and likeness.
    """
    live = [resource for scope in accounts for resource in scope.resources]
    unseen = {type for scope in accounts for type in scope.unseen}
    readable = frozenset().union(*(one.types for one in load_collectors().values()), load_registry())
    identities = {type: facts.identity for type, facts in load_tables().types.items() if facts.identity}
    known = {scope.name: _called(scope, targets, state) for scope in scopes}
    found = Beside(scopes, live, identities, lambda type: type in readable and type not in unseen, known)
    return beside(code, account, found)


def _called(scope: Scope, targets: Sequence[Target], state: Path | None) -> Mapping[str, Sequence[str]]:
    """What the deployment called the resources of a scope."""
    if any(resource.origin.source == "cloudformation" for resource in scope.resources):
        types = {resource.address: resource.type for resource in scope.resources}
        for target in targets:
            ids = stack_of(types, read_stacks(target.caller, target.regions))
            if ids:
                return {address: (id,) for address, id in ids.items()}
        return {}
    local = Path(scope.name) / LOCAL
    if state is None and not local.is_file():
        return {}
    return read_state(state or local)


def _made_otherwise(resource: Resource, identity: str, exempt: Exempt) -> bool:
    """Whether AWS, a service or a stack that is not under review made a live resource, as far as it tells."""
    if any(resource.raw.get(flag) is True for flag in BY_AWS) or _is_main(resource) or _is_part(resource):
        return True
    names = {*resource.names, resource.properties.get(identity)}
    if any(fnmatchcase(str(name), glob) for name in names for glob in exempt.named.get(resource.type, ())):
        return True
    keys = [str(tag.get("Key", "")) for tag in _tags(resource)]
    return any(fnmatchcase(key, glob) for key in keys for glob in (*exempt.tagged, BY_STACK))


def _is_main(resource: Resource) -> bool:
    """The route table that a VPC is born with."""
    associations = resource.raw.get("Associations")
    return isinstance(associations, list) and any(one.get("Main") is True for one in associations)


def _is_part(resource: Resource) -> bool:
    """A volume that comes and goes with its instance, whose mappings declare it."""
    attachments = resource.raw.get("Attachments")
    return isinstance(attachments, list) and any(one.get("DeleteOnTermination") is True for one in attachments)


def _tags(resource: Resource) -> list[Mapping[str, Value]]:
    tags = resource.properties.get("Tags")
    return [tag for tag in tags if isinstance(tag, dict)] if isinstance(tags, list) else []


def _unsaid(resource: Resource, there: Resource) -> list[Difference]:
    """What the account has of which the code's silence says that there is none."""
    found = []
    for path in load_silence().get(resource.type, ()):
        value = there.properties.look_up(path)
        unsaid = resource.properties.look_up(path) in (ABSENT, None)
        if unsaid and not isinstance(value, Unknown) and value not in (ABSENT, None, [], {}):
            found.append(Difference(path, ABSENT, value, (path,)))
    return found


def _mark(resource: Resource, steps: tuple[str, ...]) -> Mark | None:
    return find_mark(resource.properties, steps) or resource.origin.place

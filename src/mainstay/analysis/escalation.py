"""Which of the known ways to further rights a policy document leaves open."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mainstay.analysis.escalation_ways import ACTS_ON, ON_ONESELF, WAYS
from mainstay.analysis.graph import at_path, settled
from mainstay.documents import decode_json
from mainstay.model.facts import WITH_POLICIES
from mainstay.model.resources import Resource
from mainstay.model.values import ABSENT, Document, Items, OneOf, Ref, Text, Unknown, Value, is_known, unknowns

POLICIES: Mapping[str, str] = {
    name: "Policies.PolicyDocument" if name.rpartition("::")[2] in ("Group", "Role", "User") else "PolicyDocument"
    for name in WITH_POLICIES
}
"""By type, where its own documents stand."""

_WHOLE = re.compile(r"(?:[\w-]+[:/])?\*+")
_PARTITION = re.compile(r"(?<=^arn:)(?:aws(?:-[a-z]+)*-?|\ue001)|(?<=^\*)[a-z-]+(?=:iam:)")
_ACCOUNT = re.compile(r"(?<=:)[0-9?\ue001]+(?=[:*]|$)|(?<=\*)[0-9?\ue001]+(?=:|$)")
_AWS_DATA = re.compile(r"(?:^|\.)data\.aws_")
_ANY_NAME = "\ue000"  # in no pattern: what covers it covers every name
_SOMETHING = "\ue001"  # stands for a stretch that is not known, and has no wildcard
_ALLOW, _DENY = "allow", "deny"
_UNDECIDED = Unknown("what the policy denies leaves it open what it allows")


def escalation_paths(resource: Resource) -> Value:
    """The ways that the documents of the resource leave open, each named by its actions; ABSENT without a document.

    A statement with a condition neither opens a way nor closes one: what it is worth is known of a request only.
    """
    value = at_path(resource.properties, tuple(POLICIES[resource.type].split(".")))
    if value is None or value is ABSENT:
        return ABSENT
    statements = _Statements()
    statements.read(value)
    found = [(" + ".join(way), statements.allow(way)) for way in WAYS]
    sure = [name for name, answer in found if answer]
    if all(answer is not None for _, answer in found):
        return sure
    why = statements.doubt
    doubt = Unknown(why.reason, why.place, settled(resource) if why is _UNDECIDED else why.settle)
    return Items(sure, Text((doubt,)), doubt) if sure else doubt


def open_ways(statements: Value) -> list[str]:
    """The ways that the statements of one document, known in full, surely leave open."""
    known = _Statements()
    known.read({"Statement": statements})
    return [" + ".join(way) for way in WAYS if known.allow(way)]


@dataclass(frozen=True, slots=True)
class _Statement:
    """What a statement without a condition says. `perhaps` is why it may not be there."""

    actions: Sequence[Value]
    resources: Sequence[Value]
    excepts_actions: bool
    excepts_resources: bool
    perhaps: Unknown | None = None

    def allows(self, action: str) -> bool | None:
        """Whether it allows the action on whatever there may be, not on some things that it names."""
        named = self._names(action)
        if named is False:
            return False
        if self.excepts_resources:
            covered = _not(_any(_each(pattern, lambda text: _is_every(text, action)) for pattern in self.resources))
        else:
            covered = _any(_each(pattern, lambda text: _is_wide(text, action)) for pattern in self.resources)
        return self._said(_both(named, covered))

    def denies(self, action: str) -> bool | None:
        """Whether it denies the action on all that there may be."""
        named = self._names(action)
        if named is False:
            return False
        covered = None if self.excepts_resources else _any(_each(each, _shuts(action)) for each in self.resources)
        return self._said(_both(named, covered))

    @property
    def doubt(self) -> Unknown | None:
        """Why it is not known what it says; None where everything in it is known."""
        patterns = (*self.actions, *self.resources)
        return self.perhaps or next((one for one in patterns if isinstance(one, Unknown)), None)

    def _said(self, answer: bool | None) -> bool | None:
        return None if answer and self.perhaps is not None else answer

    def _names(self, action: str) -> bool | None:
        named = _any(_matches(pattern, action) for pattern in self.actions)
        return _not(named) if self.excepts_actions else named


class _Statements:
    """The unconditional statements of the documents that one holder has, by effect; and why some are not known."""

    def __init__(self) -> None:
        self.by_effect: dict[str, list[_Statement]] = {_ALLOW: [], _DENY: []}
        self.unread: Unknown | None = None
        self._permitted: dict[str, bool | None] = {}

    def allow(self, way: Iterable[str]) -> bool | None:
        answer: bool | None = True
        for action in way:
            if action not in self._permitted:
                self._permitted[action] = self._permits(action)
            answer = _both(answer, self._permitted[action])
            if answer is False:
                return False
        return answer

    @property
    def doubt(self) -> Unknown:
        """Why it is not known whether some way is open."""
        unclear = (action for action, permitted in self._permitted.items() if permitted is None)
        doubts = (
            statement.doubt
            for action in unclear
            for statement in (*self.by_effect[_ALLOW], *self.by_effect[_DENY])
            if statement.allows(action) is None or statement.denies(action) is None
        )
        unknown = self.unread or next((doubt for doubt in doubts if doubt is not None), None)
        return unknown or _UNDECIDED

    def _permits(self, action: str) -> bool | None:
        unread = [None] if self.unread is not None else []
        allowed = _any([*(one.allows(action) for one in self.by_effect[_ALLOW]), *unread])
        if allowed is False:
            return False
        denied = _any([*(one.denies(action) for one in self.by_effect[_DENY]), *unread])
        return _both(allowed, _not(denied))

    def read(self, document: Value, perhaps: Unknown | None = None) -> None:
        """Adds the statements of a document, or of each of a list of them; `perhaps` is why it may not be there."""
        if isinstance(document, Document):
            document = document.value
        if isinstance(document, str):
            document = _parsed(document)
        if isinstance(document, list):
            for element in document:
                self.read(element, perhaps)
            if isinstance(document, Items) and document.rest is not ABSENT:
                self.read(document.rest, document.why)
        elif isinstance(document, dict):
            self._add_all(at_path(document, ("Statement",)), perhaps)
        elif isinstance(document, Unknown):
            self._unknown(document)

    def _add_all(self, statements: Value, perhaps: Unknown | None) -> None:
        for statement in statements if isinstance(statements, list) else [statements]:
            self._add(statement, perhaps)
        if isinstance(statements, Items) and statements.rest is not ABSENT:
            self._add(statements.rest, statements.why)

    def _add(self, statement: Value, perhaps: Unknown | None) -> None:
        if isinstance(statement, OneOf) and all(
            option is None or _is_statement(option) for option in statement.options
        ):
            for option in statement.options:
                self._add(option, statement)
            return
        if isinstance(statement, Unknown):
            self._unknown(statement)
        if not isinstance(statement, dict):
            return
        condition = at_path(statement, ("Condition",))
        if isinstance(condition, dict) and not is_known(condition) and not condition:
            condition = next(unknowns(condition))
        if isinstance(condition, dict) and condition:
            return
        effect = at_path(statement, ("Effect",))
        if isinstance(condition, Unknown) or isinstance(effect, Unknown):
            self._unknown(condition if isinstance(condition, Unknown) else effect)
            return
        one = _statement(statement, perhaps)
        self.by_effect.setdefault(str(effect).lower(), []).append(one)

    def _unknown(self, why: Unknown) -> None:
        self.unread = self.unread or why


def _is_statement(value: Value) -> bool:
    return value is ABSENT or isinstance(value, dict)


def _statement(statement: dict[str, Value], perhaps: Unknown | None) -> _Statement:
    excepts_actions, excepts_resources = "NotAction" in statement, "NotResource" in statement
    actions = at_path(statement, ("NotAction" if excepts_actions else "Action",))
    resources = at_path(statement, ("NotResource" if excepts_resources else "Resource",))
    return _Statement(_elements(actions), _elements(resources), excepts_actions, excepts_resources, perhaps)


def _elements(value: Value) -> list[Value]:
    """The patterns that a value holds, what it may hold besides among them."""
    if not isinstance(value, list):
        return [] if value is None or value is ABSENT else [value]
    if not isinstance(value, Items) or value.rest is ABSENT:
        return list(value)
    why = value.why
    return [*value, OneOf((value.rest, None), why.reason, why.place, why.settle)]


def _parsed(text: str) -> Value:
    try:
        return decode_json(text)
    except ValueError:
        return Unknown("the policy is no JSON", None, "write the policy as JSON")


def _matches(pattern: Value, action: str) -> bool | None:
    return _each(pattern, lambda text: _names_action(text, action))


@lru_cache(maxsize=65536)
def _names_action(pattern: str, action: str) -> bool:
    service, colon, _ = pattern.partition(":")
    if colon and service.isalnum() and not action.startswith(f"{service.lower()}:"):
        return False
    return fits(pattern.lower(), action.lower())


def _is_wide(text: str, action: str) -> bool:
    """Whether an ARN pattern, in what is allowed, leaves the way open.

    For an action on an identity: every one of its kind, or oneself where that is enough. For one that makes something
    new: any room at all.
    """
    if action not in ACTS_ON:
        return "*" in text
    return _is_every(text, action) or (action in ON_ONESELF and text.endswith("/${aws:username}"))


@lru_cache(maxsize=65536)
def _is_every(text: str, action: str) -> bool:
    """Whether an ARN pattern covers everything that the action may be on, whatever its name, in some account."""
    if action not in ACTS_ON:
        return _WHOLE.fullmatch(text.split(":", 5)[-1]) is not None
    text = _ACCOUNT.sub("", _PARTITION.sub("aws", text, count=1))
    return fits(text, f"arn:aws:iam:::{ACTS_ON[action]}/{_ANY_NAME}")


def _shuts(action: str) -> Callable[[str], bool | None]:
    """Whether an ARN pattern, in what is denied, closes the way; what is denied on oneself closes it for oneself."""

    def shuts(text: str) -> bool | None:
        return _is_every(text, action) or (None if _is_wide(text, action) and action in ON_ONESELF else False)

    return shuts


def fits(pattern: str, text: str) -> bool:
    """IAM's patterns: `*` for any characters, `?` for one. Takes no longer than the product of the lengths."""
    at = done = 0
    star, again = -1, 0
    while done < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, again = at, done
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[done]):
            at, done = at + 1, done + 1
        elif star >= 0:
            again += 1
            at, done = star + 1, again
        else:
            return False
    return not pattern[at:].strip("*")


def _each(pattern: Value, judge: Callable[[str], bool | None]) -> bool | None:
    """What `judge` says of a pattern; of one that is not known in full, where all that it may be agree."""
    if isinstance(pattern, str):
        return judge(pattern)
    if isinstance(pattern, OneOf):
        answers = {_each(option, judge) for option in pattern.options}
        return answers.pop() if len(answers) == 1 else None
    if isinstance(pattern, Ref | Text):
        parts = pattern.parts if isinstance(pattern, Text) else (pattern,)
        least = judge("".join(part if isinstance(part, str) else _SOMETHING for part in parts))
        most = judge("".join(part if isinstance(part, str) else _at_most(part) for part in parts))
        return least if least is most else None
    return None if isinstance(pattern, Unknown) else False


def _at_most(part: Unknown) -> str:
    """The widest that an unknown stretch may be: nothing that AWS names has a wildcard in its name."""
    if isinstance(part, Ref) and (part.is_own or (part.prefix and _AWS_DATA.search(part.address))):
        return _SOMETHING
    return "*"


def _any(answers: Iterable[bool | None]) -> bool | None:
    found = set(answers)
    return True if True in found else None if None in found else False


def _both(left: bool | None, right: bool | None) -> bool | None:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _not(answer: bool | None) -> bool | None:
    return None if answer is None else not answer

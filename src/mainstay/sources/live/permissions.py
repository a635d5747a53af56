"""Permissions: which IAM action an operation needs, and the policy document that allows a set of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from mainstay.documents import read_yaml
from mainstay.model.errors import DataError, Fault
from mainstay.model.places import Place
from mainstay.model.values import Record, Value

FILE = Path(__file__).with_name("permissions.yaml")
POLICY_CHARACTERS = 6144
"""The most that a managed policy may hold; AWS does not count white space."""
VERSION = "2012-10-17"

Policy = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Service:
    """How the actions of one client are spelled: `every` is the action of all methods that `actions` does not name."""

    prefix: str
    every: str = ""
    actions: Mapping[str, str] = field(default_factory=dict)

    def action(self, operation: str, words: Mapping[str, str]) -> str:
        name = self.actions.get(operation)
        if name is None:
            name = self.every or spell(operation, words)
        return name if not name or ":" in name else f"{self.prefix}:{name}"


@dataclass(frozen=True, slots=True)
class Permissions:
    """The table: services by the client's name, and the words that operations write in their own way."""

    words: Mapping[str, str]
    services: Mapping[str, Service]

    def action_of(self, service: str, operation: str) -> str:
        return self.services.get(service, Service(service)).action(operation, self.words)


def action_of(service: str, operation: str) -> str:
    """The IAM action that a call needs, by boto3's names of client and method; empty where IAM is not asked."""
    return load_permissions().action_of(service, operation)


def spell(operation: str, words: Mapping[str, str]) -> str:
    """`describe_db_instances` as the API writes it: DescribeDBInstances."""
    return "".join(words.get(word) or word[:1].upper() + word[1:] for word in operation.split("_"))


@lru_cache(maxsize=1)
def load_permissions() -> Permissions:
    """The table of the package."""
    return read_permissions(FILE.read_text("utf-8"), FILE.name)


def read_permissions(text: str, file: str) -> Permissions:
    """A table from YAML. Raises DataError with every fault and its place."""
    parsed = read_yaml(text, file)
    faults = list(parsed.faults)
    document = _record(parsed.value, "the table", faults)
    _known(document, ("words", "services"), faults)
    words = _names(document.get("words"), "words", faults)
    services = {
        name: _service(name, entry, faults)
        for name, entry in _record(document.get("services"), "services", faults).items()
    }
    if faults:
        raise DataError(faults)
    return Permissions(words, services)


def _service(name: str, entry: Value, faults: list[Fault]) -> Service:
    record = _record(entry, name, faults)
    _known(record, ("prefix", "every", "actions"), faults)
    return Service(
        prefix=str(record.get("prefix", name)),
        every=str(record.get("every", "")),
        actions=_names(record.get("actions"), f"{name}.actions", faults),
    )


def _record(value: Value, what: str, faults: list[Fault]) -> Record:
    if value is None:
        return Record()
    if not isinstance(value, Record):
        faults.append(Fault(f"{what} must be a map"))
        return Record()
    return value


def _names(value: Value, what: str, faults: list[Fault]) -> Mapping[str, str]:
    record = _record(value, what, faults)
    for key, name in record.items():
        if not isinstance(name, str):
            faults.append(Fault(f"{what}.{key} must be a string", _place(record, key)))
    return {key: str(name) for key, name in record.items()}


def _known(record: Record, keys: Sequence[str], faults: list[Fault]) -> None:
    for key in record:
        if key not in keys:
            faults.append(Fault(f"unknown key {key!r}; choose from {', '.join(keys)}", _place(record, key)))


def _place(record: Record, key: str) -> Place | None:
    mark = record.marks.get(key)
    return mark if isinstance(mark, Place) else record.place


def policies(actions: Iterable[str]) -> list[Policy]:
    """The policy documents that allow the actions and nothing else: a statement a service, both in order of names.

    One document where that fits into a managed policy, otherwise as few as filling them in this order gives.
    """
    documents: list[list[Policy]] = [[]]
    for statement in _statements(actions):
        if documents[-1] and _length(_document([*documents[-1], statement])) > POLICY_CHARACTERS:
            documents.append([])
        documents[-1].append(statement)
    return [_document(statements) for statements in documents if statements]


def _statements(actions: Iterable[str]) -> Iterator[Policy]:
    by_service: dict[str, set[str]] = {}
    for action in actions:
        if action:
            by_service.setdefault(action.partition(":")[0], set()).add(action)
    for service in sorted(by_service):
        yield from _split(service, sorted(by_service[service]))


def _split(service: str, actions: Sequence[str]) -> Iterator[Policy]:
    """The statement of a service; several where a single one does not fit into a policy."""
    statement = _statement(service, actions)
    if len(actions) == 1 or _length(_document([statement])) <= POLICY_CHARACTERS:
        yield statement
    else:
        half = len(actions) // 2
        yield from _split(service, actions[:half])
        yield from _split(service, actions[half:])


def _statement(service: str, actions: Sequence[str]) -> Policy:
    sid = "Read" + "".join(part.capitalize() for part in service.split("-"))
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": "*"}


def _document(statements: Sequence[Policy]) -> Policy:
    """Statement ids are unique in a document: a second statement of a service has a number."""
    seen: dict[str, int] = {}
    numbered: list[Policy] = []
    for statement in statements:
        sid = str(statement["Sid"])
        seen[sid] = seen.get(sid, 0) + 1
        numbered.append({**statement, "Sid": sid if seen[sid] == 1 else f"{sid}{seen[sid]}"})
    return {"Version": VERSION, "Statement": numbered}


def _length(policy: Policy) -> int:
    return len(json.dumps(policy, separators=(",", ":")))

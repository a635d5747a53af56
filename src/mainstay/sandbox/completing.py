"""Makes through a service's own API what moto's CloudFormation does not make; `completing.yaml` says how.

Which properties a call carries follows from the data and from the service's model, so that what nothing carries is
known, and can be told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from mainstay.documents import read_yaml
from mainstay.model.errors import DataError, Fault
from mainstay.model.places import Place
from mainstay.sandbox.deployment import Json
from mainstay.sandbox.expressions import evaluate, properties_read
from mainstay.sandbox.fitting import Words, fit

DATA = Path(__file__).with_name("completing.yaml")

Clients = Callable[[str], Any]
"""The client of boto3 for a service."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a service, and where its parameters come from; `completing.yaml` explains the keys."""

    call: str
    take: tuple[str, ...] | None = ()  # None for all
    rename: Mapping[str, str] = field(default_factory=dict)
    words: Words = field(default_factory=Words)
    default: Mapping[str, Json] = field(default_factory=dict)
    give: Mapping[str, Json] = field(default_factory=dict)
    each: str = ""
    only_if: str = ""
    uses: tuple[str, ...] = ()
    find: Call | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    puts: bool = False

    def read(self) -> set[str]:
        """The properties that the data names."""
        named = {*(self.take or ()), *self.rename, *self.uses}
        return named.union(properties_read([self.give, self.each, self.only_if]))


@dataclass(frozen=True, slots=True)
class Completing:
    """How the sandbox makes a type. Without `create` and `impossible` it is moto's CloudFormation that makes it."""

    type: str
    create: Call | None = None
    id: str = ""
    look: Call | None = None
    then: tuple[Call, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    keeps: frozenset[str] = frozenset()
    withhold: frozenset[str] = frozenset()
    settings: frozenset[str] = frozenset()
    lost: Mapping[str, str] = field(default_factory=dict)
    impossible: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """A call that was made: its answer, the properties it carried, and what of them has no counterpart."""

    answer: Json
    request: Mapping[str, Json]
    carried: frozenset[str]
    lost: tuple[str, ...]


def made_by(call: Call, scope: Mapping[str, Json], clients: Clients) -> Iterator[Done]:
    """Make the call, as often as it has elements; nothing where none of what it carries is set."""
    properties: Mapping[str, Json] = scope["properties"]
    if call.only_if and not evaluate(call.only_if, scope):
        return
    elements = evaluate(call.each, scope) if call.each else [None]
    for element in elements or ():
        here: dict[str, Json] = {**scope, "each": element}
        if call.find is not None:
            here["find"] = next(made_by(call.find, here, clients)).answer
        yield _make(call, here, properties, clients)


def _make(call: Call, scope: Mapping[str, Json], properties: Mapping[str, Json], clients: Clients) -> Done:
    service, _, operation = call.call.partition(".")
    client = clients(service)
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation]).input_shape
    members = {name.lower(): name for name in shape.members}
    lost: list[str] = []
    request: dict[str, Json] = {}
    carried = call.read() & properties.keys()
    for name, value in properties.items():
        parameter = call.rename.get(name) or (name if call.take is None or name in call.take else "")
        parameter = members.get(parameter.lower(), "")
        if parameter:
            carried.add(name)
            request[parameter] = fit(value, shape.members[parameter], call.words, lost.append, name)
    given = evaluate(dict(call.give), scope) or {}
    for name, said in given.items():
        value = call.values.get(said, said) if isinstance(said, str) else said
        parameter = members[name.lower()]
        request[parameter] = _joined(
            request.get(parameter), fit(value, shape.members[parameter], call.words, lost.append, name)
        )
    for name, value in (evaluate(dict(call.default), scope) or {}).items():
        request.setdefault(members[name.lower()], value)
    return Done(getattr(client, operation)(**request), request, frozenset(carried), tuple(lost))


def _joined(one: Json, other: Json) -> Json:
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: _joined(one.get(key), other[key]) if key in other else one[key] for key in {**one, **other}}
    return other


_CALL_KEYS = frozenset(
    ("call", "take", "rename", "spell", "fill", "default", "with", "each", "if", "uses", "find", "puts", "values")
)
_TYPE_KEYS = frozenset(
    ("stack", "create", "id", "look", "then", "attributes", "keeps", "withhold", "settings", "lost", "impossible")
)
_CALL_NAME = re.compile(r"[a-z0-9-]+\.[a-z0-9_]+")


@lru_cache(maxsize=1)
def load_completing() -> Mapping[str, Completing]:
    """Every type that the data knows."""
    document = read_yaml(DATA.read_text("utf-8"), DATA.name)
    faults = list(document.faults)
    entries = {name: _entry(name, entry, faults) for name, entry in (document.value or {}).items()}
    if faults:
        raise DataError(faults)
    return entries


def _entry(name: str, entry: Mapping[str, Json], faults: list[Fault]) -> Completing:
    place = getattr(entry, "place", None)
    _known(entry, _TYPE_KEYS, name, place, faults)
    if sum(key in entry for key in ("stack", "create", "impossible")) != 1:
        faults.append(Fault(f"{name} needs one of stack, create and impossible", place))
    return Completing(
        type=name,
        create=_call(entry["create"], name, faults) if "create" in entry else None,
        id=entry.get("id", ""),
        look=_call(entry["look"], name, faults) if "look" in entry else None,
        then=tuple(_call(call, name, faults) for call in entry.get("then", ())),
        attributes=entry.get("attributes", {}),
        keeps=frozenset(entry.get("keeps", ())),
        withhold=frozenset(entry.get("withhold", ())),
        settings=frozenset(entry.get("settings", ())),
        lost=entry.get("lost", {}),
        impossible=entry.get("impossible", ""),
    )


def _call(data: Mapping[str, Json], name: str, faults: list[Fault]) -> Call:
    place = getattr(data, "place", None)
    _known(data, _CALL_KEYS, name, place, faults)
    if not _CALL_NAME.fullmatch(str(data.get("call"))):
        faults.append(Fault(f"{name}: {data.get('call')} is no service.operation", place))
    take = data.get("take", ())
    return Call(
        call=str(data.get("call")),
        take=None if take == "all" else tuple(take),
        rename=data.get("rename", {}),
        words=Words(data.get("spell", {}), data.get("fill", {})),
        default=data.get("default", {}),
        give=data.get("with", {}),
        each=data.get("each", ""),
        only_if=data.get("if", ""),
        uses=tuple(data.get("uses", ())),
        find=_call(data["find"], name, faults) if "find" in data else None,
        values=data.get("values", {}),
        puts=data.get("puts", False),
    )


def _known(
    entry: Mapping[str, Json], keys: frozenset[str], name: str, place: Place | None, faults: list[Fault]
) -> None:
    faults.extend(Fault(f"{name}: the key {key} is not known", place) for key in entry if key not in keys)

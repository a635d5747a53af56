"""Reads with AWS Cloud Control what no collector reads: it lists and reads in the words of CloudFormation."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from mainstay.documents import decode_json
from mainstay.model.findings import Gap, GapKind
from mainstay.model.places import Unit
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import ABSENT, Record, Unknown, Value
from mainstay.sources.live.calls import Caller, CallError, Failed, Refused, Unavailable, listed
from mainstay.sources.live.collecting import GLOBAL, GLOBAL_REGION, Each, in_order
from mainstay.sources.live.reading import Read
from mainstay.sources.live.registry import Given, Registered, Registry, load_registry

SERVICE = "cloudcontrol"
LIST, GET = "list_resources", "get_resource"

HANDLER = re.compile(r"HandlerErrorCode: (\w+)")
"""A handler's own error stands in the message: the code is often GeneralServiceException, whatever happened."""
LACKING = re.compile(r"not authorized to perform:? ([\w-]+:\w+)")

UNSUPPORTED = frozenset({"UnsupportedActionException", "TypeNotFoundException", "PrivateTypeException"})
GONE = frozenset({"ResourceNotFoundException", "NotFound"})
REFUSED = frozenset({"AccessDenied", "AccessDeniedException", "InvalidCredentials", "InvalidCredentialsException"})
THROTTLED = frozenset({"Throttling", "ThrottlingException", "ServiceLimitExceeded"})
WAITS_SECONDS = (1.0, 4.0, 15.0)
"""Before each further try of a handler that was throttled behind Cloud Control, which boto3 does not try again."""

NOT_TOLD = "AWS does not tell"
Parents = Mapping[str, Sequence[Resource]]


@dataclass(slots=True)
class CloudControl:
    """The units of one account that Cloud Control reads. Units may be read by several threads at once.

    `controls` says of a type which controls are left unknown without it; `finish` fills in the service's defaults.
    """

    caller: Caller
    controls: Callable[[str], tuple[str, ...]] = lambda type: ()
    finish: Callable[[Resource], Resource] = lambda resource: resource
    registry: Registry = field(default_factory=load_registry)
    each: Each = in_order
    pause: Callable[[float], None] = time.sleep

    def units(self, types: Collection[str], regions: Sequence[str]) -> list[Unit]:
        """The units that the types need, global ones first; of a type that cannot be read, none."""
        known = [self.registry[type] for type in sorted(types) if self.can_read(type)]
        units = [Unit(self.caller.account, GLOBAL, one.type) for one in known if one.is_global]
        for region in regions:
            units.extend(Unit(self.caller.account, region, one.type) for one in known if not one.at)
        return units

    def can_read(self, type: str) -> bool:
        return type in self.registry and self.registry[type].is_readable

    def unreadable(self, types: Collection[str]) -> list[Gap]:
        """A gap for each type that Cloud Control cannot read, of the account as a whole."""
        return [
            self._unreadable(Unit(self.caller.account, "", type)) for type in sorted(types) if not self.can_read(type)
        ]

    def _unreadable(self, unit: Unit) -> Gap:
        entry = self.registry.get(unit.type)
        reason = f"Cloud Control cannot list and read {unit.type}"
        if entry is not None and entry.way is None and entry.reads is not None:
            needs = " or ".join(" and ".join(way) for way in entry.needs)
            reason = f"the list of {unit.type} needs {needs}, and nothing tells which there are"
        return Gap("unsupported", reason, unit=unit, call=_named(LIST), controls=self.controls(unit.type))

    def parents(self, type: str) -> frozenset[str]:
        """The types whose resources, of the same region, `read` wants to be given."""
        return self.registry[type].parents if type in self.registry else frozenset()

    def read(self, unit: Unit, parents: Parents | None = None) -> Read:
        """The resources of a unit. Whatever goes wrong is among its gaps."""
        if not self.can_read(unit.type):
            return Read(unit, (), (self._unreadable(unit),), complete=False)
        work = _Work(self, self.registry[unit.type], unit, parents or {})
        resources = work.resources()
        return Read(unit, resources, tuple(work.gaps), work.complete)


class _Work:
    """One unit on its way."""

    def __init__(self, around: CloudControl, entry: Registered, unit: Unit, parents: Parents) -> None:
        self.around = around
        self.entry = entry
        self.unit = unit
        self.parents = parents
        self.region = self._region()
        self.gaps: list[Gap] = []
        self.complete = True
        self._noted: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def _region(self) -> str:
        home = GLOBAL_REGION.get(self.around.caller.partition, "us-east-1")
        if self.unit.region != GLOBAL:
            return self.unit.region
        return home if self.entry.at in ("", "home") else self.entry.at

    def resources(self) -> list[Resource]:
        found: dict[str, Record] = {}
        for model in self._models():
            for described in self._listed(model):
                found.setdefault(_identifier(described), described)
        if found.pop("", None) is not None:
            self.complete = False
            self._note("failed", f"{_named(LIST)} told of resources without an identifier", LIST, "Identifier")
        made: dict[str, Resource] = {}

        def read(described: Record) -> None:
            resource = self._read(described)
            if resource is not None:
                made[str(described["Identifier"])] = resource

        self.around.each(read, list(found.values()))
        return [made[identifier] for identifier in found if identifier in made]

    # -- the list

    def _models(self) -> Iterator[Record]:
        """What to give to the list: nothing, or each of the parents that are known."""
        choices = [[(need, value) for value in self._values(self.entry.given[need])] for need in self.entry.way or ()]
        for chosen in product(*choices):
            yield Record(chosen)

    def _values(self, given: Given) -> list[Value]:
        if given.account:
            return [self.around.caller.account]
        if given.values:
            return [value for value in given.values if (value in given.globally) == (self.unit.region == GLOBAL)]
        if given.type not in self.parents:
            self._missing(f"{self.unit.type} is listed for {given.type}, which was not read")
        values = []
        for parent in self.parents.get(given.type, ()):
            value = _told_by(parent, given.property)
            if isinstance(value, str) and value:
                values.append(value)
            else:
                self._missing(
                    f"{given.property} of {parent.address} is not known, so that nothing can be listed for it"
                )
        return values

    def _listed(self, model: Record) -> Iterator[Record]:
        parameters: dict[str, Value] = {"TypeName": self.unit.type}
        if model:
            parameters["ResourceModel"] = json.dumps(model)
        try:
            for page in self._pages(LIST, parameters):
                for described in listed(page, "ResourceDescriptions"):
                    yield described if isinstance(described, Record) else Record()
        except CallError as error:
            if not isinstance(error, Unavailable) and _code(error) not in GONE:
                self.complete = False
                self._gap(LIST, error)

    # -- one resource

    def _read(self, described: Record) -> Resource | None:
        """The resource; None where it is gone since the list was made."""
        identifier = str(described["Identifier"])
        try:
            pages = list(self._pages(GET, {"TypeName": self.unit.type, "Identifier": identifier}))
            told = pages[0].get("ResourceDescription") if pages else None
            if not isinstance(told, Record):
                raise Failed("UnexpectedAnswer", "ResourceDescription is not there")
        except CallError as error:
            if _code(error) in GONE:
                return None
            self._gap(GET, error)
            return self._resource(identifier, self._open(described, f"{_named(GET)} {_verb(error)}: {error}"))
        properties = parse(told.get("Properties"))
        if properties is None:
            reason = f"{_named(GET)} answered with properties that are no JSON object"
            self._note("failed", reason, GET, "Properties")
            properties = self._open(described, reason)
        return self._resource(identifier, properties)

    def _open(self, described: Record, reason: str) -> Record:
        """What the list told of a resource that could not be read."""
        properties = parse(described.get("Properties")) or Record()
        properties.rest = Unknown(reason)
        return properties

    def _resource(self, identifier: str, properties: Record) -> Resource:
        blot_out(properties, self.entry.blind)
        region = "" if self.unit.region == GLOBAL else self.unit.region
        also = [properties.get(name) for name in self.entry.also]
        last = self.unit.type.rpartition("::")[2]
        arn = _arn([identifier, properties.get("Arn"), properties.get(f"{last}Arn"), *also])
        own = [identifier, arn, *also]
        names = frozenset(name for name in own if isinstance(name, str) and name)
        address = arn or "/".join(step for step in (region, self.unit.type, identifier) if step)
        origin = Origin("live", self.unit.scope, None, spelling=self.unit.type, region=region)
        return self.around.finish(Resource(self.unit.type, address, properties, origin, properties, names=names))

    # -- calls, and what went wrong with them

    def _pages(self, operation: str, parameters: Mapping[str, Value]) -> Iterator[Record]:
        """The pages of a call; again from the first one where a handler was throttled."""
        for wait in (*WAITS_SECONDS, None):
            try:
                yield from self.around.caller.pages(SERVICE, operation, self.region, parameters)
                return
            except CallError as error:
                if wait is None or _code(error) not in THROTTLED:
                    raise
                self.around.pause(wait)

    def _gap(self, operation: str, error: CallError) -> None:
        code = _code(error)
        refused = _is_refused(error)
        kind: GapKind = "denied" if refused else "unsupported" if code in UNSUPPORTED else "failed"
        lacking = LACKING.search(error.message)
        permission = lacking[1] if lacking else f"cloudformation:{_operation(operation)}"
        reason = f"{_named(operation)} {_verb(error)}: {error}"
        self._note(kind, reason, operation, code, permission if refused else "")

    def _missing(self, reason: str) -> None:
        self.complete = False
        self._note("unsupported", reason, LIST, reason)

    def _note(self, kind: GapKind, reason: str, operation: str, code: str, permission: str = "") -> None:
        """Notes once for a unit what went wrong with an operation."""
        with self._lock:
            if (operation, code + permission) in self._noted:
                return
            self._noted.add((operation, code + permission))
        controls = self.around.controls(self.unit.type)
        call = _named(operation)
        self.gaps.append(Gap(kind, reason, unit=self.unit, call=call, permission=permission, controls=controls))


def parse(text: Value) -> Record | None:
    """The properties of a resource description, which are JSON in a string; None where they are not an object."""
    try:
        value = decode_json(text, Record) if isinstance(text, str) else None
    except ValueError:
        return None
    return value if isinstance(value, Record) else None


def _identifier(described: Record) -> str:
    told = described.get("Identifier")
    return told if isinstance(told, str) else ""


def blot_out(properties: Record, blind: Sequence[Sequence[str]]) -> None:
    """Makes unknown what AWS never tells and did not tell; a map or list around it that is not there stays absent."""
    for path in blind:
        for holder in _holders(properties, path[:-1]):
            if holder.get(path[-1]) is None:
                holder[path[-1]] = Unknown(NOT_TOLD)


def _holders(value: Value, path: Sequence[str]) -> Iterator[Record]:
    if isinstance(value, list):
        for element in value:
            yield from _holders(element, path)
    elif isinstance(value, Record):
        if path:
            yield from _holders(value.get(path[0]), path[1:])
        else:
            yield value


def _told_by(parent: Resource, name: str) -> Value:
    """A parent's property; where it does not say, the one of its names that the property must be."""
    value = parent.properties.get(name, ABSENT)
    if value is not ABSENT and not isinstance(value, Unknown):
        return value
    fitting = sorted(text for text in parent.names if text.startswith("arn:") == name.endswith("Arn"))
    return fitting[0] if len(fitting) == 1 else None


def _arn(ids: Sequence[Value]) -> str:
    """The first of what a resource is called that is an ARN; that of two parts names more than the resource."""
    return next((id for id in ids if isinstance(id, str) and id.startswith("arn:") and "|" not in id), "")


def _code(error: CallError) -> str:
    handler = HANDLER.search(error.message)
    return handler[1] if handler else error.code


def _is_refused(error: CallError) -> bool:
    return isinstance(error, Refused) or _code(error) in REFUSED or LACKING.search(error.message) is not None


def _verb(error: CallError) -> str:
    return "was refused" if _is_refused(error) else "failed"


def _operation(operation: str) -> str:
    return {LIST: "ListResources", GET: "GetResource"}[operation]


def _named(operation: str) -> str:
    return f"{SERVICE}.{operation}"

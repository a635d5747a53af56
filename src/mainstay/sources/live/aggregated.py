"""Reads what an aggregator of AWS Config has recorded: a whole organisation by a few queries, in one account.

Config writes some types in CloudFormation's words and most in those of their own API. What is not surely the model's
property, by name and by form, is unknown: Config alone never says that something is absent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from mainstay.documents import decode_json
from mainstay.model import shapes
from mainstay.model.findings import Gap
from mainstay.model.places import Unit
from mainstay.model.resources import Origin, Resource
from mainstay.model.shapes import Shape
from mainstay.model.values import Record, Unknown, Value
from mainstay.sources.live.calls import Caller, CallError, Failed, Refused, listed
from mainstay.sources.live.collecting import GLOBAL, GLOBAL_REGION
from mainstay.sources.live.reading import Read
from mainstay.sources.spelling.forms import respelled
from mainstay.sources.spelling.routes import key_name

SELECT = (
    "SELECT resourceId, resourceName, resourceType, arn, accountId, awsRegion, configuration, tags "
    "WHERE resourceType = '{type}'"
)
OPERATION = "select_aggregate_resource_config"
PERMISSION = "config:SelectAggregateResourceConfig"
NOT_TOLD = "AWS Config does not tell it in the words of CloudFormation"
GLOBAL_IN_CONFIG = "global"
OWN = ("accountId", "awsRegion")

_SCALARS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


class Aggregate:
    """What an aggregator knows, type by type. `controls` says of a type which controls are left unknown without it."""

    def __init__(
        self,
        caller: Caller,
        aggregator: str,
        region: str,
        shapes: Mapping[str, Shape],
        controls: Callable[[str], tuple[str, ...]],
    ) -> None:
        self.caller = caller
        self.aggregator = aggregator
        self.region = region
        self.shapes = shapes
        self.controls = controls

    def read(self, type: str) -> list[Read]:
        """The resources of a type in all accounts and regions, a unit each.

        Where there are none, nobody can tell whether Config records the type: that is a read of no account, which is
        not complete.
        """
        found: dict[Unit, list[Resource]] = defaultdict(list)
        gaps: list[Gap] = []
        try:
            for item in self._items(type):
                resource = self._resource(type, item)
                region = resource.origin.region or GLOBAL
                found[Unit(resource.origin.scope, region, type)].append(resource)
        except CallError as error:
            gaps.append(self._gap(type, error))
        reads = [Read(unit, resources) for unit, resources in sorted(found.items(), key=lambda one: str(one[0]))]
        if gaps or not reads:
            reads.append(Read(Unit("", "", type), (), tuple(gaps), complete=False))
        return reads

    def _items(self, type: str) -> Iterator[Record]:
        parameters = {"Expression": SELECT.format(type=type), "ConfigurationAggregatorName": self.aggregator}
        for page in self.caller.pages("config", OPERATION, self.region, parameters):
            for text in listed(page, "Results"):
                item = _parsed(text) if isinstance(text, str) else None
                if not isinstance(item, Record) or not all(isinstance(item.get(name), str) for name in OWN):
                    raise Failed("UnexpectedAnswer", "a result is no JSON object that says whose it is and where")
                yield item

    def _resource(self, type: str, item: Record) -> Resource:
        account, region = item["accountId"], item["awsRegion"]
        region = "" if region == GLOBAL_IN_CONFIG else region
        told = (item.get("resourceId"), item.get("resourceName"), item.get("arn"))
        ids = [name for name in told if isinstance(name, str) and name]
        arn = next((name for name in ids if name == item.get("arn") and name.startswith("arn:")), "")
        address = arn or "/".join(filter(None, (region, type, *ids[:1])))
        origin = Origin("live", account, None, spelling=type, region=region)
        return Resource(type, address, self._properties(type, item), origin, item, names=frozenset(ids))

    def _properties(self, type: str, item: Record) -> Record:
        shape = self.shapes[type]
        told = item.get("configuration")
        if isinstance(told, str):
            told = _parsed(told)
        spelled = respelled(told if isinstance(told, Record) else Record(), shape, None)
        properties = Record(rest=Unknown(NOT_TOLD))
        for name, value in spelled.items():
            inner = shapes.step(shape, name)
            if inner is not None and name in shapes.names(shape):
                properties[name] = value if fits(value, inner) else Unknown(NOT_TOLD)
        tags = item.get("tags")
        tag_shape = shapes.step(shape, "Tags")
        name = key_name(tag_shape)
        if isinstance(tags, list) and name is not None:
            known = all(isinstance(tag, Record) for tag in tags)
            properties["Tags"] = (
                [Record({name: tag.get("key"), "Value": tag.get("value")}) for tag in tags]
                if known
                else Unknown(NOT_TOLD)
            )
        return properties

    def _gap(self, type: str, error: CallError) -> Gap:
        refused = isinstance(error, Refused)
        reason = f"config.{OPERATION} {'was refused' if refused else 'failed'}: {error}"
        unit = Unit(self.caller.account, self.region, type)
        return Gap(
            "denied" if refused else "failed", reason, unit=unit, call=f"config.{OPERATION}",
            permission=PERMISSION if refused else "", controls=self.controls(type),
        )  # fmt: skip


def home(caller: Caller, regions: Sequence[str]) -> str:
    """Where the aggregator is asked: in the first of the regions."""
    return regions[0] if regions else GLOBAL_REGION.get(caller.partition, "us-east-1")


def fits(value: Value, shape: Shape) -> bool:
    """Whether a value has the form that the shape wants, all the way down."""
    if value is None or shape == "json":
        return True
    if isinstance(shape, str):
        wanted = _SCALARS[shape]
        return isinstance(value, wanted) and (not isinstance(value, bool) or shape == "boolean")
    if isinstance(shape, Mapping):
        known = "*" in shape or all(name in shape for name in value) if isinstance(value, dict) else False
        return known and all(fits(inner, shape.get(name, shape.get("*", "json"))) for name, inner in value.items())
    return isinstance(value, list) and all(fits(element, shape[0]) for element in value)


def _parsed(text: str) -> Value:
    try:
        return decode_json(text, Record)
    except ValueError:
        return None

"""The values of a template's parameters: given, by default, one of those allowed, or unknown."""

from __future__ import annotations

from collections.abc import Mapping

from mainstay.documents import number
from mainstay.model.places import Place
from mainstay.model.values import ABSENT, Items, Record, Ref, Unknown, Value
from mainstay.sources.cloudformation.alternatives import one_of
from mainstay.sources.cloudformation.options import Options
from mainstay.sources.cloudformation.texts import surely_set

_SUFFIXES = {"aws-cn": "amazonaws.com.cn", "aws-iso": "c2s.ic.gov", "aws-iso-b": "sc2s.sgov.gov"}


def parameter_value(name: str, declared: Record, given: Mapping[str, Value], nested: bool) -> Value:
    """What a `Ref` to the parameter gives.

    A parameter that takes its value from Systems Manager is set and unknown, whatever its default: that is a name.
    """
    kind = declared.get("Type")
    kind = kind if isinstance(kind, str) else "String"
    place = declared.place
    settle = (
        f"set {name} in the Parameters of the nested stack"
        if nested
        else f"set parameter {name} with --parameter {name}=..."
    )
    if kind.startswith("AWS::SSM::Parameter::Value<"):
        reason = f"parameter {name} is read from Systems Manager when the stack is deployed"
        return _unknown(kind[len("AWS::SSM::Parameter::Value<") : -1], reason, place, "", True)
    if name in given:
        return convert(given[name], kind)
    default = declared.get("Default")
    if default is not None:
        return convert(default, kind)
    allowed = declared.get("AllowedValues")
    if isinstance(allowed, list) and allowed:
        reason = f"parameter {name} has no default, and is one of {len(allowed)} allowed values"
        return one_of([convert(value, kind) for value in allowed], reason, place, settle)
    secret = str(declared.get("NoEcho")).lower() == "true"
    return _unknown(kind, f"parameter {name} has no default", place, settle, secret)


def _unknown(kind: str, reason: str, place: Place | None, settle: str, is_set: bool) -> Value:
    """A value of this type that nobody knows. Ids are never empty, so they are set; any other text may be empty."""
    inner = _element_type(kind)
    if inner is not None:
        element = _unknown(inner, reason, place, settle, is_set)
        return Items([element], element)
    if kind == "Number" or not (is_set or kind.startswith("AWS::")):
        return Unknown(reason, place, settle)
    return surely_set(reason, place, settle)


def convert(value: Value, kind: str) -> Value:
    """A value as the parameter's type has it: numbers as numbers, lists split at their commas, the rest as text."""
    inner = _element_type(kind)
    if inner is not None:
        if isinstance(value, Unknown):
            return Items([value], Unknown(value.reason, value.place, value.settle))
        if isinstance(value, list):
            return value
        return [convert(piece.strip(), inner) for piece in str(value).split(",")]
    if isinstance(value, (Unknown, list, dict)) or value is None:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind == "Number":
        return value if isinstance(value, (int, float)) else number(value)
    return str(value)


def _element_type(kind: str) -> str | None:
    if kind == "CommaDelimitedList":
        return "String"
    return kind[5:-1] if kind.startswith("List<") and kind.endswith(">") else None


def _pseudo(name: str, reason: str, settle: str = "review the deployed stack") -> Ref:
    """What AWS fills in: like the id of a resource, it has no `*` in it and is no secret."""
    return Ref("", name, None, reason, settle)


def pseudo_parameters(options: Options) -> dict[str, Value]:
    """What `AWS::Region` and its like stand for. All of them are set, whatever they are."""
    later = "is known when the stack is deployed"
    return {
        "AWS::AccountId": options.account or _pseudo("account.id", "the account is not known", "pass --account"),
        "AWS::NoValue": ABSENT,
        "AWS::NotificationARNs": Items([], surely_set(f"where notifications go {later}", None)),
        "AWS::Partition": options.partition,
        "AWS::Region": options.region or _pseudo("region", "the region is not known", "pass --region"),
        "AWS::StackId": _pseudo("stack.id", f"the stack's id {later}"),
        "AWS::StackName": _pseudo("stack.name", f"the stack's name {later}"),
        "AWS::URLSuffix": _SUFFIXES.get(options.partition, "amazonaws.com"),
    }

"""The intrinsic functions that need nothing but their arguments.

Each takes its evaluated arguments and the place it stands at. `Wrong` is raised for what CloudFormation would refuse.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping
from itertools import islice

from mainstay.model.places import Place
from mainstay.model.values import ABSENT, Document, Items, OneOf, Ref, Text, Unknown, Value, is_known
from mainstay.sources.alternatives import rest_of
from mainstay.sources.cloudformation.alternatives import Shifting, one_of
from mainstay.sources.cloudformation.budget import Wrong
from mainstay.sources.cloudformation.texts import compose, kind_of, surely_set, text_of

Function = Callable[[Value, Place | None], Value]

ZONES = "availability_zones"
MAX_CIDRS = 256  # CloudFormation's own limit


def join(args: Value, place: Place | None) -> Value:
    """`[delimiter, list]`"""
    delimiter, values = _arguments(args, 2, 2)
    if not isinstance(delimiter, str):
        raise Wrong("the delimiter has to be a string that is known")
    if isinstance(values, Unknown):
        return surely_set(values.reason, place, values.settle)
    if isinstance(values, Shifting):
        leaf = _unknown(values.rest, place)
        return surely_set(leaf.reason, place, leaf.settle)
    parts: list[str | Unknown] = []
    for value in _list(values):
        parts += [delimiter, text_of(value)] if parts else [text_of(value)]
    if rest_of(values) is not ABSENT:
        parts.append(_unknown(rest_of(values), place))
    return compose(parts, place)


def select(args: Value, place: Place | None) -> Value:
    """`[index, list]`; of a list that may go on, what the further elements look like."""
    index, values = _arguments(args, 2, 2)
    if isinstance(values, Unknown):
        return Unknown(values.reason, place, values.settle)
    elements = _list(values)
    rest = rest_of(values)
    if isinstance(index, Unknown):
        candidates = [*elements, rest] if rest is not ABSENT else elements
        if not candidates:
            raise Wrong("there is nothing to select from")
        return one_of(candidates, index.reason, place, index.settle)
    number = whole_number(index, "the index")
    if isinstance(values, Shifting):
        leaf = _unknown(rest, place)
        return one_of([*elements, rest], leaf.reason, place, leaf.settle)
    if number < len(elements):
        return elements[number]
    if rest is not ABSENT:
        return _numbered(rest, number, place)
    raise Wrong(f"there is no element {number} in a list of {len(elements)}")


def split(args: Value, place: Place | None) -> Value:
    """`[delimiter, text]`; what stands before the first unknown stretch is split, the rest is open."""
    delimiter, text = _arguments(args, 2, 2)
    if not isinstance(delimiter, str) or not delimiter:
        raise Wrong("the delimiter has to be a string that is known and not empty")
    if isinstance(text, OneOf) and all(isinstance(option, str) for option in text.options):
        return one_of([option.split(delimiter) for option in text.options], text.reason, place, text.settle)
    if isinstance(text, Unknown):
        further = Unknown(text.reason, place, text.settle)
        first = text.parts[0] if isinstance(text, Text) else ""
        pieces = first.split(delimiter) if isinstance(first, str) else [""]
        last = compose([pieces[-1], further], place) if pieces[-1] else further
        return Items([*pieces[:-1], last], further)
    return str(text_of(text)).split(delimiter)


def cidr(args: Value, place: Place | None) -> Value:
    """`[block, count, host bits]`; the bits default to what an IPv4 /24 leaves."""
    block, count, *bits = _arguments(args, 2, 3)
    if isinstance(count, Unknown):
        further = surely_set(count.reason, place, count.settle)
        return Items([further], further)
    number = whole_number(count, "the count")
    if not 1 <= number <= MAX_CIDRS:
        raise Wrong(f"the count has to be between 1 and {MAX_CIDRS}")
    unknown = next((value for value in (block, *bits) if isinstance(value, Unknown)), None)
    if unknown is not None:
        return [surely_set(unknown.reason, place, unknown.settle) for _ in range(number)]
    try:
        network = ipaddress.ip_network(str(text_of(block)), strict=False)
        size = whole_number(bits[0], "the number of host bits") if bits else 8
        subnets = network.subnets(new_prefix=network.max_prefixlen - size)
        result = [str(subnet) for subnet in islice(subnets, number)]
    except ValueError as error:
        raise Wrong(str(error)) from error
    if len(result) < number:
        raise Wrong(f"{block} does not hold {number} blocks of {size} host bits")
    return result


def length(args: Value, place: Place | None) -> Value:
    """The number of elements of a list."""
    if isinstance(args, Unknown):
        return Unknown(args.reason, place, args.settle)
    rest = rest_of(args)
    return len(_list(args)) if rest is ABSENT else _unknown(rest, place)


def to_json_string(args: Value, place: Place | None) -> Value:
    """JSON text; a Document where leaves are unknown."""
    if not isinstance(args, (dict, list, Unknown)):
        raise Wrong("a map or a list is needed")
    if is_known(args):
        return json.dumps(args, separators=(",", ":"), ensure_ascii=False)
    return Document(args, place)


def base64(args: Value, place: Place | None) -> Value:
    """The text as it was before encoding: user data is for reading, and a secret in it is no less there."""
    return args if isinstance(args, Unknown) else text_of(args)


def get_azs(args: Value, place: Place | None) -> Value:
    """The zones of a region, one or more; which ones only the account knows."""
    region = args if isinstance(args, str) else ""
    return Items([zone_of(region, 0, place)], zone_of(region, None, place))


def zone_of(region: str, number: int | None, place: Place | None) -> Ref:
    """One of the zones of a region, empty for the stack's own; each number is another zone, None any of them."""
    path = f"{ZONES}({region})[{'?' if number is None else number}]"
    return Ref("", path, place, "which availability zones there are is known when the stack is deployed")


def import_value(args: Value, place: Place | None) -> Value:
    """An export of another stack, by its name as far as that is known."""
    parts = args.parts if isinstance(args, Text) else (args if isinstance(args, Unknown) else text_of(args),)
    name = "".join(part if isinstance(part, str) else "..." for part in parts)
    return surely_set(f"the export {name} belongs to another stack", place, f"review the stack that exports {name}")


FUNCTIONS: Mapping[str, Function] = {
    "Fn::Base64": base64,
    "Fn::Cidr": cidr,
    "Fn::GetAZs": get_azs,
    "Fn::ImportValue": import_value,
    "Fn::Join": join,
    "Fn::Length": length,
    "Fn::Select": select,
    "Fn::Split": split,
    "Fn::ToJsonString": to_json_string,
}


def whole_number(value: Value, what: str) -> int:
    """A number that is not negative, also where it is written as a string."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**10:
        return value
    raise Wrong(f"{what} has to be a whole number")


def _arguments(args: Value, least: int, most: int) -> list[Value]:
    if not isinstance(args, list) or not least <= len(args) <= most:
        number = str(least) if least == most else f"{least} to {most}"
        raise Wrong(f"a list of {number} arguments is needed")
    return args


def _list(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise Wrong(f"a list is needed, and this is {kind_of(value)}")
    return value


def _numbered(rest: Value, number: int, place: Place | None) -> Value:
    """An element of what a list goes on with: of the zones of a region, a certain one."""
    if isinstance(rest, Ref) and not rest.address and rest.path.startswith(ZONES):
        return Ref("", rest.path.replace("[?]", f"[{number}]"), place, rest.reason, rest.settle)
    return rest


def _unknown(value: Value, place: Place | None) -> Unknown:
    if isinstance(value, Unknown):
        return Unknown(value.reason, place, value.settle)
    return Unknown("the list may hold further elements", place)

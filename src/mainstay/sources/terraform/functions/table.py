"""Every function by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from mainstay.model.values import Value
from mainstay.sources.terraform.functions import (
    arns,
    dates,
    digests,
    encoding,
    formatting,
    maps,
    networks,
    numbers,
    reading,
    regexes,
    sequences,
    strings,
    yaml_text,
)
from mainstay.sources.terraform.functions.calling import Function
from mainstay.sources.terraform.types import Constraint, convert

STRING: Final = "string"
NUMBER: Final = "number"


def _strict(
    call: Callable[..., Value], *parameters: Constraint, variadic: Constraint | None = None, most: int | None = None
) -> Function:
    return Function(call, parameters, variadic, most=most)


def _structural(call: Callable[..., Value], count: int, variadic: bool = False, most: int | None = None) -> Function:
    return Function(call, ("any",) * count, "any" if variadic else None, "structural", most, nullable=True)


def _reading(call: Callable[..., Value], *parameters: Constraint) -> Function:
    return Function(call, parameters, kind="reading")


def _opaque(reason: str, count: int, most: int | None = None) -> Function:
    return Function(lambda *_: reason, ("any",) * count, "any" if most else None, "opaque", most, nullable=True)


def _conversion(constraint: Constraint) -> Function:
    return _structural(lambda value: convert(value, constraint), 1)


def _same(value: Value) -> Value:
    return value


_NUMBERS: Final = {
    "abs": _strict(numbers.absolute, NUMBER),
    "ceil": _strict(numbers.ceil, NUMBER),
    "floor": _strict(numbers.floor, NUMBER),
    "log": _strict(numbers.log, NUMBER, NUMBER),
    "max": _strict(numbers.largest, variadic=NUMBER),
    "min": _strict(numbers.smallest, variadic=NUMBER),
    "parseint": _strict(numbers.parse_int, "any", NUMBER),
    "pow": _strict(numbers.power, NUMBER, NUMBER),
    "range": _strict(numbers.count_up, NUMBER, variadic=NUMBER, most=2),
    "signum": _strict(numbers.signum, NUMBER),
    "sum": _strict(numbers.total, "any"),
}

_STRINGS: Final = {
    "chomp": _strict(strings.chomp, STRING),
    "endswith": _strict(strings.ends_with, STRING, STRING),
    "format": _structural(formatting.format_text, 1, variadic=True),
    "formatlist": _structural(formatting.format_list, 1, variadic=True),
    "indent": _strict(strings.indent, NUMBER, STRING),
    "join": _structural(strings.join, 1, variadic=True),
    "lower": _strict(strings.lower, STRING),
    "regex": _strict(regexes.regex, STRING, STRING),
    "regexall": _structural(regexes.regex_all, 2),
    "replace": _strict(regexes.replace, STRING, STRING, STRING),
    "split": _strict(strings.split, STRING, STRING),
    "startswith": _strict(strings.starts_with, STRING, STRING),
    "strcontains": _strict(strings.contains, STRING, STRING),
    "strrev": _strict(strings.reverse, STRING),
    "substr": _strict(strings.substring, STRING, NUMBER, NUMBER),
    "title": _strict(strings.title, STRING),
    "trim": _strict(strings.trim, STRING, STRING),
    "trimprefix": _strict(strings.trim_prefix, STRING, STRING),
    "trimspace": _strict(strings.trim_space, STRING),
    "trimsuffix": _strict(strings.trim_suffix, STRING, STRING),
    "upper": _strict(strings.upper, STRING),
}

_COLLECTIONS: Final = {
    "alltrue": _structural(sequences.all_true, 1),
    "anytrue": _structural(sequences.any_true, 1),
    "chunklist": _structural(sequences.chunk, 2),
    "coalesce": _structural(sequences.coalesce, 0, variadic=True),
    "coalescelist": _structural(sequences.coalesce_lists, 0, variadic=True),
    "compact": _structural(sequences.compact, 1),
    "concat": _structural(sequences.concat, 1, variadic=True),
    "contains": _structural(sequences.contains, 2),
    "distinct": _structural(sequences.distinct, 1),
    "element": _structural(sequences.element, 2),
    "flatten": _structural(sequences.flatten, 1),
    "index": _structural(sequences.index_of, 2),
    "keys": _structural(maps.keys, 1),
    "length": _structural(sequences.length, 1),
    "lookup": _structural(maps.lookup, 2, variadic=True, most=1),
    "matchkeys": _structural(sequences.match_keys, 3),
    "merge": _structural(maps.merge, 0, variadic=True),
    "one": _structural(sequences.one, 1),
    "reverse": _structural(sequences.reverse, 1),
    "setintersection": _structural(maps.set_intersection, 1, variadic=True),
    "setproduct": _structural(maps.set_product, 0, variadic=True),
    "setsubtract": _structural(maps.set_subtract, 2),
    "setunion": _structural(maps.set_union, 1, variadic=True),
    "slice": _structural(sequences.slice_of, 3),
    "sort": _structural(sequences.sort, 1),
    "transpose": _strict(maps.transpose, ("map", ("list", STRING))),
    "values": _structural(maps.values, 1),
    "zipmap": _structural(maps.zip_map, 2),
}

_ENCODINGS: Final = {
    "base64decode": _strict(encoding.base64_decode, STRING),
    "base64encode": _structural(encoding.base64_encode, 1),
    # Another compressor gives other bytes for the same text.
    "base64gunzip": _opaque("compressed text is not read", 1),
    "base64gzip": _opaque("compressed text depends on the compressor", 1),
    "csvdecode": _strict(encoding.csv_decode, STRING),
    "jsondecode": _structural(encoding.json_decode, 1),
    "jsonencode": _structural(encoding.json_encode, 1),
    "textdecodebase64": _strict(encoding.text_decode, STRING, STRING),
    "textencodebase64": _strict(encoding.text_encode, STRING, STRING),
    "urldecode": _strict(encoding.url_decode, STRING),
    "urlencode": _strict(encoding.url_encode, STRING),
    "yamldecode": _strict(yaml_text.decode, STRING),
    "yamlencode": Function(yaml_text.encode, ("any",), nullable=True),
}

_DATES: Final = {
    "formatdate": _strict(dates.format_date, STRING, STRING),
    "plantimestamp": _opaque("the time of the plan is known when it is made", 0),
    "timeadd": _strict(dates.add, STRING, STRING),
    "timecmp": _strict(dates.compare, STRING, STRING),
    "timestamp": _opaque("the time is known at apply", 0),
}


def _digests() -> Mapping[str, Function]:
    found: dict[str, Function] = {}
    for algorithm in ("md5", "sha1", "sha256", "sha512"):
        plain, coded = digests.hexadecimal, digests.in_base64
        found[algorithm] = _strict(digests.of_text(plain, algorithm), STRING)
        found[f"file{algorithm}"] = _reading(reading.digest_of(plain, algorithm), STRING)
        if algorithm in ("sha256", "sha512"):
            found[f"base64{algorithm}"] = _strict(digests.of_text(coded, algorithm), STRING)
            found[f"filebase64{algorithm}"] = _reading(reading.digest_of(coded, algorithm), STRING)
    return found


_SECRETS: Final = {
    "bcrypt": _opaque("the hash is salted anew at every run", 1, most=1),
    "rsadecrypt": _opaque("the review decrypts nothing", 2),
    "uuid": _opaque("the identifier is made anew at every run", 0),
    "uuidv5": _strict(digests.uuid_v5, STRING, STRING),
}

_NETWORKS: Final = {
    "cidrcontains": _strict(networks.contains, STRING, STRING),
    "cidrhost": _strict(networks.host, STRING, NUMBER),
    "cidrnetmask": _strict(networks.netmask, STRING),
    "cidrsubnet": _strict(networks.subnet, STRING, NUMBER, NUMBER),
    "cidrsubnets": _strict(networks.subnets, STRING, variadic=NUMBER),
}

_FILES: Final = {
    "abspath": _opaque("an absolute path differs from machine to machine", 1),
    "basename": _strict(reading.base_name, STRING),
    "dirname": _strict(reading.directory_name, STRING),
    "file": _reading(reading.file_text, STRING),
    "filebase64": _reading(reading.file_base64, STRING),
    "fileexists": _reading(reading.file_exists, STRING),
    "fileset": _reading(reading.file_set, STRING, STRING),
    "pathexpand": _strict(reading.expand_home, STRING),
    "templatefile": Function(reading.template_file, ("any", "any"), kind="rendering"),
    "templatestring": Function(reading.template_string, ("any", "any"), kind="rendering"),
}

_CONVERSIONS: Final = {
    "ephemeralasnull": _structural(_same, 1),
    "flipsensitive": _structural(_same, 1),
    "issensitive": _opaque("what is sensitive is not followed", 1),
    "nonsensitive": _structural(_same, 1),
    "sensitive": _structural(_same, 1),
    "tobool": _conversion("bool"),
    "tolist": _conversion(("list", "any")),
    "tomap": _conversion(("map", "any")),
    "tonumber": _conversion(NUMBER),
    "toset": _conversion(("set", "any")),
    "tostring": _conversion(STRING),
}

_PROVIDERS: Final = {
    "provider::aws::arn_build": _structural(arns.build, 5),
    "provider::aws::arn_parse": _strict(arns.parse, STRING),
    "provider::aws::trim_iam_role_path": _strict(arns.trim_role_path, STRING),
}

FUNCTIONS: Final[Mapping[str, Function]] = {
    **_NUMBERS,
    **_STRINGS,
    **_COLLECTIONS,
    **_ENCODINGS,
    **_DATES,
    **_digests(),
    **_SECRETS,
    **_NETWORKS,
    **_FILES,
    **_CONVERSIONS,
    **_PROVIDERS,
}

"""`format` and `formatlist`, with Terraform's verbs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from mainstay.model.values import ABSENT, OneOf, Text, Unknown, Value, is_known
from mainstay.sources.terraform.functions.calling import blurred
from mainstay.sources.terraform.functions.encoding import json_encode
from mainstay.sources.terraform.functions.graphemes import graphemes
from mainstay.sources.terraform.functions.sequences import open_elements
from mainstay.sources.terraform.functions.strings import text_of
from mainstay.sources.terraform.types import (
    EvaluationError,
    exact,
    is_number,
    to_bool,
    to_number,
    to_string,
)

_VERB: Final = re.compile(
    r"%(?P<flags>[ +\-#0]*)(?P<width>[1-9]\d{0,4})?(?:\.(?P<precision>\d{0,4}))?"
    r"(?:\[(?P<index>\d{1,4})\])?(?P<mode>[a-zA-Z%])?"
)
_BITS: Final = 512
_BASES: Final = {"d": "d", "b": "b", "o": "o", "x": "x", "X": "X"}
_PREFIXES: Final = {"x": "0x", "X": "0X", "b": "0b", "o": "0"}


@dataclass(frozen=True, slots=True)
class _Verb:
    mode: str
    flags: str
    width: int
    precision: int | None
    text: str


def format_text(specification: Value, *arguments: Value) -> Value:
    """The specification with its verbs filled in; a Text where an argument is unknown."""
    if specification is None:
        raise EvaluationError("the format must not be null")
    if isinstance(specification, Unknown):
        return blurred(specification)
    return text_of(list(_pieces(to_string(specification), arguments)))


def format_list(specification: Value, *arguments: Value) -> Value:
    """One string for every position of the lists among the arguments, which must be of one length."""
    if specification is None:
        raise EvaluationError("the format must not be null")
    lists = [each for each in arguments if isinstance(each, list)]
    opaque = [each for each in arguments if isinstance(each, Unknown) and not isinstance(each, Text)]
    rests = [rest for each in lists if (rest := open_elements(each, sets=True)[1]) is not ABSENT]
    if isinstance(specification, Unknown) or opaque or rests:
        return blurred([specification, *opaque, *rests])
    lengths = {len(each) for each in lists}
    if len(lengths) > 1:
        raise EvaluationError("the lists must be of one length")
    count = lengths.pop() if lengths else 1
    rows = [[each[row] if isinstance(each, list) else each for each in arguments] for row in range(count)]
    return [_row(specification, row) for row in rows]


def _row(specification: Value, row: list[Value]) -> Value:
    uncertain = next((each for each in row if isinstance(each, OneOf)), None)
    return format_text(specification, *row) if uncertain is None else blurred(uncertain)


def _pieces(specification: str, arguments: tuple[Value, ...]) -> Iterator[Value]:
    position, following, highest = 0, 0, 0
    for match in _VERB.finditer(specification):
        yield specification[position : match.start()]
        position = match.end()
        mode = match["mode"]
        if mode is None:
            raise EvaluationError(f'the format verb "{specification[match.start() : position + 1]}" is not understood')
        if match[0] == "%%":
            yield "%"
            continue
        index = int(match["index"]) if match["index"] else following + 1
        if not 1 <= index <= len(arguments):
            raise EvaluationError(f'there is no argument {index} for "{match[0]}"')
        following, highest = index, max(highest, index)
        precision = match["precision"]
        verb = _Verb(
            mode, match["flags"], int(match["width"] or 0), None if precision is None else int(precision or 0), match[0]
        )
        yield _fill(verb, arguments[index - 1])
    yield specification[position:]
    if highest < len(arguments):
        raise EvaluationError(f"{len(arguments)} arguments are given, and the format uses {highest}")


def _fill(verb: _Verb, argument: Value) -> Value:
    if not is_known(argument):
        plain = verb.mode in "sv" and not verb.width and verb.precision is None and "#" not in verb.flags
        return argument if plain and isinstance(argument, Unknown) else blurred(argument)
    if argument is None and verb.mode != "v":
        raise EvaluationError(f'"{verb.text}" does not take null')
    match verb.mode:
        case "v":
            return _pad(verb, _as_it_is(verb, argument))
        case "s":
            return _pad(verb, _clipped(verb, to_string(argument)))
        case "q":
            return _pad(verb, json_encode(_clipped(verb, to_string(argument))))
        case "t":
            return "true" if to_bool(argument) else "false"
        case "d" | "b" | "o" | "x" | "X":
            return _integer(verb, to_number(argument))
        case "e" | "E" | "f" | "g" | "G":
            return _float(verb, to_number(argument))
    raise EvaluationError(f'the format verb "{verb.text}" is not understood')


def _as_it_is(verb: _Verb, argument: Value) -> str:
    if "#" not in verb.flags and isinstance(argument, str):
        return argument
    if "#" not in verb.flags and is_number(argument):
        return _shortest(exact(argument), None, "g")
    return str(json_encode(argument))


def _clipped(verb: _Verb, text: str) -> str:
    return text if not verb.precision else "".join(graphemes(text)[: verb.precision])


def _pad(verb: _Verb, text: Value) -> str:
    padding = ("0" if "0" in verb.flags and "-" not in verb.flags else " ") * (verb.width - len(graphemes(text)))
    return f"{text}{padding}" if "-" in verb.flags else f"{padding}{text}"


def _integer(verb: _Verb, number: float) -> str:
    if not isinstance(number, int):
        raise EvaluationError(f'"{verb.text}" takes a whole number')
    digits = format(abs(number), _BASES[verb.mode])
    digits = digits.rjust(verb.precision or 0, "0")
    prefix = _PREFIXES.get(verb.mode, "") if "#" in verb.flags else ""
    return _signed(verb, number < 0, prefix, digits, zeros=verb.precision is None)


def _float(verb: _Verb, number: float) -> str:
    size = abs(exact(number))
    if verb.mode in "gG":
        digits = _shortest(size, verb.precision, verb.mode)
    else:
        places = 6 if verb.precision is None else verb.precision
        digits = _scientific(size, places, verb.mode) if verb.mode in "eE" else format(_binary(size, places), "f")
    return _signed(verb, number < 0, "", digits, zeros=True)


def _scientific(size: Decimal, places: int, letter: str) -> str:
    exponent = size.adjusted() if size else 0
    mantissa = _binary(size.scaleb(-exponent), places)
    if mantissa >= 10:
        mantissa, exponent = _binary(size.scaleb(-exponent - 1), places), exponent + 1
    return f"{mantissa:f}{letter}{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _binary(size: Decimal, places: int) -> Decimal:
    """`size` rounded to `places`. A tie goes where it does for Terraform, which holds numbers in 512 binary digits."""
    numerator, denominator = size.as_integer_ratio()
    shift = _BITS - numerator.bit_length() + denominator.bit_length()
    shift -= numerator << max(shift, 0) >= (denominator << max(-shift, 0)) << _BITS
    held = Fraction(round(Fraction(numerator << max(shift, 0), denominator << max(-shift, 0))))
    scaled = round(held / Fraction(2) ** shift * 10**places)
    return Decimal(f"{scaled}e-{places}")


def _signed(verb: _Verb, negative: bool, prefix: str, digits: str, zeros: bool) -> str:
    sign = "-" if negative else "+" if "+" in verb.flags else " " if " " in verb.flags else ""
    if zeros and "0" in verb.flags and "-" not in verb.flags:
        digits = digits.rjust(verb.width - len(sign + prefix), "0")
    text = sign + prefix + digits
    return text.ljust(verb.width) if "-" in verb.flags else text.rjust(verb.width)


def _shortest(number: Decimal, precision: int | None, mode: str) -> str:
    """Go's %g: with an exponent below 1e-4, and from 1e+06 on where no precision is asked for."""
    if precision is not None and number:
        number = Decimal(format(number, f".{max(precision, 1) - 1}e"))
    sign, digits, _ = number.normalize().as_tuple()
    exponent = number.adjusted() if number else 0
    limit = 6 if precision is None else max(precision, 1)
    if number and (exponent < -4 or exponent >= limit):
        fraction = "".join(map(str, digits[1:]))
        mantissa = str(digits[0]) + ("." + fraction if fraction else "")
        letter = "e" if mode == "g" else "E"
        return f"{'-' if sign else ''}{mantissa}{letter}{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text

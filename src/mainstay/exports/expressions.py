"""Regular expressions that Python, RE2 and the engines of Rego and Guard read alike."""

from __future__ import annotations

import re

import re2

from mainstay.exports.left import Inexpressible

QUIET = re2.Options()
QUIET.log_errors = False

_TOKEN = re.compile(r"\\.|[\[\]$]|[^\\\[\]$]+", re.DOTALL)


def plain_regex(text: str) -> str:
    """The regular expression for a text, special characters in classes, which need no escape in any syntax."""
    return "".join(each if each.isalnum() or each in " _-/:@" else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    return f"\\{character}" if character in "^]\\" else f"[{character}]"


def portable(written: str, flags: str = "") -> str:
    """The expression with its flags inside and `\\d` and `$` as Python means them.

    Raises Inexpressible for what RE2 does not have: an expression that looks around itself.
    """
    inside = f"(?{flags}){_spelled_out(written, flags)}" if flags else _spelled_out(written, flags)
    try:
        re2.compile(inside, QUIET)
    except re2.error:
        raise Inexpressible("its regular expression looks around itself, which RE2 does not") from None
    return inside


def _spelled_out(written: str, flags: str) -> str:
    in_class = False
    found: list[str] = []
    for token in _TOKEN.findall(written):
        if token == "[":
            in_class = True
        elif token == "]":
            in_class = False
        elif token == "\\d":
            token = "0-9" if in_class else "[0-9]"
        elif token == "$" and not in_class and "m" not in flags:
            token = "\\n?$"  # Python's `$` stands before a last newline as well
        found.append(token)
    return "".join(found)


def at_least(limit: int) -> str:
    """The expression for the whole numbers from `limit` on, as they are spelled without leading zeros."""
    digits = str(limit)
    if limit <= 0:
        return "^(0|[1-9][0-9]*)$"
    ways = [digits, f"[1-9][0-9]{{{len(digits)},}}"]
    for at, digit in enumerate(digits):
        if digit != "9":
            ways.append(f"{digits[:at]}[{int(digit) + 1}-9]{_any_digits(len(digits) - at - 1)}")
    return f"^({'|'.join(ways)})$"


def at_most(limit: int) -> str:
    """The expression for the whole numbers from zero to `limit`."""
    if limit < 0:
        return "^[^\\s\\S]$"
    digits = str(limit)
    ways = [digits, *("[1-9]" + _any_digits(length - 1) for length in range(1, len(digits)))]
    ways += ["0"] if limit > 0 else []
    for at, digit in enumerate(digits):
        least = 1 if at == 0 else 0
        if int(digit) > least:
            ways.append(f"{digits[:at]}[{least}-{int(digit) - 1}]{_any_digits(len(digits) - at - 1)}")
    return f"^({'|'.join(ways)})$"


def _any_digits(count: int) -> str:
    return f"[0-9]{{{count}}}" if count else ""

"""Conditions as clauses of Guard: for each what must be so that it surely holds, and that it surely does not.

Guard has no third value. What an intrinsic function makes is a map where a string should be; of such a property
neither holds. Lists are where the type's schema has them: a template that has a map there is not one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mainstay.engine import interpret
from mainstay.engine.matching import number, spell
from mainstay.engine.patterns import Wild, plain, tokens
from mainstay.exports.clauses import FALSE, TRUE, Formula, Literal, both, either, negated, written
from mainstay.exports.expressions import at_least, at_most, plain_regex, portable
from mainstay.exports.left import STAR, Inexpressible, default_at, dotted
from mainstay.model.conditions import All, Any, Condition, Count, Each, Keywords, Not, Path, Scalar, Test
from mainstay.model.shapes import Shape

INTRINSIC = "/^(Ref$|Fn::)/"
SURE = "/^Fn::(Base64|GetAtt|Join|Sub)$/"
MAKES_MAPS = ("Ref", "'Fn::FindInMap'", "'Fn::If'", "'Fn::Select'", "'Fn::Transform'")
WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)")
NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


@dataclass(frozen=True, slots=True)
class Sides:
    """When a condition surely holds, and when it surely does not; neither where that can't be told."""

    holds: Formula
    fails: Formula


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a condition is asked: the names before its paths, what stands there, and its path from the top.

    `root` is how many of the names are always there. `open` are lists that other resources of a template may add to,
    and `piece` is the list that the resource is an element of, where it is one of those others.
    """

    names: Path
    shape: Shape
    above: Path
    root: int
    intrinsics: bool = True
    open: frozenset[str] = frozenset()
    piece: str = ""

    def below(self, path: Path, shape: Shape) -> Spot:
        return replace(self, names=self.names + path, shape=shape, above=self.above + path)


def sides(condition: Condition, spot: Spot, type: str) -> Sides:
    """Raises Inexpressible for what clauses can't say."""
    match condition:
        case All(parts):
            found = [sides(part, spot, type) for part in parts]
            return Sides(both(*(each.holds for each in found)), either(*(each.fails for each in found)))
        case Any(parts):
            found = [sides(part, spot, type) for part in parts]
            return Sides(either(*(each.holds for each in found)), both(*(each.fails for each in found)))
        case Not(part):
            inner = sides(part, spot, type)
            return Sides(inner.fails, inner.holds)
        case Test():
            return _test(condition, spot, type)
        case Each(path, "any", inner):
            return _some(path, inner, spot, type)
        case Each(path, "none", inner):
            return sides(Not(Each(path, "any", inner)), spot, type)
        case Each(path, _, inner):
            return sides(Not(Each(path, "any", Not(inner))), spot, type)
        case Count(path, how, wanted):
            return _count(path, how, wanted, spot, type)
        case Keywords():
            raise Inexpressible("it looks for words anywhere in the resource")


def _count(path: Path, how: str, wanted: int, spot: Spot, type: str) -> Sides:
    there = Test(path, "exists", (True,))
    if (how, wanted) in (("gte", 1), ("gt", 0), ("neq", 0)):
        return sides(there, spot, type)
    if (how, wanted) in (("equals", 0), ("lt", 1), ("lte", 0)):
        return sides(Not(there), spot, type)
    raise Inexpressible("it counts elements")


def _test(test: Test, spot: Spot, type: str) -> Sides:
    if test.every_value:
        return sides(All(tuple(replace(test, values=(each,), every_value=False) for each in test.values)), spot, type)
    if test.operator == "neq":
        return sides(Not(replace(test, operator="equals")), spot, type)
    if test.operator == "exists" and not test.values[0]:
        return sides(Not(replace(test, values=(True,))), spot, type)
    if test.operator == "equals" and None in test.values:
        known = tuple(value for value in test.values if value is not None)
        absent = Not(Test(test.path, "exists", (True,)))
        return sides(Any((replace(test, values=known), absent)) if known else absent, spot, type)
    if spot.piece and not spot.above:
        return _of_piece(test, spot, type)
    path, rest, shape = _to_list(spot.shape, test.path)
    if rest is None:
        return _scalar(test, spot.below(path, shape), type)
    if rest or isinstance(shape, Mapping):
        if test.operator == "exists" and not rest:
            return _perhaps_more(_list_exists(spot.below(path, shape), type), test.path, spot)
        return _some(path, replace(test, path=rest), spot, type)
    _no_default(type, spot.above + path)
    return _scalars(test, spot.below(path, shape))


def _to_list(shape: Shape, path: Path) -> tuple[Path, Path | None, Shape]:
    """The path up to the first list on it, what is left of it, and the shape of an element; None without a list."""
    for at, name in enumerate(path):
        if shape == "json":
            raise Inexpressible("what stands in a document may be a list or a single value")
        if name == STAR or not isinstance(shape, Mapping) or name not in shape:
            raise Inexpressible("it steps into a map with names of one's own")
        shape = shape[name]
        if isinstance(shape, Sequence) and not isinstance(shape, str):
            element: Shape = shape[0]
            if isinstance(element, Sequence) and not isinstance(element, str):
                raise Inexpressible("it steps into lists of lists")
            return path[: at + 1], path[at + 1 :], element
    return path, None, shape


# -- one value


def _scalar(test: Test, spot: Spot, type: str) -> Sides:
    if spot.shape == "json" and test.operator != "exists":
        raise Inexpressible("what stands in a document may be a list or a single value")
    where = _spelled(spot.names)
    doubt = _doubt(spot)
    usual = default_at(type, spot.above)
    if isinstance(usual, dict | list):
        raise Inexpressible(f"{dotted(spot.above)} is a structure where nothing is said")
    _no_default(type, spot.above[:-1])
    if test.operator == "exists":
        sure, perhaps = _surely_there(spot), _there(where)
    else:
        sure = perhaps = _matches(where, test)
        if test.operator in ("gt", "gte", "lt", "lte"):
            perhaps = either(perhaps, _oddly_spelled(where))
    possible = either(perhaps, doubt)
    if usual is not None and interpret(replace(test, path=()), usual):
        left_out = both(negated(_there(where)), _holder(spot))
        return Sides(either(sure, both(left_out, negated(doubt))), negated(either(possible, left_out)))
    return Sides(sure, negated(possible))


def _holder(spot: Spot) -> Formula:
    """That what holds the property is there: only then does the service do something by default."""
    return _there(_spelled(spot.names[:-1])) if len(spot.names) > spot.root + 1 else TRUE


def _no_default(type: str, above: Path) -> None:
    for length in range(1, len(above) + 1):
        if default_at(type, above[:length]) is not None:
            raise Inexpressible(f"{dotted(above[:length])} is a structure where nothing is said")


def _there(where: str) -> Formula:
    return Literal((f"{where} exists",), (f"{where} !exists",))


def _surely_there(spot: Spot) -> Formula:
    where = _spelled(spot.names)
    if not spot.intrinsics:
        return _there(where)
    sure = Literal((f"{where}[ keys == {SURE} ] !empty",), (f"{where}[ keys == {SURE} ] empty",))
    named = Literal((f"{where}.Ref != 'AWS::NoValue'",), (f"{where}.Ref !exists", f"{where}.Ref == 'AWS::NoValue'"))
    return both(_there(where), either(negated(_intrinsic(where)), sure, named))


def _intrinsic(where: str) -> Literal:
    return Literal((f"{where}[ keys == {INTRINSIC} ] !empty",), (f"{where}[ keys == {INTRINSIC} ] empty",))


def _doubt(spot: Spot, is_list: bool = False) -> Formula:
    """That an intrinsic function makes the value or something around it, or that it is no list where one should be."""
    where = _spelled(spot.names)
    plain_value = is_list or spot.shape in ("string", "integer", "number", "boolean")
    a_map = Literal((f"{where} is_struct",), (f"{where} !is_struct",))
    if not spot.intrinsics:
        return a_map if is_list else FALSE
    around = [_intrinsic(_spelled(spot.names[:length])) for length in range(spot.root + 1, len(spot.names))]
    return either(*around, a_map if plain_value else _intrinsic(where))


def _matches(where: str, test: Test) -> Formula:
    """That a value that is there compares."""
    if test.operator in ("gt", "gte", "lt", "lte"):
        return either(*(_ordered(where, test.operator, value) for value in test.values))
    wanted = f"[{', '.join(_wanted(test))}]"
    return Literal((f"{where} in {wanted}",), (f"{where} !exists", f"{where} !in {wanted}"))


def _ordered(where: str, operator: str, value: Scalar) -> Formula:
    limit = number(value)
    if limit is None or not float(limit).is_integer() or limit < 0:
        raise Inexpressible("it compares with a number that is not a whole one")
    whole = int(limit) + {"gt": 1, "lte": 1}.get(operator, 0)
    sign, opposite, text = (
        (">=", "<", at_least(whole)) if operator in ("gt", "gte") else ("<", ">=", at_most(whole - 1))
    )
    return either(
        Literal((f"{where} {sign} {whole}",), (f"{where} !exists", f"{where} !is_int", f"{where} {opposite} {whole}")),
        Literal((f"{where} == /{text}/",), (f"{where} !exists", f"{where} !is_string", f"{where} != /{text}/")),
    )


def _oddly_spelled(where: str) -> Formula:
    """A number that is not written as a whole one: it is left undecided."""
    odd = r"/^[+-]?(0[0-9]+|[0-9]+[.][0-9]*|[.][0-9]+|[0-9]+[eE][+-]?[0-9]+)$|^[+-]/"
    return either(
        Literal((f"{where} is_float",), (f"{where} !is_float",)),
        Literal((f"{where} == {odd}",), (f"{where} !exists", f"{where} !is_string", f"{where} != {odd}")),
    )


# -- lists


def _some(path: Path, inner: Condition, spot: Spot, type: str) -> Sides:
    """That one element surely is as `inner` asks, and that none perhaps is."""
    if spot.piece and not spot.above:
        return _of_piece(Each(path, "any", inner), spot, type)
    ahead, rest, shape = _to_list(spot.shape, path)
    if rest is None:
        there = Test(path, "exists", (True,))
        return sides(All((there, _under(path, inner))), spot, type)
    if rest:
        inner = Each(rest, "any", inner)
    here = spot.below(ahead, shape)
    if not isinstance(shape, Mapping):
        return sides(_over_scalars(ahead, inner), spot, type)
    if default_at(type, here.above) is not None:
        raise Inexpressible(f"{dotted(here.above)} is a structure where nothing is said")
    _no_default(type, here.above)
    element = Spot((), shape, here.above, 0, spot.intrinsics)
    found = sides(inner, element, type)
    where = _spelled(here.names)
    sure = _filtered(where, found.holds, spot.intrinsics)
    perhaps = _filtered(where, negated(found.fails), False)
    around = _doubt(here, is_list=True)
    doubt = either(around, _doubtful_elements(where)) if spot.intrinsics else around
    return _perhaps_more(Sides(both(sure, negated(around)), negated(either(perhaps, doubt))), path, spot)


def _perhaps_more(found: Sides, path: Path, spot: Spot) -> Sides:
    """The sides of what is asked of a list, of which it can't be said that nothing else is in it."""
    return Sides(found.holds, FALSE) if not spot.above and path[0] in spot.open else found


def _of_piece(asked: Test | Each, spot: Spot, type: str) -> Sides:
    """The sides of what is asked of the owner, as far as the element that a piece is tells them."""
    if asked.path[0] != spot.piece or not isinstance(spot.shape, Mapping):
        return Sides(FALSE, FALSE)
    _, _, shape = _to_list(spot.shape, asked.path[:1])
    rest = asked.path[1:]
    of_element = asked.condition if isinstance(asked, Each) and not rest else replace(asked, path=rest)
    element = replace(spot, shape=shape, above=asked.path[:1], piece="")
    return Sides(sides(of_element, element, type).holds, FALSE)


def _filtered(where: str, condition: Formula, guarded: bool) -> Formula:
    """That an element of the list satisfies the formula."""
    if condition == FALSE:
        return FALSE
    if condition == TRUE:
        return Literal((f"{where} !empty",), (f"{where} empty",))
    text = written(condition, "\n")
    if guarded and any(sign in text for sign in ("!exists", " empty", "!in")):
        text += "".join(f"\n{name} !exists" for name in MAKES_MAPS)
    return Literal((f"{where}[ {text} ] !empty",), (f"{where}[ {text} ] empty",))


def _doubtful_elements(where: str) -> Literal:
    return _intrinsic(f"{where}[*]")


def _list_exists(spot: Spot, type: str) -> Sides:
    _no_default(type, spot.above)
    where = _spelled(spot.names)
    some = Literal((f"{where} !empty",), (f"{where} empty",))
    doubt = _doubt(spot, is_list=True)
    among = _doubtful_elements if isinstance(spot.shape, Mapping) else _maps_among
    unsure = among(where) if spot.intrinsics else FALSE
    return Sides(both(some, negated(doubt), negated(unsure)), negated(either(some, doubt)))


def _scalars(test: Test, spot: Spot) -> Sides:
    where = _spelled(spot.names)
    if test.operator == "exists":
        some: Formula = Literal((f"{where} !empty",), (f"{where} empty",))
    elif test.operator in ("gt", "gte", "lt", "lte"):
        raise Inexpressible("it compares the numbers of a list")
    else:
        wanted = f"[{', '.join(_wanted(test))}]"
        elements = f"{where}[*]"
        some = Literal(
            (f"some {elements} in {wanted}",), (f"{where} !exists", f"{where} empty", f"{elements} !in {wanted}")
        )
    doubt = _doubt(spot, is_list=True)
    unsure = _maps_among(where) if spot.intrinsics else FALSE
    sure = both(some, negated(doubt), negated(unsure) if test.operator == "exists" else TRUE)
    return Sides(sure, negated(either(some, doubt, unsure)))


def _maps_among(where: str) -> Literal:
    """That an element of a list of strings is a map: an intrinsic function."""
    return Literal((f"some {where}[*] is_struct",), (f"{where} !exists", f"{where} empty", f"{where}[*] !is_struct"))


def _over_scalars(path: Path, inner: Condition) -> Condition:
    """The condition that some element of a list of strings is as `inner`, which must be one test, asks."""
    match inner:
        case Test((), operator) if operator not in ("neq", "exists") and None not in inner.values:
            if not inner.every_value:
                return replace(inner, path=path)
        case All((part,)) | Any((part,)):
            return _over_scalars(path, part)
        case Any(parts):
            return Any(tuple(_over_scalars(path, part) for part in parts))
    raise Inexpressible("it asks several things of each string of a list")


def _under(path: Path, condition: Condition) -> Condition:
    """The condition with `path` before its own paths."""
    match condition:
        case All(parts):
            return All(tuple(_under(path, part) for part in parts))
        case Any(parts):
            return Any(tuple(_under(path, part) for part in parts))
        case Not(part):
            return Not(_under(path, part))
        case Test() if condition.operator == "fieldref":
            raise Inexpressible("it compares two properties")
        case Test() | Each() | Count():
            return replace(condition, path=path + condition.path)
    raise Inexpressible("it looks for words anywhere in the resource")


# -- words


def _wanted(test: Test) -> list[str]:
    """The values of a test as Guard writes them: strings, numbers, booleans, regular expressions."""
    if test.operator in ("equals", "contains", "startswith", "endswith"):
        spelled = [text for value in test.values if (text := spell(value)) is not None]
        return [form for text in spelled for form in _forms(text, test)]
    if test.operator == "re":
        return [_slashed(portable(str(value), test.flags)) for value in test.values]
    if test.operator == "fieldref":
        raise Inexpressible("it compares two properties")
    if test.operator == "cidr":
        raise Inexpressible("it asks whether an address lies in a network")
    raise Inexpressible(f"it has the modifier {test.operator}")


def _forms(text: str, test: Test) -> list[str]:
    whole = plain(text)
    folded = "" if test.cased else "(?i)"
    if whole is not None and test.operator == "equals":
        if whole.lower() in ("true", "false"):
            return [whole.lower(), _slashed(f"{folded}^{whole}$")]
        if WHOLE_NUMBER.fullmatch(whole):
            return [whole, f"'{whole}'"]
        if "'" not in whole and (test.cased or whole.lower() == whole.upper()):
            return [f"'{whole}'"]
    spelled = {Wild.ANY: r"[\s\S]*", Wild.ONE: r"[\s\S]"}
    made = "".join(spelled[each] if isinstance(each, Wild) else plain_regex(each) for each in tokens(text))
    before = "" if test.operator in ("contains", "endswith") else "^"
    after = "" if test.operator in ("contains", "startswith") else "$"
    return [_slashed(f"{folded}{before}{made}{after}")]


def _slashed(expression: str) -> str:
    """An expression between slashes; those inside are spelled by number, for Guard's parser stumbles over some."""
    return "/" + expression.replace("/", r"\x2F") + "/"


def _spelled(names: Path) -> str:
    return ".".join(name if set(name) <= NAME else f"'{name}'" for name in names)

"""Block bodies to records: attributes, nested blocks, and dynamic blocks over collections that may go on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from mainstay.model.findings import Gap
from mainstay.model.values import ABSENT, Items, OneOf, Record, Unknown, Value
from mainstay.sources.alternatives import one_of
from mainstay.sources.terraform.loops import elements_of
from mainstay.sources.terraform.scope import Scope
from mainstay.sources.terraform.syntax import Attribute, Block, Body, Expression
from mainstay.sources.terraform.types import EvaluationError
from mainstay.sources.terraform.weight import TooLarge, check_weight

META_ARGUMENTS = frozenset({"count", "for_each", "provider", "depends_on"})
CALL_ARGUMENTS = META_ARGUMENTS | {"providers", "source", "version"}
META_BLOCKS = frozenset({"lifecycle", "provisioner", "connection"})


def evaluate(expression: Expression, scope: Scope) -> Value:
    """The value of an expression; an Unknown with its place where Terraform would report an error."""
    try:
        value = expression(scope)
        check_weight(value)
    except TooLarge as error:
        scope.names.run.gap(Gap("limit", str(error), expression.place))
        return Unknown(str(error), expression.place)
    except EvaluationError as error:
        return Unknown(str(error), expression.place)
    except RecursionError:
        scope.names.run.gap(Gap("limit", "the expression nests too deeply", expression.place))
        return Unknown("the expression nests too deeply", expression.place)
    return value


def evaluate_body(block: Block, scope: Scope, leave_out: Collection[str] = ()) -> Record:
    """A block as a record: an attribute that is null is left out, nested blocks are lists of records."""
    body = block.body
    record = Record(place=block.place, marks=body.marks)
    for name, attribute in body.attributes.items():
        if name not in leave_out:
            value = evaluate(attribute.expression, scope)
            if value is not None:
                record[name] = value
    for name, value in evaluate_blocks(body, scope, inner=True):
        record[name] = value
    return record


def evaluate_blocks(body: Body, scope: Scope, only: str = "", inner: bool = False) -> Iterator[tuple[str, Value]]:
    """The nested blocks, by type, dynamic ones among them; those of one type, where only that one is asked for.

    A `lifecycle` is Terraform's own in a resource, and the provider's in a block of a resource (`inner`).
    """
    collected: dict[str, Items] = {}
    for block in body.blocks:
        if block.type in META_BLOCKS and not inner:
            continue
        generated = block.type == "dynamic" and len(block.labels) > 0
        kind = block.labels[0] if generated else block.type
        if only and kind != only:
            continue
        elements = collected.setdefault(kind, Items())
        if generated:
            _expand(block, scope, elements)
        else:
            elements.append(evaluate_body(block, scope))
    for kind, elements in collected.items():
        if elements or elements.rest is not ABSENT or only:
            yield kind, elements


def _expand(block: Block, scope: Scope, elements: Items) -> None:
    """Adds what a dynamic block generates; rounds that are not certain become what the list may go on with."""
    attributes = block.body.attributes
    content = next(block.body.of_type("content"), None)
    if content is None or "for_each" not in attributes:
        elements.rest = Unknown("the dynamic block has no content or no for_each", block.place)
        return
    name = written("iterator", attributes) or block.labels[0]
    collection = evaluate(attributes["for_each"].expression, scope)
    perhaps: list[Value] = []
    doubt: Unknown | None = None
    for key, value, uncertain in _rounds(_bounded(collection, scope)):
        record = evaluate_body(content, scope.bind({name: Record({"key": key, "value": value})}))
        if uncertain is None:
            elements.append(record)
        else:
            perhaps.append(record)
            doubt = doubt or uncertain
    if doubt is not None:
        elements.rest = one_of(perhaps if elements.rest is ABSENT else [*perhaps, elements.rest], doubt)
        elements.doubt = elements.doubt or doubt


def _bounded(collection: Value, scope: Scope) -> Value:
    """The collection, unless the rounds over it are too many for one review."""
    try:
        scope.names.run.step(len(collection) if isinstance(collection, dict | list) else 1)
    except EvaluationError as error:
        return Unknown(str(error))
    return collection


def written(name: str, attributes: Mapping[str, Attribute]) -> str:
    """The words of an attribute that names something instead of having a value: `provider = aws.west`."""
    attribute = attributes.get(name)
    return attribute.words.strip() if attribute is not None else ""


def _rounds(collection: Value) -> Iterator[tuple[Value, Value, Unknown | None]]:
    """Key, value and doubt of each round. Unlike a resource's, a block's for_each takes collections of anything."""
    if isinstance(collection, OneOf):
        yield from _any_rounds(collection)
    elif isinstance(collection, Unknown):
        doubt = Unknown(collection.reason, collection.place, collection.settle)
        yield doubt, doubt, doubt
    elif isinstance(collection, dict | list):
        yield from elements_of(collection)
    elif collection is not None:
        doubt = Unknown("for_each of a dynamic block takes a collection")
        yield doubt, doubt, doubt


def _any_rounds(collection: OneOf) -> Iterator[tuple[Value, Value, Unknown | None]]:
    """The rounds of each option by position: a position that all of them have is a sure round."""
    rounds = [list(_rounds(option)) for option in collection.options]
    for position in range(max(map(len, rounds))):
        there = [option[position] for option in rounds if position < len(option)]
        sure = len(there) == len(rounds) and all(doubt is None for _, _, doubt in there)
        key = one_of([key for key, _, _ in there], collection)
        yield key, one_of([value for _, value, _ in there], collection), None if sure else collection

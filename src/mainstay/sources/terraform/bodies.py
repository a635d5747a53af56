"""Block bodies to records: attributes, nested blocks, and dynamic blocks over collections that may go on."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mainstay.model.values import ABSENT, Items, OneOf, Record, Set, Unknown, Value
from mainstay.sources.terraform.alternatives import one_of
from mainstay.sources.terraform.expansion import by_for_each
from mainstay.sources.terraform.scope import Scope
from mainstay.sources.terraform.syntax import Block, Body, Expression
from mainstay.sources.terraform.types import EvaluationError

META_ARGUMENTS = frozenset({"count", "for_each", "provider", "providers", "depends_on", "source", "version"})
META_BLOCKS = frozenset({"lifecycle", "provisioner", "connection"})


def evaluate(expression: Expression, scope: Scope) -> Value:
    """The value of an expression; an Unknown with its place where Terraform would report an error."""
    try:
        return expression(scope)
    except EvaluationError as error:
        return Unknown(str(error), expression.place)
    except RecursionError:
        return Unknown("the expression nests too deeply", expression.place)


def evaluate_body(block: Block, scope: Scope, leave_out: Collection[str] = ()) -> Record:
    """A block as a record: an attribute that is null is left out, nested blocks are lists of records."""
    body = block.body
    record = Record(place=block.place, marks=body.marks)
    for name, attribute in body.attributes.items():
        if name not in leave_out:
            value = evaluate(attribute.expression, scope)
            if value is not None:
                record[name] = value
    for name, value in evaluate_blocks(body, scope):
        record[name] = value
    return record


def evaluate_blocks(body: Body, scope: Scope) -> Iterator[tuple[str, Value]]:
    """The nested blocks, by type, dynamic ones among them."""
    collected: dict[str, Items] = {}
    for block in body.blocks:
        if block.type in META_BLOCKS:
            continue
        if block.type == "dynamic" and block.labels:
            elements = collected.setdefault(block.labels[0], Items())
            _expand(block, scope, elements)
        else:
            collected.setdefault(block.type, Items()).append(evaluate_body(block, scope))
    yield from collected.items()


def _expand(block: Block, scope: Scope, elements: Items) -> None:
    """Adds what a dynamic block generates; rounds that are not certain become what the list may go on with."""
    attributes = block.body.attributes
    content = next(block.body.of_type("content"), None)
    if content is None or "for_each" not in attributes:
        elements.rest = Unknown("the dynamic block has no content or no for_each", block.place)
        return
    iterator = attributes.get("iterator")
    name = (iterator.node.text or b"").decode() if iterator is not None and iterator.node else block.labels[0]
    collection = evaluate(attributes["for_each"].expression, scope)
    perhaps: list[Value] = []
    doubt: Unknown | None = None
    for key, value, uncertain in _rounds(collection):
        inner = scope.bind({name: Record({"key": key, "value": value})})
        record = evaluate_body(content, inner)
        if uncertain is None:
            elements.append(record)
        else:
            perhaps.append(record)
            doubt = doubt or uncertain
    if doubt is not None:
        elements.rest = one_of(perhaps, doubt)


def _rounds(collection: Value) -> Iterator[tuple[Value, Value, Unknown | None]]:
    """Key, value and doubt of each round. Unlike a resource's, a block's for_each takes lists of anything."""
    if collection is None:
        return
    try:
        for one in by_for_each(_keyed(collection)):
            yield one.iteration["each.key"], one.iteration["each.value"], one.may_exist
    except EvaluationError as error:
        doubt = Unknown(str(error))
        yield doubt, doubt, doubt


def _keyed(collection: Value) -> Value:
    """A list as the map from its positions."""
    if isinstance(collection, OneOf):
        return OneOf(map(_keyed, collection.options), collection.reason, collection.place, collection.settle)
    if isinstance(collection, list) and not isinstance(collection, Set):
        rest = collection.rest if isinstance(collection, Items) else ABSENT
        return Record({f"{position:06}": value for position, value in enumerate(collection)}, rest=rest)
    return collection

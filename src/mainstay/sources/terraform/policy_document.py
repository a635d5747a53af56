"""`data.aws_iam_policy_document` to the policy document that the provider renders from it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from mainstay.model.places import Place
from mainstay.model.values import ABSENT, Document, Items, Record, Unknown, Value, is_known

PRINCIPALS = {"principals": "Principal", "not_principals": "NotPrincipal"}
LISTS = {"actions": "Action", "not_actions": "NotAction", "resources": "Resource", "not_resources": "NotResource"}


def render(body: Record, place: Place, indent: bool = True) -> Value:
    """The JSON text of the document; a Document where a part of it is not known."""
    statements = Items()
    version: Value = body.get("version", "2012-10-17")
    policy_id: Value = body.get("policy_id", ABSENT)
    for source in _texts(body, "source_policy_documents", "source_json"):
        version = _add_document(statements, source, version)
    for statement in _elements(body.get("statement")):
        _add(statements, _statement(statement))
    _carry_on(statements, body.get("statement"))
    for override in _texts(body, "override_policy_documents", "override_json"):
        version = _add_document(statements, override, version)
    document = Record(place=place)
    document["Version"] = version
    if policy_id is not ABSENT:
        document["Id"] = policy_id
    document["Statement"] = statements
    if not is_known(document):
        return Document(document, place)
    return json.dumps(document, indent=2 if indent else None, separators=None if indent else (",", ":"))


def _texts(body: Record, *names: str) -> Iterator[Value]:
    for name in names:
        value = body.get(name)
        if isinstance(value, list):
            yield from value
            if isinstance(value, Items) and value.rest is not ABSENT:
                yield value.rest if isinstance(value.rest, Unknown) else Unknown("the list may go on")
        elif value is not None:
            yield value


def _elements(blocks: Value) -> Iterable[Record]:
    return [block for block in blocks if isinstance(block, Record)] if isinstance(blocks, list) else []


def _carry_on(statements: Items, blocks: Value) -> None:
    """What the blocks may go on with, the statements may go on with."""
    if isinstance(blocks, Items) and blocks.rest is not ABSENT:
        rest = blocks.rest
        statements.rest = _statement(rest) if isinstance(rest, Record) else rest


def _add(statements: Items, statement: Record) -> None:
    """Adds a statement; one with the Sid of another takes its place."""
    sid = statement.get("Sid")
    if isinstance(sid, str) and sid:
        for position, known in enumerate(statements):
            if isinstance(known, dict) and known.get("Sid") == sid:
                statements[position] = statement
                return
    statements.append(statement)


def _add_document(statements: Items, text: Value, version: Value) -> Value:
    """Takes over the statements of another document; returns the version that holds then."""
    if isinstance(text, Document):
        document = text.value
    elif isinstance(text, Unknown):
        statements.rest = text
        return version
    else:
        try:
            document = json.loads(text) if isinstance(text, str) and text.strip() else {}
        except ValueError:
            statements.rest = Unknown("a source policy document is not JSON")
            return version
    if not isinstance(document, dict):
        return version
    found = document.get("Statement", [])
    for statement in found if isinstance(found, list) else [found]:
        if isinstance(statement, dict):
            _add(statements, statement if isinstance(statement, Record) else Record(statement))
    if isinstance(found, Items) and found.rest is not ABSENT:
        statements.rest = found.rest
    return document.get("Version", version)


def _statement(block: Record) -> Record:
    statement = Record(place=block.place)
    marks = {}
    if block.get("sid") not in (None, ""):
        statement["Sid"] = block["sid"]
    statement["Effect"] = block.get("effect", "Allow")
    for name, key in LISTS.items():
        if name in block:
            statement[key] = _single(block[name])
            if name in block.marks:
                marks[key] = block.marks[name]
    for name, key in PRINCIPALS.items():
        if block.get(name):
            statement[key] = _principals(block[name])
    if block.get("condition"):
        statement["Condition"] = _conditions(block["condition"])
    statement.marks = marks
    return statement


def _single(values: Value) -> Value:
    """A list of one is written as the element, several as a sorted list, as the provider does."""
    if isinstance(values, Items) and values.rest is not ABSENT:
        return values
    if isinstance(values, list):
        if len(values) == 1:
            return values[0]
        return sorted(values, reverse=True) if all(isinstance(value, str) for value in values) else list(values)
    return values


def _principals(blocks: Value) -> Value:
    principals = Record()
    for block in _elements(blocks):
        kind, identifiers = block.get("type"), block.get("identifiers", [])
        if isinstance(kind, Unknown):
            principals.rest = kind
            continue
        if kind == "*" and identifiers == ["*"]:
            return "*"
        known = principals.get(str(kind))
        both = identifiers if known is None else [*_as_list(known), *_as_list(identifiers)]
        principals[str(kind)] = _single(both)
    _open_if_needed(principals, blocks)
    return principals


def _conditions(blocks: Value) -> Value:
    conditions = Record()
    for block in _elements(blocks):
        test, variable = block.get("test"), block.get("variable")
        if isinstance(test, Unknown) or isinstance(variable, Unknown):
            conditions.rest = test if isinstance(test, Unknown) else variable
            continue
        tests = conditions.setdefault(str(test), Record())
        known = tests.get(str(variable))
        values = block.get("values", [])
        tests[str(variable)] = _single(values if known is None else [*_as_list(known), *_as_list(values)])
    _open_if_needed(conditions, blocks)
    return conditions


def _open_if_needed(record: Record, blocks: Value) -> None:
    if isinstance(blocks, Items) and blocks.rest is not ABSENT:
        record.rest = Unknown("further blocks may be generated")


def _as_list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else [value]

"""`data.aws_iam_policy_document` to the policy document that the provider renders from it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from mainstay.model.places import Place
from mainstay.model.values import ABSENT, Document, Items, Record, Text, Unknown, Value, is_known, unknowns

PRINCIPALS = {"principals": "Principal", "not_principals": "NotPrincipal"}
LISTS = {"actions": "Action", "not_actions": "NotAction", "resources": "Resource", "not_resources": "NotResource"}


def render(body: Record, place: Place, indent: bool = True) -> Value:
    """The JSON text of the document; a Document where a part of it is not known."""
    statements = Items()
    head = {"Version": ""}
    for source in _texts(body, "source_policy_documents", "source_json"):
        _add_document(statements, source, head)
    for statement in _elements(body.get("statement")):
        _add(statements, _statement(statement))
    _carry_on(statements, body.get("statement"))
    _take_head(head, {"Version": body.get("version", "2012-10-17"), "Id": body.get("policy_id", "")})
    for override in _texts(body, "override_policy_documents", "override_json"):
        _add_document(statements, override, head)
    document = Record(head, place=place)
    if statements or statements.rest is not ABSENT:
        document["Statement"] = statements
    if not is_known(document):
        return Document(document, place)
    text = json.dumps(document, indent=2 if indent else None, separators=None if indent else (",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")  # as Go's encoder writes them


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


def _add_document(statements: Items, text: Value, head: dict[str, Value]) -> None:
    """Takes over the statements of another document, its Id and a later Version."""
    if isinstance(text, Document):
        document = text.value
    elif isinstance(text, Unknown):
        statements.rest = text
        return
    else:
        try:
            document = json.loads(text) if isinstance(text, str) and text.strip() else {}
        except (ValueError, RecursionError):
            statements.rest = Unknown("a source policy document is not JSON")
            return
    if not isinstance(document, dict):
        return
    found = document.get("Statement", [])
    for statement in found if isinstance(found, list) else [found]:
        if isinstance(statement, dict):
            _add(statements, statement if isinstance(statement, Record) else Record(statement))
    if isinstance(found, Items) and found.rest is not ABSENT:
        statements.rest = found.rest
    _take_head(head, document)


def _take_head(head: dict[str, Value], document: Mapping[str, Value]) -> None:
    version, policy_id = document.get("Version", ""), document.get("Id", "")
    if isinstance(version, Unknown) or (isinstance(version, str) and version > str(head["Version"])):
        head["Version"] = version
    if policy_id:
        head["Id"] = policy_id


def _statement(block: Record) -> Record:
    statement = Record(place=block.place)
    marks = {}
    if block.get("sid") not in (None, ""):
        statement["Sid"] = block["sid"]
    statement["Effect"] = block.get("effect", "Allow")
    for name, key in LISTS.items():
        if block.get(name, []) != [] or _goes_on(block.get(name)):
            resources = key.endswith("Resource")
            statement[key] = _single(_spelled(block[name]) if resources else block[name])
            if name in block.marks:
                marks[key] = block.marks[name]
    for name, key in PRINCIPALS.items():
        if block.get(name) or _goes_on(block.get(name)):
            statement[key] = _principals(block[name])
    if block.get("condition") or _goes_on(block.get("condition")):
        statement["Condition"] = _conditions(block["condition"])
    statement.marks = marks
    return statement


def _goes_on(value: Value) -> bool:
    return isinstance(value, Items) and value.rest is not ABSENT


def _spelled(value: Value) -> Value:
    """`&{aws:username}` as the policy has it, `${aws:username}`: Terraform would take the latter for its own."""
    if isinstance(value, str):
        return value.replace("&{", "${")
    if isinstance(value, Text):
        return Text([part.replace("&{", "${") if isinstance(part, str) else part for part in value.parts], value.place)
    if isinstance(value, Items):
        return type(value)(map(_spelled, value), value.rest if value.rest is ABSENT else _spelled(value.rest))
    return list(map(_spelled, value)) if isinstance(value, list) else value


def _single(values: Value) -> Value:
    """A list of one is written as the element, several as a list sorted downwards, as the provider does."""
    if _goes_on(values) or not isinstance(values, list):
        return values
    known = all(isinstance(value, str) for value in values)
    if known:
        values = sorted(set(values), reverse=True)
    return values[0] if len(values) == 1 else list(values)


def _principals(blocks: Value) -> Value:
    if isinstance(blocks, Unknown):
        return blocks
    principals = Record()
    elements = list(_elements(blocks))
    for block in elements:
        kind, identifiers = block.get("type"), block.get("identifiers", [])
        if isinstance(kind, Unknown):
            principals.rest = kind
            continue
        if kind == "*" and len(elements) == 1 and identifiers == ["*"] and not _goes_on(blocks):
            return "*"
        identifiers = _single(_spelled(identifiers))
        known = principals.get(str(kind))
        principals[str(kind)] = identifiers if known is None else _both(known, identifiers)
    _open_if_needed(principals, blocks)
    return principals


def _conditions(blocks: Value) -> Value:
    if isinstance(blocks, Unknown):
        return blocks
    conditions = Record()
    for block in _elements(blocks):
        test, variable = block.get("test"), block.get("variable")
        if isinstance(test, Unknown) or isinstance(variable, Unknown):
            conditions.rest = test if isinstance(test, Unknown) else variable
            continue
        tests = conditions.setdefault(str(test), Record())
        known = tests.get(str(variable))
        values = _spelled(block.get("values", []))
        values = values if known is None else _both(known, values)
        tests[str(variable)] = values[0] if isinstance(values, list) and len(values) == 1 else values
    _open_if_needed(conditions, blocks)
    return conditions


def _both(one: Value, other: Value) -> Value:
    """The values of two blocks about the same thing, those of the second behind those of the first."""
    lists = [value if isinstance(value, list) else [value] for value in (one, other)]
    rest = next((value.rest for value in lists if isinstance(value, Items) and value.rest is not ABSENT), ABSENT)
    return Items([*lists[0], *lists[1]], rest)


def _open_if_needed(record: Record, blocks: Value) -> None:
    if isinstance(blocks, Items) and blocks.rest is not ABSENT:
        leaf = next(unknowns(blocks.rest), Unknown("further blocks may be generated"))
        record.rest = Unknown(leaf.reason, leaf.place, leaf.settle)

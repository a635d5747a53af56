"""`aws_iam_policy_document` rendered as the provider renders it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from mainstay.model.values import Document, Text


def document(read: Callable[..., Any], body: str, more: str = "") -> Any:
    text = (
        f'{more}data "aws_iam_policy_document" "d" {{\n{body}\n}}\nresource "a_b" "c" {{\n'
        f"  p = data.aws_iam_policy_document.d.json\n}}\n"
    )
    return read(text)["a_b.c"]["p"]


def statement(body: str) -> str:
    return "statement {\n" + body + "\n}\n"


STATEMENTS = [
    ('actions = ["s3:Get"]\nresources = ["*"]', {"Effect": "Allow", "Action": "s3:Get", "Resource": "*"}),
    (
        'sid = "A"\neffect = "Deny"\nnot_actions = ["a:A", "b:B"]\nnot_resources = ["x", "y", "x"]',
        {"Sid": "A", "Effect": "Deny", "NotAction": ["b:B", "a:A"], "NotResource": ["y", "x"]},
    ),
    ('actions = ["s3:*"]\nresources = []', {"Effect": "Allow", "Action": "s3:*"}),
    ('resources = ["arn:aws:s3:::b/&{aws:id}"]', {"Effect": "Allow", "Resource": "arn:aws:s3:::b/${aws:id}"}),
    ('principals {\n type = "*"\n identifiers = ["*"]\n}', {"Effect": "Allow", "Principal": "*"}),
    ('principals {\n type = "AWS"\n identifiers = ["*"]\n}', {"Effect": "Allow", "Principal": {"AWS": "*"}}),
    (
        'principals {\n type = "AWS"\n identifiers = ["1", "2"]\n}\nprincipals {\n type = "Service"\n'
' identifiers = ["s"]\n}',
        {"Effect": "Allow", "Principal": {"AWS": ["2", "1"], "Service": "s"}},
    ),
    ('not_principals {\n type = "AWS"\n identifiers = ["1"]\n}', {"Effect": "Allow", "NotPrincipal": {"AWS": "1"}}),
    (
        'condition {\n test = "StringLike"\n variable = "v"\n values = ["b", "a"]\n}\n'
        'condition {\n test = "StringLike"\n variable = "v"\n values = ["c"]\n}\n'
        'condition {\n test = "Bool"\n variable = "aws:SecureTransport"\n values = ["false"]\n}',
        {
            "Effect": "Allow",
            "Condition": {"StringLike": {"v": ["b", "a", "c"]}, "Bool": {"aws:SecureTransport": "false"}},
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), STATEMENTS)
def test_a_statement_is_rendered_as_the_provider_does(
    read: Callable[..., Any], body: str, expected: dict[str, object]
) -> None:
    rendered = document(read, statement(body))
    assert json.loads(rendered) == {"Version": "2012-10-17", "Statement": [expected]}


def test_documents_are_merged_by_sid_in_the_providers_order(read: Callable[..., Any]) -> None:
    source = '{"Version": "2008-10-17", "Id": "s", "Statement": [{"Sid": "A", "Effect": "Deny"}, {"Effect": "Deny"}]}'
    override = '{"Version": "2012-10-17", "Statement": {"Sid": "B", "Effect": "Deny", "Action": "over"}}'
    body = (
        f"source_policy_documents = [{json.dumps(source)}]\noverride_policy_documents = [{json.dumps(override)}]\n"
        + statement('sid = "A"\nactions = ["own"]')
        + statement('sid = "B"\nactions = ["lost"]')
    )
    assert json.loads(document(read, 'version = "2008-10-17"\n' + body)) == {
        "Version": "2012-10-17",
        "Id": "s",
        "Statement": [
            {"Sid": "A", "Effect": "Allow", "Action": "own"},
            {"Effect": "Deny"},
            {"Sid": "B", "Effect": "Deny", "Action": "over"},
        ],
    }


def test_the_text_is_laid_out_as_the_provider_lays_it_out(read: Callable[..., Any]) -> None:
    text = document(read, statement('actions = ["a:B"]\nresources = ["<&>"]'))
    assert text == (
        '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "a:B",\n'
        '      "Resource": "\\u003c\\u0026\\u003e"\n    }\n  ]\n}'
    )


def test_what_is_not_known_leaves_the_rest_of_the_document(read: Callable[..., Any]) -> None:
    body = statement('actions = ["*"]\nresources = ["arn:${var.u}", "&{x}-${var.u}"]') + (
        'dynamic "statement" {\n for_each = var.u\n content {\n  actions = [statement.value]\n }\n}\n'
    )
    found = document(read, body, 'variable "u" {}\n')
    assert isinstance(found, Document)
    first = found.value["Statement"][0]
    assert first["Action"] == "*"
    assert isinstance(first["Resource"][1], Text)
    assert first["Resource"][1].prefix == "${x}-"
    assert found.value["Statement"].rest["Effect"] == "Allow"


def test_documents_made_of_documents_keep_their_structure(read: Callable[..., Any]) -> None:
    other = (
        'variable "u" {}\ndata "aws_iam_policy_document" "o" {\n  statement {\n    sid = "O"\n'
        "    actions = [var.u]\n  }\n}\n"
    )
    found = document(read, "source_policy_documents = [data.aws_iam_policy_document.o.json]\n", other)
    assert found.value["Statement"][0]["Sid"] == "O"

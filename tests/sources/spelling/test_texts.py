"""Text that stands for something else is read as what it stands for, as far as it is known."""

from __future__ import annotations

import base64

import pytest

from mainstay.model.values import Encoded, Items, Record, Ref, Text, Unknown, Value
from mainstay.sources.spelling.texts import document, read_encoded

ARN = Ref("aws_sqs_queue.q", "arn")
NAME = Unknown("var.name has no value")
NO_TEXT = base64.b64encode(b"\x1f\x8b\xff\xfe\x00\x80\x81").decode()
SCRIPT = "#!/bin/sh\nexport TOKEN=secret\n"


def test_json_text_with_unknown_stretches_is_the_document_around_them() -> None:
    text = Text(['{"Statement": [{"Action": "sqs:*", "Resource": "', ARN, '"}, {"Resource": "', NAME, '/*"}]}'])
    first, second = document(text)["Statement"]
    assert first == {"Action": "sqs:*", "Resource": ARN}
    assert isinstance(second["Resource"], Text)
    assert second["Resource"].parts == (NAME, "/*")


def test_an_unknown_key_leaves_the_map_open() -> None:
    found = document(Text(['{"a": 1, "', NAME, '": 2}']))
    assert isinstance(found, Record)
    assert (dict(found), found.look_up("b").reason) == ({"a": 1}, NAME.reason)


@pytest.mark.parametrize("parts", [['{"a": ', NAME, "}"], ["not json ", NAME], ['{"a": "', NAME]])
def test_text_that_is_no_document_whatever_the_unknown_is_stays_text(parts: list[Value]) -> None:
    text = Text(parts)
    assert document(text) is text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (base64.b64encode(SCRIPT.encode()).decode(), SCRIPT),
        (SCRIPT, SCRIPT),
        ("echo", "echo"),
        (NO_TEXT, NO_TEXT),
    ],
    ids=["encoded", "plain", "a word", "no text inside"],
)  # fmt: skip
def test_encoded_text_is_read(written: str, read: str) -> None:
    properties = Record({"Data": Items([{"UserData": written}])})
    read_encoded(properties, [("Data", "UserData"), ("Absent",)])
    assert properties == {"Data": [{"UserData": read}]}


def test_encoded_text_that_is_known_in_part_is_read_in_part() -> None:
    plain = Text(["TOKEN=", NAME])
    properties = Record({"UserData": Encoded(plain)})
    read_encoded(properties, [("UserData",)])
    assert properties["UserData"] is plain

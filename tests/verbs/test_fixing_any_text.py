"""Fixes in texts of all shapes: what is fixed passes, and everything else says what it said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.verbs.repairs import reviewed

from mainstay.documents import read_yaml
from mainstay.verbs.fixing import Fixes, fixes, rewritten

QUICKLY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

WORDS = st.text(alphabet="aZ é:#-'\"{}[],&*!|>%@`\\\n", max_size=12)
OTHERS = st.dictionaries(
    st.sampled_from(["Description", "Aliases", "KeyPolicy", "Tags"]),
    WORDS | st.booleans() | st.lists(WORDS, max_size=2) | st.dictionaries(st.just("Key"), WORDS, max_size=1),
)
WRITERS: dict[str, Callable[[Any], str]] = {
    "block": lambda document: str(yaml.safe_dump(document, default_flow_style=False, allow_unicode=True)),
    "wide": lambda document: str(yaml.safe_dump(document, indent=4, sort_keys=False, width=30)),
    "flow": lambda document: str(yaml.safe_dump(document, default_flow_style=True, allow_unicode=True)),
    "mixed": lambda document: str(yaml.safe_dump(document, default_flow_style=None)),
    "json": lambda document: json.dumps(document, indent=2),
    "dense": lambda document: json.dumps(document, ensure_ascii=False),
}

ROTATES = "kms-key-rotates"


def _fixes() -> Fixes:
    return fixes(reviewed(ROTATES))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@QUICKLY
@given(OTHERS, st.sampled_from(sorted(WRITERS)), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_template_says_what_it_said_and_the_property(
    others: dict[str, Any], writer: str, eol: str, last_line_ends: bool
) -> None:
    properties = {**others, "EnableKeyRotation": False} if len(others) % 2 else others
    key = {"Type": "AWS::KMS::Key", **({"Properties": properties} if properties else {})}
    document = {"Resources": {"Key": key, "Topic": {"Type": "AWS::SNS::Topic"}}}
    text = WRITERS[writer](document)
    text = (text if last_line_ends else text.rstrip("\n")).replace("\n", eol)
    Path("template.yaml").write_bytes(text.encode())
    before: Any = read_yaml(text, "template.yaml").value
    (changed,) = rewritten(_fixes()).values()
    after: Any = read_yaml(changed.decode(), "template.yaml").value
    before["Resources"]["Key"].setdefault("Properties", {})
    before["Resources"]["Key"]["Properties"] = {**before["Resources"]["Key"]["Properties"], "EnableKeyRotation": True}
    told = after["Resources"]["Key"]["Properties"].pop("EnableKeyRotation")
    before["Resources"]["Key"]["Properties"].pop("EnableKeyRotation")
    assert told is True or told == "true"
    assert after == before


PIECES = (
    '  description = "a key" # {',
    "  # a comment }",
    "  /* two\n     lines */",
    '  tags = {\n    Name = "key"\n  }',
    '  policy = <<-END\n    {"Statement": []}\n  END',
    '  timeouts {\n    create = "1h"\n  }',
    "  timeouts {}",
    '  lifecycle { prevent_destroy = true } // "',
    "  enable_key_rotation = false",
    "  is_enabled=true",
    "",
    "\tdeletion_window_in_days    =    30   ",
)


@QUICKLY
@given(st.lists(st.sampled_from(PIECES), unique=True, max_size=6), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_block_keeps_every_line_of_its_own(pieces: list[str], eol: str, last_line_ends: bool) -> None:
    lines = ['resource "aws_kms_key" "k" {', *pieces, "}", *([""] if last_line_ends else [])]
    text = "\n".join(lines).replace("\n", eol)
    Path("main.tf").write_bytes(text.encode())
    (changed,) = rewritten(_fixes()).values()
    Path("main.tf").write_bytes(changed)
    assert {one.verdict for one in reviewed(ROTATES).findings} == {"pass"}
    assert reviewed(ROTATES).gaps == []
    now = iter(changed.decode().split(eol))
    kept = [line for line in text.split(eol) if "enable_key_rotation" not in line]
    assert all(line in now for line in kept)  # in their order: each is looked for behind the last

"""AWS Config: a conformance pack of custom policy rules, over configuration items.

Config records most types as their own API describes them. `config-items.yaml` has the types that it records with the
properties of CloudFormation; only of those is something said.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path as File
from typing import TextIO

from mainstay.documents import read_yaml
from mainstay.engine.walk import split
from mainstay.exports.clauses import FALSE, TRUE
from mainstay.exports.guard import block, clauses, rule_name
from mainstay.exports.left import Inexpressible, Left, check_template, for_templates, read_paths
from mainstay.model.controls import Control
from mainstay.model.errors import DataError

FILE = File(__file__).with_name("config-items.yaml")
MAX_POLICY = 10_000
MAX_RULES = 130
MAX_DESCRIPTION = 256

INTRODUCTION = """\
# Written by `mainstay export config-rules`: an AWS Config conformance pack. Above 51,200 bytes, give it to Config from
# a bucket (TemplateS3Uri).
Resources:
"""


def write_config_rules(controls: Sequence[Control], stream: TextIO) -> list[Left]:
    """Writes a conformance pack; what Config's items do not show as templates do comes back."""
    left: list[Left] = []
    stream.write(INTRODUCTION)
    count = 0
    for control in map(for_templates, controls):
        try:
            rules = [_rule(control, type) for type in control.applies_to]
            if count + len(rules) > MAX_RULES:
                raise Inexpressible(f"a conformance pack holds {MAX_RULES} rules")
        except Inexpressible as error:
            left.append(Left(control.id, str(error)))
            continue
        count += len(rules)
        stream.write("".join(rules))
    if not count:
        stream.write("  {}\n")
    return left


@lru_cache(maxsize=1)
def recorded() -> Mapping[str, frozenset[str]]:
    """The types that Config records with CloudFormation's properties, and which of them."""
    document = read_yaml(FILE.read_text("utf-8"), FILE.name)
    if document.faults:
        raise DataError(document.faults)
    return {type: frozenset(names) for type, names in document.value.items()}


def _rule(control: Control, type: str) -> str:
    check_template(control)
    if type not in recorded():
        raise Inexpressible(f"Config does not record {type} with the properties of a template")
    for path in sorted(read_paths(control)):
        if split(path)[0] not in recorded()[type]:
            raise Inexpressible(f"Config does not record {path}")
    name = rule_name(control, type)
    applies, allowed = clauses(control, type, "configuration", intrinsics=False)
    if applies == FALSE or allowed == TRUE:
        raise Inexpressible("nothing in one configuration item can fail it")
    body = block(control, applies, allowed, "  ")
    policy = f"rule {name} when resourceType == '{type}' {{\n{body}}}\n"
    if len(policy) > MAX_POLICY:
        raise Inexpressible(f"its policy is longer than {MAX_POLICY:,} characters")
    logical = "".join(word.capitalize() for word in name.split("_"))
    return (
        f"  {logical}:\n"
        "    Type: AWS::Config::ConfigRule\n"
        "    Properties:\n"
        f"      ConfigRuleName: {name.replace('_', '-')[:128]}\n"
        f"      Description: {json.dumps(control.why[:MAX_DESCRIPTION], ensure_ascii=False)}\n"
        "      Scope:\n"
        f"        ComplianceResourceTypes: [{json.dumps(type)}]\n"
        "      Source:\n"
        "        Owner: CUSTOM_POLICY\n"
        "        SourceDetails:\n"
        "          - EventSource: aws.config\n"
        "            MessageType: ConfigurationItemChangeNotification\n"
        "        CustomPolicyDetails:\n"
        "          PolicyRuntime: guard-2.x.x\n"
        "          PolicyText: |\n"
        f"{textwrap.indent(policy, ' ' * 12)}"
    )

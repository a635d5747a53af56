"""How long the engine takes for 130 controls over 100,000 resources, findings included.

    python benchmarks/engine.py [resources]

Prints CPU seconds and microseconds a verdict; exits with 1 where 100,000 resources take ten CPU seconds or more.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from mainstay.engine import evaluate, parse
from mainstay.model.controls import Control
from mainstay.model.places import Place
from mainstay.model.resources import Origin, Resource
from mainstay.model.values import Record, Ref, Unknown, Value

TYPES = 40
CONTROLS = 130
LIMIT_SECONDS = 10.0

CONDITIONS: tuple[Value, ...] = (
    {"Encrypted": True},
    {"KmsKeyId|exists": True},
    {"MultiAZ": True, "Engine": ["postgres", "mysql"]},
    {"Versioning.Status": "Enabled"},
    {"Access.BlockPublicAcls": True, "Access.BlockPublicPolicy": True, "Access.RestrictPublicBuckets": True},
    {"BackupRetentionPeriod|gte": 7},
    {"Rules|none": {"CidrIp": ["0.0.0.0/0", "::/0"], "FromPort|lte": 22, "ToPort|gte": 22}},
    {"Rules|every": {"Description|exists": True}},
    {"Policy.Statement|none": {"Effect": "Allow", "Action": [r"\*", r"*:\*"], "Resource": r"\*"}},
    [{"Protocol": ["HTTPS", "TLS"]}, {"Actions|any": {"Type": "redirect", "Config.Protocol": "HTTPS"}}],
    {"Logs|all": ["audit", "profiler"]},
    {"MinimumProtocolVersion|startswith": "TLSv1.2"},
    {"Subnets|count|gte": 2},
)
APPLIES: tuple[Value, ...] = ({"Engine|startswith": ["postgres", "mysql"]}, {"Access|exists": True})


def controls() -> list[Control]:
    """Each type gets one to eight controls, in the mix of conditions that a catalogue has."""
    chosen = random.Random(1)
    kinds = [f"AWS::Service{index}::Thing" for index in range(TYPES)]
    slots = kinds + [kind for kind in kinds for _ in range(7)]
    spread = slots[:TYPES] + chosen.sample(slots[TYPES:], CONTROLS - TYPES)
    return [
        Control(
            id=f"control-{index}",
            title="A thing is well built",
            applies_to=(kind,),
            expect=parse(CONDITIONS[index % len(CONDITIONS)]),
            when=parse(chosen.choice(APPLIES)) if chosen.random() < 0.15 else None,
            severity="medium",
            layer="data",
            practices=("REL10-BP01",),
            why="It would break.",
            fix="Build it well.",
        )
        for index, kind in enumerate(spread)
    ]


def resources(count: int) -> Iterator[Resource]:
    """Resources most of whose properties are as expected, some are not, and a few are not known."""
    chosen = random.Random(2)
    marks = {name: Place("main.tf", line, 3) for line, name in enumerate(properties(chosen), 2)}
    for index in range(count):
        place = Place("main.tf", index, 1)
        yield Resource(
            type=f"AWS::Service{index % TYPES}::Thing",
            address=f"aws_thing.t{index}",
            properties=Record(properties(chosen), place, marks),
            origin=Origin("terraform", "infra", place),
        )


def properties(chosen: random.Random) -> dict[str, Value]:
    well = chosen.random() < 0.75
    cidr = "10.0.0.0/8" if well else "0.0.0.0/0"
    return {
        "Encrypted": well if chosen.random() < 0.95 else Unknown("var.encrypted has no default"),
        "KmsKeyId": Ref("aws_kms_key.k", "arn"),
        "MultiAZ": well,
        "Engine": "postgres",
        "Versioning": Record({"Status": "Enabled" if well else "Suspended"}),
        "Access": Record({"BlockPublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": well}),
        "BackupRetentionPeriod": 7 if well else "1",
        "Rules": [Record({"CidrIp": cidr, "FromPort": n, "ToPort": n, "Description": "in"}) for n in (22, 443, 80)],
        "Policy": Record({"Statement": [Record({"Effect": "Allow", "Action": ["s3:Get*", "*"], "Resource": cidr})]}),
        "Protocol": "HTTPS" if well else "HTTP",
        "Logs": ["audit", "profiler"] if well else ["audit"],
        "MinimumProtocolVersion": "TLSv1.2_2021",
        "Subnets": ["subnet-1", "subnet-2"],
    }  # fmt: skip


def main(count: int) -> int:
    subjects, judged = list(resources(count)), controls()
    started = time.process_time()
    verdicts = Counter(finding.verdict for finding in evaluate(judged, subjects, datetime.now(UTC)))
    seconds = time.process_time() - started
    total = sum(verdicts.values())
    print(f"{len(judged)} controls, {count} resources: {seconds:.2f} CPU s, {seconds / total * 1e6:.1f} µs a verdict")
    print(", ".join(f"{number} {verdict}" for verdict, number in verdicts.most_common()))
    return int(count >= 100_000 and seconds >= LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))

"""Reviews to write: built by hand over the files in `code/`, as a review of them would see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mainstay.model.conditions import All
from mainstay.model.controls import Control, Layer, Severity
from mainstay.model.findings import Finding, Gap, Reason, Review, Subject, Verdict
from mainstay.model.places import Mark, Place, ServiceDefault

CODE = Path(__file__).parent / "code"
DATABASE = "infra/database.tf"
VOLUMES = "infra/modules/volumes/main.tf"
WEB = "stacks/web.yaml"


def control(
    id: str,
    title: str,
    severity: Severity,
    layer: Layer,
    practices: str,
    why: str = "It breaks.",
    fix: str = "Mend it.",
) -> Control:
    return Control(id, title, ("AWS::Any::Thing",), All(()), severity, layer, tuple(practices.split()), why, fix)


def place(file: str, text: str, end: str = "") -> Place:
    """Where `text` stands in the file; with `end`, the stretch that ends with the next line that equals it."""
    lines = (CODE / file).read_text().splitlines()
    number = next(number for number, line in enumerate(lines, start=1) if text in line)
    column = lines[number - 1].index(text) + 1
    if not end:
        return Place(file, number, column, number, column + len(text))
    last = next(n for n, line in enumerate(lines[number:], start=number + 1) if line.rstrip() == end)
    return Place(file, number, column, last, len(lines[last - 1]) + 1)


def at(text: str) -> Place:
    return place(DATABASE, text)


def subject(
    type: str, address: str, at: Place | None, may_exist: str | None = None, scope: str = "infra", module: str = ""
) -> Subject:
    source = "cloudformation" if at and at.file.endswith(".yaml") else "terraform"
    return Subject(type, address, scope, module, source, at, may_exist)


def fail(what: Control, whom: Subject, *reasons: Reason) -> Finding:
    return Finding(what, "fail", whom, reasons)


def unknown(
    what: Control, whom: Subject, settle: str, path: str = "StorageEncrypted", mark: Mark | None = None
) -> Finding:
    return Finding(what, "unknown", whom, (Reason(path, "true", "unknown", mark, settle),))


STANDBY = control(
    "rds-survives-zone-loss", "Databases keep a standby in a second zone", "high", "data", "REL10-BP01 REL11-BP02",
    "Without a standby, the loss of one zone is an outage for as long as a restore takes.",
    "Set MultiAZ; the change is made without downtime.",
)  # fmt: skip
PRIVATE = control(
    "rds-is-private", "Databases cannot be reached from the internet", "critical", "network", "SEC05-BP01 SEC05-BP02",
    "A public address leaves one password between the internet and every row.",
    "Set PubliclyAccessible to false and reach the database through its VPC; connections from outside end.",
)  # fmt: skip
ENCRYPTED = control(
    "rds-encrypts-storage", "Database storage is encrypted", "high", "data", "SEC08-BP02",
    "A stolen snapshot of an unencrypted database can be read by whoever restores it.",
    "Set StorageEncrypted. An existing database is replaced: restore an encrypted copy of a snapshot.",
)  # fmt: skip
BACKUPS = control(
    "rds-keeps-backups", "Databases keep automated backups for a week or more", "high", "data", "REL09-BP03",
    "With no automated backups, a wrong delete loses everything since the last manual snapshot.",
    "Set BackupRetentionPeriod to 7 or more.",
)  # fmt: skip
PORTS = control(
    "security-group-closes-databases", "Database ports are closed to the internet", "critical", "network", "SEC05-BP02",
    "Anyone on the internet can try passwords and exploits against the database.",
    "Allow the security group of the application instead of 0.0.0.0/0.",
)  # fmt: skip
POLICY = control(
    "iam-policy-names-actions", "Policies do not allow every action on every resource", "high", "identity",
    "SEC03-BP02 SEC03-BP07", "Whoever holds the role owns the account.", "Name the actions and the resources.",
)  # fmt: skip
VOLUME = control(
    "ebs-volume-is-encrypted", "Volumes are encrypted", "high", "data", "SEC08-BP02",
    "A copied or discarded volume can be read.", "Set Encrypted, or turn on encryption by default for the account.",
)  # fmt: skip
GP3 = control(
    "ebs-volume-is-of-current-type", "Volumes are of the current general-purpose type", "low", "data",
    "COST06-BP03 PERF03-BP01", "gp2 costs a fifth more than gp3 and ties throughput to size.",
    "Set VolumeType to gp3; the change is made in place.",
)  # fmt: skip
BUCKET = control(
    "s3-blocks-public-access", "Buckets block public access in all four ways", "critical", "data",
    "SEC03-BP07 SEC08-BP04", "One wrong policy or object ACL publishes the bucket.",
    "Set all four properties of PublicAccessBlockConfiguration to true.",
)  # fmt: skip
ALB_LOGS = control(
    "load-balancer-writes-access-logs", "Load balancers write access logs", "medium", "load-balancer",
    "OPS04-BP02 SEC04-BP01", "Without them nobody can tell who sent what during an incident.",
    "Set access_logs.s3.enabled to true.",
)  # fmt: skip
DEAD_LETTERS = control(
    "sqs-keeps-dead-letters", "Queues have a dead-letter queue", "low", "application", "REL05-BP03",
    "A message that always fails is tried until it expires, and is then lost without a trace.",
    "Set RedrivePolicy.",
)  # fmt: skip
CONTROLS = (
    STANDBY, PRIVATE, ENCRYPTED, BACKUPS, PORTS, POLICY, VOLUME, GP3, BUCKET, ALB_LOGS, DEAD_LETTERS,
    control("lambda-is-traced", "Functions are traced", "low", "code", "OPS04-BP05"),
)  # fmt: skip

NOT_HERE = "registry.terraform.io/terraform-aws-modules/vpc/aws is not here: run terraform init"
GAPS = (
    Gap("syntax", "expected an attribute or a block; the block is left out", Place("infra/cache.tf", 12, 3)),
    Gap("module", NOT_HERE, Place(DATABASE, 1, 1)),
    Gap("module", NOT_HERE, Place(VOLUMES, 1, 1)),
)
RDS, EBS = "AWS::RDS::DBInstance", "AWS::EC2::Volume"


def undecided_shards() -> list[Finding]:
    """Databases of a file that is not there to be read again."""
    file = "infra/modules/shard/main.tf"
    shards = [subject(RDS, f'module.shard["{n}"].aws_db_instance.this', Place(file, 3, 1)) for n in range(9)]
    return [unknown(ENCRYPTED, shard, "set var.encrypt or pass a plan", mark=Place(file, 9, 24)) for shard in shards]


def weak_volumes() -> list[Finding]:
    """One block of code with two weaknesses, used five times."""
    block = place(VOLUMES, 'resource "aws_ebs_volume" "data"', "}")
    names = [f"module.storage[{index}]" for index in range(5)]
    volumes = [subject(EBS, f"{name}.aws_ebs_volume.data", block, module=name) for name in names]
    unencrypted = Reason("Encrypted", "true", "false", place(VOLUMES, "encrypted         = false"))
    old = Reason("VolumeType", '"gp3"', '"gp2"', place(VOLUMES, '"gp2"'))
    return [fail(control, volume, why) for control, why in ((VOLUME, unencrypted), (GP3, old)) for volume in volumes]


def weak_workload() -> Review:
    """A workload in two languages with weaknesses of every kind that the console has a form for."""
    orders = subject(RDS, "aws_db_instance.orders", place(DATABASE, 'resource "aws_db_instance" "orders"', "}"))
    reports = subject(
        RDS, "aws_db_instance.reports", place(DATABASE, 'resource "aws_db_instance" "reports"', "}"),
        may_exist="count depends on var.reports",
    )  # fmt: skip
    group = subject(
        "AWS::EC2::SecurityGroup", "aws_security_group.orders",
        place(DATABASE, 'resource "aws_security_group" "orders"', "}"),
    )  # fmt: skip
    policy = subject(
        "AWS::IAM::ManagedPolicy", "aws_iam_policy.deploy", place(DATABASE, 'resource "aws_iam_policy" "deploy"', "}")
    )
    assets = subject("AWS::S3::Bucket", "Assets", place(WEB, "Assets:"), scope="stacks/web.yaml")
    balancer = subject(
        "AWS::ElasticLoadBalancingV2::LoadBalancer", "Balancer", place(WEB, "Balancer:"), scope="stacks/web.yaml"
    )
    queue = subject("AWS::SQS::Queue", "Queue", place(WEB, "Queue:"), scope="stacks/web.yaml")
    findings = [
        fail(PRIVATE, orders, Reason("PubliclyAccessible", "false", "true", at("publicly_accessible = true"))),
        fail(STANDBY, orders, Reason("MultiAZ", "true", "false", at("var.high_availability"))),
        fail(ENCRYPTED, orders, Reason("StorageEncrypted", "true", "false", at("local.encrypt[var.stage]"))),
        fail(
            BACKUPS, orders,
            Reason("BackupRetentionPeriod", "at least 7", "0", at('var.stage == "prod" ? var.retention_days : 0')),
        ),
        fail(STANDBY, reports, Reason("MultiAZ", "true", "false", ServiceDefault("2026-11"))),
        fail(BACKUPS, reports, Reason("BackupRetentionPeriod", "at least 7", "absent", reports.place)),
        unknown(ENCRYPTED, reports, "set var.encrypt or pass a plan", mark=at("var.encrypt")),
        Finding(PRIVATE, "pass", reports),
        fail(
            PORTS, group,
            Reason("SecurityGroupIngress.0.CidrIp", "not 0.0.0.0/0", '"0.0.0.0/0"', at('"0.0.0.0/0"')),
            Reason("SecurityGroupIngress.0.FromPort", "no database port", "5432", at("from_port   = 5432")),
        ),
        fail(
            POLICY, policy,
            Reason("PolicyDocument.Statement.0.Action", "not *", '"*"', at('Action   = "*"')),
            Reason("PolicyDocument.Statement.0.Resource", "not *", '"*"', at('Resource = "*"')),
        ),
        *weak_volumes(),
        fail(
            BUCKET, assets,
            Reason("PublicAccessBlockConfiguration.BlockPublicPolicy", "true", "false", place(WEB, "false")),
            Reason("PublicAccessBlockConfiguration.IgnorePublicAcls", "true", "absent", assets.place),
            Reason("PublicAccessBlockConfiguration.RestrictPublicBuckets", "true", "absent", assets.place),
        ),
        fail(ALB_LOGS, balancer, Reason("LoadBalancerAttributes", "access_logs.s3.enabled", "absent", balancer.place)),
        unknown(STANDBY, balancer, "set the parameter Subnets", "Subnets", place(WEB, "!Ref Subnets")),
        fail(DEAD_LETTERS, queue, Reason("RedrivePolicy", "set", "absent", queue.place)),
        Finding(ENCRYPTED, "not_applicable", group),
    ]  # fmt: skip
    return Review(
        [*findings, *undecided_shards()], GAPS, CONTROLS, 21, 5, {"AWS::KMS::Key": 1, "AWS::Route53::RecordSet": 7}
    )


def sound_workload(verdicts: Sequence[Verdict] = ("pass",)) -> Review:
    bucket = subject("AWS::S3::Bucket", "aws_s3_bucket.logs", Place("main.tf", 1, 1))
    return Review([Finding(BUCKET, verdict, bucket) for verdict in verdicts], [], CONTROLS, 1, 1)


@pytest.fixture
def code() -> Path:
    return CODE


@pytest.fixture
def weak() -> Review:
    return weak_workload()


@pytest.fixture
def sound() -> Callable[..., Review]:
    return sound_workload

"""The AWS provider's own functions, of ARNs."""

from __future__ import annotations

from mainstay.model.values import Value
from mainstay.sources.terraform.functions.strings import text_of
from mainstay.sources.terraform.types import EvaluationError, convert

_FIELDS = ("partition", "service", "region", "account_id", "resource")


def parse(arn: str) -> dict[str, Value]:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
        raise EvaluationError(f'"{arn[:80]}" is not an ARN')
    return dict(zip(_FIELDS, parts[1:], strict=True))


def build(*fields: Value) -> Value:
    """The ARN of partition, service, region, account and resource; a Text where some are unknown."""
    if any(field is None for field in fields):
        raise EvaluationError("a part of an ARN must not be null")
    parts: list[Value] = ["arn"]
    for field in fields:
        parts += [":", convert(field, "string")]
    return text_of(parts)


def trim_role_path(arn: str) -> str:
    """The role's ARN without the path before its name, as some services want it."""
    fields = parse(arn)
    kind, _, name = str(fields["resource"]).partition("/")
    if fields["service"] != "iam" or kind != "role" or not name:
        raise EvaluationError(f'"{arn[:80]}" is not the ARN of an IAM role')
    return arn[: -len(name)] + name.rpartition("/")[2]

"""Check the source names in the Terraform spelling tables against the AWS provider's own schema.

Give it a directory with one JSON file a resource type (`aws_s3_bucket.json`), each what `terraform providers schema
-json` has for the type under `resource_schemas`: `python tools/check_spelling.py DIRECTORY`. It prints every name
that the provider does not have, and exits with 1 where there is one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mainstay.sources.spelling import Table, load_tables

Schema = Mapping[str, Any]

OTHER_VERSIONS: Mapping[str, str] = {
    "aws_athena_workgroup.configuration.managed_query_results_configuration.enabled": "not in all of version 6",
    "aws_autoscaling_attachment.alb_target_group_arn": "removed in version 5",
    "aws_db_instance.name": "renamed to db_name in version 5",
    "aws_instance.cpu_core_count": "moved to cpu_options in version 6",
    "aws_instance.cpu_threads_per_core": "moved to cpu_options in version 6",
    "aws_redshift_cluster.logging.bucket_name": "moved to aws_redshift_logging in version 6",
    "aws_redshift_cluster.logging.log_destination_type": "moved to aws_redshift_logging in version 6",
    "aws_redshift_cluster.logging.log_exports": "moved to aws_redshift_logging in version 6",
    "aws_redshift_cluster.logging.s3_key_prefix": "moved to aws_redshift_logging in version 6",
    "aws_spot_instance_request.cpu_core_count": "as in aws_instance",
    "aws_spot_instance_request.cpu_threads_per_core": "as in aws_instance",
    "aws_wafv2_web_acl": "its statements nest so deep that collections of schemas leave it out",
}
"""Names that some version of the provider has and another does not: the code under review may be for either."""


def names(table: Table) -> Iterator[str]:
    """Every name of the source that a table mentions."""
    yield from table.same
    yield from (name for name in table.rename if name)
    yield from (*table.pairs, *table.decode)
    for block, attributes in (*table.split.items(), *table.default.items()):
        yield from (f"{block}.{name}" if block else name for name in attributes)
    for block, keyed in table.keyed.items():
        yield from (f"{block}.{name}" for name in (keyed.key, keyed.value) if name)
    if table.merge is not None:
        yield from table.merge.by
        if table.merge.append_by is not None:
            yield table.merge.append_by[0]
    for block, inner in table.emit.items():
        yield block
        yield from (f"{block}.{name}" for name in names(inner))


def has(block: Schema, steps: list[str]) -> bool:
    """True where the schema's block has the attribute, or the nested block and in it the rest."""
    name, *rest = steps
    attribute = block.get("attributes", {}).get(name)
    if attribute is not None:
        if "nested_type" in attribute:
            return not rest or has(attribute["nested_type"], rest)
        return in_type(attribute["type"], rest)
    nested = block.get("block_types", {}).get(name)
    return nested is not None and (not rest or has(nested["block"], rest))


def in_type(type: Any, steps: list[str]) -> bool:
    """True where a value of the type (`["list", ["object", {...}]]`) has the attribute."""
    if not steps:
        return True
    if not isinstance(type, list):
        return False
    kind, inner = type
    if kind == "object":
        return steps[0] in inner and in_type(inner[steps[0]], steps[1:])
    return kind == "map" or in_type(inner, steps)


def wrong_names(directory: Path) -> Iterator[str]:
    """The names that the provider does not have, and the exceptions that no table mentions."""
    mentioned: set[str] = set()
    for type, table in sorted(load_tables().terraform.items()):
        file = directory / f"{type}.json"
        mentioned.add(type)
        if not file.exists():
            if type not in OTHER_VERSIONS:
                yield f"{type}: the provider has no such resource"
            continue
        block = json.loads(file.read_text(encoding="utf-8"))["block"]
        for name in sorted(set(names(table))):
            mentioned.add(f"{type}.{name}")
            if not has(block, name.split(".")) and f"{type}.{name}" not in OTHER_VERSIONS:
                yield f"{type}.{name}: the provider has no such name"
    for name in sorted(OTHER_VERSIONS.keys() - mentioned):
        yield f"{name}: is an exception, and no table mentions it"


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    wrong = list(wrong_names(Path(sys.argv[1])))
    print("\n".join(wrong) if wrong else "every name is the provider's")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

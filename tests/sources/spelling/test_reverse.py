"""Spelling backwards: over every property that a control sets, what is found says the same when spelled forwards."""

from __future__ import annotations

from collections.abc import Iterator

from mainstay.catalog import load, load_shapes
from mainstay.engine import explain
from mainstay.engine.remedies import Assignment, remedy
from mainstay.model.patches import NoPatch
from mainstay.model.values import Record, Value
from mainstay.sources.spelling import Table, load_tables
from mainstay.sources.spelling.reverse import nested, same, spellings, values_at
from mainstay.sources.spelling.translate import translate

LEAST = 120
"""How many properties can be said in Terraform, at least."""


def _asked() -> Iterator[tuple[str, Assignment]]:
    """Every property that a control sets in one of its failing examples, with its type."""
    for control in load().controls:
        for example in control.examples:
            found = remedy(control, explain(control.expect, example.properties)) if example.verdict == "fail" else None
            if found is not None and not isinstance(found, NoPatch):
                yield from ((example.type, assignment) for assignment in found)


def _says(body: Value, table: Table, type: str, path: tuple[str, ...]) -> list[Value]:
    return list(values_at(translate(body, table, load_shapes()[type]), path))


def test_what_is_spelled_backwards_gives_the_value_back() -> None:
    tables, shapes, said = load_tables(), load_shapes(), set()
    asked = {(type, one.plain, str(one.fields or one.value)): (type, one) for type, one in _asked()}
    for type, one in asked.values():
        for table in (table for table in tables.terraform.values() if table.type == type and table.merge is None):
            for way in spellings(tables, table, shapes[type], one.plain, one.value, one.fields):
                value = [Record(way.value, marks={})] if isinstance(way.value, dict) else way.value
                found = _says(nested(way.path, value), way.table, type, one.plain)
                if one.fields is None:
                    wanted = one.value if isinstance(one.value, tuple) else (one.value,)
                    assert all(any(same(each, value) for each in found) for value in wanted), (way, found)
                else:
                    assert one.fields.items() <= found[0].items(), (way, found)
                said.add((type, one.plain))
    assert len(said) >= LEAST


def test_a_word_of_the_source_is_found_for_a_value_of_the_model() -> None:
    tables = load_tables()
    (way,) = spellings(
        tables, tables.terraform["aws_instance"], load_shapes()["AWS::EC2::Instance"], ("Monitoring",), True
    )
    assert (way.path, way.value) == (("monitoring",), True)
    ways = spellings(
        tables,
        tables.terraform["aws_s3_bucket"],
        load_shapes()["AWS::S3::Bucket"],
        ("VersioningConfiguration", "Status"),
        "Enabled",
    )
    assert {(way.table.name, ".".join(way.path), way.value) for way in ways} == {
        ("aws_s3_bucket", "versioning.enabled", True),
        ("aws_s3_bucket_versioning", "versioning_configuration.status", "Enabled"),
    }


def test_what_no_attribute_says_has_no_spelling() -> None:
    tables = load_tables()
    cluster, shape = tables.terraform["aws_rds_cluster_instance"], load_shapes()["AWS::RDS::DBInstance"]
    assert spellings(tables, cluster, shape, ("MultiAZ",), True) == []

"""Running a catalogue's examples: every one is judged, and one that is judged otherwise is told with the reasons."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mainstay.catalog import Catalog, load
from mainstay.model.resources import Resource
from mainstay.model.values import Record
from mainstay.verbs.examples import ExampleReport, run_examples

HEAD = """\
- id: vpc-logs-its-traffic
  title: Networks log their traffic
  applies_to: AWS::EC2::VPC
  severity: medium
  layer: network
  practices: SEC04-BP01
  why: Without flow logs nobody can say who talked to whom.
  fix: Add a flow log.
"""


def untouched(resource: Resource) -> Resource:
    return resource


def all_traffic(resource: Resource) -> Resource:
    """A service whose flow logs take all traffic when nothing is said."""
    if resource.type != "AWS::EC2::FlowLog":
        return resource
    return replace(resource, properties=Record({"TrafficType": "ALL", **resource.properties}))


def catalog(directory: Path, rest: str) -> Catalog:
    (directory / "vpc.yaml").write_text(HEAD + rest)
    return load([directory], builtin=False)


def mismatches(report: ExampleReport) -> list[tuple[str, str, str]]:
    return [(found.example.verdict, found.actual, str(found.example.place)) for found in report.mismatches]


def test_examples_that_are_judged_as_they_say_give_a_clean_report(tmp_path: Path) -> None:
    mine = catalog(
        tmp_path,
        """\
  expect: {EnableDnsSupport: true}
  examples:
    pass: [{EnableDnsSupport: true}]
    fail: [{}, {EnableDnsSupport: false}]
""",
    )
    assert run_examples(mine, untouched) == ExampleReport(1, 3, ())


def test_an_example_that_is_judged_otherwise_is_told_with_its_place_and_reasons(tmp_path: Path) -> None:
    mine = catalog(
        tmp_path,
        """\
  when: {InstanceTenancy: default}
  expect: {EnableDnsSupport: true}
  examples:
    pass:
      - {InstanceTenancy: default, EnableDnsSupport: false}
      - {EnableDnsSupport: true}
    fail:
      - {InstanceTenancy: default, EnableDnsSupport: true}
      - {InstanceTenancy: default}
""",
    )
    report = run_examples(mine, untouched)
    file = tmp_path / "vpc.yaml"
    assert mismatches(report) == [
        ("pass", "fail", f"{file}:13:9"),
        ("pass", "not_applicable", f"{file}:14:9"),
        ("fail", "pass", f"{file}:16:9"),
    ]
    assert [found.control.id for found in report.mismatches] == ["vpc-logs-its-traffic"] * 3
    assert [reason.path for reason in report.mismatches[0].reasons] == ["EnableDnsSupport"]
    assert report.mismatches[2].reasons == ()


RELATED = """\
  expect: {related.AWS::EC2::FlowLog|any: {TrafficType: ALL}}
  examples:
    pass: [{related: {AWS::EC2::FlowLog: [{ResourceType: VPC, TrafficType: ALL}]}}]
    fail: [{}, {related: {AWS::EC2::FlowLog: [{ResourceType: VPC}]}}]
"""


def test_related_resources_are_judged_with_the_example(tmp_path: Path) -> None:
    assert run_examples(catalog(tmp_path, RELATED), untouched).mismatches == ()


def test_related_resources_are_prepared_as_well(tmp_path: Path) -> None:
    assert mismatches(run_examples(catalog(tmp_path, RELATED), all_traffic)) == [
        ("fail", "pass", f"{tmp_path / 'vpc.yaml'}:12:16")
    ]


def test_raw_attributes_and_derived_facts_are_judged_with_the_example(tmp_path: Path) -> None:
    mine = catalog(
        tmp_path,
        """\
  expect: {raw.enable_dns: true, derived.subnet_zones: eu-west-1a}
  examples:
    pass: [{raw: {enable_dns: true}, derived: {subnet_zones: [eu-west-1a]}}]
    fail: [{}, {raw: {enable_dns: true}}, {derived: {subnet_zones: [eu-west-1a]}}]
""",
    )
    assert run_examples(mine, untouched).mismatches == ()

"""Plans and states give the resources that there will be, with what Terraform knows of them.

The plans in `data` are Terraform's own, of `data/site`, without timestamps and most of the prior state. They were made
with a stand-in for the AWS provider, which has its schemas and calls nothing: it fills in no defaults of the provider.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from mainstay.catalog import load, load_shapes
from mainstay.model.errors import UsageError
from mainstay.model.findings import Finding, Gap, Reason, Subject
from mainstay.model.places import Mark, Place
from mainstay.model.resources import Resource
from mainstay.model.values import Document, Ref, Text, Unknown, Value
from mainstay.sources import Options, Scope, plan, read
from mainstay.sources.raw import RawResource
from mainstay.sources.spelling import Spelling

DATA = Path(__file__).parent / "data"
SITE = DATA / "site"
SECRET = "correct-horse"


Found = Callable[[str], dict[str, Resource]]


@cache
def spelling() -> Spelling:
    return Spelling(load_shapes())


def scopes(path: Path, options: Options | None = None) -> list[Scope]:
    return list(read([path], options or Options(), spelling()))


@cache
def alone(name: str) -> dict[str, Resource]:
    """The resources of a plan without files beside it."""
    (scope,) = scopes(DATA / f"{name}.json")
    return {one.address: one for one in scope.resources}


@cache
def joined(name: str) -> dict[str, Resource]:
    """The resources of a plan with the files that it was made from."""
    (scope,) = scopes(SITE, Options(plan=DATA / f"{name}.json"))
    return {one.address: one for one in scope.resources}


def raws(document: dict[str, Value]) -> tuple[dict[str, RawResource], list[Gap]]:
    loaded = plan.load(json.dumps(document), "plan.json")
    assert loaded is not None
    found = list(plan.read(loaded, "plan.json"))
    return {one.address: one for one in found if isinstance(one, RawResource)}, [
        one for one in found if isinstance(one, Gap)
    ]


def planned(name: str) -> dict[str, Value]:
    found: dict[str, Value] = json.loads((DATA / f"{name}.json").read_text())
    return found


def made(after: dict[str, Value], unknown: Value = None, **more: Value) -> dict[str, Value]:
    """A plan that makes one queue."""
    change = {"actions": ["create"], "after": after, "after_unknown": unknown or {}, **more}
    entry = {"address": "aws_sqs_queue.q", "mode": "managed", "type": "aws_sqs_queue", "name": "q", "change": change}
    return {"format_version": "1.2", "resource_changes": [entry]}


def strings(value: Value) -> Iterator[str]:
    """Every known stretch of text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, Text):
        yield from strings(list(value.parts))
    elif isinstance(value, Document):
        yield from strings(value.value)
    elif isinstance(value, Unknown):
        yield value.reason


# -- which resources there are


def test_each_instance_has_the_address_that_the_files_give_it() -> None:
    assert {
        'aws_s3_bucket.site["data"]',
        "aws_subnet.site[1]",
        "module.database.aws_db_instance.this",
    } <= alone("create").keys()
    assert alone("create").keys() == joined("create").keys()
    assert alone("create")["module.database.aws_db_instance.this"].origin.module == "module.database"


def test_what_is_planned_for_deletion_is_not_judged_and_what_stays_as_it_is_is() -> None:
    assert 'aws_s3_bucket.site["logs"]' in alone("create")
    assert 'aws_s3_bucket.site["logs"]' not in alone("change")
    assert "aws_kms_key.site" in alone("change")
    assert alone("change")["module.database.aws_db_instance.this"].properties["MultiAZ"] is False


@pytest.mark.parametrize("actions", [["no-op"], ["update"], ["delete", "create"], ["create", "delete"]])
def test_whatever_is_there_afterwards_is_judged(actions: list[str]) -> None:
    document = made({"name": "q"})
    document["resource_changes"][0]["change"]["actions"] = actions
    assert raws(document)[0].keys() == {"aws_sqs_queue.q"}


def test_deposed_objects_and_those_that_are_forgotten_are_left_out() -> None:
    document = made({"name": "q"})
    document["resource_changes"][0]["deposed"] = "00000001"
    assert raws(document) == ({}, [])
    document = made({"name": "q"})
    document["resource_changes"][0]["change"] |= {"actions": ["forget"], "after": None}
    assert raws(document) == ({}, [])


def test_a_state_is_a_plan_without_changes() -> None:
    state = alone("state")
    assert state.keys() == alone("create").keys()
    assert state["module.database.aws_db_instance.this"].origin.source == "terraform-state"
    assert state["module.database.aws_db_instance.this"].properties["MultiAZ"] is True


def test_an_empty_state_has_nothing_in_it() -> None:
    assert raws({"format_version": "1.0", "terraform_version": "1.11.4"}) == ({}, [])


# -- what is known of them


def test_the_plan_settles_what_the_files_leave_open() -> None:
    (files,) = scopes(SITE)
    (instance,) = [one for one in files.resources if one.type == "AWS::RDS::DBInstance"]
    assert isinstance(instance.properties["MultiAZ"], Unknown)
    for found in (alone, joined):
        assert found("create")[instance.address].properties["MultiAZ"] is True
        assert found("create")["aws_subnet.site[1]"].properties["AvailabilityZone"] == "eu-west-1b"


def test_an_attribute_that_is_another_resources_id_refers_to_it_through_modules() -> None:
    key = alone("create")["module.database.aws_db_instance.this"].properties["KmsKeyId"]
    assert isinstance(key, Ref)
    assert (key.address, key.path) == ("aws_kms_key.site", "arn")
    for found in (alone, joined):
        assert "aws_kms_key.site" in found("create")["module.database.aws_db_instance.this"].references


def test_an_attribute_that_nobody_wrote_is_not_set_however_unknown_the_plan_calls_it() -> None:
    assert "KmsMasterKeyId" not in alone("create")["aws_sqs_queue.orders"].properties
    assert "AvailabilityZone" not in alone("create")["module.database.aws_db_instance.this"].properties


def test_a_collection_that_may_be_generated_is_not_said_to_be_empty() -> None:
    change = {"rule": True, "arn": True}
    document = made({"name": "q"}, change, after_sensitive={"rule": []})
    document["configuration"] = {"root_module": {"resources": [{"address": "aws_sqs_queue.q", "expressions": {}}]}}
    body = raws(document)[0]["aws_sqs_queue.q"].body
    assert body["rule"].settle == "review the plan with its Terraform files"
    assert "arn" not in body


def test_an_expression_that_is_known_and_leaves_the_attribute_unknown_is_null() -> None:
    document = made({"name": "q"}, {"kms_master_key_id": True})
    entry = {"address": "aws_sqs_queue.q", "expressions": {"kms_master_key_id": {"references": ["var.key"]}}}
    document["configuration"] = {"root_module": {"resources": [entry]}}
    assert "kms_master_key_id" not in raws(document)[0]["aws_sqs_queue.q"].body
    entry["expressions"]["kms_master_key_id"]["references"] = ["local.key"]  # type: ignore[index]
    unknown = raws(document)[0]["aws_sqs_queue.q"].body["kms_master_key_id"]
    assert unknown.reason == "is known after apply: it is made from local.key"
    assert unknown.settle == "review the plan with its Terraform files"


@pytest.mark.parametrize("found", [alone, joined])
def test_a_piece_goes_to_the_bucket_with_its_own_key(found: Found) -> None:
    status = {
        key: found("create")[f'aws_s3_bucket.site["{key}"]'].properties["VersioningConfiguration"]["Status"]
        for key in ("data", "logs")
    }
    assert status == {"data": "Enabled", "logs": "Suspended"}


@pytest.mark.parametrize("found", [alone, joined])
def test_a_policy_document_that_waits_for_an_arn_is_read_as_far_as_it_is_known(
    found: Found,
) -> None:
    policy = found("create")["aws_sqs_queue_policy.orders"].properties["PolicyDocument"]
    (statement,) = policy["Statement"]
    assert statement["Principal"] == "*"
    assert isinstance(statement["Resource"], Unknown)


def test_text_that_the_plan_does_not_know_is_known_in_part_from_the_files() -> None:
    whole = alone("create")["aws_iam_role_policy.send"].properties["PolicyDocument"]
    assert isinstance(whole, Unknown)
    (statement,) = joined("create")["aws_iam_role_policy.send"].properties["PolicyDocument"]["Statement"]
    assert statement["Action"] == "sqs:SendMessage"


def test_the_providers_default_tags_are_the_resources() -> None:
    tags = alone("create")['aws_s3_bucket.site["data"]'].properties["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"Name": "data", "Owner": "platform"}


@pytest.mark.parametrize("found", [alone, joined])
def test_generated_blocks_are_there(found: Found) -> None:
    rules = found("create")["aws_security_group.web"].properties["SecurityGroupIngress"]
    assert sorted(rule["FromPort"] for rule in rules) == [22, 443]


# -- secrets


@pytest.mark.parametrize("name", ["create", "change", "state"])
@pytest.mark.parametrize("found", [alone, joined])
def test_a_sensitive_value_is_set_and_stands_nowhere(name: str, found: Found) -> None:
    resources = found(name)
    password = resources["module.database.aws_db_instance.this"].properties["MasterUserPassword"]
    assert isinstance(password, Unknown)
    assert found is joined or password.is_set
    assert not [text for one in resources.values() for text in strings([one.properties, one.raw]) if SECRET in text]


def test_a_write_only_value_is_set_although_no_plan_holds_it() -> None:
    document = made({"name": "q", "policy_wo": None})
    entry = {"address": "aws_sqs_queue.q", "expressions": {"policy_wo": {"references": ["var.policy"]}}}
    document["configuration"] = {"root_module": {"resources": [entry]}}
    assert raws(document)[0]["aws_sqs_queue.q"].body["policy_wo"].is_set


# -- places


def line_at(mark: Mark | None) -> str:
    assert isinstance(mark, Place)
    return Path(mark.file).read_text().splitlines()[mark.line - 1]


def test_with_the_files_everything_stands_where_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[3])
    (scope,) = scopes(SITE, Options(plan=DATA / "create.json"))
    found = {one.address: one for one in scope.resources}
    instance = found["module.database.aws_db_instance.this"]
    assert line_at(instance.origin.place) == 'resource "aws_db_instance" "this" {'
    assert "multi_az" in line_at(instance.properties.marks["MultiAZ"])
    bucket = found['aws_s3_bucket.site["data"]'].properties
    assert "status" in line_at(bucket["VersioningConfiguration"].marks["Status"])


def test_without_files_a_resource_stands_at_its_entry_in_the_plan() -> None:
    place = alone("create")['aws_s3_bucket.site["data"]'].origin.place
    assert place is not None
    line = (DATA / "create.json").read_text().splitlines()[place.line - 1]
    assert line[place.column - 1 :].startswith(r'"address": "aws_s3_bucket.site[\"data\"]"')


# -- what cannot be read


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ('{"format_version": "2.0", "planned_values": {}}', "unsupported", "format_version 2.0"),
        ('{"format_version": "1.2", "planned_values": {"root', "syntax", "is not whole"),
        ('{"format_version": "1.2", "planned_values": []}', "syntax", "planned_values is not an object"),
        ('{"format_version": "1.2", "resource_changes": {"a": 1}}', "syntax", "resource_changes is not a list"),
        ('{"format_version": "1.2", "resource_changes": [7]}', "syntax", "an entry without an address"),
        ('{"format_version": "1.2", "planned_values": {}, "errored": true}', "evaluation", "ended in errors"),
        ('{"format_version": "1.2", "planned_values": {}, "complete": false}', "evaluation", "not complete"),
        ('{"format_version": "1.2", "planned_values": ' + "[" * 100_000, "limit", "too large"),
    ],
)
def test_what_is_wrong_with_a_plan_is_a_gap(tmp_path: Path, text: str, kind: str, reason: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    (scope,) = scopes(path)
    assert scope.gaps[0].kind == kind
    assert reason in scope.gaps[0].reason
    assert scope.resources == []


def test_a_plan_in_terraforms_own_format_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "tfplan"
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    (scope,) = scopes(path)
    assert "terraform show -json" in scope.gaps[0].reason


# -- finding plans


def tree(directory: Path, plans: dict[str, str]) -> Path:
    for name in ("main.tf", "database/main.tf"):
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text((SITE / name).read_text())
    for name, text in plans.items():
        (directory / name).write_text(text)
    return directory


def test_a_plan_beside_its_files_is_judged_in_their_place(tmp_path: Path) -> None:
    text = (DATA / "create.json").read_text()
    (by_tree,) = scopes(tree(tmp_path, {"plan.json": text}))
    (by_file,) = scopes(tmp_path / "plan.json")
    (by_both,) = scopes(tmp_path, Options(plan=tmp_path / "plan.json"))
    for scope in (by_tree, by_file, by_both):
        assert len(scope.resources) == len(joined("create"))
        assert {one.origin.source for one in scope.resources} == {"terraform-plan"}
        assert all(one.origin.place and one.origin.place.file.endswith(".tf") for one in scope.resources)


def test_two_plans_of_one_root_are_two_scopes(tmp_path: Path) -> None:
    text = (DATA / "create.json").read_text()
    found = scopes(tree(tmp_path, {"a.json": text, "b.json": text}))
    assert len({resource.origin.scope for scope in found for resource in scope.resources}) == 2


def test_a_plan_of_something_else_is_judged_beside_the_files(tmp_path: Path) -> None:
    found = scopes(tree(tmp_path, {"plan.json": json.dumps(made({"name": "q"}))}))
    assert sorted({one.origin.source for scope in found for one in scope.resources}) == ["terraform", "terraform-plan"]


def test_a_plan_of_something_else_is_refused_where_it_is_given(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(made({"name": "q"})))
    with pytest.raises(UsageError, match="plans none of the resources"):
        scopes(SITE, Options(plan=path))
    with pytest.raises(UsageError, match="is not a plan"):
        scopes(SITE, Options(plan=SITE / "main.tf"))


def test_a_plan_belongs_to_one_path() -> None:
    with pytest.raises(UsageError, match="one PATH"):
        list(read([SITE, SITE], Options(plan=DATA / "create.json"), spelling()))


def test_a_plan_as_windows_writes_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text((DATA / "create.json").read_text(), encoding="utf-16")
    (scope,) = scopes(path)
    assert len(scope.resources) == len(alone("create"))


def test_other_json_is_no_plan(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"format_version": "1.0", "planned": {"resource_changes": []}}')
    (tmp_path / "b.json").write_text('{"about": "planned_values and format_version"}')
    assert scopes(tmp_path) == []


# -- what is said of them


def test_no_reason_asks_for_the_plan_that_was_read() -> None:
    control = next(iter(load().controls))
    subject = Subject("AWS::S3::Bucket", "aws_s3_bucket.b", "x", "", "terraform-plan")
    asking = Reason("Name", "set", "unknown", None, "set var.x or pass a plan")
    asked = plan.with_plan(Finding(control, "unknown", subject, (asking,)))
    assert [reason.settle for reason in asked.reasons] == ["apply, then review a new plan"]
    of_files = Finding(control, "unknown", replace(subject, source="terraform"), (asking,))
    assert plan.with_plan(of_files) is of_files

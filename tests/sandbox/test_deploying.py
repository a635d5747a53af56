"""What a deployment says of itself: what was made, what was not, and why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mainstay.model.errors import DataError, UsageError
from mainstay.sandbox import Account, Deployment
from mainstay.sandbox import deploy as put
from mainstay.sandbox.stacking import Stack
from mainstay.verbs import sandbox
from mainstay.verbs.sandbox import deploy, read_template, stack_name


def written(directory: Path, text: str, name: str = "shop.yaml") -> Path:
    path = directory / name
    path.write_text(text)
    return path


def said(deployment: Deployment) -> list[tuple[str, str, str]]:
    return [(one.kind, one.logical_id, one.reason) for one in deployment.shortfalls]


def test_what_one_service_makes_and_what_the_stack_makes_point_at_each_other(account: Account, tmp_path: Path) -> None:
    template = """
      Parameters: {Name: {Type: String}}
      Conditions: {Never: !Equals [!Ref Name, never]}
      Resources:
        Failed: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${Name}-failed"}}
        Alarm:
          Type: AWS::CloudWatch::Alarm
          Properties:
            Namespace: AWS/SQS
            MetricName: ApproximateNumberOfMessagesVisible
            Dimensions: [{Name: QueueName, Value: !GetAtt Failed.QueueName}]
            AlarmActions: [!Ref Topic]
            ComparisonOperator: GreaterThanThreshold
            Threshold: "0"
            EvaluationPeriods: 1
            Period: 60
            Statistic: Sum
        Topic: {Type: AWS::SNS::Topic}
        Told:
          Type: AWS::Events::Rule
          Properties:
            ScheduleExpression: rate(1 day)
            Description: !Sub "after ${Alarm.Arn}"
        Absent: {Type: AWS::SQS::Queue, Condition: Never}
      Outputs: {Watch: {Value: !GetAtt Alarm.Arn}, Queue: {Value: !Ref Failed}}
    """
    found = deploy(account, written(tmp_path, template), {"Name": "orders"})
    assert not found.shortfalls
    assert {name: made.stacked for name, made in found.resources.items()} == {
        "Failed": True, "Topic": True, "Alarm": False, "Told": True,
    }  # fmt: skip
    (alarm,) = account.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": "orders-failed"}]
    assert alarm["AlarmActions"] == [found.resources["Topic"].physical_id]
    assert alarm["Threshold"] == 0
    rule = account.client("events").describe_rule(Name=found.resources["Told"].physical_id)
    assert rule["Description"] == f"after {alarm['AlarmArn']}"
    assert found.outputs == {"Watch": alarm["AlarmArn"], "Queue": found.resources["Failed"].physical_id}


def test_a_second_deployment_changes_what_changed_and_adds_what_is_new(account: Account, tmp_path: Path) -> None:
    policy = """
        Policy:
          Type: AWS::S3::BucketPolicy
          Properties: {Bucket: !Ref Bucket, PolicyDocument: {Statement: [{Sid: SID, Effect: Deny, Action: "s3:*"}]}}
        Secret: {Type: AWS::SecretsManager::Secret, Properties: {Name: token, Description: SID}}
        Bucket: {Type: AWS::S3::Bucket}"""
    template = f"Resources:{policy}"
    first = deploy(account, written(tmp_path, template.replace("SID", "One")))
    unchanged = deploy(account, written(tmp_path, template.replace("SID", "One")))
    assert not unchanged.shortfalls
    assert unchanged.resources == first.resources
    second = deploy(
        account, written(tmp_path, template.replace("SID", "Two") + "\n        More: {Type: AWS::SQS::Queue}")
    )
    assert second.stack_id == first.stack_id
    assert second.resources["Bucket"] == first.resources["Bucket"]
    assert "More" in second.resources
    held = account.client("s3").get_bucket_policy(Bucket=second.resources["Bucket"].physical_id)["Policy"]
    assert "Two" in held
    assert said(second) == [("lost", "Secret", "changed in the template: what was made by a call stays as it was")]
    third = deploy(account, written(tmp_path, "Resources: {Bucket: {Type: AWS::S3::Bucket}}"))
    assert {(kind, name) for kind, name, _ in said(third)} == {("lost", "Policy"), ("lost", "Secret")}


def test_what_moto_refuses_is_named_and_the_rest_is_made(account: Account, tmp_path: Path) -> None:
    template = """
      Resources:
        Before: {Type: AWS::SQS::Queue}
        Bad: {Type: AWS::S3::Bucket, Properties: {BucketName: no}}
        Leans: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 day), Description: !Ref Bad}}
        Policy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: not-there, PolicyDocument: {Statement: []}}}
        After: {Type: AWS::SNS::Topic}
    """
    found = deploy(account, written(tmp_path, template))
    assert found.resources.keys() == {"Before", "After"}
    assert said(found) == [
        ("failed", "Policy", "s3.put_bucket_policy: The specified bucket does not exist"),
        ("failed", "Bad", "The specified bucket is not valid."),
        ("missing", "Leans", "needs Bad, which moto refused"),
    ]
    assert [one.logical_id for one in found.failed] == ["Policy", "Bad"]


def test_what_moto_cannot_hold_is_listed(account: Account, tmp_path: Path) -> None:
    template = """
      Resources:
        Vault: {Type: AWS::Backup::BackupVault, Properties: {BackupVaultName: vault}}
        Metrics: {Type: AWS::CloudFront::MonitoringSubscription, Properties: {DistributionId: E1}}
        Queue: {Type: AWS::SQS::Queue, Properties: {NoSuchThing: 1}}
        Stream: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}
    """
    found = deploy(account, written(tmp_path, template))
    assert found.resources.keys() == {"Queue", "Stream"}
    assert {(kind, name) for kind, name, _ in said(found)} == {
        ("missing", "Metrics"), ("missing", "Vault"), ("lost", "Queue"), ("unchecked", "Stream"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Resources: {A: [}", "shop.yaml:1"),
        ("- 1", "has to be a map"),
        ("Resources: {}", "no resources"),
        ("Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Nobody}}}", "Nobody"),
        (
            "Parameters: {Name: {Type: String}}\n"
            "Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Name}}}",
            "parameter Name has no default",
        ),
    ],
)
def test_a_template_that_says_too_little_is_told_with_its_place(
    account: Account, tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        deploy(account, written(tmp_path, text))
    assert not sandbox.stacks(account)


def test_files_and_parameters_that_cannot_be_are_refused(account: Account, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        deploy(account, tmp_path / "nowhere.yaml")
    large = written(tmp_path, "#" * (sandbox.MAX_BYTES + 1))
    with pytest.raises(UsageError, match="takes templates of up to 1,048,576"):
        deploy(account, large)
    many = "\n".join(f"  Queue{number}: {{Type: AWS::SQS::Queue}}" for number in range(501))
    with pytest.raises(UsageError, match="501 resources, and a stack at most 500"):
        deploy(account, written(tmp_path, f"Resources:\n{many}\n"))
    with pytest.raises(UsageError, match="has no parameter Nmae"):
        deploy(account, written(tmp_path, "Resources: {A: {Type: AWS::SQS::Queue}}"), {"Nmae": "x"})


@pytest.mark.parametrize("name", ["bad name!", "1st", "", "a" * 129])
def test_a_stack_of_an_impossible_name_is_refused_before_anything_is_made(
    account: Account, tmp_path: Path, name: str
) -> None:
    template = read_template(account, written(tmp_path, "Resources: {A: {Type: AWS::SQS::Queue}}"), {})
    with pytest.raises(UsageError, match=r"a stack cannot be called .*: a name has letters, digits and hyphens"):
        put(account, template, name)
    assert not sandbox.stacks(account)


def test_a_stack_that_cannot_be_begun_is_not_left_behind(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Stack(account.client("cloudformation"), "shop", "")
    put_at_all = stack._put

    def half(resources: Mapping[str, Any]) -> str:
        put_at_all(resources)
        return "moto failed"

    monkeypatch.setattr(stack, "_put", half)
    with pytest.raises(UsageError, match=r"^the stack shop cannot be made: moto failed$"):
        stack.add({"A": {"Type": "AWS::SQS::Queue"}}, {"mainstay": {}})
    assert not sandbox.stacks(account)


def test_a_parameter_is_one_of_the_values_that_the_template_allows(account: Account, tmp_path: Path) -> None:
    template = written(
        tmp_path,
        "Parameters:\n"
        "  Env: {Type: String, AllowedValues: [dev, prod], Default: dev}\n"
        "  Zones: {Type: CommaDelimitedList, AllowedValues: [a, b], Default: a}\n"
        "  On: {Type: String, AllowedValues: [true, false], Default: 'true'}\n"
        "Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Env}}}\n",
    )
    with pytest.raises(UsageError, match=r"parameter Env cannot be 'qa': .*shop\.yaml allows dev, prod$"):
        read_template(account, template, {"Env": "qa"})
    with pytest.raises(UsageError, match="parameter Zones cannot be 'c'"):
        read_template(account, template, {"Zones": "a, c"})
    assert read_template(account, template, {"Env": "prod", "Zones": "b,a", "On": "true"}).resources


def test_inline_policies_of_a_role_come_through_and_leave_the_account_readable(
    account: Account, tmp_path: Path
) -> None:
    template = """
      Resources:
        Role:
          Type: AWS::IAM::Role
          Properties:
            AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}
            Policies:
              - {PolicyName: read, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}}
    """  # noqa: E501
    found = deploy(account, written(tmp_path, template))
    assert not found.shortfalls
    (role,) = account.client("iam").get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    (policy,) = role["RolePolicyList"]
    assert (policy["PolicyName"], policy["PolicyDocument"]["Statement"][0]["Action"]) == ("read", "s3:GetObject")


def test_amazons_own_images_and_snapshots_are_not_in_the_account(account: Account) -> None:
    assert account.client("ec2").describe_images(Owners=["amazon"])["Images"] == []
    assert account.client("ec2").describe_snapshots()["Snapshots"] == []


def test_a_stack_of_somebody_else_is_left_alone(account: Account, tmp_path: Path) -> None:
    body = '{"Resources": {"A": {"Type": "AWS::SQS::Queue"}}}'
    account.client("cloudformation").create_stack(StackName="shop", TemplateBody=body)
    with pytest.raises(UsageError, match="not deployed by mainstay"):
        deploy(account, written(tmp_path, body))


@pytest.mark.parametrize(("file", "name"), [("well-built.yaml", "well-built"), ("2 tiers.json", "stack-2-tiers")])
def test_a_stack_is_called_like_its_file(file: str, name: str) -> None:
    assert stack_name(Path(file)) == name


def test_the_running_account_is_found_and_anything_else_is_not(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAINSTAY_SANDBOX", str(tmp_path / "sandbox.json"))
    with pytest.raises(UsageError, match="no sandbox runs"):
        sandbox.running({})
    with pytest.raises(UsageError, match="not on this machine"):
        sandbox.running({"AWS_ENDPOINT_URL": "https://sts.amazonaws.com"})
    with pytest.raises(UsageError, match=r"which is no URL: it begins with http://"):
        sandbox.running({"AWS_ENDPOINT_URL": "127.0.0.1:9"})
    with pytest.raises(UsageError, match=r"no sandbox answers at http://127\.0\.0\.1:9"):
        sandbox.running({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    assert sandbox.running({"AWS_ENDPOINT_URL": account.endpoint}) == account
    from mainstay.sandbox.state import announced

    with announced(account):
        assert sandbox.running({}) == account
    with pytest.raises(UsageError, match="no sandbox runs"):
        sandbox.running({})

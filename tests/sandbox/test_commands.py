"""The commands: what they print, and with which code they end."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from mainstay.cli.sandbox import sandbox
from mainstay.model.errors import UsageError
from mainstay.sandbox import Account


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(sandbox, arguments, standalone_mode=False)


def test_a_command_runs_in_an_account_of_its_own_and_its_code_comes_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    told = tmp_path / "told"
    script = (
        "import boto3, os, pathlib, sys\n"
        "assert 'AWS_PROFILE' not in os.environ\n"
        "boto3.client('sqs').create_queue(QueueName='orders')\n"
        "pathlib.Path(sys.argv[1]).write_text(os.environ['AWS_ENDPOINT_URL'])\n"
        "sys.exit(7)\n"
    )
    result = invoke("run", "--region", "eu-west-1", "--", sys.executable, "-c", script, str(told))
    assert result.return_value == 7
    assert not Account(told.read_text()).answers()


def test_a_command_that_is_not_there_is_told() -> None:
    assert isinstance(invoke("run", "no-such-command").exception, UsageError)


def test_a_deployment_is_reported(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", account.endpoint)
    template = tmp_path / "shop.yaml"
    template.write_text(
        "Parameters: {Name: {Type: String}}\n"
        "Resources:\n"
        "  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Name}}\n"
        "  Secret: {Type: AWS::SecretsManager::Secret}\n"
        "Outputs: {Queue: {Value: !GetAtt Queue.QueueName}}\n"
    )
    result = invoke("deploy", str(template), "--parameter", "Name=orders")
    assert result.return_value == 0
    assert "stack shop: 2 resources, 1 of them made by CloudFormation\n" in result.output
    assert "  Queue = orders\n" in result.output
    template.write_text("Resources: {Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: no}}}")
    result = invoke("deploy", str(template), "--stack", "other", "--json")
    assert result.return_value == 3
    assert json.loads(result.output)["shortfalls"][0]["logical_id"] == "Bucket"
    assert "  shop  CREATE_COMPLETE\n" in invoke("status").output.replace("UPDATE", "CREATE")
    assert set(json.loads(invoke("status", "--json").output)["stacks"]) == {"shop", "other"}


def test_a_parameter_without_a_value_is_a_wrong_call(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", account.endpoint)
    with pytest.raises(click.BadParameter, match="'Name' is not NAME=VALUE"):
        sandbox(["deploy", str(tmp_path / "shop.yaml"), "--parameter", "Name"], standalone_mode=False)

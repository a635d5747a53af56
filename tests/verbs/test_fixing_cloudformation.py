"""Fixes in templates: YAML in blocks and in brackets, JSON, and what is left to a person."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from tests.verbs.repairs import fixed, refusals

BACKUPS, PROTECTED = "docdb-keeps-backups-for-a-week", "docdb-withstands-a-mistaken-delete"
VERSIONS, ROTATES, DROPS = "s3-keeps-versions", "kms-key-rotates", "elb-drops-malformed-headers"
DEFAULT = "s3-encrypts-by-default"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


CASES = {
    "a value is replaced in its quotes and its comment kept": (
        (PROTECTED, BACKUPS),
        """\
        Resources:
          Orders:
            Type: AWS::DocDB::DBCluster
            Properties:
              DeletionProtection: "false"   # for now
              BackupRetentionPeriod: 1
        """,
        """\
        Resources:
          Orders:
            Type: AWS::DocDB::DBCluster
            Properties:
              DeletionProtection: "true"   # for now
              BackupRetentionPeriod: 7
        """,
    ),
    "properties are made where there are none": (
        (VERSIONS,),
        """\
        Resources:
            Data:
                Type: AWS::S3::Bucket
                # the rest is as the service has it
            Other:
                Type: AWS::S3::Bucket
                Properties:
        """,
        """\
        Resources:
            Data:
                Type: AWS::S3::Bucket
                Properties:
                    VersioningConfiguration:
                        Status: Enabled
                # the rest is as the service has it
            Other:
                Type: AWS::S3::Bucket
                Properties:
                    VersioningConfiguration:
                        Status: Enabled
        """,
    ),
    "a key without a value gets one, whatever is added behind it": (
        (PROTECTED, BACKUPS),
        """\
        Resources:
          Orders:
            Type: AWS::DocDB::DBCluster
            Properties:
              DeletionProtection:
        """,
        """\
        Resources:
          Orders:
            Type: AWS::DocDB::DBCluster
            Properties:
              DeletionProtection: true
              BackupRetentionPeriod: 7
        """,
    ),
    "brackets stay brackets": (
        (VERSIONS,),
        """\
        Resources:
          One: {Type: AWS::S3::Bucket, Properties: {BucketName: one}}
          Two: {Type: AWS::S3::Bucket, Properties: {}}
          Three: {
            Type: AWS::S3::Bucket,
            Properties: {
              BucketName: three,
            }
          }
        """,
        """\
        Resources:
          One: {Type: AWS::S3::Bucket, Properties: {BucketName: one, VersioningConfiguration: {Status: Enabled}}}
          Two: {Type: AWS::S3::Bucket, Properties: {VersioningConfiguration: {Status: Enabled}}}
          Three: {
            Type: AWS::S3::Bucket,
            Properties: {
              BucketName: three,
              VersioningConfiguration: {Status: Enabled}
            }
          }
        """,
    ),
    "a block of text stays whole": (
        (ROTATES,),
        """\
        Resources:
          Data:
            Type: AWS::KMS::Key
            Properties:
              Description: |+
                for the data

          More:
            Type: AWS::KMS::Key
            Properties:
              Description: >-
                for more
        """,
        """\
        Resources:
          Data:
            Type: AWS::KMS::Key
            Properties:
              Description: |+
                for the data

              EnableKeyRotation: true
          More:
            Type: AWS::KMS::Key
            Properties:
              Description: >-
                for more
              EnableKeyRotation: true
        """,
    ),
    "of a list of pairs the one that is meant is changed, or added": (
        (DROPS,),
        """\
        Resources:
          Shop:
            Type: AWS::ElasticLoadBalancingV2::LoadBalancer
            Properties:
              LoadBalancerAttributes:
              - {Key: deletion_protection.enabled, Value: 'true'}
          Back:
            Type: AWS::ElasticLoadBalancingV2::LoadBalancer
            Properties:
              LoadBalancerAttributes:
                - Key: routing.http.drop_invalid_header_fields.enabled
                  Value: 'false'
                - Key: idle_timeout.timeout_seconds
                  Value: '60'
        """,
        """\
        Resources:
          Shop:
            Type: AWS::ElasticLoadBalancingV2::LoadBalancer
            Properties:
              LoadBalancerAttributes:
              - {Key: deletion_protection.enabled, Value: 'true'}
              - Key: routing.http.drop_invalid_header_fields.enabled
                Value: "true"
          Back:
            Type: AWS::ElasticLoadBalancingV2::LoadBalancer
            Properties:
              LoadBalancerAttributes:
                - Key: routing.http.drop_invalid_header_fields.enabled
                  Value: 'true'
                - Key: idle_timeout.timeout_seconds
                  Value: '60'
        """,
    ),
    "a list on the way is made with one element": (
        (DEFAULT,),
        """\
        Resources:
          Data:
            Type: AWS::S3::Bucket
            Properties:
              BucketEncryption:
                ServerSideEncryptionConfiguration:
                  - BucketKeyEnabled: true
        """,
        """\
        Resources:
          Data:
            Type: AWS::S3::Bucket
            Properties:
              BucketEncryption:
                ServerSideEncryptionConfiguration:
                  - BucketKeyEnabled: true
                    ServerSideEncryptionByDefault:
                      SSEAlgorithm: AES256
        """,
    ),
    "lists are added to as they are written": (
        ("docdb-ships-logs",),
        """\
        Resources:
          One:
            Type: AWS::DocDB::DBCluster
            Properties:
              EnableCloudwatchLogsExports: [audit]
          Two:
            Type: AWS::DocDB::DBCluster
            Properties:
              EnableCloudwatchLogsExports:
              - profiler
        """,
        """\
        Resources:
          One:
            Type: AWS::DocDB::DBCluster
            Properties:
              EnableCloudwatchLogsExports: [audit, profiler]
          Two:
            Type: AWS::DocDB::DBCluster
            Properties:
              EnableCloudwatchLogsExports:
              - profiler
              - audit
        """,
    ),
    "characters of several bytes count once": (
        (PROTECTED,),
        """\
        # für später
        Resources:
          A: {Type: AWS::DocDB::DBCluster, Properties: {Tags: [], EngineVersion: "ß😀", DeletionProtection: false}}
        """,
        """\
        # für später
        Resources:
          A: {Type: AWS::DocDB::DBCluster, Properties: {Tags: [], EngineVersion: "ß😀", DeletionProtection: true}}
        """,
    ),
    "windows line ends and a missing last one stay": (
        (ROTATES,),
        "Resources:\r\n  A:\r\n    Type: AWS::KMS::Key\r\n    Properties:\r\n      Enabled: true",
        "Resources:\r\n  A:\r\n    Type: AWS::KMS::Key\r\n    Properties:\r\n      Enabled: true\r\n"
        "      EnableKeyRotation: true",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fix_reads_as_if_written_by_hand(name: str) -> None:
    ids, before, after = CASES[name]
    assert fixed("template.yaml", before, *ids) == dedent(after)


@pytest.mark.parametrize("unit", ["  ", "    ", "\t"])
def test_json_is_added_to_as_it_is_indented(unit: str) -> None:
    before = """\
{
>"Resources": {
>>"Data": {
>>>"Type": "AWS::S3::Bucket"
>>},
>>"Key": {
>>>"Type": "AWS::KMS::Key",
>>>"Properties": { "EnableKeyRotation": "false" }
>>}
>}
}
"""
    after = before.replace('"false"', '"true"').replace(
        '"AWS::S3::Bucket"\n',
        '"AWS::S3::Bucket",\n>>>"Properties": {\n'
        '>>>>"VersioningConfiguration": {\n>>>>>"Status": "Enabled"\n>>>>}\n>>>}\n',
    )
    text = fixed("template.json", before.replace(">", unit), VERSIONS, ROTATES)
    assert text == after.replace(">", unit)


REFUSED = {
    "an intrinsic function (!Ref) makes DeletionProtection; change what it is made from": """\
        Parameters:
          Protect: {Type: String, Default: "false"}
        Resources:
          Orders:
            Type: AWS::DocDB::DBCluster
            Properties:
              DeletionProtection: !Ref Protect
        """,
    "an intrinsic function (Fn::If) makes DeletionProtection; change what it is made from": """\
        Conditions:
          Live: {Fn::Equals: [a, b]}
        Resources:
          Orders:
            Type: AWS::DocDB::DBCluster
            Properties:
              DeletionProtection: {Fn::If: [Live, true, false]}
        """,
    "aliases or merge keys share DeletionProtection with others; change it by hand": """\
        Resources:
          Orders:
            Type: AWS::DocDB::DBCluster
            Properties:
              CopyTagsToSnapshot: &no false
              DeletionProtection: *no
        """,
    "aliases or merge keys share Properties with others; change it by hand": """\
        Resources:
          Orders:
            Type: AWS::DocDB::DBCluster
            Properties: &all
              DeletionProtection: false
        """,
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_the_template_computes_or_shares_is_left(reason: str) -> None:
    assert refusals({"template.yaml": REFUSED[reason]}, PROTECTED) == [reason]


def test_a_template_that_cdk_made_is_left() -> None:
    text = """\
        Resources:
          Data:
            Type: AWS::KMS::Key
            Metadata:
              aws:cdk:path: Stack/Data/Resource
        """
    (reason,) = refusals({"template.yaml": text}, ROTATES)
    assert reason == "the template is generated: change the construct or the resource that it is generated from"

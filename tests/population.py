"""An account with some hundred resources of the services that most accounts use, made through their APIs.

    python -m tests.population http://127.0.0.1:5000 [size]

Some of it is well built and some is not; the same size gives the same account.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Callable
from typing import Any

REGION = "eu-west-1"
ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")
Clients = Callable[[str], Any]
"""The client of a service."""


def populate(client: Clients, size: int = 10) -> None:
    """Makes the account; `size` is how many there are of what an account has many of."""
    key = client("kms").create_key(Description="data", Tags=[{"TagKey": "Owner", "TagValue": "shop"}])["KeyMetadata"]
    client("kms").enable_key_rotation(KeyId=key["KeyId"])
    client("kms").create_key(Description="old")
    role = _identities(client, size)
    subnets, group = _network(client, size)
    _machines(client, size, subnets, group, key["Arn"])
    _buckets(client, size, key["Arn"])
    _databases(client, size, subnets, key["Arn"])
    _functions(client, size, role)
    _messages(client, size, key["Arn"])
    _watching(client, size)


def _tags(number: int) -> list[dict[str, str]]:
    return [{"Key": "Owner", "Value": f"team-{number % 3}"}, {"Key": "Name", "Value": f"shop-{number}"}]


def _identities(client: Clients, size: int) -> str:
    iam = client("iam")
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip
    wide = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    narrow = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop-0/*"}]}  # fmt: skip
    role = ""
    for number in range(size):
        made = iam.create_role(RoleName=f"shop-{number}", AssumeRolePolicyDocument=json.dumps(trust))
        role = made["Role"]["Arn"]
        document = json.dumps(wide if number % 5 == 0 else narrow)
        iam.put_role_policy(RoleName=f"shop-{number}", PolicyName="own", PolicyDocument=document)
        policy = iam.create_policy(PolicyName=f"shop-{number}", PolicyDocument=document)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName=f"shop-{number}", PolicyArn=policy)
        iam.create_user(UserName=f"user-{number}")
        if number % 2:
            iam.create_access_key(UserName=f"user-{number}")
    iam.create_group(GroupName="readers")
    iam.update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True)
    return role


def _network(client: Clients, size: int) -> tuple[list[str], str]:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for number, zone in enumerate(ZONES)
    ]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[0])
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)
    group = ""
    for number in range(size):
        group = ec2.create_security_group(GroupName=f"shop-{number}", Description="shop", VpcId=vpc)["GroupId"]
        source = "0.0.0.0/0" if number % 4 == 0 else "10.0.0.0/16"
        rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": source}]}
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    return subnets, group


def _machines(client: Clients, size: int, subnets: list[str], group: str, key: str) -> None:
    ec2 = client("ec2")
    spec = {"ResourceType": "instance", "Tags": _tags(1)}
    ec2.run_instances(
        ImageId="ami-0a1b2c3d4e5f67890", MinCount=size, MaxCount=size, InstanceType="m5.large", SubnetId=subnets[1],
        SecurityGroupIds=[group], TagSpecifications=[spec],
    )  # fmt: skip
    for number in range(2 * size):
        own = {"Encrypted": True, "KmsKeyId": key} if number % 2 else {}
        ec2.create_volume(AvailabilityZone=ZONES[number % 3], Size=8, VolumeType="gp3" if number % 3 else "gp2", **own)


def _buckets(client: Clients, size: int, key: str) -> None:
    s3 = client("s3")
    for number in range(size):
        name = f"shop-{number}"
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": _tags(number)})
        if number % 2:
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
            block = dict.fromkeys(
                ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
            )
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
            rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
            s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
        if number % 3 == 0:
            s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
                {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{name}/*",
                 "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}))  # fmt: skip


def _databases(client: Clients, size: int, subnets: list[str], key: str) -> None:
    rds, dynamodb = client("rds"), client("dynamodb")
    rds.create_db_subnet_group(DBSubnetGroupName="shop", DBSubnetGroupDescription="shop", SubnetIds=subnets)
    for number in range(size // 2):
        rds.create_db_instance(
            DBInstanceIdentifier=f"shop-{number}", Engine="postgres", DBInstanceClass="db.t3.medium",
            AllocatedStorage=20, MasterUsername="shop", MasterUserPassword=f"not-a-secret-{number}",
            DBSubnetGroupName="shop", MultiAZ=number % 2 == 0, StorageEncrypted=number % 2 == 0,
            PubliclyAccessible=number % 3 == 0, BackupRetentionPeriod=number, Tags=_tags(number),
        )  # fmt: skip
    for number in range(size):
        dynamodb.create_table(
            TableName=f"shop-{number}", BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], Tags=_tags(number),
            **({"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}} if number % 2 else {}),
        )  # fmt: skip
        if number % 3 == 0:
            enabled = {"PointInTimeRecoveryEnabled": True}
            dynamodb.update_continuous_backups(TableName=f"shop-{number}", PointInTimeRecoverySpecification=enabled)


def _functions(client: Clients, size: int, role: str) -> None:
    functions = client("lambda")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py"), "def handler(event, context): return None\n")
    for number in range(size):
        functions.create_function(
            FunctionName=f"shop-{number}", Runtime="python3.12" if number % 2 else "python3.8", Role=role,
            Handler="index.handler", Code={"ZipFile": packed.getvalue()}, Tags={"Owner": "shop"},
            Environment={"Variables": {"STAGE": "production"}},
            TracingConfig={"Mode": "Active" if number % 2 else "PassThrough"},
        )  # fmt: skip


def _messages(client: Clients, size: int, key: str) -> None:
    sqs, sns = client("sqs"), client("sns")
    for number in range(size):
        sqs.create_queue(
            QueueName=f"shop-{number}",
            Attributes={"KmsMasterKeyId": key} if number % 2 else {},
            tags={"Owner": f"team-{number % 3}"},
        )
        attributes = {"KmsMasterKeyId": key} if number % 2 else {}
        sns.create_topic(Name=f"shop-{number}", Attributes=attributes, Tags=_tags(number))


def _watching(client: Clients, size: int) -> None:
    logs, alarms = client("logs"), client("cloudwatch")
    for number in range(2 * size):
        logs.create_log_group(logGroupName=f"/shop/{number}", tags={"Owner": "shop"})
        if number % 2:
            logs.put_retention_policy(logGroupName=f"/shop/{number}", retentionInDays=30)
    for number in range(size):
        alarms.put_metric_alarm(
            AlarmName=f"shop-{number}", Namespace="AWS/SQS", MetricName="ApproximateAgeOfOldestMessage",
            ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=3, Period=60, Threshold=300.0,
            Statistic="Maximum", Dimensions=[{"Name": "QueueName", "Value": f"shop-{number}"}],
        )  # fmt: skip
    s3, trails = client("s3"), client("cloudtrail")
    s3.create_bucket(Bucket="shop-trail", CreateBucketConfiguration={"LocationConstraint": REGION})
    trails.create_trail(Name="shop", S3BucketName="shop-trail", IsMultiRegionTrail=True, EnableLogFileValidation=True)
    trails.start_logging(Name="shop")


if __name__ == "__main__":
    from mainstay.sandbox import Account

    populate(Account(sys.argv[1], REGION).client, int(sys.argv[2]) if len(sys.argv) > 2 else 10)

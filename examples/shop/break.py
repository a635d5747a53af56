"""Breaks three things in the deployed shop, as somebody in a hurry would.

Opens the database to the world, switches off the public access block of the assets' bucket, and deletes the flow logs.
It works on the account that the environment names, and on nothing but a sandbox.

    python break.py [NAME]

NAME is the workload's, `orders-shop-production` if not given.
"""

from __future__ import annotations

import os
import sys

import boto3

ENDPOINT = os.environ.get("AWS_ENDPOINT_URL", "")


def main(name: str) -> None:
    open_database()
    unblock(f"{name}-assets-{boto3.client('sts').get_caller_identity()['Account']}")
    forget_traffic()


def open_database() -> None:
    ec2 = boto3.client("ec2")
    filters = [{"Name": "description", "Values": ["Database of the orders"]}]
    for group in ec2.describe_security_groups(Filters=filters)["SecurityGroups"]:
        ec2.authorize_security_group_ingress(
            GroupId=group["GroupId"], IpProtocol="tcp", FromPort=5432, ToPort=5432, CidrIp="0.0.0.0/0"
        )
        print(f"opened {group['GroupName']} to 0.0.0.0/0")


def unblock(bucket: str) -> None:
    boto3.client("s3").delete_public_access_block(Bucket=bucket)
    print(f"switched off the public access block of {bucket}")


def forget_traffic() -> None:
    ec2 = boto3.client("ec2")
    ids = [log["FlowLogId"] for log in ec2.describe_flow_logs()["FlowLogs"]]
    if ids:
        ec2.delete_flow_logs(FlowLogIds=ids)
    print(f"deleted {len(ids)} flow logs")


if __name__ == "__main__":
    if not ENDPOINT.startswith(("http://127.0.0.1:", "http://localhost:")):
        sys.exit("AWS_ENDPOINT_URL names no sandbox: nothing is broken anywhere else")
    main(sys.argv[1] if len(sys.argv) > 1 else "orders-shop-production")

"""The shop in the account, property by property: what the template says is what the services answer."""

from __future__ import annotations

from typing import Any

import pytest
from tests.accounts import Shop

UNHELD = {
    ("lost", "HttpsListener", "Certificates"),
    ("lost", "Distribution", "DistributionConfig.Origins.OriginAccessControlId"),
    ("lost", "Database", "DBParameterGroupName"),
    ("lost", "DatabaseParameters", "DBParameterGroupName"),
    ("lost", "Cache", "NumCacheClusters"),
    ("lost", "Cache", "EngineVersion"),
    ("lost", "Cache", "SecurityGroupIds"),
    ("lost", "Cache", "CacheSubnetGroupName"),
    ("lost", "Worker", "LoggingConfig"),
}
"""What moto cannot hold of either variant; a newer moto that can makes this fail, and the data shorter."""


def unheld(shop: Shop) -> set[tuple[str, str, str]]:
    return {
        (one.kind, one.logical_id, one.reason.partition(":")[0] if one.kind == "lost" else "")
        for one in shop.deployment.shortfalls
    }


def tags(pairs: list[dict[str, str]]) -> dict[str, str]:
    return {pair["Key"]: pair["Value"] for pair in pairs if not pair["Key"].startswith("aws:")}


def instance(shop: Shop) -> dict[str, Any]:
    (found,) = shop.client("ec2").describe_instances(InstanceIds=[shop.id("OpsHost")])["Reservations"]
    return dict(found["Instances"][0])


class TestWellBuilt:
    def test_everything_is_there_but_what_moto_cannot_hold(self, well_built: Shop) -> None:
        assert unheld(well_built) == UNHELD | {
            ("missing", "DistributionMetrics", ""),
            ("lost", "Cache", "NotificationTopicArn"),
            ("lost", "Worker", "DeadLetterConfig"),
        }
        assert len(well_built.deployment.resources) == 158
        assert well_built.deployment.outputs["Url"] == "https://shop.example.com"

    def test_buckets(self, well_built: Shop) -> None:
        s3, bucket = well_built.client("s3"), well_built.id("TrailBucket")
        key = well_built.client("kms").describe_key(KeyId=well_built.id("Key"))["KeyMetadata"]["Arn"]
        (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
        lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
        assert lock["Rule"]["DefaultRetention"]["Days"] == 365
        (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
        assert s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"]["TargetBucket"] == well_built.id("LogsBucket")
        assert tags(s3.get_bucket_tagging(Bucket=bucket)["TagSet"])["CostCenter"] == "4711"
        assert "RefusePlainHttp" in s3.get_bucket_policy(Bucket=bucket)["Policy"]

    def test_network(self, well_built: Shop) -> None:
        ec2 = well_built.client("ec2")
        vpc = well_built.id("Vpc")
        assert ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"]
        (log,) = ec2.describe_flow_logs()["FlowLogs"]
        assert (log["ResourceId"], log["TrafficType"], log["MaxAggregationInterval"]) == (vpc, "ALL", 60)
        (acl,) = ec2.describe_network_acls(NetworkAclIds=[well_built.id("DataAcl")])["NetworkAcls"]
        assert {one["SubnetId"] for one in acl["Associations"]} == {
            well_built.id(f"DataSubnet{zone}") for zone in "ABC"
        }
        ingress = [entry for entry in acl["Entries"] if not entry["Egress"]]
        assert {entry["PortRange"]["From"] for entry in ingress} == {5432, 6379}
        (group,) = ec2.describe_security_groups(GroupIds=[well_built.id("DatabaseSecurityGroup")])["SecurityGroups"]
        (inbound,) = group["IpPermissions"]
        assert {pair["Description"] for pair in inbound["UserIdGroupPairs"]} == {"From web", "From ops", "From worker"}
        (outbound,) = group["IpPermissionsEgress"]
        assert outbound["IpRanges"] == [{"CidrIp": "127.0.0.1/32", "Description": "Nothing goes out"}]
        endpoints = ec2.describe_vpc_endpoints()["VpcEndpoints"]
        assert all('"Sid": "FromThisNetwork"' in one["PolicyDocument"] for one in endpoints)
        (config,) = well_built.client("route53resolver").list_resolver_query_log_configs()["ResolverQueryLogConfigs"]
        assert config["AssociationCount"] == 1

    def test_compute(self, well_built: Shop) -> None:
        host = instance(well_built)
        assert host["MetadataOptions"]["HttpTokens"] == "required"
        assert host["Monitoring"]["State"] == "enabled"
        assert [group["GroupId"] for group in host["SecurityGroups"]] == [well_built.id("OpsSecurityGroup")]
        assert tags(host["Tags"])["Owner"] == "shop"
        ec2 = well_built.client("ec2")
        (volume,) = ec2.describe_volumes(VolumeIds=[well_built.id("ReportsVolume")])["Volumes"]
        assert (volume["Encrypted"], volume["VolumeType"], volume["Size"]) == (True, "gp3", 100)
        template = well_built.id("WebLaunchTemplate")
        (version,) = ec2.describe_launch_template_versions(LaunchTemplateId=template)["LaunchTemplateVersions"]
        assert version["LaunchTemplateData"]["MetadataOptions"]["HttpTokens"] == "required"
        scaling = well_built.client("autoscaling")
        (group,) = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
        assert (group["MinSize"], group["HealthCheckType"], len(group["AvailabilityZones"])) == (3, "ELB", 3)
        assert group["EnabledMetrics"]
        assert scaling.describe_policies()["ScalingPolicies"][0]["PolicyType"] == "TargetTrackingScaling"
        function = well_built.client("lambda").get_function(FunctionName=well_built.id("Worker"))
        assert function["Configuration"]["TracingConfig"] == {"Mode": "Active"}
        assert function["Tags"]["CostCenter"] == "4711"

    def test_databases(self, well_built: Shop) -> None:
        (database,) = well_built.client("rds").describe_db_instances()["DBInstances"]
        for name in ("MultiAZ", "StorageEncrypted", "DeletionProtection", "CopyTagsToSnapshot",
                     "IAMDatabaseAuthenticationEnabled"):  # fmt: skip
            assert database[name] is True, name
        assert (database["BackupRetentionPeriod"], database["MonitoringInterval"]) == (14, 60)
        assert database["PubliclyAccessible"] is False
        assert database["EnabledCloudwatchLogsExports"] == ["postgresql", "upgrade"]
        assert database["MasterUserSecret"]["SecretArn"]
        assert tags(database["TagList"])["DataClass"] == "confidential"
        dynamodb = well_built.client("dynamodb")
        table = dynamodb.describe_table(TableName=well_built.id("Carts"))["Table"]
        assert table["DeletionProtectionEnabled"] is True
        assert table["SSEDescription"]["SSEType"] == "KMS"
        backups = dynamodb.describe_continuous_backups(TableName=well_built.id("Carts"))
        state = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        assert state["PointInTimeRecoveryStatus"] == "ENABLED"
        (cache,) = well_built.client("elasticache").describe_replication_groups()["ReplicationGroups"]
        assert (cache["MultiAZ"], cache["AutomaticFailover"]) == ("enabled", "enabled")
        assert cache["TransitEncryptionEnabled"] is cache["AtRestEncryptionEnabled"] is True

    def test_edge(self, well_built: Shop) -> None:
        elb = well_built.client("elbv2")
        balancer = well_built.id("LoadBalancer")
        found = tags(elb.describe_load_balancer_attributes(LoadBalancerArn=balancer)["Attributes"])
        assert found["deletion_protection.enabled"] == found["access_logs.s3.enabled"] == "true"
        listeners = {one["Port"]: one for one in elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]}
        assert listeners[443]["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
        assert listeners[80]["DefaultActions"][0]["Type"] == "redirect"
        waf = well_built.client("wafv2").get_web_acl_for_resource(ResourceArn=balancer)["WebACL"]
        assert waf["Rules"][0]["Statement"]["ManagedRuleGroupStatement"]["VendorName"] == "AWS"
        cloudfront = well_built.client("cloudfront")
        config = cloudfront.get_distribution_config(Id=well_built.id("Distribution"))["DistributionConfig"]
        assert config["Logging"]["Enabled"] is True
        assert config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
        assert config["DefaultCacheBehavior"]["AllowedMethods"]["CachedMethods"]["Items"] == ["GET", "HEAD"]
        assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
        assert "global/webacl" in config["WebACLId"]

    def test_audit_and_alarms(self, well_built: Shop) -> None:
        trails, name = well_built.client("cloudtrail"), well_built.id("Trail")
        (trail,) = trails.describe_trails()["trailList"]
        assert trail["IsMultiRegionTrail"] is trail["LogFileValidationEnabled"] is True
        assert trail["KmsKeyId"]
        assert trails.get_trail_status(Name=name)["IsLogging"] is True
        assert trails.get_event_selectors(TrailName=name)["EventSelectors"][0]["DataResources"]
        logs = well_built.client("logs")
        assert all("kmsKeyId" in group and "retentionInDays" in group
                   for group in logs.describe_log_groups()["logGroups"])  # fmt: skip
        assert len(logs.describe_metric_filters()["metricFilters"]) == 14
        alarms = well_built.client("cloudwatch").describe_alarms()["MetricAlarms"]
        assert len(alarms) == 24
        assert all(alarm["AlarmActions"] and alarm["OKActions"] for alarm in alarms)

    def test_keys_identities_and_queues(self, well_built: Shop) -> None:
        kms, key = well_built.client("kms"), well_built.id("Key")
        assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
        assert "UseByServices" in kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
        iam = well_built.client("iam")
        (attached,) = iam.list_attached_role_policies(RoleName=well_built.id("WorkerRole"))["AttachedPolicies"]
        assert attached["PolicyName"] == "AWSLambdaVPCAccessExecutionRole"
        assert iam.list_role_policies(RoleName=well_built.id("WorkerRole"))["PolicyNames"] == ["worker"]
        role = iam.get_role(RoleName=well_built.id("DeployRole"))["Role"]
        principal = role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Federated"]
        assert principal == well_built.id("PipelineProvider")
        sqs = well_built.client("sqs")
        queue = sqs.get_queue_attributes(QueueUrl=well_built.id("Orders"), AttributeNames=["All"])["Attributes"]
        assert queue["KmsMasterKeyId"].startswith("arn:aws:kms:")
        assert "orders-failed" in queue["RedrivePolicy"]
        assert "TakeOrderEvents" in queue["Policy"]
        topic = well_built.client("sns").get_topic_attributes(TopicArn=well_built.id("AlarmTopic"))["Attributes"]
        assert topic["KmsMasterKeyId"]
        assert "AlarmsOfThisAccount" in topic["Policy"]
        (repository,) = well_built.client("ecr").describe_repositories()["repositories"]
        assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
        assert repository["encryptionConfiguration"]["encryptionType"] == "KMS"


class TestWeak:
    def test_everything_is_there_but_what_moto_cannot_hold(self, weak: Shop) -> None:
        assert unheld(weak) <= UNHELD
        assert len(weak.deployment.resources) == 95

    def test_its_weaknesses_are_there(self, weak: Shop) -> None:
        s3, bucket = weak.client("s3"), weak.id("AssetsBucket")
        assert not any(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
        grants = s3.get_bucket_acl(Bucket=bucket)["Grants"]
        assert any(grant["Grantee"].get("URI", "").endswith("AllUsers") for grant in grants)
        ec2 = weak.client("ec2")
        assert ec2.describe_flow_logs()["FlowLogs"] == []
        (group,) = ec2.describe_security_groups(GroupIds=[weak.id("OpsSecurityGroup")])["SecurityGroups"]
        assert [(rule["FromPort"], rule["IpRanges"][0]["CidrIp"]) for rule in group["IpPermissions"]] == [
            (22, "0.0.0.0/0")
        ]
        (database,) = weak.client("rds").describe_db_instances()["DBInstances"]
        assert database["StorageEncrypted"] is False
        assert not database["DeletionProtection"]
        assert weak.client("kms").get_key_rotation_status(KeyId=weak.id("Key"))["KeyRotationEnabled"] is False


@pytest.mark.parametrize("variant", ["well_built", "weak"])
def test_every_call_that_completed_something_is_listed(variant: str, request: pytest.FixtureRequest) -> None:
    deployment = request.getfixturevalue(variant).deployment
    by_call = {name for name, made in deployment.resources.items() if not made.stacked}
    assert by_call <= {one.logical_id for one in deployment.completed}

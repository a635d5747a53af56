locals {
  # what each alarm is about, by the calls that CloudTrail records
  watched_calls = {
    Trail = ["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"]
    IamPolicy = [
      "AttachGroupPolicy", "AttachRolePolicy", "AttachUserPolicy", "CreatePolicy", "CreatePolicyVersion",
      "DeleteGroupPolicy", "DeletePolicy", "DeletePolicyVersion", "DeleteRolePolicy", "DeleteUserPolicy",
      "DetachGroupPolicy", "DetachRolePolicy", "DetachUserPolicy", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy",
    ]
    BucketPolicy = [
      "DeleteBucketCors", "DeleteBucketLifecycle", "DeleteBucketPolicy", "DeleteBucketReplication",
      "PutBucketAcl", "PutBucketCors", "PutBucketLifecycle", "PutBucketPolicy", "PutBucketReplication",
    ]
    Key = ["DisableKey", "ScheduleKeyDeletion"]
    ConfigRecorder = [
      "DeleteDeliveryChannel", "PutConfigurationRecorder", "PutDeliveryChannel", "StopConfigurationRecorder",
    ]
    SecurityGroup = [
      "AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "CreateSecurityGroup", "DeleteSecurityGroup",
      "RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress",
    ]
    NetworkAcl = [
      "CreateNetworkAcl", "CreateNetworkAclEntry", "DeleteNetworkAcl", "DeleteNetworkAclEntry",
      "ReplaceNetworkAclAssociation", "ReplaceNetworkAclEntry",
    ]
    Gateway = [
      "AttachInternetGateway", "CreateCustomerGateway", "CreateInternetGateway", "DeleteCustomerGateway",
      "DeleteInternetGateway", "DetachInternetGateway",
    ]
    Route = [
      "CreateRoute", "CreateRouteTable", "DeleteRoute", "DeleteRouteTable", "DisassociateRouteTable",
      "ReplaceRoute", "ReplaceRouteTableAssociation",
    ]
    Network = [
      "AcceptVpcPeeringConnection", "CreateVpc", "CreateVpcPeeringConnection", "DeleteVpc",
      "DeleteVpcPeeringConnection", "ModifyVpcAttribute", "RejectVpcPeeringConnection",
    ]
  }

  watched = merge(
    { for subject, calls in local.watched_calls : subject => "{ ${join(" || ", [for call in calls : "($.eventName = ${call})"])} }" },
    {
      Root            = "{ $.userIdentity.type = Root && $.userIdentity.invokedBy NOT EXISTS && $.eventType != AwsServiceEvent }"
      LoginWithoutMfa = "{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed != Yes && $.responseElements.ConsoleLogin = Success }"
      FailedLogin     = "{ $.eventName = ConsoleLogin && $.errorMessage = \"Failed authentication\" }"
      RefusedCall     = "{ $.errorCode = \"*UnauthorizedOperation\" || $.errorCode = \"AccessDenied*\" }"
    },
  )
}

resource "aws_cloudwatch_log_metric_filter" "watched" {
  for_each = local.watched

  name           = each.key
  log_group_name = aws_cloudwatch_log_group.trail.name
  pattern        = each.value

  metric_transformation {
    name          = each.key
    namespace     = "${local.prefix}/audit"
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_metric_alarm" "watched" {
  for_each = aws_cloudwatch_log_metric_filter.watched

  alarm_name          = "${local.prefix}-audit-${each.key}"
  alarm_description   = "CloudTrail recorded something about: ${each.key}"
  namespace           = "${local.prefix}/audit"
  metric_name         = each.key
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.key == "RefusedCall" ? 10 : 1
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

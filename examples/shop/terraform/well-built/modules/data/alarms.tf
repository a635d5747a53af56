locals {
  alarms = {
    cpu     = { metric = "CPUUtilization", operator = "GreaterThanThreshold", threshold = 80 }
    storage = { metric = "FreeStorageSpace", operator = "LessThanThreshold", threshold = 20 * pow(1024, 3) }
  }
}

resource "aws_cloudwatch_metric_alarm" "db" {
  for_each = local.alarms

  alarm_name          = "${var.prefix}-db-${each.key}"
  alarm_description   = "The database is short of ${each.key}"
  namespace           = "AWS/RDS"
  metric_name         = each.value.metric
  statistic           = "Average"
  comparison_operator = each.value.operator
  threshold           = each.value.threshold
  period              = 300
  evaluation_periods  = 3
  treat_missing_data  = "breaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]

  dimensions = {
    DBInstanceIdentifier = aws_db_instance.orders.identifier
  }
}

resource "aws_cloudwatch_metric_alarm" "cache" {
  alarm_name          = "${var.prefix}-cache-memory"
  alarm_description   = "The cache is short of memory"
  namespace           = "AWS/ElastiCache"
  metric_name         = "DatabaseMemoryUsagePercentage"
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  period              = 300
  evaluation_periods  = 3
  treat_missing_data  = "breaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]

  dimensions = {
    ReplicationGroupId = aws_elasticache_replication_group.sessions.id
  }
}

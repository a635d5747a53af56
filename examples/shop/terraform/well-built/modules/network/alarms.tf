resource "aws_cloudwatch_metric_alarm" "nat" {
  count = local.zone_count

  alarm_name          = "${var.prefix}-nat-${count.index}-ports"
  alarm_description   = "The NAT gateway has no ports left for new connections"
  namespace           = "AWS/NATGateway"
  metric_name         = "ErrorPortAllocation"
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 300
  evaluation_periods  = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]

  dimensions = {
    NatGatewayId = aws_nat_gateway.this[count.index].id
  }
}

locals {
  trail_name = "${local.prefix}-trail"
  trail_arn  = "arn:${data.aws_partition.current.partition}:cloudtrail:${var.region}:${var.account_id}:trail/${local.trail_name}"
}

resource "aws_cloudtrail" "shop" {
  depends_on = [aws_s3_bucket_policy.shop]

  name                          = local.trail_name
  s3_bucket_name                = aws_s3_bucket.shop["trail"].id
  include_global_service_events = true
}

resource "aws_sns_topic" "alarms" {
  name = "${local.prefix}-alarms"
}

data "aws_iam_policy_document" "alarms" {
  statement {
    sid       = "AlarmsOfThisAccount"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms.json
}

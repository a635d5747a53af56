locals {
  buckets = {
    assets  = { encryption = "aws:kms", logged = true, data_class = "public" }
    exports = { encryption = "aws:kms", logged = true, data_class = "confidential" }
    trail   = { encryption = "aws:kms", logged = true, data_class = "confidential" }
    # S3, load balancers and CloudFront deliver logs to buckets with SSE-S3 only
    logs = { encryption = "AES256", logged = false, data_class = "internal" }
  }
}

resource "aws_s3_bucket" "shop" {
  for_each = local.buckets

  bucket              = "${local.prefix}-${each.key}-${var.account_id}"
  object_lock_enabled = each.key == "trail"

  tags = { DataClass = each.value.data_class }
}

resource "aws_s3_bucket_object_lock_configuration" "trail" {
  bucket = aws_s3_bucket.shop["trail"].id

  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = 365
    }
  }
}

resource "aws_s3_bucket_versioning" "shop" {
  for_each = local.buckets

  bucket = aws_s3_bucket.shop[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "shop" {
  for_each = local.buckets

  bucket = aws_s3_bucket.shop[each.key].id

  rule {
    bucket_key_enabled = each.value.encryption == "aws:kms"

    apply_server_side_encryption_by_default {
      sse_algorithm     = each.value.encryption
      kms_master_key_id = each.value.encryption == "aws:kms" ? aws_kms_key.shop.arn : null
    }
  }
}

resource "aws_s3_bucket_public_access_block" "shop" {
  for_each = local.buckets

  bucket                  = aws_s3_bucket.shop[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_logging" "shop" {
  for_each = { for name, bucket in local.buckets : name => bucket if bucket.logged }

  bucket        = aws_s3_bucket.shop[each.key].id
  target_bucket = aws_s3_bucket.shop["logs"].id
  target_prefix = "s3/${each.key}/"
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.shop["logs"].id

  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket_acl" "logs" {
  depends_on = [aws_s3_bucket_ownership_controls.logs]

  bucket = aws_s3_bucket.shop["logs"].id
  acl    = "log-delivery-write"
}

resource "aws_s3_bucket_lifecycle_configuration" "shop" {
  for_each = local.buckets

  bucket = aws_s3_bucket.shop[each.key].id

  rule {
    id     = "tidy"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }

    noncurrent_version_expiration {
      noncurrent_days = 90
    }
  }
}

data "aws_iam_policy_document" "tls_only" {
  for_each = local.buckets

  statement {
    sid       = "RefusePlainHttp"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.shop[each.key].arn, "${aws_s3_bucket.shop[each.key].arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

data "aws_iam_policy_document" "bucket" {
  for_each = local.buckets

  source_policy_documents = [data.aws_iam_policy_document.tls_only[each.key].json]

  dynamic "statement" {
    for_each = each.key == "assets" ? [module.web.distribution_arn] : []

    content {
      sid       = "ReadThroughCloudFront"
      actions   = ["s3:GetObject"]
      resources = ["${aws_s3_bucket.shop["assets"].arn}/*"]

      principals {
        type        = "Service"
        identifiers = ["cloudfront.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceArn"
        values   = [statement.value]
      }
    }
  }

  dynamic "statement" {
    for_each = each.key == "trail" ? { "s3:GetBucketAcl" = "", "s3:PutObject" = "/AWSLogs/${var.account_id}/*" } : {}

    content {
      actions   = [statement.key]
      resources = ["${aws_s3_bucket.shop["trail"].arn}${statement.value}"]

      principals {
        type        = "Service"
        identifiers = ["cloudtrail.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceArn"
        values   = [local.trail_arn]
      }
    }
  }

  dynamic "statement" {
    for_each = each.key == "logs" ? ["logdelivery.elasticloadbalancing.amazonaws.com"] : []

    content {
      sid       = "LoadBalancerLogs"
      actions   = ["s3:PutObject"]
      resources = ["${aws_s3_bucket.shop["logs"].arn}/alb/AWSLogs/${var.account_id}/*"]

      principals {
        type        = "Service"
        identifiers = [statement.value]
      }
    }
  }
}

resource "aws_s3_bucket_policy" "shop" {
  for_each = local.buckets

  bucket = aws_s3_bucket.shop[each.key].id
  policy = data.aws_iam_policy_document.bucket[each.key].json
}

locals {
  buckets = {
    assets  = { public = true, versioned = true }
    exports = { public = false, versioned = false }
    trail   = { public = false, versioned = true }
    logs    = { public = false, versioned = false }
  }
}

resource "aws_s3_bucket" "shop" {
  for_each = local.buckets

  bucket = "${local.prefix}-${each.key}-${var.account_id}"
}

resource "aws_s3_bucket_versioning" "shop" {
  for_each = { for name, bucket in local.buckets : name => bucket if bucket.versioned }

  bucket = aws_s3_bucket.shop[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "exports" {
  bucket = aws_s3_bucket.shop["exports"].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.shop.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "shop" {
  for_each = { for name, bucket in local.buckets : name => bucket if name != "exports" }

  bucket                  = aws_s3_bucket.shop[each.key].id
  block_public_acls       = !each.value.public
  block_public_policy     = !each.value.public
  ignore_public_acls      = !each.value.public
  restrict_public_buckets = !each.value.public
}

resource "aws_s3_bucket_ownership_controls" "public" {
  for_each = { for name, bucket in local.buckets : name => bucket if bucket.public }

  bucket = aws_s3_bucket.shop[each.key].id

  rule {
    object_ownership = "ObjectWriter"
  }
}

resource "aws_s3_bucket_acl" "public" {
  for_each   = aws_s3_bucket_ownership_controls.public
  depends_on = [aws_s3_bucket_ownership_controls.public]

  bucket = aws_s3_bucket.shop[each.key].id
  acl    = "public-read"
}

data "aws_iam_policy_document" "assets" {
  statement {
    sid       = "ReadAssets"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.shop["assets"].arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

data "aws_iam_policy_document" "trail" {
  dynamic "statement" {
    for_each = { "s3:GetBucketAcl" = "", "s3:PutObject" = "/AWSLogs/${var.account_id}/*" }

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
}

resource "aws_s3_bucket_policy" "shop" {
  for_each = {
    assets = data.aws_iam_policy_document.assets.json
    trail  = data.aws_iam_policy_document.trail.json
  }

  bucket = aws_s3_bucket.shop[each.key].id
  policy = each.value
}

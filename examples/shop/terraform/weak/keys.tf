data "aws_iam_policy_document" "key" {
  statement {
    sid       = "AdministerFromThisAccount"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.root]
    }
  }

  statement {
    sid       = "UseByServices"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]

    principals {
      type = "Service"
      identifiers = [
        "cloudtrail.amazonaws.com",
        "logs.${var.region}.amazonaws.com",
        "sns.amazonaws.com",
      ]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

resource "aws_kms_key" "shop" {
  description             = "Data of the orders shop"
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "shop" {
  name          = "alias/${local.prefix}"
  target_key_id = aws_kms_key.shop.key_id
}

resource "aws_secretsmanager_secret" "payment_api" {
  name        = "${local.prefix}/payment-api"
  description = "API key of the payment provider"
}

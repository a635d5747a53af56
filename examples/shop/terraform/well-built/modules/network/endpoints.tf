data "aws_iam_policy_document" "endpoint" {
  statement {
    sid       = "FromThisNetwork"
    actions   = ["s3:*", "dynamodb:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceVpc"
      values   = [aws_vpc.this.id]
    }
  }
}

resource "aws_vpc_endpoint" "gateway" {
  for_each = toset(["s3", "dynamodb"])

  vpc_id            = aws_vpc.this.id
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.${var.region}.${each.key}"
  route_table_ids   = aws_route_table.web[*].id
  policy            = data.aws_iam_policy_document.endpoint.json

  tags = { Name = "${var.prefix}-${each.key}" }
}

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "multi_az" {
  type = bool
}

variable "db_password" {
  type      = string
  sensitive = true
}

variable "buckets" {
  type    = set(string)
  default = ["data", "logs"]
}

variable "open_ports" {
  type    = list(number)
  default = [443, 22]
}

provider "aws" {
  region = "eu-west-1"

  default_tags {
    tags = { Owner = "platform" }
  }
}

data "aws_availability_zones" "here" {}

resource "aws_kms_key" "site" {
  enable_key_rotation = true
}

resource "aws_s3_bucket" "site" {
  for_each = var.buckets

  tags = { Name = each.key }
}

resource "aws_s3_bucket_versioning" "site" {
  for_each = aws_s3_bucket.site

  bucket = each.value.id

  versioning_configuration {
    status = each.key == "data" ? "Enabled" : "Suspended"
  }
}

resource "aws_subnet" "site" {
  count = 2

  vpc_id            = "vpc-0a1b2c3d"
  cidr_block        = cidrsubnet("10.0.0.0/16", 8, count.index)
  availability_zone = data.aws_availability_zones.here.names[count.index]
}

resource "aws_security_group" "web" {
  name = "web"

  dynamic "ingress" {
    for_each = var.open_ports

    content {
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}

data "aws_iam_policy_document" "orders" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.orders.arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}

resource "aws_sqs_queue_policy" "orders" {
  queue_url = aws_sqs_queue.orders.id
  policy    = data.aws_iam_policy_document.orders.json
}

resource "aws_iam_role_policy" "send" {
  name = "send"
  role = "sender"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.orders.arn }]
  })
}

module "database" {
  source = "./database"

  key_arn    = aws_kms_key.site.arn
  multi_az   = var.multi_az
  password   = var.db_password
  subnet_ids = aws_subnet.site[*].id
}

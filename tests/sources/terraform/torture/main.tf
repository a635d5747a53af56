variable "name" {
  default = "a"
}
variable "env" {}
variable "zones" {}
variable "opt" {
  default = {}
}
variable "rules" {
  type = list(object({
    port     = optional(number, 443)
    protocol = optional(string, "tcp")
  }))
  default = [{}, { port = 80 }]
}

locals {
  status = "Enabled"
}

provider "aws" {
  region = "eu-west-1"
  default_tags {
    tags = { Owner = "platform" }
  }
}

resource "aws_s3_bucket" "known" {
  bucket = "${var.name}-${local.status}"
}
resource "aws_s3_bucket_versioning" "undecided" {
  bucket = aws_s3_bucket.known.id
  versioning_configuration {
    status = var.env == "prod" ? "Enabled" : "Suspended"
  }
}
resource "aws_s3_bucket_versioning" "same" {
  bucket = aws_s3_bucket.known.id
  versioning_configuration {
    status = var.env == "prod" ? "Enabled" : "Enabled"
  }
}
resource "aws_ebs_volume" "maybe" {
  count     = var.env == "prod" ? 2 : 0
  encrypted = false
}
resource "aws_ebs_volume" "zone" {
  for_each          = toset(var.zones)
  availability_zone = each.value
}
resource "aws_ebs_volume" "both" {
  for_each  = { a = true, b = false }
  encrypted = each.value
}
resource "aws_security_group" "known" {
  dynamic "ingress" {
    for_each = var.rules
    content {
      from_port = ingress.value.port
      protocol  = ingress.value.protocol
    }
  }
}
resource "aws_security_group" "unknown" {
  dynamic "ingress" {
    for_each = var.zones
    content {
      cidr_blocks = ["0.0.0.0/0"]
      description = ingress.value
    }
  }
}
resource "aws_iam_policy" "encoded" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "*", Resource = "arn:aws:s3:::${var.env}/*" }]
  })
}
data "aws_iam_policy_document" "rendered" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.known.arn}/*"]
  }
}
resource "aws_iam_policy" "rendered" {
  policy = data.aws_iam_policy_document.rendered.json
}
resource "aws_db_instance" "tried" {
  storage_encrypted = try(var.opt.enc, true)
}
module "local" {
  source = "./local"
  size   = 8
}
module "registry" {
  source = "terraform-aws-modules/vpc/aws"
}
resource "aws_instance" "uses" {
  size   = module.local.double
  subnet = module.registry.private_subnets[0]
}
resource "aws_instance" "broken" {
  ami = [
}

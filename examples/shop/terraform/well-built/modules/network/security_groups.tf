data "aws_ec2_managed_prefix_list" "cloudfront" {
  name = "com.amazonaws.global.cloudfront.origin-facing"
}

resource "aws_security_group" "alb" {
  name        = "${var.prefix}-alb"
  description = "Load balancer of the shop"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "web" {
  name        = "${var.prefix}-web"
  description = "Web servers of the shop"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "ops" {
  name        = "${var.prefix}-ops"
  description = "Host for reports and maintenance"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "worker" {
  name        = "${var.prefix}-worker"
  description = "Functions that work through orders"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "db" {
  name        = "${var.prefix}-db"
  description = "Database of the orders"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "cache" {
  name        = "${var.prefix}-cache"
  description = "Cache of sessions and prices"
  vpc_id      = aws_vpc.this.id
}

locals {
  groups = {
    alb    = aws_security_group.alb.id
    web    = aws_security_group.web.id
    ops    = aws_security_group.ops.id
    worker = aws_security_group.worker.id
    db     = aws_security_group.db.id
    cache  = aws_security_group.cache.id
  }

  flows = {
    alb-to-web   = { from = "alb", to = "web", port = 8080 }
    web-to-db    = { from = "web", to = "db", port = 5432 }
    web-to-cache = { from = "web", to = "cache", port = 6379 }
    ops-to-db    = { from = "ops", to = "db", port = 5432 }
    worker-to-db = { from = "worker", to = "db", port = 5432 }
  }

  https_clients = ["web", "ops", "worker"]
}

resource "aws_vpc_security_group_ingress_rule" "cloudfront" {
  security_group_id = aws_security_group.alb.id
  description       = "HTTPS from CloudFront"
  prefix_list_id    = data.aws_ec2_managed_prefix_list.cloudfront.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_ingress_rule" "flow" {
  for_each = local.flows

  security_group_id            = local.groups[each.value.to]
  referenced_security_group_id = local.groups[each.value.from]
  description                  = "From ${each.value.from}"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "flow" {
  for_each = local.flows

  security_group_id            = local.groups[each.value.from]
  referenced_security_group_id = local.groups[each.value.to]
  description                  = "To ${each.value.to}"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "https" {
  for_each = toset(local.https_clients)

  security_group_id = local.groups[each.key]
  description       = "HTTPS to AWS and to the payment provider"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

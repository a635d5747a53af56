resource "aws_security_group" "alb" {
  name        = "${var.prefix}-alb"
  description = "Load balancer of the shop"
  vpc_id      = aws_vpc.this.id

  dynamic "ingress" {
    for_each = { HTTP = 80, HTTPS = 443 }

    content {
      description = "${ingress.key} from customers"
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }
  }

  egress {
    description = "To the servers"
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "web" {
  name        = "${var.prefix}-web"
  description = "Web servers of the shop"
  vpc_id      = aws_vpc.this.id

  ingress {
    description     = "From the load balancer"
    from_port       = 8080
    to_port         = 8080
    protocol        = "tcp"
    security_groups = [aws_security_group.alb.id]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "ops" {
  name        = "${var.prefix}-ops"
  description = "Host for reports and maintenance"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "ops_ssh" {
  security_group_id = aws_security_group.ops.id
  description       = "SSH for the team"
  cidr_ipv4         = var.office_cidr
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}

resource "aws_vpc_security_group_egress_rule" "ops" {
  security_group_id = aws_security_group.ops.id
  description       = "Packages and reports"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_security_group" "worker" {
  name        = "${var.prefix}-worker"
  description = "Functions that work through orders"
  vpc_id      = aws_vpc.this.id

  egress {
    description = "HTTPS to AWS and to the payment provider"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  egress {
    description     = "To the database"
    from_port       = 5432
    to_port         = 5432
    protocol        = "tcp"
    security_groups = [aws_security_group.db.id]
  }
}

resource "aws_security_group" "db" {
  name        = "${var.prefix}-db"
  description = "Database of the orders"
  vpc_id      = aws_vpc.this.id

  ingress {
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = [aws_vpc.this.cidr_block, var.office_cidr]
  }
}

resource "aws_security_group" "cache" {
  name        = "${var.prefix}-cache"
  description = "Cache of sessions and prices"
  vpc_id      = aws_vpc.this.id

  ingress {
    description = "Redis from all tiers"
    from_port   = 0
    to_port     = 65535
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
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
}

variable "high_availability" {
  type    = bool
  default = false
}

resource "aws_db_instance" "orders" {
  identifier     = "orders"
  engine         = "postgres"
  instance_class = "db.m6g.large"
  username       = "orders"
  password       = random_password.orders.result

  multi_az            = var.high_availability
  publicly_accessible = true
  storage_encrypted   = local.encrypt[var.stage]

  backup_retention_period = var.stage == "prod" ? var.retention_days : 0
  skip_final_snapshot     = true
}

resource "aws_db_instance" "reports" {
  count = var.reports ? 1 : 0

  identifier        = "reports"
  engine            = "mysql"
  storage_encrypted = var.encrypt
  kms_key_id        = aws_kms_key.data.arn
}

resource "aws_security_group" "orders" {
  name   = "orders"
  vpc_id = module.network.vpc_id

  ingress {
    description = "anywhere, until the office has fixed addresses"
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8", "192.168.12.0/24", "172.16.0.0/12", "100.64.0.0/10", "0.0.0.0/0", "198.51.100.0/24"]
  }
}

resource "aws_iam_policy" "deploy" {
  name   = "deploy"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "*"
      Resource = "*"
    }]
  })
}

resource "aws_db_subnet_group" "orders" {
  name        = "${var.prefix}-orders"
  description = "Data subnets"
  subnet_ids  = var.subnet_ids
}

resource "aws_db_parameter_group" "orders" {
  name        = "${var.prefix}-orders"
  family      = "postgres17"
  description = "PostgreSQL for orders"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "500"
  }
}

resource "aws_db_instance" "orders" {
  identifier     = "${var.prefix}-orders"
  engine         = "postgres"
  engine_version = var.database.engine_version
  instance_class = var.database.instance_class
  db_name        = "orders"
  port           = 5432

  username = "shop"
  password = var.db_password

  storage_type          = "gp3"
  allocated_storage     = var.database.storage_gib
  max_allocated_storage = var.database.storage_gib * 4

  multi_az               = var.database.multi_az
  publicly_accessible    = var.database.public
  db_subnet_group_name   = aws_db_subnet_group.orders.name
  parameter_group_name   = aws_db_parameter_group.orders.name
  vpc_security_group_ids = [var.security_group_ids["db"]]

  backup_retention_period    = var.database.backup_days
  backup_window              = "03:00-04:00"
  maintenance_window         = "sun:04:30-sun:05:30"
  auto_minor_version_upgrade = false
  skip_final_snapshot        = true
}

resource "aws_elasticache_subnet_group" "sessions" {
  name        = "${var.prefix}-sessions"
  description = "Data subnets"
  subnet_ids  = var.subnet_ids
}

resource "aws_elasticache_replication_group" "sessions" {
  replication_group_id = "${var.prefix}-sessions"
  description          = "Sessions and prices"
  engine               = "redis"
  engine_version       = "7.1"
  node_type            = "cache.m7g.large"
  num_cache_clusters   = 1
  port                 = 6379

  subnet_group_name  = aws_elasticache_subnet_group.sessions.name
  security_group_ids = [var.security_group_ids["cache"]]

  at_rest_encryption_enabled = true
  transit_encryption_enabled = false
}

resource "aws_dynamodb_table" "carts" {
  name           = "${var.prefix}-carts"
  billing_mode   = "PROVISIONED"
  hash_key       = "customer"
  read_capacity  = 20
  write_capacity = 20

  attribute {
    name = "customer"
    type = "S"
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}

locals {
  alarms = {
    cpu = { metric = "CPUUtilization", operator = "GreaterThanThreshold", threshold = 80 }
  }
}

resource "aws_cloudwatch_metric_alarm" "db" {
  for_each = local.alarms

  alarm_name          = "${var.prefix}-db-${each.key}"
  alarm_description   = "The database is short of ${each.key}"
  namespace           = "AWS/RDS"
  metric_name         = each.value.metric
  statistic           = "Average"
  comparison_operator = each.value.operator
  threshold           = each.value.threshold
  period              = 300
  evaluation_periods  = 3
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]

  dimensions = {
    DBInstanceIdentifier = aws_db_instance.orders.identifier
  }
}

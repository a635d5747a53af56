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

  username                            = "shop"
  manage_master_user_password         = true
  iam_database_authentication_enabled = true

  storage_type          = "gp3"
  allocated_storage     = var.database.storage_gib
  max_allocated_storage = var.database.storage_gib * 4
  storage_encrypted     = true
  kms_key_id            = var.kms_key_arn

  multi_az               = var.database.multi_az
  publicly_accessible    = var.database.public
  db_subnet_group_name   = aws_db_subnet_group.orders.name
  parameter_group_name   = aws_db_parameter_group.orders.name
  vpc_security_group_ids = [var.security_group_ids["db"]]

  backup_retention_period    = var.database.backup_days
  backup_window              = "03:00-04:00"
  maintenance_window         = "sun:04:30-sun:05:30"
  auto_minor_version_upgrade = true
  copy_tags_to_snapshot      = true
  deletion_protection        = true
  skip_final_snapshot        = false
  final_snapshot_identifier  = "${var.prefix}-orders-final"

  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]
  monitoring_interval             = 60
  monitoring_role_arn             = aws_iam_role.monitoring.arn

  tags = { DataClass = "confidential" }
}

resource "aws_elasticache_subnet_group" "sessions" {
  name        = "${var.prefix}-sessions"
  description = "Data subnets"
  subnet_ids  = var.subnet_ids
}

resource "aws_elasticache_replication_group" "sessions" {
  replication_group_id = "${var.prefix}-sessions"
  description          = "Sessions and prices"
  engine               = "valkey"
  engine_version       = "8.0"
  node_type            = "cache.m7g.large"
  num_cache_clusters   = 3
  port                 = 6379

  subnet_group_name  = aws_elasticache_subnet_group.sessions.name
  security_group_ids = [var.security_group_ids["cache"]]

  automatic_failover_enabled = true
  multi_az_enabled           = true
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  kms_key_id                 = var.kms_key_arn
  snapshot_retention_limit   = 7
  snapshot_window            = "02:00-03:00"
  final_snapshot_identifier  = "${var.prefix}-sessions-final"
  notification_topic_arn     = var.alarm_topic_arn
}

resource "aws_dynamodb_table" "carts" {
  name                        = "${var.prefix}-carts"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "customer"
  deletion_protection_enabled = true

  attribute {
    name = "customer"
    type = "S"
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }

  tags = { DataClass = "confidential" }
}

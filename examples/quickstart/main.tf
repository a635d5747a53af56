variable "multi_az" {
  type = bool
}

resource "aws_db_instance" "orders" {
  identifier                          = "orders"
  engine                              = "postgres"
  instance_class                      = "db.r7g.large"
  allocated_storage                   = 200
  username                            = "orders"
  manage_master_user_password         = true
  storage_encrypted                   = true
  backup_retention_period             = 14
  deletion_protection                 = true
  iam_database_authentication_enabled = true
  enabled_cloudwatch_logs_exports     = ["postgresql", "upgrade"]
  multi_az                            = var.multi_az
  publicly_accessible                 = true
}

variable "key_arn" {
  type = string
}

variable "multi_az" {
  type = bool
}

variable "password" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

resource "aws_db_subnet_group" "this" {
  subnet_ids = var.subnet_ids
}

resource "aws_db_instance" "this" {
  allocated_storage    = 100
  db_subnet_group_name = aws_db_subnet_group.this.name
  engine               = "postgres"
  instance_class       = "db.m7g.large"
  kms_key_id           = var.key_arn
  multi_az             = var.multi_az
  password             = var.password
  storage_encrypted    = true
  username             = "site"
}

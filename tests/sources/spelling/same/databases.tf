resource "aws_db_instance" "db" {
  engine                              = "postgres"
  instance_class                      = "db.t3.micro"
  allocated_storage                   = 20
  multi_az                            = true
  storage_encrypted                   = true
  publicly_accessible                 = true
  backup_retention_period             = 7
  deletion_protection                 = true
  auto_minor_version_upgrade          = false
  iam_database_authentication_enabled = true
  enabled_cloudwatch_logs_exports     = ["postgresql"]
}

resource "aws_db_instance" "bare" {
  engine                  = "mysql"
  instance_class          = "db.t3.micro"
  allocated_storage       = 20
  backup_retention_period = 1
}

resource "aws_rds_cluster" "cluster" {
  engine                  = "aurora-postgresql"
  storage_encrypted       = true
  backup_retention_period = 3
}

resource "aws_redshift_cluster" "warehouse" {
  cluster_identifier   = "warehouse"
  node_type            = "ra3.large"
  encrypted            = true
  kms_key_id           = "alias/w"
  publicly_accessible  = false
  enhanced_vpc_routing = true
}

resource "aws_redshift_logging" "warehouse" {
  cluster_identifier = aws_redshift_cluster.warehouse.id
  bucket_name        = "logs"
}

resource "aws_elasticache_replication_group" "cache" {
  replication_group_id       = "cache"
  description                = "cache"
  engine                     = "redis"
  automatic_failover_enabled = true
  multi_az_enabled           = true
  at_rest_encryption_enabled = true
  transit_encryption_enabled = false
  snapshot_retention_limit   = 5
}

resource "aws_opensearch_domain" "search" {
  domain_name = "search"
  cluster_config {
    instance_count         = 3
    zone_awareness_enabled = true
  }
  encrypt_at_rest {
    enabled = true
  }
  node_to_node_encryption {
    enabled = true
  }
  domain_endpoint_options {
    enforce_https = true
  }
  log_publishing_options {
    log_type                 = "AUDIT_LOGS"
    cloudwatch_log_group_arn = "arn:aws:logs:eu-west-1:111122223333:log-group:a"
  }
  vpc_options {
    subnet_ids = ["subnet-1"]
  }
}

resource "aws_docdb_cluster" "documents" {
  storage_encrypted               = true
  enabled_cloudwatch_logs_exports = ["audit"]
}

resource "aws_neptune_cluster" "graph" {
  storage_encrypted                   = true
  iam_database_authentication_enabled = true
}

resource "aws_dms_replication_instance" "move" {
  replication_instance_id    = "move"
  replication_instance_class = "dms.t3.micro"
  publicly_accessible        = false
}

resource "aws_mq_broker" "broker" {
  broker_name         = "broker"
  engine_type         = "ActiveMQ"
  engine_version      = "5.18"
  host_instance_type  = "mq.t3.micro"
  publicly_accessible = true
  logs {
    general = true
  }
  user {
    username = "u"
    password = "p"
  }
}

resource "aws_msk_cluster" "stream" {
  cluster_name           = "stream"
  kafka_version          = "3.6.0"
  number_of_broker_nodes = 2
  broker_node_group_info {
    instance_type   = "kafka.m5.large"
    client_subnets  = ["subnet-1", "subnet-2"]
    security_groups = ["sg-1"]
  }
  encryption_info {
    encryption_at_rest_kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/k"
    encryption_in_transit {
      client_broker = "TLS"
      in_cluster    = true
    }
  }
  logging_info {
    broker_logs {
      cloudwatch_logs {
        enabled   = true
        log_group = "l"
      }
    }
  }
}

resource "aws_athena_workgroup" "queries" {
  name = "queries"
  configuration {
    result_configuration {
      encryption_configuration {
        encryption_option = "SSE_S3"
      }
    }
  }
}

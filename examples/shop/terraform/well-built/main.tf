data "aws_partition" "current" {}

data "aws_ssm_parameter" "ami" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

locals {
  prefix = "${var.name}-${var.environment}"
  tags = {
    Application = var.name
    Environment = var.environment
    Owner       = var.owner
    CostCenter  = var.cost_center
    ManagedBy   = "terraform"
  }

  root  = "arn:${data.aws_partition.current.partition}:iam::${var.account_id}:root"
  roles = "arn:${data.aws_partition.current.partition}:iam::${var.account_id}:role"
}

module "network" {
  source = "./modules/network"

  prefix             = local.prefix
  cidr               = var.vpc_cidr
  availability_zones = var.availability_zones
  kms_key_arn        = aws_kms_key.shop.arn
  log_retention_days = var.log_retention_days
  region             = var.region
  alarm_topic_arn    = aws_sns_topic.alarms.arn
}

module "web" {
  source = "./modules/web"

  prefix             = local.prefix
  domain_name        = var.domain_name
  certificate_arn    = var.certificate_arn
  image_id           = data.aws_ssm_parameter.ami.value
  vpc_id             = module.network.vpc_id
  public_subnet_ids  = module.network.public_subnet_ids
  web_subnet_ids     = module.network.web_subnet_ids
  security_group_ids = module.network.security_group_ids
  zones              = var.availability_zones
  tags               = local.tags
  kms_key_arn        = aws_kms_key.shop.arn
  log_retention_days = var.log_retention_days
  alarm_topic_arn    = aws_sns_topic.alarms.arn

  assets_bucket = {
    id          = aws_s3_bucket.shop["assets"].id
    arn         = aws_s3_bucket.shop["assets"].arn
    domain_name = aws_s3_bucket.shop["assets"].bucket_regional_domain_name
  }
  logs_bucket = {
    id          = aws_s3_bucket.shop["logs"].id
    domain_name = aws_s3_bucket.shop["logs"].bucket_domain_name
  }

  managed_rule_groups = [
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesSQLiRuleSet",
  ]

  instances = {
    type = "m7i.large"
    min  = 3
    max  = 12
  }
}

module "data" {
  source = "./modules/data"

  prefix             = local.prefix
  subnet_ids         = module.network.data_subnet_ids
  security_group_ids = module.network.security_group_ids
  kms_key_arn        = aws_kms_key.shop.arn
  alarm_topic_arn    = aws_sns_topic.alarms.arn

  database = {
    instance_class = "db.m7g.large"
    storage_gib    = 200
    multi_az       = true
    backup_days    = 14
    public         = false
  }
}

module "orders" {
  source = "./modules/orders"

  prefix             = local.prefix
  subnet_ids         = module.network.web_subnet_ids
  security_group_ids = [module.network.security_group_ids["worker"]]
  kms_key_arn        = aws_kms_key.shop.arn
  log_retention_days = var.log_retention_days
  alarm_topic_arn    = aws_sns_topic.alarms.arn
  carts_table_arn    = module.data.carts_table_arn
  exports_bucket_arn = aws_s3_bucket.shop["exports"].arn
}

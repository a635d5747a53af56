resource "aws_instance" "box" {
  ami                         = "ami-1"
  instance_type               = "t3.micro"
  monitoring                  = true
  iam_instance_profile        = "profile"
  associate_public_ip_address = true
  user_data                   = "#!/bin/sh"
  root_block_device {
    encrypted = true
  }
  ebs_block_device {
    device_name = "/dev/sdb"
    encrypted   = false
  }
}

resource "aws_launch_template" "template" {
  name = "template"
  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      encrypted = true
    }
  }
  network_interfaces {
    associate_public_ip_address = false
  }
}

resource "aws_autoscaling_group" "fleet" {
  min_size          = 1
  max_size          = 3
  health_check_type = "ELB"
  target_group_arns = ["arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/t/1"]
}

resource "aws_lambda_function" "work" {
  function_name = "work"
  role          = aws_iam_role.role.arn
  dead_letter_config {
    target_arn = "arn:aws:sqs:eu-west-1:111122223333:dead"
  }
}

resource "aws_lambda_permission" "invoke" {
  function_name = aws_lambda_function.work.function_name
  action        = "lambda:InvokeFunction"
  principal     = "s3.amazonaws.com"
  source_arn    = "arn:aws:s3:::b"
}

resource "aws_ecs_cluster" "tasks" {
  name = "tasks"
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_eks_cluster" "pods" {
  name                      = "pods"
  role_arn                  = aws_iam_role.role.arn
  enabled_cluster_log_types = ["api", "audit"]
  encryption_config {
    resources = ["secrets"]
    provider {
      key_arn = "arn:aws:kms:eu-west-1:111122223333:key/k"
    }
  }
  vpc_config {
    subnet_ids             = ["subnet-1", "subnet-2"]
    endpoint_public_access = true
    public_access_cidrs    = ["192.0.2.0/24"]
  }
}

resource "aws_iam_role" "role" {
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Principal = { AWS = "111122223333" }, Action = "sts:AssumeRole" }]
  })
  inline_policy {
    name   = "all"
    policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
  }
}

resource "aws_iam_role_policy_attachment" "role" {
  role       = aws_iam_role.role.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_policy" "policy" {
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
}

resource "aws_cloudwatch_metric_alarm" "alarm" {
  alarm_name          = "alarm"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  alarm_actions       = ["arn:aws:sns:eu-west-1:111122223333:alerts"]
}

resource "aws_cloudtrail" "trail" {
  name                       = "trail"
  s3_bucket_name             = "logs"
  is_multi_region_trail      = true
  enable_log_file_validation = true
  kms_key_id                 = "alias/trail"
}

resource "aws_codebuild_project" "build" {
  name         = "build"
  service_role = aws_iam_role.role.arn
  artifacts {
    type                = "S3"
    encryption_disabled = true
  }
  environment {
    compute_type = "BUILD_GENERAL1_SMALL"
    image        = "i"
    type         = "LINUX_CONTAINER"
  }
  source {
    type = "CODEPIPELINE"
  }
}

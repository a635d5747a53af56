locals {
  port = 8080
}

resource "aws_cloudwatch_log_group" "web" {
  name              = "/${var.prefix}/web"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_launch_template" "web" {
  name          = "${var.prefix}-web"
  image_id      = var.image_id
  instance_type = var.instances.type

  user_data = base64encode(templatefile("${path.module}/templates/web.sh.tftpl", {
    port      = local.port
    log_group = aws_cloudwatch_log_group.web.name
    region    = data.aws_region.current.region
    image     = var.container_image
  }))

  vpc_security_group_ids = [var.security_group_ids["web"]]

  iam_instance_profile {
    arn = aws_iam_instance_profile.web.arn
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  monitoring {
    enabled = true
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type = "gp3"
      volume_size = 30
      encrypted   = true
      kms_key_id  = var.kms_key_arn
    }
  }
}

resource "aws_autoscaling_group" "web" {
  name                      = "${var.prefix}-web"
  min_size                  = var.instances.min
  max_size                  = var.instances.max
  desired_capacity          = var.instances.min
  vpc_zone_identifier       = var.web_subnet_ids
  target_group_arns         = [aws_lb_target_group.web.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 120
  metrics_granularity       = "1Minute"
  enabled_metrics           = ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupPendingInstances"]

  launch_template {
    id      = aws_launch_template.web.id
    version = aws_launch_template.web.latest_version
  }

  instance_refresh {
    strategy = "Rolling"
  }

  dynamic "tag" {
    for_each = merge(var.tags, { Name = "${var.prefix}-web", Tier = "web" })

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }
}

resource "aws_autoscaling_policy" "cpu" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.web.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 55

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

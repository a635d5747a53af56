resource "aws_vpc" "net" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_flow_log" "flow" {
  vpc_id               = aws_vpc.net.id
  traffic_type         = "ALL"
  log_destination_type = "s3"
  log_destination      = "arn:aws:s3:::flows"
}

resource "aws_vpc" "dark" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_subnet" "front" {
  vpc_id                  = aws_vpc.net.id
  cidr_block              = "10.0.1.0/24"
  map_public_ip_on_launch = true
}

resource "aws_security_group" "web" {
  description = "Web servers"
  vpc_id      = aws_vpc.net.id
  ingress {
    description = "HTTPS"
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["0.0.0.0/0", "10.0.0.0/8"]
  }
  ingress {
    protocol         = "tcp"
    from_port        = 22
    to_port          = 22
    ipv6_cidr_blocks = ["::/0"]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "apart" {
  description = "Rules apart"
}

resource "aws_vpc_security_group_ingress_rule" "rule" {
  security_group_id = aws_security_group.apart.id
  description       = "SSH"
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_security_group_rule" "more" {
  security_group_id = aws_security_group.apart.id
  type              = "egress"
  protocol          = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_blocks       = ["10.0.0.0/8"]
}

resource "aws_network_acl_rule" "entry" {
  network_acl_id = "acl-1"
  rule_number    = 100
  egress         = false
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = "0.0.0.0/0"
  from_port      = 22
  to_port        = 22
}

resource "aws_lb" "front2" {
  load_balancer_type         = "application"
  drop_invalid_header_fields = true
  enable_deletion_protection = true
  subnets                    = [aws_subnet.front.id]
  access_logs {
    bucket  = "logs"
    enabled = true
  }
}

resource "aws_lb_listener" "plain" {
  load_balancer_arn = aws_lb.front2.arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type = "redirect"
    redirect {
      protocol    = "HTTPS"
      port        = "443"
      status_code = "HTTP_301"
    }
  }
}

resource "aws_lb_listener" "secure" {
  load_balancer_arn = aws_lb.front2.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = "arn:aws:acm:eu-west-1:111122223333:certificate/c"
  default_action {
    type             = "forward"
    target_group_arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/t/1"
  }
}

resource "aws_elb" "classic" {
  listener {
    lb_port           = 80
    lb_protocol       = "http"
    instance_port     = 80
    instance_protocol = "http"
  }
  access_logs {
    bucket = "logs"
  }
}

resource "aws_cloudfront_distribution" "cdn" {
  enabled    = true
  web_acl_id = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/w/1"
  origin {
    origin_id   = "o"
    domain_name = "example.com"
  }
  default_cache_behavior {
    target_origin_id       = "o"
    viewer_protocol_policy = "redirect-to-https"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
  }
  ordered_cache_behavior {
    path_pattern           = "/a/*"
    target_origin_id       = "o"
    viewer_protocol_policy = "allow-all"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
  }
  logging_config {
    bucket = "logs.s3.amazonaws.com"
  }
  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }
  viewer_certificate {
    acm_certificate_arn      = "arn:aws:acm:us-east-1:111122223333:certificate/c"
    minimum_protocol_version = "TLSv1.2_2021"
    ssl_support_method       = "sni-only"
  }
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id          = "api"
  deployment_id        = "d"
  stage_name           = "live"
  xray_tracing_enabled = true
  access_log_settings {
    destination_arn = "arn:aws:logs:eu-west-1:111122223333:log-group:a"
    format          = "x"
  }
}

resource "aws_api_gateway_method_settings" "live" {
  rest_api_id = "api"
  stage_name  = aws_api_gateway_stage.live.stage_name
  method_path = "*/*"
  settings {
    logging_level        = "INFO"
    caching_enabled      = true
    cache_data_encrypted = false
  }
}

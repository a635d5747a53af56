resource "aws_cloudwatch_log_group" "dns" {
  name              = "/vpc/${var.prefix}/dns"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_route53_resolver_query_log_config" "this" {
  name            = var.prefix
  destination_arn = aws_cloudwatch_log_group.dns.arn
}

resource "aws_route53_resolver_query_log_config_association" "this" {
  resolver_query_log_config_id = aws_route53_resolver_query_log_config.this.id
  resource_id                  = aws_vpc.this.id
}

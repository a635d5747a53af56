output "distribution_arn" {
  description = "Distribution that reads the assets."
  value       = aws_cloudfront_distribution.shop.arn
}

output "distribution_domain_name" {
  description = "Name that CloudFront answers to."
  value       = aws_cloudfront_distribution.shop.domain_name
}

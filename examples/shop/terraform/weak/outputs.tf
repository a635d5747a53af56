output "url" {
  description = "Where customers shop."
  value       = "https://${var.domain_name}"
}

output "distribution_domain_name" {
  description = "Target of the domain's alias record."
  value       = module.web.distribution_domain_name
}

output "deploy_role_arn" {
  description = "Role that the pipeline assumes."
  value       = aws_iam_role.deploy.arn
}

output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "Subnets with a route to the internet gateway."
  value       = aws_subnet.public[*].id
}

output "web_subnet_ids" {
  description = "Subnets of the web servers, behind NAT gateways."
  value       = aws_subnet.web[*].id
}

output "data_subnet_ids" {
  description = "Subnets of databases and caches, without a route out."
  value       = aws_subnet.data[*].id
}

output "security_group_ids" {
  description = "Security groups by tier."
  value       = local.groups
}

output "database_endpoint" {
  description = "Host and port of the database."
  value       = aws_db_instance.orders.endpoint
}

output "cache_endpoint" {
  description = "Host of the cache's primary node."
  value       = aws_elasticache_replication_group.sessions.primary_endpoint_address
}

output "carts_table_arn" {
  description = "Table of the carts."
  value       = aws_dynamodb_table.carts.arn
}

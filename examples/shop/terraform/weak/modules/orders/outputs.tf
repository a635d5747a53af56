output "queue_url" {
  description = "Queue that orders wait in."
  value       = aws_sqs_queue.orders.url
}

output "role_arn" {
  description = "Role of the worker."
  value       = aws_iam_role.worker.arn
}

output "queue_url" {
  description = "Queue that orders wait in."
  value       = aws_sqs_queue.orders.url
}

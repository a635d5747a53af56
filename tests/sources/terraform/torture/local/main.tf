variable "size" {}

output "double" {
  value = var.size * 2
}

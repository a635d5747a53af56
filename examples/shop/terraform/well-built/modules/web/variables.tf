variable "prefix" {
  description = "Beginning of every name."
  type        = string
}

variable "tags" {
  description = "Tags of everything; the provider's default tags don't reach the instances of a group."
  type        = map(string)
}

variable "domain_name" {
  description = "Host name that customers use."
  type        = string
}

variable "certificate_arn" {
  description = "Certificate for the domain name."
  type        = string
}

variable "image_id" {
  description = "Machine image of the servers."
  type        = string
}

variable "container_image" {
  description = "Container that the servers run."
  type        = string
  default     = "111122223333.dkr.ecr.us-east-1.amazonaws.com/orders-shop/web:2026.11.2"
}

variable "vpc_id" {
  description = "Network of the workload."
  type        = string
}

variable "public_subnet_ids" {
  description = "Subnets of the load balancer."
  type        = list(string)
}

variable "web_subnet_ids" {
  description = "Subnets of the servers."
  type        = list(string)
}

variable "security_group_ids" {
  description = "Security groups by tier."
  type        = map(string)
}

variable "zones" {
  description = "Zones of the subnets, in their order."
  type        = list(string)
}

variable "kms_key_arn" {
  description = "Key that encrypts disks and logs."
  type        = string
}

variable "log_retention_days" {
  description = "How long the servers' logs are kept."
  type        = number
}

variable "alarm_topic_arn" {
  description = "Topic that alarms are sent to."
  type        = string
}

variable "assets_bucket" {
  description = "Bucket of images and scripts."
  type        = object({ id = string, arn = string, domain_name = string })
}

variable "logs_bucket" {
  description = "Bucket of access logs."
  type        = object({ id = string, domain_name = string })
}

variable "managed_rule_groups" {
  description = "Rule groups of AWS that the web ACL evaluates, in this order."
  type        = list(string)
  default     = []
}

variable "instances" {
  description = "Type and number of the servers."
  type        = object({ type = string, min = number, max = number })
}

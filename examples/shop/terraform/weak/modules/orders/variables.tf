variable "prefix" {
  description = "Beginning of every name."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the worker."
  type        = list(string)
}

variable "security_group_ids" {
  description = "Security groups of the worker."
  type        = list(string)
}

variable "kms_key_arn" {
  description = "Key that encrypts messages, images and logs."
  type        = string
}

variable "alarm_topic_arn" {
  description = "Topic that alarms are sent to."
  type        = string
}

variable "carts_table_arn" {
  description = "Table of the carts."
  type        = string
}

variable "exports_bucket_arn" {
  description = "Bucket that the worker writes exports to."
  type        = string
}

variable "image_tag" {
  description = "Version of the worker."
  type        = string
  default     = "2026.11.2"
}

variable "prefix" {
  description = "Beginning of every name."
  type        = string
}

variable "cidr" {
  description = "Address range of the network, a /16."
  type        = string
}

variable "availability_zones" {
  description = "Zones to spread over."
  type        = list(string)
}

variable "kms_key_arn" {
  description = "Key that encrypts the log groups."
  type        = string
}

variable "region" {
  description = "Region of the network."
  type        = string
}

variable "alarm_topic_arn" {
  description = "Topic that alarms are sent to."
  type        = string
}

variable "log_retention_days" {
  description = "How long the logs of flows and of DNS queries are kept."
  type        = number
}

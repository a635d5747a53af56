variable "region" {
  description = "Region of the workload; the certificates and the web ACL of CloudFront have to be in us-east-1."
  type        = string
  default     = "us-east-1"
}

variable "name" {
  description = "Name of the workload, the beginning of every other name."
  type        = string
  default     = "orders-shop"
}

variable "environment" {
  description = "Which of the environments this is."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "The environment is staging or production."
  }
}

variable "owner" {
  description = "Team that answers for the workload."
  type        = string
  default     = "shop"
}

variable "cost_center" {
  description = "Who pays."
  type        = string
  default     = "4711"
}

variable "alarm_email" {
  description = "Address that alarms are sent to."
  type        = string
  default     = "shop-oncall@example.com"
}

variable "account_id" {
  description = "The account that the workload lives in; bucket names end in it."
  type        = string
}

variable "domain_name" {
  description = "Host name that customers use."
  type        = string
}

variable "certificate_arn" {
  description = "ARN of the ACM certificate for the domain name."
  type        = string
}

variable "availability_zones" {
  description = "Zones to spread over."
  type        = list(string)
  default     = ["us-east-1a", "us-east-1b", "us-east-1c"]
}

variable "vpc_cidr" {
  description = "Address range of the network."
  type        = string
  default     = "10.20.0.0/16"
}

variable "log_retention_days" {
  description = "How long log groups keep events."
  type        = number
  default     = 90
}

variable "repository" {
  description = "Source repository whose pipeline may deploy, as owner/name."
  type        = string
  default     = "example-org/orders-shop"
}

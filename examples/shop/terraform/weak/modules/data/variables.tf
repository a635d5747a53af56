variable "prefix" {
  description = "Beginning of every name."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets for databases and caches."
  type        = list(string)
}

variable "security_group_ids" {
  description = "Security groups by tier."
  type        = map(string)
}

variable "db_password" {
  description = "Password of the database's owner."
  type        = string
  sensitive   = true
}

variable "alarm_topic_arn" {
  description = "Topic that alarms are sent to."
  type        = string
}

variable "database" {
  description = "Size and operation of the database."
  type = object({
    instance_class = string
    storage_gib    = number
    engine_version = optional(string, "17.6")
    multi_az       = bool
    backup_days    = number
    public         = bool
  })
}

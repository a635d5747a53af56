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

variable "office_cidr" {
  description = "Addresses that the team works from."
  type        = string
}

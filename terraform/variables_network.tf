variable "subnetwork_range" {
  description = "Range of the subnetwork; the environment takes four addresses of it"
  type        = string
  default     = "10.20.0.0/26"

  validation {
    condition     = can(cidrhost(var.subnetwork_range, 7))
    error_message = "subnetwork_range is a CIDR range, /29 or larger."
  }
}

variable "internal_range" {
  description = "Range, /20, that Composer uses inside; it must not meet a range of the network. Cannot be changed later without a new environment"
  type        = string
  default     = "100.64.128.0/20"

  validation {
    condition     = can(cidrhost(var.internal_range, 0)) && endswith(var.internal_range, "/20")
    error_message = "internal_range is a /20."
  }
}

variable "internet_access" {
  description = "Makes a Cloud NAT, so that tasks reach what is neither in the network nor Google's (a Postgres or an S3 outside)"
  type        = bool
  default     = true
}

variable "flow_sampling" {
  description = "Share of the network's flows that is logged, 0 to 1"
  type        = number
  default     = 0.5

  validation {
    condition     = var.flow_sampling >= 0 && var.flow_sampling <= 1
    error_message = "flow_sampling is between 0 and 1."
  }
}

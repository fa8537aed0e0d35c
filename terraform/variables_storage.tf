variable "bucket_name" {
  description = "Name of the environment's bucket; null: PROJECT-NAME"
  type        = string
  default     = null

  validation {
    condition     = var.bucket_name == null || can(regex("^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name has 3 to 63 lower-case letters, digits, hyphens and underscores."
  }
}

variable "noncurrent_days" {
  description = "Days that an overwritten or deleted object can be brought back"
  type        = number
  default     = 30

  validation {
    condition     = var.noncurrent_days >= 1
    error_message = "noncurrent_days is at least 1: without old versions there is nothing to roll back to."
  }
}

variable "noncurrent_versions" {
  description = "Newer versions that must exist before an old one may go: so many are kept however old they are"
  type        = number
  default     = 5

  validation {
    condition     = var.noncurrent_versions >= 2
    error_message = "noncurrent_versions is at least 2: the current version and one to roll back to."
  }
}

variable "task_log_days" {
  description = "Days that Airflow's task logs stay in the bucket"
  type        = number
  default     = 90

  validation {
    condition     = var.task_log_days >= 1
    error_message = "task_log_days is at least 1."
  }
}

variable "force_destroy" {
  description = "Lets `terraform destroy` delete the bucket with everything in it"
  type        = bool
  default     = false
}

variable "kms_key_name" {
  description = "Key of your own for the environment and the bucket: projects/P/locations/REGION/keyRings/R/cryptoKeys/K. Null: Google's keys. The service agents must be allowed to use it first"
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_name == null || can(regex("^projects/[^/]+/locations/${var.region}/keyRings/[^/]+/cryptoKeys/[^/]+$", var.kms_key_name))
    error_message = "kms_key_name is the full name of a key in the same region."
  }
}

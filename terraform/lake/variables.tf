variable "bucket_name" {
  description = "Name of the lake's bucket; it is unique in all of AWS"
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name has 3 to 63 lower-case letters, digits and hyphens; dots break TLS."
  }
}

variable "region" {
  description = "Region of everything, for example eu-west-3"
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is one of AWS's, for example eu-west-3."
  }
}

variable "environment" {
  description = "dev, preprod or prod: a tag on everything, and a part of the roles' names"
  type        = string

  validation {
    condition     = contains(["dev", "preprod", "prod"], var.environment)
    error_message = "environment is dev, preprod or prod."
  }
}

variable "tags" {
  description = "More tags for everything"
  type        = map(string)
  default     = {}
}

variable "ingestion_principals" {
  description = "ARNs of the users and roles that may become the ingestion role"
  type        = set(string)

  validation {
    condition     = length(var.ingestion_principals) > 0 && alltrue([for arn in var.ingestion_principals : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[^*]+$", arn))])
    error_message = "ingestion_principals are ARNs of single users and roles: no account as a whole, and no *."
  }
}

variable "refining_principals" {
  description = "ARNs of the users and roles that may become the refining role"
  type        = set(string)

  validation {
    condition     = length(var.refining_principals) > 0 && alltrue([for arn in var.refining_principals : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[^*]+$", arn))])
    error_message = "refining_principals are ARNs of single users and roles: no account as a whole, and no *."
  }

  validation {
    condition     = length(setintersection(var.ingestion_principals, var.refining_principals)) == 0
    error_message = "Who refines does not ingest: one principal in both lists could write everything."
  }
}

variable "kms_key_arn" {
  description = "Key of your own that encrypts the objects; null: S3's keys. The two roles may use it, if its policy leaves that to IAM"
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:${var.region}:[0-9]{12}:key/[0-9a-f-]+$", var.kms_key_arn))
    error_message = "kms_key_arn is the full ARN of a key in the same region."
  }
}

variable "noncurrent_days" {
  description = "Days that an overwritten or deleted object can be brought back"
  type        = number
  default     = 30

  validation {
    condition     = var.noncurrent_days >= 1
    error_message = "noncurrent_days is at least 1: without old versions nothing can be brought back."
  }
}

variable "force_destroy" {
  description = "Lets `terraform destroy` delete the bucket with everything in it"
  type        = bool
  default     = false
}

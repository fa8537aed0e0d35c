# The names that everybody uses first; the rest stands in variables_*.tf by subject.

variable "project_id" {
  description = "Id of an existing Google Cloud project with billing; one project for each environment"
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id has 6 to 30 lower-case letters, digits and hyphens: the id, not the name or the number."
  }
}

variable "region" {
  description = "Region of everything, for example europe-west1"
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region looks like europe-west1."
  }
}

variable "zone" {
  description = "The provider's default zone, in the region. Composer 3 is regional and takes none itself"
  type        = string

  validation {
    condition     = can(regex("^${var.region}-[a-z]$", var.zone))
    error_message = "zone must be one of the region, for example europe-west1-b."
  }
}

variable "composer_name" {
  description = "Name of the Composer environment; other names begin with it"
  type        = string
  default     = "pipeline"

  # Composer allows 64. The id of the identity pool, `NAME-github`, has room for 32.
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,23}[a-z0-9]$", var.composer_name))
    error_message = "composer_name has 3 to 25 lower-case letters, digits and hyphens and begins with a letter."
  }
}

variable "service_account" {
  description = "Account that runs the tasks: the part before the @. It is made here"
  type        = string
  default     = "pipeline-composer"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.service_account))
    error_message = "service_account is the part before the @: 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "environment" {
  description = "dev, preprod or prod: a label on everything, and the GitHub environment whose jobs may deploy"
  type        = string

  validation {
    condition     = contains(["dev", "preprod", "prod"], var.environment)
    error_message = "environment is dev, preprod or prod."
  }
}

variable "labels" {
  description = "More labels for everything that can have some"
  type        = map(string)
  default     = {}
}

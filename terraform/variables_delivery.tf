variable "deployer_account" {
  description = "Account that uploads and triggers: the part before the @. It is made here"
  type        = string
  default     = "pipeline-deployer"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.deployer_account))
    error_message = "deployer_account is the part before the @: 6 to 30 lower-case letters, digits and hyphens."
  }

  validation {
    condition     = var.deployer_account != var.service_account
    error_message = "deployer_account and service_account must differ: who deploys is not who runs."
  }
}

variable "deployers" {
  description = "People and groups who may act as the deployer, as user:NAME@HOST or group:NAME@HOST"
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.deployers : can(regex("^(user|group):[^@ ]+@[^@ ]+$", member))])
    error_message = "deployers are user:NAME@HOST or group:NAME@HOST."
  }
}

variable "github_repository" {
  description = "OWNER/NAME of the repository whose GitHub Actions deploy; null: none"
  type        = string
  default     = null

  validation {
    condition     = var.github_repository == null || can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "github_repository is OWNER/NAME."
  }
}

variable "github_repository_id" {
  description = "Number of that repository, which stays when the name goes to somebody else: `gh api repos/OWNER/NAME --jq .id`; needed with github_repository"
  type        = string
  default     = null

  validation {
    condition     = var.github_repository_id == null ? var.github_repository == null : can(regex("^[1-9][0-9]*$", var.github_repository_id))
    error_message = "github_repository_id is a number, and needed with github_repository."
  }
}

variable "github_environment" {
  description = "GitHub environment whose jobs may deploy; null: the same name as `environment`"
  type        = string
  default     = null

  validation {
    condition     = var.github_environment == null || can(regex("^[A-Za-z0-9._-]+$", var.github_environment))
    error_message = "github_environment has letters, digits, dots, hyphens and underscores."
  }
}

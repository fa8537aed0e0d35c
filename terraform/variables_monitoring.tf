variable "notification_emails" {
  description = "Who is told of failed runs, data that did not pass, and the budget"
  type        = list(string)

  validation {
    condition     = length(var.notification_emails) > 0 && alltrue([for email in var.notification_emails : can(regex("^[^@ ]+@[^@ ]+$", email))])
    error_message = "notification_emails needs at least one address: an alert that nobody gets is none."
  }
}

# Those of dags/ whose schedule is once a day or more often; tests/airflow/test_alerts.py compares.
variable "daily_pipelines" {
  description = "Pipelines that run every day: an alert is raised when one has not for 25 hours"
  type        = list(string)
  default     = ["configuration", "drugs", "listings", "trades", "transactions"]

  validation {
    condition     = alltrue([for name in var.daily_pipelines : can(regex("^[A-Za-z0-9_-]+$", name))])
    error_message = "daily_pipelines are names of DAGs."
  }
}

variable "billing_account" {
  description = "Billing account for the budget, as XXXXXX-XXXXXX-XXXXXX; null: no budget"
  type        = string
  default     = null

  validation {
    condition     = var.billing_account == null || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "billing_account looks like 012345-6789AB-CDEF01."
  }
}

variable "budget_amount" {
  description = "Budget of the project a month, in whole units of budget_currency; needed with billing_account"
  type        = number
  default     = null

  validation {
    condition     = var.budget_amount == null ? var.billing_account == null : var.budget_amount > 0 && floor(var.budget_amount) == var.budget_amount
    error_message = "budget_amount is a whole number above 0, and needed with billing_account."
  }
}

variable "budget_currency" {
  description = "Currency of the billing account; null: whatever it is"
  type        = string
  default     = null
}

variable "budget_thresholds" {
  description = "Shares of the budget at which somebody is told"
  type        = list(number)
  default     = [0.5, 0.9, 1.0]

  validation {
    condition     = alltrue([for share in var.budget_thresholds : share > 0])
    error_message = "budget_thresholds are above 0."
  }
}

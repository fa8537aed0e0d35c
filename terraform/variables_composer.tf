variable "image_version" {
  description = "Composer 3 with its Airflow: composer-3-airflow-3 is the newest build at creation. Pin prod to a build"
  type        = string
  default     = "composer-3-airflow-3"

  validation {
    condition     = can(regex("^composer-3-airflow-[23](\\.[0-9]+(\\.[0-9]+(-build\\.[0-9]+)?)?)?$", var.image_version))
    error_message = "image_version is composer-3-airflow-A[.B[.C[-build.N]]] with Airflow 2 or 3."
  }
}

variable "environment_size" {
  description = "Size of what Composer runs beside the workers (database, queue)"
  type        = string
  default     = "ENVIRONMENT_SIZE_SMALL"

  validation {
    condition     = contains([for s in ["SMALL", "MEDIUM", "LARGE", "EXTRA_LARGE"] : "ENVIRONMENT_SIZE_${s}"], var.environment_size)
    error_message = "environment_size is ENVIRONMENT_SIZE_ and SMALL, MEDIUM, LARGE or EXTRA_LARGE."
  }
}

variable "resilience_mode" {
  description = "HIGH_RESILIENCE spreads the environment over zones; it needs two schedulers and costs more"
  type        = string
  default     = "STANDARD_RESILIENCE"

  validation {
    condition     = contains(["STANDARD_RESILIENCE", "HIGH_RESILIENCE"], var.resilience_mode)
    error_message = "resilience_mode is STANDARD_RESILIENCE or HIGH_RESILIENCE."
  }
}

variable "scheduler_count" {
  description = "Schedulers"
  type        = number
  default     = 1

  validation {
    condition     = contains([1, 2, 3], var.scheduler_count)
    error_message = "scheduler_count is 1, 2 or 3."
  }

  validation {
    condition     = var.resilience_mode != "HIGH_RESILIENCE" || var.scheduler_count == 2
    error_message = "HIGH_RESILIENCE runs exactly two schedulers."
  }
}

variable "worker_min_count" {
  description = "Workers when there is nothing to do"
  type        = number
  default     = 1

  validation {
    condition     = var.worker_min_count >= 1 && floor(var.worker_min_count) == var.worker_min_count
    error_message = "worker_min_count is a whole number from 1."
  }
}

variable "worker_max_count" {
  description = "Workers at most: the bound of what a busy hour can cost"
  type        = number
  default     = 3

  validation {
    condition     = var.worker_max_count <= 100 && floor(var.worker_max_count) == var.worker_max_count
    error_message = "worker_max_count is a whole number up to 100."
  }

  validation {
    condition     = var.worker_max_count >= var.worker_min_count
    error_message = "worker_max_count must not be below worker_min_count."
  }
}

variable "worker_cpu" {
  description = "Cores of a worker: `pipeline` uses all of them"
  type        = number
  default     = 2

  validation {
    condition     = var.worker_cpu >= 0.5 && var.worker_cpu <= 32 && var.worker_cpu * 2 == floor(var.worker_cpu * 2)
    error_message = "worker_cpu is 0.5 to 32 in steps of 0.5."
  }
}

variable "worker_memory_gb" {
  description = "Memory of a worker in GB"
  type        = number
  default     = 4

  validation {
    condition     = var.worker_memory_gb >= 1 && var.worker_memory_gb <= 256
    error_message = "worker_memory_gb is 1 to 256."
  }
}

variable "worker_storage_gb" {
  description = "Disk of a worker in GB: the synchronized data/ and the copied binary lie there"
  type        = number
  default     = 10

  validation {
    condition     = var.worker_storage_gb >= 1 && var.worker_storage_gb <= 100
    error_message = "worker_storage_gb is 1 to 100."
  }
}

variable "airflow_config_overrides" {
  description = "More settings of Airflow, as section-key"
  type        = map(string)
  default     = {}
}

variable "env_variables" {
  description = "Environment variables of the tasks, for the params of pipeline files. Readable by everybody who may see the environment: no secrets"
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.env_variables) : can(regex("^[a-zA-Z_][a-zA-Z0-9_]*$", name))])
    error_message = "The names of env_variables have letters, digits and underscores."
  }
}

variable "maintenance_window" {
  description = "When Composer may update itself, UTC; at least 12 hours a week in all"
  type = object({
    start_time = string
    end_time   = string
    recurrence = string
  })
  # Away from 03:00 to 07:00, when the daily pipelines start and run; tests/airflow/test_alerts.py compares.
  default = {
    start_time = "2025-01-04T12:00:00Z"
    end_time   = "2025-01-04T18:00:00Z"
    recurrence = "FREQ=WEEKLY;BYDAY=SA,SU"
  }

  validation {
    condition     = can(timecmp(var.maintenance_window.start_time, var.maintenance_window.end_time)) && startswith(var.maintenance_window.recurrence, "FREQ=")
    error_message = "start_time and end_time are like 2025-01-04T06:00:00Z, recurrence is an RFC 5545 rule (FREQ=...)."
  }
}

variable "metadata_days" {
  description = "Days that Airflow remembers runs for"
  type        = number
  default     = 90

  validation {
    condition     = var.metadata_days >= 30 && var.metadata_days <= 730
    error_message = "metadata_days is 30 to 730."
  }
}

variable "web_server_ranges" {
  description = "Who may open a connection to the Airflow web server: CIDR range = description. IAM is asked in any case"
  type        = map(string)
  default = {
    "0.0.0.0/0" = "Everywhere, IPv4"
    "::/0"      = "Everywhere, IPv6"
  }

  validation {
    condition     = length(var.web_server_ranges) > 0 && alltrue([for range in keys(var.web_server_ranges) : can(cidrhost(range, 0))])
    error_message = "The keys of web_server_ranges are CIDR ranges; an empty map would lock everybody out."
  }
}

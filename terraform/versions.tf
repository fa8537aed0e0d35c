terraform {
  # 1.9 is the first version in which the validation of one variable may look at another one.
  required_version = ">= 1.9, < 2.0"

  required_providers {
    google = {
      source = "hashicorp/google"
      # The minor version whose schema the offline check knows; a newer major version needs a look at its changes.
      version = "~> 6.50"
    }
  }

  # Filled in by `terraform init -backend-config=environments/ENV.gcs.tfbackend`: a backend takes no variables.
  backend "gcs" {}
}

terraform {
  required_version = ">= 1.9, < 2.0"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # The minor version whose schema the offline check knows.
      version = "~> 6.25"
    }
  }

  # Filled in by `terraform init -backend-config=...`: a backend takes no variables. The state of the lake lies in
  # another bucket than the lake: here, nobody but the two roles may write.
  backend "s3" {}
}

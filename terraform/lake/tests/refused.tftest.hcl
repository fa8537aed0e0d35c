# What a typing error in a tfvars file is answered with: the variable's name, before anything is made.

mock_provider "aws" {}

variables {
  bucket_name          = "my-lake"
  region               = "eu-west-3"
  environment          = "dev"
  ingestion_principals = ["arn:aws:iam::123456789012:role/airflow-ingestion"]
  refining_principals  = ["arn:aws:iam::123456789012:role/airflow-refining"]
}

run "a_bucket_name_with_capitals" {
  command = plan
  variables {
    bucket_name = "My-Lake"
  }
  expect_failures = [var.bucket_name]
}

run "no_region" {
  command = plan
  variables {
    region = "Paris"
  }
  expect_failures = [var.region]
}

run "an_unknown_environment" {
  command = plan
  variables {
    environment = "production"
  }
  expect_failures = [var.environment]
}

run "everybody_as_ingestion" {
  command = plan
  variables {
    ingestion_principals = ["*"]
  }
  expect_failures = [var.ingestion_principals]
}

run "a_whole_account_as_ingestion" {
  command = plan
  variables {
    ingestion_principals = ["arn:aws:iam::123456789012:root"]
  }
  expect_failures = [var.ingestion_principals]
}

run "nobody_refines" {
  command = plan
  variables {
    refining_principals = []
  }
  expect_failures = [var.refining_principals]
}

run "one_principal_is_both" {
  command = plan
  variables {
    refining_principals = ["arn:aws:iam::123456789012:role/airflow-ingestion"]
  }
  expect_failures = [var.refining_principals]
}

run "a_key_of_another_region" {
  command = plan
  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  }
  expect_failures = [var.kms_key_arn]
}

run "no_old_versions" {
  command = plan
  variables {
    noncurrent_days = 0
  }
  expect_failures = [var.noncurrent_days]
}

# What a typing error in a tfvars file is answered with: the variable's name, before anything is made.

mock_provider "google" {}

variables {
  project_id          = "my-project-dev"
  region              = "europe-west1"
  zone                = "europe-west1-b"
  environment         = "dev"
  notification_emails = ["data-team@example.com"]
}

run "a_zone_of_another_region" {
  command = plan
  variables {
    zone = "europe-west4-b"
  }
  expect_failures = [var.zone]
}

run "an_unknown_environment" {
  command = plan
  variables {
    environment = "production"
  }
  expect_failures = [var.environment]
}

run "fewer_workers_at_most_than_at_least" {
  command = plan
  variables {
    worker_min_count = 4
    worker_max_count = 3
  }
  expect_failures = [var.worker_max_count]
}

run "an_image_of_composer_2" {
  command = plan
  variables {
    image_version = "composer-2-airflow-2"
  }
  expect_failures = [var.image_version]
}

run "high_resilience_with_one_scheduler" {
  command = plan
  variables {
    resilience_mode = "HIGH_RESILIENCE"
  }
  expect_failures = [var.scheduler_count]
}

run "nobody_to_tell" {
  command = plan
  variables {
    notification_emails = []
  }
  expect_failures = [var.notification_emails]
}

run "a_billing_account_without_an_amount" {
  command = plan
  variables {
    billing_account = "012345-6789AB-CDEF01"
  }
  expect_failures = [var.budget_amount]
}

run "one_account_for_tasks_and_deployments" {
  command = plan
  variables {
    deployer_account = "pipeline-composer"
  }
  expect_failures = [var.deployer_account]
}

run "no_old_version_to_roll_back_to" {
  command = plan
  variables {
    noncurrent_versions = 1
  }
  expect_failures = [var.noncurrent_versions]
}

run "a_range_without_room" {
  command = plan
  variables {
    subnetwork_range = "10.20.0.0/30"
  }
  expect_failures = [var.subnetwork_range]
}

run "a_deployer_address_that_airflow_cannot_keep" {
  command = plan
  variables {
    project_id       = "a-project-with-a-very-long-id"
    deployer_account = "a-deployer-with-a-long-name"
  }
  expect_failures = [check.deployer_address]
}

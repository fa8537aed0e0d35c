# Plans with an invented Google Cloud: what is made, and for whom. `terraform test` in terraform/.

mock_provider "google" {
  override_during = plan

  mock_resource "google_service_account" {
    defaults = {
      name   = "projects/my-project-dev/serviceAccounts/account"
      email  = "account@my-project-dev.iam.gserviceaccount.com"
      member = "serviceAccount:account@my-project-dev.iam.gserviceaccount.com"
    }
  }
  mock_resource "google_iam_workload_identity_pool" {
    defaults = { name = "projects/123456789012/locations/global/workloadIdentityPools/pipeline-github" }
  }
}

variables {
  project_id          = "my-project-dev"
  region              = "europe-west1"
  zone                = "europe-west1-b"
  environment         = "dev"
  notification_emails = ["data-team@example.com"]
}

run "the_least_that_can_be_said_is_enough" {
  command = plan

  assert {
    condition     = google_composer_environment.pipeline.storage_config[0].bucket == "my-project-dev-pipeline"
    error_message = "Composer must take our bucket"
  }
  assert {
    condition     = google_storage_bucket.composer.versioning[0].enabled && google_storage_bucket.composer.public_access_prevention == "enforced"
    error_message = "the bucket keeps versions and is never public"
  }
  assert {
    condition     = length(google_billing_budget.project) == 0 && length(google_iam_workload_identity_pool.github) == 0
    error_message = "no budget and no identity pool were asked for"
  }
}

run "the_accounts_have_no_more_than_they_need" {
  command = plan

  assert {
    condition     = google_project_iam_member.composer_worker.role == "roles/composer.worker"
    error_message = "the tasks' account"
  }
  assert {
    condition     = google_project_iam_member.deployer_composer.role == "roles/composer.user" && google_storage_bucket_iam_member.deployer_objects.role == "roles/storage.objectUser"
    error_message = "the deployer's account"
  }
  assert {
    condition     = length(google_service_account_iam_member.people) == 0
    error_message = "nobody may act as the deployer unless named"
  }
}

run "only_jobs_of_our_repository_in_this_environment_deploy" {
  command = plan

  variables {
    github_repository    = "my-organisation/pipeline"
    github_repository_id = "123456789"
  }

  assert {
    condition     = google_iam_workload_identity_pool_provider.github[0].attribute_condition == "assertion.repository_id == '123456789' && assertion.environment == 'dev'"
    error_message = "the condition on the token"
  }
  assert {
    condition     = google_service_account_iam_member.github[0].member == "principalSet://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/pipeline-github/attribute.repository_id/123456789"
    error_message = "who may act as the deployer"
  }
}

# Whether the filters find what the tasks log is tested with real logs, in tests/airflow/test_alerts.py.
run "who_deploys_may_write_to_the_bucket" {
  command = plan

  variables {
    deployers = ["group:data@example.com"]
  }

  assert {
    condition     = google_storage_bucket_iam_member.people_objects["group:data@example.com"].role == "roles/storage.objectUser"
    error_message = "people among the deployers upload as themselves, too"
  }
}

run "alerts_look_for_what_the_tasks_log" {
  command = plan

  assert {
    condition     = google_monitoring_alert_policy.data_did_not_pass.conditions[0].condition_matched_log[0].filter == google_logging_metric.event["data_did_not_pass"].filter
    error_message = "the alert and the chart of one event must look for the same"
  }
  assert {
    condition     = toset(keys(google_logging_metric.event)) == toset(["data_did_not_pass", "run_failed", "task_failed"])
    error_message = "one metric an event"
  }
  assert {
    condition     = strcontains(google_monitoring_alert_policy.failed_run.conditions[0].condition_threshold[0].filter, "starts_with(\"pipeline.\")")
    error_message = "only the runs of our environment"
  }
}

run "a_run_that_does_not_happen_is_told" {
  command = plan

  assert {
    condition     = toset(keys(google_monitoring_alert_policy.no_run)) == toset(["configuration", "drugs", "listings", "trades", "transactions"])
    error_message = "one alert a pipeline that runs every day"
  }
  assert {
    condition     = strcontains(google_monitoring_alert_policy.no_run["drugs"].conditions[0].condition_prometheus_query_language[0].query, "workflow_name=\"pipeline.drugs\"")
    error_message = "of this environment and this pipeline"
  }
}

# Run with `terraform test -test-directory=tests/environments -var-file=environments/ENV.tfvars`: the file has all that
# is needed, and nothing that a variable refuses.

mock_provider "google" {}

run "the_file_is_complete" {
  command = plan

  assert {
    condition     = google_composer_environment.pipeline.labels["environment"] == var.environment
    error_message = "the environment is labelled by its name"
  }
  assert {
    condition     = endswith(google_storage_bucket.composer.name, "-${var.environment}-${var.composer_name}")
    error_message = "no two environments share a bucket"
  }
}

environment = "prod"

project_id = "my-project-prod"
region     = "europe-west1"
zone       = "europe-west1-b"

notification_emails = ["data-team@example.com"]
github_repository   = "my-organisation/pipeline"

# Pin image_version to the build that preprod runs: an environment that must be made anew should be the same.
environment_size = "ENVIRONMENT_SIZE_MEDIUM"
resilience_mode  = "HIGH_RESILIENCE"
scheduler_count  = 2
worker_min_count = 2
worker_max_count = 6

noncurrent_days     = 90
noncurrent_versions = 10

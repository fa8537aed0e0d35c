environment = "prod"

# What preprod has run for a while.
image_version = "composer-3-airflow-3.3.1"

project_id = "my-project-prod"
region     = "europe-west1"
zone       = "europe-west1-b"

notification_emails  = ["data-team@example.com"]
github_repository    = "my-organisation/pipeline"
github_repository_id = "123456789" # gh api repos/my-organisation/pipeline --jq .id

environment_size = "ENVIRONMENT_SIZE_MEDIUM"
resilience_mode  = "HIGH_RESILIENCE"
scheduler_count  = 2
worker_min_count = 2
worker_max_count = 6

noncurrent_days     = 90
noncurrent_versions = 10

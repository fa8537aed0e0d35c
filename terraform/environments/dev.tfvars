# Cheap, and everything may go.
environment = "dev"

# Pinned, and looked after by .github/workflows/images.yml: dev first, then preprod, then prod.
image_version = "composer-3-airflow-3.3.1"

project_id = "my-project-dev"
region     = "europe-west1"
zone       = "europe-west1-b"

notification_emails  = ["data-team@example.com"]
github_repository    = "my-organisation/pipeline"
github_repository_id = "123456789" # gh api repos/my-organisation/pipeline --jq .id

worker_max_count    = 2
noncurrent_days     = 7
noncurrent_versions = 2
task_log_days       = 30
metadata_days       = 30
flow_sampling       = 0.1
force_destroy       = true

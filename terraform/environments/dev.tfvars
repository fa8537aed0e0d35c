# Cheap, and everything may go.
environment = "dev"

project_id = "my-project-dev"
region     = "europe-west1"
zone       = "europe-west1-b"

notification_emails = ["data-team@example.com"]
github_repository   = "my-organisation/pipeline"

worker_max_count    = 2
noncurrent_days     = 7
noncurrent_versions = 2
task_log_days       = 30
metadata_days       = 30
flow_sampling       = 0.1
force_destroy       = true

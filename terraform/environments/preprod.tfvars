# As prod, but smaller.
environment = "preprod"

image_version = "composer-3-airflow-3.3.1"

project_id = "my-project-preprod"
region     = "europe-west1"
zone       = "europe-west1-b"

notification_emails  = ["data-team@example.com"]
github_repository    = "my-organisation/pipeline"
github_repository_id = "123456789" # gh api repos/my-organisation/pipeline --jq .id

worker_max_count = 3

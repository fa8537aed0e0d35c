# As prod, but smaller.
environment = "preprod"

project_id = "my-project-preprod"
region     = "europe-west1"
zone       = "europe-west1-b"

notification_emails = ["data-team@example.com"]
github_repository   = "my-organisation/pipeline"

worker_max_count = 3

# Read by itself by every `terraform plan` in this folder. Put your own names here; another environment is another
# folder or a -var-file, with a state of its own.
environment = "dev"

bucket_name = "my-company-pipeline-lake-dev"
region      = "eu-west-3"

ingestion_principals = ["arn:aws:iam::123456789012:role/airflow-ingestion-dev"]
refining_principals  = ["arn:aws:iam::123456789012:role/airflow-refining-dev"]

noncurrent_days = 7
force_destroy   = true

output "environment" {
  description = "What `pipeline upload --environment` takes: projects/P/locations/L/environments/E"
  value       = google_composer_environment.pipeline.id
}

output "bucket" {
  description = "Name of the environment's bucket: what `pipeline upload --bucket` takes"
  value       = google_storage_bucket.composer.name
}

output "dags" {
  description = "Where Composer looks for DAGs, as the Composer API gives it"
  value       = google_composer_environment.pipeline.config[0].dag_gcs_prefix
}

output "web_server" {
  description = "Address of the Airflow web server, and of its REST API"
  value       = google_composer_environment.pipeline.config[0].airflow_uri
}

output "composer_account" {
  description = "Account that runs the tasks"
  value       = google_service_account.composer.email
}

output "deployer_account" {
  description = "Account that uploads and triggers: DEPLOYER_ACCOUNT of the GitHub environment"
  value       = google_service_account.deployer.email
}

output "workload_identity_provider" {
  description = "WORKLOAD_IDENTITY_PROVIDER of the GitHub environment; null without github_repository"
  value       = one(google_iam_workload_identity_pool_provider.github[*].name)
}

output "dashboard" {
  description = "Id of the dashboard in Cloud Monitoring"
  value       = google_monitoring_dashboard.pipeline.id
}

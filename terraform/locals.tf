locals {
  labels = merge({ app = "pipeline", environment = var.environment }, var.labels)

  # Composer names a workflow `ENVIRONMENT.DAG`. Its own liveness DAG must not raise our alerts: the alert on an
  # unhealthy environment is for that.
  our_workflows = join(" AND ", [
    "resource.type = \"cloud_composer_workflow\"",
    "resource.labels.workflow_name = starts_with(\"${var.composer_name}.\")",
    "resource.labels.workflow_name != \"${var.composer_name}.airflow_monitoring\"",
  ])

  our_environment = join(" AND ", [
    "resource.type = \"cloud_composer_environment\"",
    "resource.labels.environment_name = \"${var.composer_name}\"",
  ])

  runs_of = {
    for pipeline in var.daily_pipelines : pipeline =>
    "monitored_resource=\"cloud_composer_workflow\",workflow_name=\"${var.composer_name}.${pipeline}\""
  }

  channels = [for channel in google_monitoring_notification_channel.email : channel.id]
}

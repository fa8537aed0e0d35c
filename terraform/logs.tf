# What a failed task or run says of itself: one line of JSON with the key `event`, whose names are those of
# dags/pipeline_dag/events.json (tests/airflow/test_alerts.py compares them, and feeds real logs to the filters). How the
# line arrives depends on the version of Airflow: as text, as JSON, or wrapped in the JSON of Airflow 3, its quotes escaped.

locals {
  events = {
    data_did_not_pass = "A task ran, but its data did not pass"
    task_failed       = "A task could not go on"
    run_failed        = "A run ended as failed"
  }

  event_filter = {
    for event, _ in local.events : event => templatefile("${path.module}/event.filter.tftpl", {
      environment = var.composer_name
      event       = event
    })
  }

  event_labels = {
    for label in ["pipeline", "task"] : label => "REGEXP_EXTRACT(textPayload, \"[^a-z_]${label}[^a-z]{1,2}: ?[^a-z]{1,2}([A-Za-z0-9_-]+)\")"
  }
}

resource "google_logging_metric" "event" {
  for_each = local.events

  project          = var.project_id
  name             = "${var.composer_name}/${each.key}"
  description      = each.value
  filter           = local.event_filter[each.key]
  label_extractors = local.event_labels

  metric_descriptor {
    metric_kind  = "DELTA"
    value_type   = "INT64"
    unit         = "1"
    display_name = each.value

    dynamic "labels" {
      for_each = local.event_labels
      content {
        key        = labels.key
        value_type = "STRING"
      }
    }
  }

  depends_on = [google_project_service.api]
}

# What `pipeline` warns of on its way, for example repairs in the data: its severities become those of the task's log.
resource "google_logging_metric" "warnings" {
  project     = var.project_id
  name        = "${var.composer_name}/warnings"
  description = "Lines of the tasks' logs with severity WARNING or above"
  filter      = "${local.our_environment} AND log_id(\"airflow-worker\") AND severity >= WARNING"

  metric_descriptor {
    metric_kind  = "DELTA"
    value_type   = "INT64"
    unit         = "1"
    display_name = "Warnings and errors of tasks"

    labels {
      key        = "severity"
      value_type = "STRING"
    }
  }

  label_extractors = {
    severity = "EXTRACT(severity)"
  }

  depends_on = [google_project_service.api]
}

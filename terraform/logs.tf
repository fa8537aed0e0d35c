# What a failed task says of itself: one line of JSON with `"event": "data_did_not_pass"` (exit code 1: it ran, but too
# many rejects, say; a retry would not help) or `"event": "task_failed"` (it could not go on). Composer hands the task
# logs of Airflow on as text, so the JSON is looked for in textPayload; an entry that came as JSON is matched as well.

locals {
  events = {
    data_did_not_pass = "A task ran, but its data did not pass"
    task_failed       = "A task could not go on"
  }

  # Python's json.dumps writes a blank behind the colon, others do not.
  event_filter = {
    for event, _ in local.events : event => <<-EOT
      ${local.our_environment}
      AND (jsonPayload.event = "${event}" OR textPayload =~ "\"event\": ?\"${event}\"")
    EOT
  }

  event_labels = {
    for label in ["pipeline", "task"] : label => "REGEXP_EXTRACT(textPayload, \"\\\"${label}\\\": ?\\\"([^\\\"]+)\\\"\")"
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

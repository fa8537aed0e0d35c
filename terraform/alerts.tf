resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.notification_emails)

  project      = var.project_id
  display_name = "${var.composer_name}: ${each.value}"
  type         = "email"

  labels = {
    email_address = each.value
  }

  depends_on = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "failed_run" {
  project               = var.project_id
  display_name          = "${var.composer_name}: a run failed"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.channels
  user_labels           = local.labels

  conditions {
    display_name = "Runs that ended as failed"

    condition_threshold {
      filter = join(" AND ", [
        local.our_workflows,
        "metric.type = \"composer.googleapis.com/workflow/run_count\"",
        "metric.labels.state = \"failed\"",
      ])
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"

      aggregations {
        alignment_period   = "300s"
        per_series_aligner = "ALIGN_SUM"
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "A run of $${resource.label.workflow_name} failed"
    content   = <<-EOT
      A run of `$${resource.label.workflow_name}` ended as failed.

      - `pipeline status` shows the last runs; the task's log in Airflow ends with the cause and a hint.
      - Exit code 1: the data did not pass. `pipeline fetch-result`, then `pipeline rejects`.
      - Exit code 2: it could not go on, after the retries of the pipeline file.
      - After an upload: `pipeline rollback` brings the former version back.
    EOT
  }
}

# What does not happen writes no line and no point of a metric: a scheduler that stands still, a DAG that was paused, a
# schedule that nobody reads. The query looks back 25 hours, the most that Monitoring allows.
resource "google_monitoring_alert_policy" "no_run" {
  for_each = toset(var.daily_pipelines)

  project               = var.project_id
  display_name          = "${var.composer_name}: ${each.value} did not run"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.channels
  user_labels           = local.labels

  conditions {
    display_name = "No run of ${each.value} has ended for 25 hours"

    condition_prometheus_query_language {
      query = join(" or ", [
        "sum(increase(composer_googleapis_com:workflow_run_count{${local.runs_of[each.value]}}[25h])) < 1",
        "absent_over_time(composer_googleapis_com:workflow_run_count{${local.runs_of[each.value]}}[25h])",
      ])
      duration            = "0s"
      evaluation_interval = "300s"
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "${each.value} did not run"
    content   = <<-EOT
      Airflow has not ended a run of `${each.value}` for 25 hours, although it has a schedule of every day.

      - `pipeline status ${each.value}`: is the DAG paused, or is there an import error?
      - A run that still goes on counts when it has ended.
      - A new environment has this alert until its first run.
    EOT
  }

  depends_on = [google_project_service.api]
}

# A condition on the log itself: the first line is told, with the names that stand in it, and there is no metric that
# must exist before the policy can be made.
resource "google_monitoring_alert_policy" "data_did_not_pass" {
  project               = var.project_id
  display_name          = "${var.composer_name}: data did not pass"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.channels
  user_labels           = local.labels

  conditions {
    display_name = local.events.data_did_not_pass

    condition_matched_log {
      filter           = local.event_filter.data_did_not_pass
      label_extractors = local.event_labels
    }
  }

  alert_strategy {
    auto_close = "86400s"

    notification_rate_limit {
      period = "3600s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "$${log.extracted_label.pipeline}: data did not pass"
    content   = <<-EOT
      `$${log.extracted_label.task}` of `$${log.extracted_label.pipeline}` ran and wrote its outputs, but the data did
      not pass: more rejects than the pipeline file allows, or a blocking audit.

      `pipeline fetch-result`, then `pipeline rejects`: each row that was not used, with its reason.
    EOT
  }

  depends_on = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "parse_errors" {
  project               = var.project_id
  display_name          = "${var.composer_name}: a DAG cannot be read"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.channels
  user_labels           = local.labels

  conditions {
    display_name = "Errors while Airflow reads the DAGs"

    condition_threshold {
      filter = join(" AND ", [
        local.our_environment,
        "metric.type = \"composer.googleapis.com/environment/dag_processing/parse_error_count\"",
      ])
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "600s" # an upload in progress may be read half-way, once

      aggregations {
        alignment_period   = "300s"
        per_series_aligner = "ALIGN_SUM"
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Airflow shows the trace under `Import errors`. `pipeline rollback` brings the former DAGs back."
  }
}

resource "google_monitoring_alert_policy" "unhealthy" {
  project               = var.project_id
  display_name          = "${var.composer_name}: the environment is not healthy"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.channels
  user_labels           = local.labels

  conditions {
    display_name = "Composer's own liveness run does not succeed"

    condition_threshold {
      filter = join(" AND ", [
        local.our_environment,
        "metric.type = \"composer.googleapis.com/environment/healthy\"",
      ])
      comparison      = "COMPARISON_LT"
      threshold_value = 0.5
      duration        = "1800s" # it may fail now and then, during maintenance for one

      aggregations {
        alignment_period   = "600s"
        per_series_aligner = "ALIGN_FRACTION_TRUE"
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    content   = "See the environment's page in the console: maintenance, quota, or the database."
  }
}

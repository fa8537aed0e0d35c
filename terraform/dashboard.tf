locals {
  charts = [
    {
      title  = "Runs by state"
      filter = "${local.our_workflows} AND metric.type = \"composer.googleapis.com/workflow/run_count\""
      by     = ["metric.label.state"]
    },
    {
      title  = "Failed runs by pipeline"
      filter = "${local.our_workflows} AND metric.type = \"composer.googleapis.com/workflow/run_count\" AND metric.label.state = \"failed\""
      by     = ["resource.label.workflow_name"]
    },
    {
      title  = "Data that did not pass"
      filter = "${local.our_environment} AND metric.type = \"logging.googleapis.com/user/${google_logging_metric.event["data_did_not_pass"].name}\""
      by     = ["metric.label.pipeline"]
    },
    {
      title  = "Tasks that could not go on"
      filter = "${local.our_environment} AND metric.type = \"logging.googleapis.com/user/${google_logging_metric.event["task_failed"].name}\""
      by     = ["metric.label.pipeline"]
    },
    {
      title  = "Warnings and errors of tasks"
      filter = "${local.our_environment} AND metric.type = \"logging.googleapis.com/user/${google_logging_metric.warnings.name}\""
      by     = ["metric.label.severity"]
    },
    {
      title  = "Errors while reading the DAGs"
      filter = "${local.our_environment} AND metric.type = \"composer.googleapis.com/environment/dag_processing/parse_error_count\""
      by     = []
    },
  ]
}

resource "google_monitoring_dashboard" "pipeline" {
  project = var.project_id

  dashboard_json = jsonencode({
    displayName = "${var.composer_name}: pipelines"
    mosaicLayout = {
      columns = 12
      tiles = [
        for i, chart in local.charts : {
          xPos   = i % 2 * 6
          yPos   = floor(i / 2) * 4
          width  = 6
          height = 4
          widget = {
            title = chart.title
            xyChart = {
              dataSets = [{
                plotType = "STACKED_BAR"
                timeSeriesQuery = {
                  timeSeriesFilter = {
                    filter = chart.filter
                    aggregation = {
                      alignmentPeriod    = "3600s"
                      perSeriesAligner   = "ALIGN_SUM"
                      crossSeriesReducer = "REDUCE_SUM"
                      groupByFields      = chart.by
                    }
                  }
                }
              }]
            }
          }
        }
      ]
    }
  })

  depends_on = [google_project_service.api]
}

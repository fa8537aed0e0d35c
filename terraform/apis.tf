locals {
  apis = concat(
    [
      "cloudresourcemanager.googleapis.com",
      "composer.googleapis.com",
      "compute.googleapis.com",
      "iam.googleapis.com",
      "iamcredentials.googleapis.com",
      "logging.googleapis.com",
      "monitoring.googleapis.com",
      "storage.googleapis.com",
      "sts.googleapis.com",
    ],
    var.billing_account == null ? [] : ["billingbudgets.googleapis.com"],
  )
}

resource "google_project_service" "api" {
  for_each = toset(local.apis)

  project = var.project_id
  service = each.value

  # Others in the project may use them as well.
  disable_on_destroy = false
}

# The number of the project stands in the budget's filter; the API answers with it and would show a change for ever.
data "google_project" "this" {
  project_id = var.project_id

  # In a new project nobody can be asked before the API is on.
  depends_on = [google_project_service.api]
}

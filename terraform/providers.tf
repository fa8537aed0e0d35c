provider "google" {
  project = var.project_id
  region  = var.region
  zone    = var.zone

  # Budgets belong to a billing account, not to a project: their API asks which project pays for the call.
  user_project_override = true
  billing_project       = var.project_id

  default_labels = local.labels
}

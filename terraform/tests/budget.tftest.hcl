# Applied to an invented Google Cloud: the project's number is asked for only when the APIs are on.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
}

variables {
  project_id          = "my-project-dev"
  region              = "europe-west1"
  zone                = "europe-west1-b"
  environment         = "dev"
  notification_emails = ["data-team@example.com"]
  billing_account     = "012345-6789AB-CDEF01"
  budget_amount       = 500
}

run "a_budget_names_the_project_by_its_number" {
  command = apply

  assert {
    condition     = google_billing_budget.project[0].budget_filter[0].projects == toset(["projects/123456789012"])
    error_message = "the filter of the budget"
  }
}

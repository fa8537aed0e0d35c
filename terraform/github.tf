# GitHub Actions proves who it is with a token of its own: no key of Google's lies in a secret.

resource "google_iam_workload_identity_pool" "github" {
  count = var.github_repository == null ? 0 : 1

  project                   = var.project_id
  workload_identity_pool_id = "${var.composer_name}-github"
  display_name              = "GitHub Actions"
  description               = "Jobs of ${var.github_repository}"

  depends_on = [google_project_service.api]
}

resource "google_iam_workload_identity_pool_provider" "github" {
  # checkov:skip=CKV_GCP_125: it looks at assertion.sub alone, whose format a repository may change; we compare the claims it is made of
  count = var.github_repository == null ? 0 : 1

  project                            = var.project_id
  workload_identity_pool_id          = google_iam_workload_identity_pool.github[0].workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  display_name                       = "GitHub Actions"

  # A job without an environment has no such claim: its token is refused here already.
  attribute_mapping = {
    "google.subject"          = "assertion.sub"
    "attribute.repository_id" = "assertion.repository_id"
    "attribute.environment"   = "assertion.environment"
  }

  # The issuer signs for every repository on GitHub; only ours passes, and only a job that GitHub let into this
  # environment, after whatever approval is asked for there. By its number: a name that is given up can be taken by others.
  attribute_condition = join(" && ", [
    "assertion.repository_id == '${var.github_repository_id}'",
    "assertion.environment == '${coalesce(var.github_environment, var.environment)}'",
  ])

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

resource "google_service_account_iam_member" "github" {
  count = var.github_repository == null ? 0 : 1

  service_account_id = google_service_account.deployer.name
  role               = "roles/iam.workloadIdentityUser"
  member = join("/", [
    "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github[0].name}",
    "attribute.repository_id/${var.github_repository_id}",
  ])
}

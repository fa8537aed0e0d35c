# Two accounts: one runs the tasks, the other one deploys. Neither has a key.

resource "google_service_account" "composer" {
  project      = var.project_id
  account_id   = var.service_account
  display_name = "Runs the tasks of ${var.composer_name}"

  depends_on = [google_project_service.api]
}

# Composer 3 asks for this role on the project. Its service agent needs nothing from us: it got
# roles/composer.serviceAgent when the API was enabled, and roles/composer.ServiceAgentV2Ext is for Composer 2 alone.
# The role covers the objects of the bucket too, which Composer does not grant on a bucket that it did not make.
resource "google_project_iam_member" "composer_worker" {
  # checkov:skip=CKV_GCP_49: Composer asks for exactly this role on the project, and there is no narrower one
  project = var.project_id
  role    = "roles/composer.worker"
  member  = google_service_account.composer.member
}

resource "google_service_account" "deployer" {
  project      = var.project_id
  account_id   = var.deployer_account
  display_name = "Uploads to and triggers ${var.composer_name}"

  depends_on = [google_project_service.api]
}

# `pipeline upload`, `rollback` and `fetch-result`: read, write, list and delete objects of this one bucket, without a
# say in who else may.
resource "google_storage_bucket_iam_member" "deployer_objects" {
  bucket = google_storage_bucket.composer.name
  role   = "roles/storage.objectUser"
  member = google_service_account.deployer.member
}

# `pipeline trigger` and `status`: look the environment up and talk to its Airflow. There is no narrower level than the
# project for this role.
resource "google_project_iam_member" "deployer_composer" {
  project = var.project_id
  role    = "roles/composer.user"
  member  = google_service_account.deployer.member
}

# People who deploy from their own machine become the deployer instead of holding its roles.
resource "google_service_account_iam_member" "people" {
  for_each = toset(var.deployers)

  service_account_id = google_service_account.deployer.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = each.value
}

# Who uploads as themselves needs the bucket, too: as much of it as the deployer has.
resource "google_storage_bucket_iam_member" "people_objects" {
  for_each = toset(var.deployers)

  bucket = google_storage_bucket.composer.name
  role   = "roles/storage.objectUser"
  member = each.value
}

# Airflow makes a user for an account at its first call, but has 64 characters for the address.
check "deployer_address" {
  assert {
    condition     = length("${var.deployer_account}@${var.project_id}.iam.gserviceaccount.com") <= 64
    error_message = "The deployer's address is longer than 64 characters: register it in Airflow by its numeric id, see docs/deploy.md."
  }
}

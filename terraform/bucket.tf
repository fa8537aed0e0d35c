# A bucket of our own, handed to Composer: it outlives the environment, and its versions are what `pipeline rollback`
# goes back to. Composer asks for one region, the standard class, no retention policy and no hierarchical namespace.
resource "google_storage_bucket" "composer" {
  # checkov:skip=CKV_GCP_62: access logs would need a second bucket; Data Access audit logs tell the same and more
  name     = coalesce(var.bucket_name, "${var.project_id}-${var.composer_name}")
  project  = var.project_id
  location = var.region

  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = var.force_destroy

  versioning {
    enabled = true
  }

  # Both conditions must hold: the newest old versions stay however old they are, so there is always one to go back to.
  lifecycle_rule {
    condition {
      with_state                 = "ARCHIVED"
      days_since_noncurrent_time = var.noncurrent_days
      num_newer_versions         = var.noncurrent_versions
    }
    action {
      type = "Delete"
    }
  }

  # Airflow writes a file for each try of each task. Cloud Logging has the same lines.
  lifecycle_rule {
    condition {
      matches_prefix = ["logs/"]
      age            = var.task_log_days
    }
    action {
      type = "Delete"
    }
  }

  # Parts of uploads that nobody finished are invisible, and paid for.
  lifecycle_rule {
    condition {
      age = 7
    }
    action {
      type = "AbortIncompleteMultipartUpload"
    }
  }

  dynamic "encryption" {
    for_each = var.kms_key_name == null ? [] : [var.kms_key_name]
    content {
      default_kms_key_name = encryption.value
    }
  }

  labels = local.labels

  depends_on = [google_project_service.api]
}

resource "google_composer_environment" "pipeline" {
  name    = var.composer_name
  project = var.project_id
  region  = var.region
  labels  = local.labels

  storage_config {
    bucket = google_storage_bucket.composer.name
  }

  config {
    environment_size           = var.environment_size
    resilience_mode            = var.resilience_mode
    enable_private_environment = true
    enable_private_builds_only = true # the DAGs install no Python packages
    dynamic "encryption_config" {
      for_each = var.kms_key_name == null ? [] : [var.kms_key_name]
      content {
        kms_key_name = encryption_config.value
      }
    }

    software_config {
      image_version = var.image_version

      airflow_config_overrides = merge(
        {
          # A DAG that was just uploaded runs; `pipeline trigger` need not unpause it first.
          "core-dags_are_paused_at_creation" = "False"
          # A pipeline has one result: two runs of it at once would wait for the same lock.
          "core-max_active_runs_per_dag" = "1"
        },
        var.airflow_config_overrides,
      )

      env_variables = var.env_variables
    }

    node_config {
      network                           = google_compute_network.composer.id
      subnetwork                        = google_compute_subnetwork.composer.id
      composer_internal_ipv4_cidr_block = var.internal_range
      service_account                   = google_service_account.composer.email
    }

    workloads_config {
      scheduler {
        count      = var.scheduler_count
        cpu        = 0.5
        memory_gb  = 2
        storage_gb = 1
      }
      dag_processor {
        count      = 1
        cpu        = 1
        memory_gb  = 4
        storage_gb = 1
      }
      # No task of ours is deferrable.
      triggerer {
        count     = 0
        cpu       = 0.5
        memory_gb = 1
      }
      web_server {
        cpu        = 1
        memory_gb  = 2
        storage_gb = 1
      }
      worker {
        cpu        = var.worker_cpu
        memory_gb  = var.worker_memory_gb
        storage_gb = var.worker_storage_gb
        min_count  = var.worker_min_count
        max_count  = var.worker_max_count
      }
    }

    web_server_network_access_control {
      dynamic "allowed_ip_range" {
        for_each = var.web_server_ranges
        content {
          value       = allowed_ip_range.key
          description = allowed_ip_range.value
        }
      }
    }

    maintenance_window {
      start_time = var.maintenance_window.start_time
      end_time   = var.maintenance_window.end_time
      recurrence = var.maintenance_window.recurrence
    }

    data_retention_config {
      airflow_metadata_retention_config {
        retention_mode = "RETENTION_MODE_ENABLED"
        retention_days = var.metadata_days
      }
    }
  }

  timeouts {
    create = "90m"
    update = "90m"
    delete = "60m"
  }

  # Without its role the account cannot bring the environment up, and Composer says so only after half an hour.
  depends_on = [
    google_project_iam_member.composer_worker,
    google_project_service.api,
  ]
}

# Composer 3 runs in a project of Google's and reaches this network by a network attachment. So no secondary ranges
# and no peering are needed here, only four free addresses in the subnetwork.

resource "google_compute_network" "composer" {
  name                    = "${var.composer_name}-network"
  description             = "Composer environment ${var.composer_name}"
  auto_create_subnetworks = false
  routing_mode            = "REGIONAL"

  depends_on = [google_project_service.api]
}

resource "google_compute_subnetwork" "composer" {
  name                     = "${var.composer_name}-subnetwork"
  region                   = var.region
  network                  = google_compute_network.composer.id
  ip_cidr_range            = var.subnetwork_range
  private_ip_google_access = true

  log_config {
    aggregation_interval = "INTERVAL_5_SEC"
    flow_sampling        = var.flow_sampling
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

# Google Cloud denies this anyway. Written out, what was denied stands in a log.
resource "google_compute_firewall" "deny_ingress" {
  name        = "${var.composer_name}-deny-ingress"
  description = "Nothing in this network takes connections from outside"
  network     = google_compute_network.composer.id
  direction   = "INGRESS"
  priority    = 65534

  source_ranges = ["0.0.0.0/0"]

  deny {
    protocol = "all"
  }

  log_config {
    metadata = "INCLUDE_ALL_METADATA"
  }
}

# A private environment reaches Google's own services without this. It needs it for everything else: a Postgres or an
# S3 outside, say.
resource "google_compute_router" "composer" {
  count = var.internet_access ? 1 : 0

  name    = "${var.composer_name}-router"
  region  = var.region
  network = google_compute_network.composer.id
}

resource "google_compute_router_nat" "composer" {
  count = var.internet_access ? 1 : 0

  name                               = "${var.composer_name}-nat"
  region                             = var.region
  router                             = google_compute_router.composer[0].name
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"

  subnetwork {
    name                    = google_compute_subnetwork.composer.id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}

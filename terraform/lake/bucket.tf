# The lake: one bucket, a folder a layer. Versions are kept, since a rerun replaces what is there.
resource "aws_s3_bucket" "lake" {
  # checkov:skip=CKV_AWS_18: access logs would need a second bucket; CloudTrail's data events tell the same and more
  # checkov:skip=CKV_AWS_144: the layers can be made again from the inputs; a second region doubles the costs
  # checkov:skip=CKV2_AWS_62: nothing waits for new objects; Airflow knows when they are there
  bucket        = var.bucket_name
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_public_access_block" "lake" {
  bucket = aws_s3_bucket.lake.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# No access lists: policies alone say who may what, and what is written belongs to the bucket's owner.
resource "aws_s3_bucket_ownership_controls" "lake" {
  bucket = aws_s3_bucket.lake.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "lake" {
  bucket = aws_s3_bucket.lake.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "lake" {
  # checkov:skip=CKV2_AWS_67: the key, if it is one of your own, is not made here; its rotation is set where it is made
  bucket = aws_s3_bucket.lake.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
    # One request to the key for many objects.
    bucket_key_enabled = var.kms_key_arn != null
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "lake" {
  bucket = aws_s3_bucket.lake.id

  rule {
    id     = "old-versions"
    status = "Enabled"
    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.noncurrent_days
    }
  }

  # Parts of uploads that nobody finished are invisible, and paid for.
  rule {
    id     = "unfinished-uploads"
    status = "Enabled"
    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  # Rules about old versions need the versions.
  depends_on = [aws_s3_bucket_versioning.lake]
}

# S3 has no folders; an empty object whose name ends in / is shown as one, so that the layers are there before the data.
resource "aws_s3_object" "folder" {
  # checkov:skip=CKV_AWS_186: an empty object has nothing to keep secret; the bucket encrypts it like all others
  for_each = local.folders

  bucket       = aws_s3_bucket.lake.id
  key          = "${each.value}/"
  content      = ""
  content_type = "application/x-directory"

  # The bucket's policy lets nobody but the roles write, not even whoever applies this: a change of tags would fail.
  override_provider {
    default_tags {
      tags = {}
    }
  }

  depends_on = [aws_s3_bucket_ownership_controls.lake, aws_s3_bucket_versioning.lake]
}

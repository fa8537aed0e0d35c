locals {
  tags = merge(var.tags, { application = "pipeline", environment = var.environment })

  # Who writes what. Everything else follows from this table: the folders, the roles' policies, the bucket's policy.
  writes = {
    ingestion = ["bronze", "runs/ingestion"]
    refining  = ["gold", "runs/refining"]
  }
  reads = {
    ingestion = []
    refining  = ["bronze"]
  }
  folders = toset(flatten(values(local.writes)))

  principals = {
    ingestion = var.ingestion_principals
    refining  = var.refining_principals
  }

  # The partition is that of the region: aws, aws-cn, aws-us-gov.
  bucket_arn = aws_s3_bucket.lake.arn
  role_arns  = { for name, role in aws_iam_role.writer : name => role.arn }

  # Whatever changes, adds or removes an object or a version of one.
  write_actions = [
    "s3:AbortMultipartUpload",
    "s3:BypassGovernanceRetention",
    "s3:DeleteObject",
    "s3:DeleteObjectTagging",
    "s3:DeleteObjectVersion",
    "s3:DeleteObjectVersionTagging",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionAcl",
    "s3:PutObjectVersionTagging",
    "s3:ReplicateDelete",
    "s3:ReplicateObject",
    "s3:RestoreObject",
  ]
}

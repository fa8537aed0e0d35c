output "lake" {
  description = "Where the tables go: LAKE_URL"
  value       = "s3://${aws_s3_bucket.lake.bucket}"
}

output "bucket_arn" {
  description = "ARN of the bucket"
  value       = aws_s3_bucket.lake.arn
}

output "ingestion_role" {
  description = "Role that writes bronze"
  value       = aws_iam_role.writer["ingestion"].arn
}

output "refining_role" {
  description = "Role that reads bronze and writes gold"
  value       = aws_iam_role.writer["refining"].arn
}

# Two roles: ingestion writes bronze, refining reads bronze and writes gold. Each has a folder of its own for the run
# records and the rejects of its runs. Neither has a key: they are taken on for an hour.

resource "aws_iam_role" "writer" {
  for_each = local.writes

  name                 = "pipeline-lake-${each.key}-${var.environment}"
  description          = "pipeline: writes ${join(" and ", each.value)} of ${var.bucket_name}"
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Named"
      Effect    = "Allow"
      Principal = { AWS = sort(local.principals[each.key]) }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "writer" {
  for_each = local.writes

  name = "lake"
  role = aws_iam_role.writer[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          # A rerun replaces what is there, and removes partitions that are no more. Versions stay.
          Sid      = "Write"
          Effect   = "Allow"
          Action   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
          Resource = [for folder in each.value : "${local.bucket_arn}/${folder}/*"]
        },
        {
          Sid      = "List"
          Effect   = "Allow"
          Action   = ["s3:ListBucket"]
          Resource = [local.bucket_arn]
          Condition = {
            StringLike = { "s3:prefix" = [for folder in concat(each.value, local.reads[each.key]) : "${folder}/*"] }
          }
        },
      ],
      [for folders in [local.reads[each.key]] : {
        Sid      = "Read"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = [for folder in folders : "${local.bucket_arn}/${folder}/*"]
      } if length(folders) > 0],
      [for key in [var.kms_key_arn] : {
        Sid      = "Key"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [key]
      } if key != null],
    )
  })
}

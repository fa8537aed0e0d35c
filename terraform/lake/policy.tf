# What the bucket refuses, whatever IAM allows somebody: a Deny wins, also over administrators.
resource "aws_s3_bucket_policy" "lake" {
  bucket = aws_s3_bucket.lake.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "OnlyByTls"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
        {
          Sid       = "NobodyElseWrites"
          Effect    = "Deny"
          Principal = "*"
          Action    = local.write_actions
          Resource  = ["${local.bucket_arn}/*"]
          Condition = { ArnNotEquals = { "aws:PrincipalArn" = values(local.role_arns) } }
        },
      ],
      [for name, folders in local.writes : {
        Sid       = "Only${title(name)}"
        Effect    = "Deny"
        Principal = "*"
        Action    = local.write_actions
        Resource  = [for folder in folders : "${local.bucket_arn}/${folder}/*"]
        Condition = { ArnNotEquals = { "aws:PrincipalArn" = local.role_arns[name] } }
      }],
      # A layer is nobody's place for what is in none of the layers.
      [{
        Sid         = "OnlyTheLayers"
        Effect      = "Deny"
        Principal   = "*"
        Action      = local.write_actions
        NotResource = concat([local.bucket_arn], [for folder in local.folders : "${local.bucket_arn}/${folder}/*"])
      }],
    )
  })

  # The folders are made before nobody else may write, and on `destroy` the policy goes first.
  depends_on = [aws_s3_bucket_public_access_block.lake, aws_s3_object.folder]
}

# Plans with an invented AWS: who may write what. `terraform test` in terraform/lake/.

mock_provider "aws" {
  override_during = plan

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::my-lake" }
  }
}

override_resource {
  target          = aws_iam_role.writer["ingestion"]
  override_during = plan
  values          = { arn = "arn:aws:iam::123456789012:role/pipeline-lake-ingestion-dev" }
}

override_resource {
  target          = aws_iam_role.writer["refining"]
  override_during = plan
  values          = { arn = "arn:aws:iam::123456789012:role/pipeline-lake-refining-dev" }
}

variables {
  bucket_name          = "my-lake"
  region               = "eu-west-3"
  environment          = "dev"
  ingestion_principals = ["arn:aws:iam::123456789012:role/airflow-ingestion"]
  refining_principals  = ["arn:aws:iam::123456789012:role/airflow-refining"]
}

run "the_layers_are_there_before_the_data" {
  command = plan

  assert {
    condition     = toset([for folder in aws_s3_object.folder : folder.key]) == toset(["bronze/", "gold/", "runs/ingestion/", "runs/refining/"])
    error_message = "the folders"
  }
}

run "the_bucket_is_closed_encrypted_and_keeps_versions" {
  command = plan

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.lake.block_public_acls,
      aws_s3_bucket_public_access_block.lake.block_public_policy,
      aws_s3_bucket_public_access_block.lake.ignore_public_acls,
      aws_s3_bucket_public_access_block.lake.restrict_public_buckets,
    ])
    error_message = "never public"
  }
  assert {
    condition     = aws_s3_bucket_ownership_controls.lake.rule[0].object_ownership == "BucketOwnerEnforced"
    error_message = "no access lists"
  }
  assert {
    condition     = aws_s3_bucket_versioning.lake.versioning_configuration[0].status == "Enabled"
    error_message = "versions"
  }
  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.lake.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "encrypted with S3's keys unless there is a key"
  }
}

run "ingestion_writes_bronze_and_nothing_else" {
  command = plan

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.writer["ingestion"].policy).Statement : statement.Resource if contains(statement.Action, "s3:PutObject")] == [
      ["arn:aws:s3:::my-lake/bronze/*", "arn:aws:s3:::my-lake/runs/ingestion/*"]
    ]
    error_message = "what ingestion writes"
  }
  assert {
    condition     = !strcontains(aws_iam_role_policy.writer["ingestion"].policy, "/gold/")
    error_message = "ingestion has nothing to do with gold"
  }
}

run "refining_reads_bronze_and_writes_gold" {
  command = plan

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.writer["refining"].policy).Statement : statement.Resource if contains(statement.Action, "s3:PutObject")] == [
      ["arn:aws:s3:::my-lake/gold/*", "arn:aws:s3:::my-lake/runs/refining/*"]
    ]
    error_message = "what refining writes"
  }
  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.writer["refining"].policy).Statement : statement.Action if statement.Resource == ["arn:aws:s3:::my-lake/bronze/*"]] == [
      ["s3:GetObject"]
    ]
    error_message = "bronze is read only"
  }
}

run "nobody_may_do_everything" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for role in aws_iam_role_policy.writer : [
        for statement in jsondecode(role.policy).Statement : [
          for text in concat(statement.Action, statement.Resource) : !contains(["*", "s3:*", "kms:*", "arn:aws:s3:::my-lake/*"], text)
        ]
      ]
    ]))
    error_message = "an action or a resource that is too wide"
  }
  assert {
    condition     = jsondecode(aws_iam_role.writer["refining"].assume_role_policy).Statement[0].Principal.AWS == ["arn:aws:iam::123456789012:role/airflow-refining"]
    error_message = "who may become the refining role"
  }
}

run "the_bucket_refuses_what_others_write" {
  command = plan

  # Who is refused a write, by place: everybody but those.
  assert {
    condition = {
      for statement in jsondecode(aws_s3_bucket_policy.lake.policy).Statement :
      join(" ", statement.Resource) => flatten([statement.Condition.ArnNotEquals["aws:PrincipalArn"]])
      if can(statement.Condition.ArnNotEquals)
      } == {
      "arn:aws:s3:::my-lake/*" = [
        "arn:aws:iam::123456789012:role/pipeline-lake-ingestion-dev",
        "arn:aws:iam::123456789012:role/pipeline-lake-refining-dev",
      ]
      "arn:aws:s3:::my-lake/bronze/* arn:aws:s3:::my-lake/runs/ingestion/*" = ["arn:aws:iam::123456789012:role/pipeline-lake-ingestion-dev"]
      "arn:aws:s3:::my-lake/gold/* arn:aws:s3:::my-lake/runs/refining/*"    = ["arn:aws:iam::123456789012:role/pipeline-lake-refining-dev"]
    }
    error_message = "who writes where"
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_s3_bucket_policy.lake.policy).Statement :
      statement.Effect == "Deny" && statement.Principal == "*"
    ])
    error_message = "the bucket's policy takes away, and gives nobody anything"
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_s3_bucket_policy.lake.policy).Statement :
      length(setsubtract(["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectAcl"], statement.Action)) == 0
      if statement.Action != "s3:*"
    ])
    error_message = "writing is also deleting and giving away"
  }
}

run "what_is_not_by_tls_is_refused" {
  command = plan

  assert {
    condition = length([
      for statement in jsondecode(aws_s3_bucket_policy.lake.policy).Statement : statement
      if statement.Action == "s3:*" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false"
    ]) == 1
    error_message = "TLS"
  }
}

run "a_key_of_our_own_is_used_by_both_roles" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-3:123456789012:key/00000000-0000-0000-0000-000000000000"
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.lake.rule).apply_server_side_encryption_by_default).sse_algorithm == "aws:kms"
    error_message = "the bucket's key"
  }
  assert {
    condition = alltrue([
      for role in aws_iam_role_policy.writer : contains(flatten(jsondecode(role.policy).Statement[*].Resource), var.kms_key_arn)
    ])
    error_message = "the roles may use it"
  }
}

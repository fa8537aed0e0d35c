# For people who have tflint: `tflint --init && tflint --chdir=terraform --config="$PWD/.tflint.hcl"`.
# `just terraform-check` does without: the binary and its rules come from GitHub alone.

plugin "terraform" {
  enabled = true
  preset  = "recommended"
}

# Knows the values that Google Cloud accepts: regions, machine types, metrics.
plugin "google" {
  enabled = true
  version = "0.39.0"
  source  = "github.com/terraform-linters/tflint-ruleset-google"
}

rule "terraform_documented_variables" {
  enabled = true
}

rule "terraform_documented_outputs" {
  enabled = true
}

rule "terraform_naming_convention" {
  enabled = true
}

rule "terraform_unused_declarations" {
  enabled = true
}

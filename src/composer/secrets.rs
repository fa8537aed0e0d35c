//! What must never reach a bucket, told by its name or its first bytes.

use std::path::Path;

use crate::error::Result;
use crate::store::tree::head;

/// As many bytes as are looked at for a key: keys stand at the top of their files.
const HEAD: u64 = 64 << 10;

/// Says why a file is a secret, if it is one by its name.
pub(crate) fn by_name(name: &str) -> Option<&'static str> {
    let file = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| file.ends_with(end));
    if file == ".env" || (file.starts_with(".env.") && !ends(&[".example", ".sample", ".template"])) {
        return Some("a file of environment variables");
    }
    if ends(&[".pem", ".key", ".p12", ".pfx", ".jks", ".keystore"])
        || file.starts_with("id_rsa")
        || file.starts_with("id_ed25519")
    {
        return Some("a private key");
    }
    if ends(&[".tfstate", ".tfvars"]) || file.contains(".tfstate.") {
        return Some("Terraform's state or variables, which hold secrets");
    }
    if [".netrc", ".pgpass", ".pypirc", "application_default_credentials.json"].contains(&file.as_str()) {
        return Some("a file of passwords");
    }
    None
}

/// Says why a file is a secret, if it is one by what it holds.
pub(crate) fn by_content(path: &Path) -> Result<Option<&'static str>> {
    let head = head(path, HEAD)?;
    let has = |text: &str| memchr::memmem::find(&head, text.as_bytes()).is_some();
    if has("-----BEGIN") && has("PRIVATE KEY-----") {
        return Ok(Some("it holds a private key"));
    }
    if has("\"private_key\"") && has("\"service_account\"") {
        return Ok(Some("it is the key of a service account"));
    }
    if has("\"refresh_token\"") && has("\"client_secret\"") {
        return Ok(Some("it holds the credentials of a user"));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_by_their_names() {
        for name in [
            "a/.env",
            ".env.prod",
            "KEY.PEM",
            "terraform.tfstate",
            "terraform.tfstate.backup",
            "x.p12",
            "id_rsa",
        ] {
            assert!(by_name(name).is_some(), "{name}");
        }
        for name in ["environment.py", ".env.example", "pem.csv", "key.json", "tfstate.py", "monkey.py"] {
            assert!(by_name(name).is_none(), "{name}");
        }
    }

    #[test]
    fn keys_are_told_by_what_they_hold() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("data.json");
        let check = |text: &str| {
            std::fs::write(&file, text).unwrap();
            by_content(&file).unwrap()
        };
        assert!(check(r#"{"type": "service_account", "private_key": "x"}"#).is_some());
        assert!(check("# key\n-----BEGIN RSA PRIVATE KEY-----\n").is_some());
        assert!(check(r#"{"client_secret": "x", "refresh_token": "y"}"#).is_some());
        assert!(check(r#"{"title": "The private_key of a service_account"}"#).is_none());
        assert!(check("").is_none());
    }
}

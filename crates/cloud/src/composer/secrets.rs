//! What must never reach a bucket, told by its name or its first bytes.

use std::path::Path;

use crate::error::Result;
use crate::remote::tree::head;

/// As many bytes of a file as are looked at for a key.
const HEAD: u64 = 16 << 20;

/// Says why a file is a secret, if it is one by its name.
pub(crate) fn by_name(name: &str) -> Option<&'static str> {
    let file = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| file.ends_with(end));
    let examples = [".example", ".sample", ".template"];
    if ends(&[".env"]) || (file.starts_with(".env.") && !ends(&examples)) {
        return Some("a file of environment variables");
    }
    let keys = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"];
    if ends(&[".pem", ".p12", ".pfx", ".ppk", ".jks", ".keystore"]) || keys.contains(&file.as_str()) {
        return Some("a private key");
    }
    if ends(&[".tfstate", ".tfvars", ".tfvars.json"]) || file.contains(".tfstate.") {
        return Some("Terraform's state or variables, which hold secrets");
    }
    let passwords = [
        ".netrc",
        "_netrc",
        ".pgpass",
        ".pypirc",
        ".git-credentials",
        "git-credentials",
        "credentials",
        "application_default_credentials.json",
    ];
    if passwords.contains(&file.as_str()) {
        return Some("a file of passwords");
    }
    None
}

/// Says why a file is a secret, if it is one by what it holds.
pub(crate) fn by_content(path: &Path) -> Result<Option<&'static str>> {
    let head = head(path, HEAD)?;
    let has = |text: &str| memchr::memmem::find(&head, text.as_bytes()).is_some();
    if has_private_key(&head) || has("PuTTY-User-Key-File") {
        return Ok(Some("it holds a private key"));
    }
    if has("aws_secret_access_key") {
        return Ok(Some("it holds the key of an account"));
    }
    if has("\"private_key\"") && has("\"service_account\"") {
        return Ok(Some("it is the key of a service account"));
    }
    if has("\"refresh_token\"") && has("\"client_secret\"") {
        return Ok(Some("it holds the credentials of a user"));
    }
    Ok(None)
}

/// Whether there is a line such as `-----BEGIN RSA PRIVATE KEY-----`.
fn has_private_key(text: &[u8]) -> bool {
    let begin = b"-----BEGIN ";
    memchr::memmem::find_iter(text, begin).any(|at| {
        let rest = &text[at + begin.len()..];
        let kind =
            rest.iter().position(|byte| !byte.is_ascii_uppercase() && *byte != b' ').unwrap_or(rest.len());
        rest[..kind].ends_with(b"PRIVATE KEY") && rest[kind..].starts_with(b"-----")
    })
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
        for name in [
            "environment.py",
            ".env.example",
            "pem.csv",
            "key.json",
            "tfstate.py",
            "monkey.py",
            "id_rsa.pub",
            "id_rsassa.csv",
            "primary.key",
        ] {
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
        assert!(check("What is a -----BEGIN in a PRIVATE KEY----- block?").is_none());
        assert!(check("-----BEGIN CERTIFICATE-----\n").is_none());
        let late = format!("{}-----BEGIN PRIVATE KEY-----", "x\n".repeat(100_000));
        assert!(check(&late).is_some());
        assert!(check("").is_none());
    }
}

//! What is secret in a parameter, and how it is shown.
//!
//! The run record is a file that people send around. Whatever could open a door is `***` in it: the password of a
//! URL, a webhook's address, and every parameter whose name says that it is a secret, or that a webhook's address is
//! made of.

use std::collections::BTreeMap;

use crate::spec::tables::{Resolved, TablesSpec};

/// Stands for what is not shown.
pub(super) const HIDDEN: &str = "***";

/// Parts of names that tell of a secret.
const SECRET_NAMES: [&str; 8] =
    ["password", "passwd", "secret", "token", "webhook", "credential", "api_key", "apikey"];

/// A parameter's value as it may be shown; `opens` says that it opens a door.
fn shown(value: &str, opens: bool) -> String {
    if opens && !value.is_empty() { HIDDEN.to_owned() } else { url(value) }
}

/// A URL without the password in it: `postgres://user:***@host/db`. Other text stays as it is.
pub(super) fn url(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    // A password may have a slash in it that was not encoded; then the last `@` tells where it ends.
    let end = match rest.rfind('@') {
        Some(at) if at > end => rest[at..].find(['/', '?', '#']).map_or(rest.len(), |slash| at + slash),
        _ => end,
    };
    let (authority, path) = rest.split_at(end);
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((user, _)) => format!("{user}:{HIDDEN}@{host}"),
            None => authority.to_owned(),
        },
        None => authority.to_owned(),
    };
    let path = match path.split_once('?') {
        Some((path, query)) => format!("{path}?{}", without_passwords(query)),
        None => path.to_owned(),
    };
    format!("{scheme}://{authority}{path}")
}

fn without_passwords(query: &str) -> String {
    let pair = |pair: &str| match pair.split_once('=') {
        Some((key, _)) if is_secret(key) => {
            format!("{key}={HIDDEN}")
        }
        _ => pair.to_owned(),
    };
    query.split('&').map(pair).collect::<Vec<_>>().join("&")
}

/// The parameters as a record shows them.
pub(super) fn params(spec: &TablesSpec, resolved: &Resolved) -> BTreeMap<String, String> {
    let of_webhook = spec.webhook_params();
    let opens = |name: &str| of_webhook.contains(name) || is_secret(name);
    // What is made of a secret would tell it.
    let made_of_secrets = |name: &str| {
        let param = spec.params.iter().find(|param| param.name == name);
        param.is_some_and(|param| spec.made_of(&param.value).into_iter().any(opens))
    };
    let values = resolved.values.iter().filter(|(name, _)| *name != "date");
    let value = |(name, (_, value)): (&String, &(_, String))| {
        (name.clone(), shown(value, opens(name) || made_of_secrets(name)))
    };
    values.map(value).collect()
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRET_NAMES.iter().any(|secret| name.contains(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_shown() {
        for (name, value, expect) in [
            ("database", "postgres://me:canary@db.example/x", "postgres://me:***@db.example/x"),
            ("database", "postgres://me:can/ary@db.example/x", "postgres://me:***@db.example/x"),
            ("database", "postgres://me:c@n@db/x?sslmode=require", "postgres://me:***@db/x?sslmode=require"),
            ("database", "postgres://db/x?user=me&password=canary", "postgres://db/x?user=me&password=***"),
            ("database", "postgres://me@db/x", "postgres://me@db/x"),
            ("webhook", "https://hooks.example/canary", "***"),
            ("slack_token", "canary", "***"),
            ("alert", "https://hooks.example/canary", "***"),
            ("alert", "", ""),
            ("webhook", "", ""),
            ("lake", "s3://bucket/a@b", "s3://bucket/a@b"),
            ("rule", "robust", "robust"),
        ] {
            assert_eq!(shown(value, name == "alert" || is_secret(name)), expect, "{name}={value}");
        }
    }
}

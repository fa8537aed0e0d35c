//! What must never reach a bucket, told by its name or by what it holds.
//!
//! The rules are data (`secret_rules.toml`). At most [`MOST`] bytes of a file are looked at, unpacked if it is packed
//! and as UTF-8 if it is UTF-16. A finding has a line and what it is, never the secret.

use std::io::Read;
use std::path::Path;
use std::sync::LazyLock;

use regex::bytes::{Captures, Regex, RegexSet};
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::remote::tree::head;

/// As many bytes of what a file holds are looked at.
const MOST: u64 = 16 << 20;

/// What a file holds that must not leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The line that it stands in, or that its first part stands in.
    pub(crate) line: usize,
    /// What it is.
    pub(crate) what: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Vec<NameRule>,
    content: Vec<ContentRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NameRule {
    what: String,
    pattern: String,
    except: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContentRule {
    what: String,
    pattern: Option<String>,
    #[serde(default)]
    all: Vec<String>,
    entropy: Option<f64>,
}

struct Rules {
    names: Vec<(String, Regex, Option<Regex>)>,
    contents: Vec<Content>,
    /// All patterns of all rules at once: most files hold none of them.
    any: RegexSet,
}

struct Content {
    what: String,
    patterns: Vec<Regex>,
    entropy: Option<f64>,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the file is built in, and a test reads it")]
    load(include_str!("secret_rules.toml")).expect("the rules are well-formed")
});

fn load(text: &str) -> std::result::Result<Rules, Box<dyn std::error::Error>> {
    let file: File = toml::from_str(text)?;
    // Bytes, not characters: what is looked at need not be text.
    let regex = |pattern: &String| Regex::new(&format!("(?-u){pattern}"));
    let mut names = Vec::new();
    for rule in file.name {
        names.push((rule.what, regex(&rule.pattern)?, rule.except.as_ref().map(regex).transpose()?));
    }
    let (mut contents, mut all) = (Vec::new(), Vec::new());
    for rule in file.content {
        let patterns: Vec<String> = rule.pattern.into_iter().chain(rule.all).collect();
        all.extend(patterns.iter().map(|pattern| format!("(?-u){pattern}")));
        let patterns = patterns.iter().map(regex).collect::<std::result::Result<_, _>>()?;
        contents.push(Content { what: rule.what, patterns, entropy: rule.entropy });
    }
    Ok(Rules { names, contents, any: regex::bytes::RegexSetBuilder::new(all).build()? })
}

/// Says why a file is a secret, if it is one by its name.
pub(crate) fn by_name(name: &str) -> Option<&'static str> {
    let file = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let found = RULES.names.iter().find(|(_, pattern, except)| {
        let is = |regex: &Regex| regex.is_match(file.as_bytes());
        is(pattern) && !except.as_ref().is_some_and(is)
    });
    found.map(|(what, ..)| what.as_str())
}

/// The secrets that a file holds: of each kind the first.
pub(crate) fn by_content(path: &Path) -> Result<Vec<Finding>> {
    let bytes = text_of(unpacked(head(path, MOST)?, path)?);
    let found = RULES.any.matches(&bytes);
    let mut findings = Vec::new();
    let mut at = 0;
    for Content { what, patterns, entropy } in &RULES.contents {
        let mine = at..at + patterns.len();
        at = mine.end;
        if !mine.clone().all(|pattern| found.matched(pattern)) {
            continue;
        }
        let Some(first) = patterns.first() else { continue };
        let random = |captures: &Captures<'_>| match (entropy, captures.name("value")) {
            (Some(least), Some(value)) => is_random(value.as_bytes(), *least),
            _ => true,
        };
        if let Some(captures) = first.captures_iter(&bytes).find(random)
            && let Some(place) = captures.get(0)
        {
            let line = 1 + memchr::memchr_iter(b'\n', &bytes[..place.start()]).count();
            findings.push(Finding { line, what });
        }
    }
    Ok(findings)
}

/// What a packed file holds; any other as it is.
fn unpacked(bytes: Vec<u8>, path: &Path) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let read = if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).take(MOST).read_to_end(&mut out)
    } else if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let decoder =
            zstd::stream::read::Decoder::new(bytes.as_slice()).map_err(Error::io("unpack", path))?;
        decoder.take(MOST).read_to_end(&mut out)
    } else {
        return Ok(bytes);
    };
    if let Err(error) = read {
        // Damaged, or longer than what was looked at: what came out until then is looked at.
        tracing::debug!("`{}` is not unpacked to its end: {error}", path.display());
    }
    Ok(out)
}

/// UTF-16 as UTF-8; anything else as it is.
fn text_of(bytes: Vec<u8>) -> Vec<u8> {
    let (start, encoding) = match bytes.as_slice() {
        [0xff, 0xfe, ..] => (2, encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] => (2, encoding_rs::UTF_16BE),
        // Without a mark: nearly every second byte of plain text is zero.
        other => match zeros(other) {
            (even, odd) if odd > 40 && even < 10 => (0, encoding_rs::UTF_16LE),
            (even, odd) if even > 40 && odd < 10 => (0, encoding_rs::UTF_16BE),
            _ => return bytes,
        },
    };
    encoding.decode_without_bom_handling(&bytes[start..]).0.into_owned().into_bytes()
}

/// How many of a hundred bytes at even places are zero, and how many at odd ones.
fn zeros(bytes: &[u8]) -> (usize, usize) {
    let some = &bytes[..bytes.len().min(4096)];
    let at = |first: usize| some.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let pairs = (some.len() / 2).max(1);
    (at(0) * 100 / pairs, at(1) * 100 / pairs)
}

/// Whether a text has letters and digits, and so many bits a character by how often each occurs.
fn is_random(text: &[u8], least: f64) -> bool {
    let mut counts = [0_u32; 256];
    for byte in text {
        counts[usize::from(*byte)] += 1;
    }
    let length = text.len() as f64;
    let bits: f64 = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|share| -share * share.log2())
        .sum();
    bits >= least && text.iter().any(u8::is_ascii_digit) && text.iter().any(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn secrets_are_told_by_their_names() {
        for name in [
            "a/.env",
            ".env.prod",
            "prod.env.bak",
            "KEY.PEM",
            "server.key",
            "terraform.tfstate",
            "terraform.tfstate.backup",
            "prod.tfvars",
            "x.p12",
            "id_rsa",
            ".netrc",
            "secrets.yaml",
            "prod-secrets.json",
            "db_credentials.toml",
            "passwords.csv",
        ] {
            assert!(by_name(name).is_some(), "{name}");
        }
        for name in [
            "environment.py",
            "env.py",
            ".env.example",
            "secrets.yaml.template",
            "pem.csv",
            "key.json",
            "tfstate.py",
            "monkey.py",
            "keys.csv",
            "id_rsa.pub",
            "id_rsassa.csv",
            "secretion.csv",
            "secretary.json",
        ] {
            assert!(by_name(name).is_none(), "{name}");
        }
    }

    fn found(content: &[u8]) -> Vec<(usize, &'static str)> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("data");
        std::fs::write(&file, content).unwrap();
        by_content(&file).unwrap().into_iter().map(|finding| (finding.line, finding.what)).collect()
    }

    /// Keys of the right form, put together here so that nobody takes this file for one that holds some.
    fn keys() -> Vec<(String, &'static str)> {
        let of = |length: usize| "a1B2c3D4e5F6g7H8i9J0".chars().cycle().take(length).collect::<String>();
        let aws = format!("AK{}", "IAQ3EGRIPDPEW3ZB4Q");
        vec![
            (r#"{"type": "service_account", "private_key": "x"}"#.into(), "the key of a service account"),
            ("-----BEGIN RSA PRIVATE KEY-----".into(), "a private key"),
            ("-----BEGIN PGP PRIVATE KEY BLOCK-----".into(), "a private key"),
            (r#"{"client_secret": "x", "refresh_token": "y"}"#.into(), "the credentials of a user"),
            (format!("name,id,key\nme,{aws},{}", of(40)), "the key of an AWS account"),
            (format!("token = ghp_{}", of(36)), "a token of GitHub"),
            (format!("github_pat_{}_{}", of(22), of(59)), "a token of GitHub"),
            (format!("glpat-{}", of(20)), "a token of GitLab"),
            (format!("AIza{}", of(35)), "a key of Google Cloud"),
            (format!("xoxb-{}", of(24)), "a token of Slack"),
            (format!("sk_live_{}", of(24)), "a key of Stripe"),
            (format!("npm_{}", of(36)), "a token of a package registry"),
            (format!("eyJ{}.eyJ{}.{}", of(20), of(20), of(20)), "a signed token"),
            ("ATTACH 'postgres://user:password@host/db'".into(), "a password in a URL"),
            ("redis://:hunter2@10.0.0.1:6379/0".into(), "a password in a URL"),
            ("db_password = 'qX7-rT2_vB9.zM4k'".into(), "a password or a token, by its name"),
            (r#""api_key": "9f8e7d6c5b4a39281706f5e4d3c2b1a0""#.into(), "a password or a token, by its name"),
        ]
    }

    #[test]
    fn secrets_are_told_by_what_they_hold_and_by_their_line() {
        for (text, what) in keys() {
            let at = 3 + text.matches('\n').count();
            let lines = format!("first\nsecond\n{text}\nlast\n");
            let told = found(lines.as_bytes());
            assert!(
                told.iter().any(|(line, kind)| *kind == what && *line <= at && *line >= 3),
                "{text}: {told:?}"
            );
        }
    }

    #[test]
    fn secrets_are_found_in_gzip_in_zstd_and_in_utf_16() {
        for (text, what) in keys() {
            let plain = format!("first\nsecond\n{text}\n");
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            gzip.write_all(plain.as_bytes()).unwrap();
            let little: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = plain.encode_utf16().flat_map(u16::to_be_bytes).collect();
            for (how, bytes) in [
                ("gzip", gzip.finish().unwrap()),
                ("zstd", zstd::encode_all(plain.as_bytes(), 1).unwrap()),
                ("UTF-16LE", [&[0xff, 0xfe], little.as_slice()].concat()),
                ("UTF-16BE", [&[0xfe, 0xff], big.as_slice()].concat()),
                ("UTF-16LE without a mark", little),
                ("UTF-16BE without a mark", big),
            ] {
                let told = found(&bytes);
                assert!(
                    told.iter().any(|(line, kind)| *kind == what && *line >= 3),
                    "{how}: {text}: {told:?}"
                );
            }
        }
    }

    #[test]
    fn what_only_speaks_of_secrets_is_none() {
        for text in [
            r#"{"title": "The private_key of a service_account"}"#,
            "What is a -----BEGIN in a PRIVATE KEY----- block?",
            "-----BEGIN CERTIFICATE-----",
            "database = \"${DATABASE_URL:-}\"     # postgres://... moves the table there",
            "postgres://user:${PASSWORD}@host/db",
            "postgres://user:{password}@host/db",
            "postgres://user:<password>@host/db",
            "postgres://user:***@host/db",
            "postgres://user@host:5432/db",
            "http://localhost:8080/a@b",
            "https://example.org/a:b@c",
            "password = 'see the wiki of the team'",
            "password = os.environ['DATABASE_PASSWORD']",
            "secret: projects/p/secrets/name/versions/latest",
            "token,secretion,ghp_short",
            "10.1016/j.secret=2019.01.001",
            "",
        ] {
            assert_eq!(found(text.as_bytes()), [], "{text}");
        }
    }

    #[test]
    fn a_key_behind_much_else_is_found_and_what_is_packed_does_not_blow_up() {
        let late = format!("{}-----BEGIN PRIVATE KEY-----", "x\n".repeat(100_000));
        assert_eq!(found(late.as_bytes()), [(100_001, "a private key")]);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        let zeros = vec![0; 1 << 20];
        (0..200).for_each(|_| gzip.write_all(&zeros).unwrap());
        let bomb = gzip.finish().unwrap();
        assert_eq!(unpacked(bomb, Path::new("bomb")).unwrap().len() as u64, MOST);
    }

    #[test]
    fn what_this_repository_uploads_holds_none() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for folder in ["data", "dags"] {
            let tree = crate::remote::tree::walk(&root.join(folder), &[], &|_, _| None).unwrap();
            assert!(tree.files.len() > 5);
            for file in tree.files {
                assert_eq!(by_name(&file.name), None, "{}", file.name);
                assert_eq!(by_content(&file.path).unwrap(), [], "{}", file.name);
            }
        }
    }
}

//! What is for a scheduler.

use std::time::Duration;

use toml::de::DeTable;

use crate::spec::Schedule;
use crate::spec::parse::value::Reader;
use crate::spec::schedule::duration;

pub(super) const KEYS: [&str; 9] = [
    "schedule",
    "after_asset",
    "start_date",
    "catchup",
    "retries",
    "retry_delay",
    "timeout",
    "max_active_runs",
    "tags",
];

impl Reader<'_> {
    pub(super) fn schedule(&mut self, table: &DeTable<'_>) -> Schedule {
        let default = Schedule::default();
        let some_time = |text: &str| match duration(text)? {
            Duration::ZERO => Err("it must be longer than nothing".to_owned()),
            time => Ok(time),
        };
        let mut tags: Vec<String> = Vec::new();
        if let Some(value) = table.get("tags") {
            for (at, tag) in self.texts(value, "tags") {
                // Airflow keeps a hundred characters of a tag.
                if tag.trim().is_empty() || tag.chars().count() > 100 {
                    self.problems.add(at, "tags: a tag has 1 to 100 characters".into());
                } else if !tags.contains(&tag) {
                    tags.push(tag);
                }
            }
        }
        let mut after_asset: Vec<String> = Vec::new();
        if let Some(value) = table.get("after_asset") {
            for (at, asset) in self.texts(value, "after_asset") {
                if !is_asset(&asset) {
                    self.problems.add(
                        at,
                        format!(
                            "after_asset: `{}` is neither a table as in `trades/bronze` nor the URI of an asset",
                            asset.escape_debug()
                        ),
                    );
                } else if !after_asset.contains(&asset) {
                    after_asset.push(asset);
                }
            }
        }
        Schedule {
            after_asset,
            cron: self.parsed(table, "schedule", str::parse),
            start_date: self.parsed(table, "start_date", str::parse),
            catchup: self.flag(table, "catchup").unwrap_or(default.catchup),
            retries: self.number(table, "retries", 0).unwrap_or(default.retries),
            retry_delay: self.parsed(table, "retry_delay", duration),
            timeout: self.parsed(table, "timeout", some_time),
            max_active_runs: self.number(table, "max_active_runs", 1).unwrap_or(default.max_active_runs),
            tags,
        }
    }
}

/// A table of a pipeline, `trades/bronze`, its output, `drugs/output.json`, or what somebody else calls an asset by.
fn is_asset(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            && !part.starts_with('.')
    };
    match (text.split_once("://"), text.split_once('/')) {
        (Some((scheme, rest)), _) => {
            plain(scheme)
                && !rest.is_empty()
                && !rest.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@')
        }
        (None, Some((pipeline, table))) => plain(pipeline) && plain(table),
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_a_table_or_a_uri() {
        for text in ["trades/bronze", "drugs/output.json", "s3://lake/gold", "pipeline://trades/bronze"] {
            assert!(is_asset(text), "{text}");
        }
        for text in [
            "",
            "trades",
            "/bronze",
            "trades/",
            "a/b/c",
            "s3://",
            "postgres://me:secret@host/db",
            "a/../b",
            "a/ b",
        ] {
            assert!(!is_asset(text), "{text}");
        }
    }
}

//! What is for a scheduler.

use std::time::Duration;

use toml::de::DeTable;

use crate::spec::Schedule;
use crate::spec::parse::value::Reader;
use crate::spec::schedule::duration;

pub(super) const KEYS: [&str; 8] =
    ["schedule", "start_date", "catchup", "retries", "retry_delay", "timeout", "max_active_runs", "tags"];

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
        Schedule {
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

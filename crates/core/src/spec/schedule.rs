//! When a pipeline runs and how often it is tried: what a scheduler reads, checked here.

use std::time::Duration;

use crate::spec::{Cron, LogicalDate};

/// The part of a pipeline file that is for a scheduler. Running a pipeline by hand ignores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// When it runs, in UTC; by hand only where there is none.
    pub cron: Option<Cron>,
    /// The first day it runs for.
    pub start_date: Option<LogicalDate>,
    /// Whether days that were missed are run later.
    pub catchup: bool,
    /// How often a task that could not go on is tried again.
    pub retries: u32,
    /// How long to wait before that.
    pub retry_delay: Option<Duration>,
    /// How long one task may take.
    pub timeout: Option<Duration>,
    /// How many runs there may be at once. One by default: runs share their outputs.
    pub max_active_runs: u32,
    /// Words to find it by.
    pub tags: Vec<String>,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            cron: None,
            start_date: None,
            catchup: false,
            retries: 0,
            retry_delay: None,
            timeout: None,
            max_active_runs: 1,
            tags: Vec::new(),
        }
    }
}

/// Reads a span of time: a whole number and `s`, `m` or `h`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{}` is no span of time, as in 30s, 5m or 2h", text.escape_debug());
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        _ => return Err(wrong()),
    };
    let digits = &text[..text.len() - 1];
    // Nine digits are more than a century in hours.
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    Ok(Duration::from_secs(number * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_time_is_a_number_and_a_unit() {
        for (text, seconds) in [("0s", 0), ("30s", 30), ("5m", 300), ("2h", 7200)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "s", "30", "30 s", "1.5h", "-1s", "2d", "1h30m", "9999999999s", "30é"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}

//! The day that a run is for.

use std::fmt;
use std::str::FromStr;

/// A day of the calendar, as `2026-11-21`: what a scheduled run is for, whenever it happens to run.
///
/// ```
/// use pipeline_core::spec::LogicalDate;
/// let day: LogicalDate = "2024-02-29".parse().unwrap();
/// assert_eq!(day.to_string(), "2024-02-29");
/// assert!("2023-02-29".parse::<LogicalDate>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogicalDate(jiff::civil::Date);

impl LogicalDate {
    /// The day after it; none after the last one of the calendar.
    #[must_use]
    pub fn tomorrow(self) -> Option<Self> {
        self.0.tomorrow().ok().map(Self)
    }
}

impl FromStr for LogicalDate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shape = text.len() == 10
            && text
                .bytes()
                .enumerate()
                .all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
        if !shape {
            return Err(format!("`{}` is no date as in 2026-11-21", text.escape_debug()));
        }
        let date = text.parse().map(Self).map_err(|_| format!("there is no day `{text}`"))?;
        if date.0.year() < 1 { Err(format!("there is no day `{text}`")) } else { Ok(date) }
    }
}

impl fmt::Display for LogicalDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_one_form() {
        for text in ["2026-11-21", "0001-01-01", "9999-12-31"] {
            assert_eq!(text.parse::<LogicalDate>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "2026-1-2",
            "20261121",
            "2026-13-01",
            "2026-02-30",
            "0000-01-01",
            "21/11/2026",
            "2026-11-21T00:00",
            " 2026-11-21",
            "-026-11-21",
            "2026-11-2é",
        ] {
            assert!(text.parse::<LogicalDate>().is_err(), "{text}");
        }
    }
}

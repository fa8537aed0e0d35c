//! How many rejects are too many.

use std::fmt;
use std::str::FromStr;

/// A limit on a source's rejects: a number, or a share of its rows. None by default: not a single one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MaxRejects {
    /// So many rows.
    Rows(u64),
    /// So many of a hundred.
    Percent(f64),
}

impl Default for MaxRejects {
    fn default() -> Self {
        Self::Rows(0)
    }
}

impl MaxRejects {
    /// Tells whether so many rejects of so many rows are within the limit.
    ///
    /// ```
    /// use pipeline::spec::MaxRejects;
    /// let limit: MaxRejects = "5%".parse().unwrap();
    /// assert!(limit.allows(5, 100) && !limit.allows(6, 100) && limit.allows(0, 0));
    /// ```
    #[must_use]
    pub fn allows(self, rejected: u64, read: u64) -> bool {
        match self {
            Self::Rows(limit) => rejected <= limit,
            Self::Percent(limit) => rejected as f64 * 100.0 <= limit * read as f64,
        }
    }
}

impl FromStr for MaxRejects {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is neither a number of rows, like 10, nor a share, like 5%");
        match text.trim().strip_suffix('%') {
            None => text.trim().parse().map(Self::Rows).map_err(|_| wrong()),
            Some(percent) => match percent.trim().parse::<f64>() {
                Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Self::Percent(percent)),
                _ => Err(wrong()),
            },
        }
    }
}

impl fmt::Display for MaxRejects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(rows) => write!(f, "{rows}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_or_a_share() {
        for (text, expect) in [("0", Some(MaxRejects::Rows(0))), ("2.5%", Some(MaxRejects::Percent(2.5)))] {
            assert_eq!(text.parse().ok(), expect, "{text}");
        }
        for text in ["", "%", "-1", "101%", "-1%", "nan%", "1.5", "many"] {
            assert!(text.parse::<MaxRejects>().is_err(), "{text}");
        }
    }
}

//! How many rejects are too many.

use std::fmt;
use std::str::FromStr;

use crate::export::Exceeded;
use crate::record::Ledger;

/// A limit on a source's rejects: a number, or a share of its rows. None by default: not a single one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxRejects {
    /// So many rows.
    Rows(u64),
    /// So many of a hundred million: 1,000,000 is one percent.
    Share(u32),
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
    /// use pipeline_core::spec::MaxRejects;
    /// let limit: MaxRejects = "5%".parse().unwrap();
    /// assert!(limit.allows(5, 100) && !limit.allows(6, 100) && limit.allows(0, 0));
    /// ```
    #[must_use]
    pub fn allows(self, rejected: u64, read: u64) -> bool {
        match self {
            Self::Rows(limit) => rejected <= limit,
            Self::Share(limit) => u128::from(rejected) * 100_000_000 <= u128::from(limit) * u128::from(read),
        }
    }

    /// The entry for the run record if a source, whose files have these ledgers, has more rejects than allowed.
    #[must_use]
    pub fn exceeded<'a>(self, source: &str, files: impl IntoIterator<Item = &'a Ledger>) -> Option<Exceeded> {
        let mut all = Ledger::default();
        files.into_iter().for_each(|ledger| all += ledger);
        let Ledger { rejected, read, .. } = all;
        let told = || Exceeded { source: source.to_owned(), rejected, read, max_rejects: self.to_string() };
        (!self.allows(rejected, read)).then(told)
    }
}

impl FromStr for MaxRejects {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is neither a number of rows, like 10, nor a share, like 5%");
        let Some(percent) = text.trim().strip_suffix('%') else {
            return text.trim().parse().map(Self::Rows).map_err(|_| wrong());
        };
        // In whole numbers, so that 57 of 10,000 is 0.57% and not a hair more.
        let (whole, part) = percent.trim().split_once('.').unwrap_or((percent.trim(), "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || whole.len() > 3 || part.len() > 6 {
            return Err(wrong());
        }
        let millionths: u32 = format!("{whole}{part:0<6}").parse().map_err(|_| wrong())?;
        if millionths > 100_000_000 {
            return Err(wrong());
        }
        Ok(Self::Share(millionths))
    }
}

impl fmt::Display for MaxRejects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(rows) => write!(f, "{rows}"),
            Self::Share(millionths) => {
                let text = format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000);
                write!(f, "{}%", text.trim_end_matches('0').trim_end_matches('.'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_or_a_share() {
        for (text, expect) in [("0", MaxRejects::Rows(0)), ("2.5%", MaxRejects::Share(2_500_000))] {
            assert_eq!(text.parse(), Ok(expect), "{text}");
            assert_eq!(expect.to_string(), text);
        }
        let limit: MaxRejects = "0.57%".parse().unwrap();
        assert!(limit.allows(57, 10_000) && !limit.allows(58, 10_000));
        assert_eq!("100%".parse(), Ok(MaxRejects::Share(100_000_000)));
        for text in ["", "%", "-1", "101%", "-1%", "nan%", "1.5", "many", "1e1%", ".5%", "5%%"] {
            assert!(text.parse::<MaxRejects>().is_err(), "{text}");
        }
    }
}

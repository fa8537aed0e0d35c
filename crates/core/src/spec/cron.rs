//! When a pipeline runs: the five fields of cron, in UTC.
//!
//! Only checked here, and handed on: the scheduler reads it. What is accepted is what every cron understands alike:
//! numbers, ranges, lists, steps, and the English names of months and days. The crates that read cron bring a
//! second library of time along, or want seconds or a time zone in it.

use std::fmt;
use std::str::FromStr;

/// A cron text that was checked, as in `0 4 * * 1-5`.
///
/// ```
/// use pipeline_core::spec::Cron;
/// assert!("*/15 4-6 1,15 jan-mar mon".parse::<Cron>().is_ok());
/// assert!("60 4 * * *".parse::<Cron>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron(String);

impl Cron {
    /// The five fields, one blank between them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

struct Kind {
    name: &'static str,
    least: u32,
    most: u32,
    /// Names of the values, from the least on.
    words: &'static [&'static str],
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const KINDS: [Kind; 5] = [
    Kind { name: "minute", least: 0, most: 59, words: &[] },
    Kind { name: "hour", least: 0, most: 23, words: &[] },
    Kind { name: "day of the month", least: 1, most: 31, words: &[] },
    Kind { name: "month", least: 1, most: 12, words: &MONTHS },
    Kind { name: "day of the week", least: 0, most: 7, words: &DAYS },
];

impl FromStr for Cron {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        if fields.len() != KINDS.len() {
            return Err(format!(
                "`{}` is no cron text: five fields, as in `0 4 * * *` (minute, hour, day, month, day of the week)",
                text.escape_debug()
            ));
        }
        let mut sets = Vec::new();
        for (kind, field) in KINDS.iter().zip(&fields) {
            sets.push(kind.values(field)?);
        }
        // A day of the week would do instead of a day of the month.
        let longest = |month: &u32| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let last = sets[3].iter().map(longest).max().unwrap_or(31);
        if fields[4] == "*" && sets[2].iter().all(|day| *day > last) {
            return Err(format!("`{text}` never comes: no such month has so many days"));
        }
        Ok(Self(fields.join(" ")))
    }
}

impl Kind {
    fn values(&self, field: &str) -> Result<Vec<u32>, String> {
        let mut values = Vec::new();
        for item in field.split(',') {
            let (range, step) = match item.split_once('/') {
                None => (item, 1),
                Some((range, step)) => (range, self.step(item, range, step)?),
            };
            let (first, last) = match range.split_once('-') {
                _ if range == "*" => (self.least, self.most),
                None => (self.value(range)?, self.value(range)?),
                Some((first, last)) => (self.value(first)?, self.value(last)?),
            };
            if first > last {
                return Err(format!("`{item}` of the {} ends before it begins", self.name));
            }
            values.extend((first..=last).step_by(step as usize));
        }
        Ok(values)
    }

    fn step(&self, item: &str, range: &str, step: &str) -> Result<u32, String> {
        if range != "*" && !range.contains('-') {
            return Err(format!("`{item}` of the {} has a step without a range, as in `*/5`", self.name));
        }
        match number(step) {
            Some(step) if (1..=self.most).contains(&step) => Ok(step),
            _ => Err(format!("`{item}` of the {} has a step that is none of 1 to {}", self.name, self.most)),
        }
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        let word = self.words.iter().position(|word| text.eq_ignore_ascii_case(word));
        let value = word.map(|place| place as u32 + self.least).or_else(|| number(text));
        match value {
            Some(value) if (self.least..=self.most).contains(&value) => Ok(value),
            _ => {
                let names = if self.words.is_empty() {
                    String::new()
                } else {
                    format!(" or {}", self.words.join(", "))
                };
                let (least, most) = (self.least, self.most);
                Err(format!("`{}` is no {}: {least} to {most}{names}", text.escape_debug(), self.name))
            }
        }
    }
}

/// Digits alone: no sign.
fn number(text: &str) -> Option<u32> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cron_understands_is_accepted() {
        for text in [
            "0 4 * * *",
            "*/5 * * * *",
            "59 23 31 12 7",
            "0-30/10,45 0 1,15 JAN-mar,12 mon-fri",
            "0 0 29 2 *",
            "0 0 31 2 mon",
            "0 0 30,31 4 *",
        ] {
            assert_eq!(text.parse::<Cron>().unwrap().as_str(), text);
        }
        assert_eq!(" 0  4 * *\t* ".parse::<Cron>().unwrap().to_string(), "0 4 * * *");
    }

    #[test]
    fn a_field_that_cannot_be_is_told_by_its_name() {
        for (text, why) in [
            ("", "five fields"),
            ("@daily", "five fields"),
            ("0 4 * *", "five fields"),
            ("0 0 4 * * *", "five fields"),
            ("60 4 * * *", "`60` is no minute: 0 to 59"),
            ("0 24 * * *", "`24` is no hour"),
            ("0 4 0 * *", "`0` is no day of the month"),
            ("0 4 32 * *", "`32` is no day of the month"),
            ("0 4 * 13 *", "`13` is no month: 1 to 12 or jan"),
            ("0 4 * * 8", "`8` is no day of the week"),
            ("0 4 * * mo", "`mo` is no day of the week"),
            ("-1 4 * * *", "`` is no minute"),
            ("+1 4 * * *", "`+1` is no minute"),
            ("1,,2 4 * * *", "`` is no minute"),
            ("*/0 4 * * *", "step that is none of 1 to 59"),
            ("*/60 4 * * *", "step that is none of 1 to 59"),
            ("5/15 4 * * *", "step without a range"),
            ("0 22-2 * * *", "`22-2` of the hour ends before it begins"),
            ("** 4 * * *", "`**` is no minute"),
            ("0 0 30 2 *", "never comes"),
            ("0 0 31 4,6 *", "never comes"),
        ] {
            let error = text.parse::<Cron>().expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}

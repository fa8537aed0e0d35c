//! Dates as people write them, with the precision they were given in: no date is ever invented.

pub use crate::clean::calendar::Date;

use crate::clean::calendar::{iso, number, ordinal};
use crate::clean::month::month_of;
use crate::clean::period;

/// Which part comes first in a date of three numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateOrder {
    /// 31/12/2020.
    #[default]
    Dmy,
    /// 12/31/2020.
    Mdy,
}

impl DateOrder {
    /// Every order.
    pub const ALL: [Self; 2] = [Self::Dmy, Self::Mdy];

    /// The name in pipeline files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dmy => "dmy",
            Self::Mdy => "mdy",
        }
    }
}

/// A date that was read, and how sure its reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// The date.
    pub date: Date,
    /// Whether the other order of day and month would have given another date.
    pub ambiguous: bool,
    /// Whether a span or a season was written, of which this is what all of it shares.
    pub range: bool,
}

/// Reads a date: ISO 8601, three numbers in the declared order, or a
/// month's name in English or French. A time of day behind it is passed over; a span becomes what it shares.
///
/// ```
/// use pipeline_core::clean::date::{DateOrder, read};
/// let text = |s| read(s, DateOrder::Dmy).map(|r| r.date.to_string());
/// assert_eq!(text("01/02/2020").as_deref(), Some("2020-02-01"));
/// assert_eq!(text("1er février 2020").as_deref(), Some("2020-02-01"));
/// assert_eq!(text("March 2019").as_deref(), Some("2019-03"));
/// assert_eq!(text("30/02/2020"), None);
/// ```
#[must_use]
pub fn read(text: &str, order: DateOrder) -> Option<Read> {
    let sure = |date| Some(Read { date, ambiguous: false, range: false });
    // Nearly all dates need neither trimming nor a look for a time.
    match text.as_bytes() {
        bytes @ [_, _, b'/', _, _, b'/', _, _, _, _] => {
            if let Some(read) = numbers(bytes, order) {
                return Some(read);
            }
        }
        bytes if bytes.first().is_some_and(u8::is_ascii_digit) => {
            if let Some(date) = iso(bytes).or_else(|| day_month_year(text)) {
                return sure(date);
            }
        }
        _ => {}
    }
    let text = without_time(text.trim());
    let bytes = text.as_bytes();
    if let Some(date) = iso(bytes) {
        return sure(date);
    }
    let span = || period::read(text).map(|date| Read { date, ambiguous: false, range: true });
    numbers(bytes, order).or_else(|| words(text).and_then(sure)).or_else(span)
}

/// Cuts a time of day off the end: `2020-01-31T10:00:00Z`, `31/01/2020 0:00`.
fn without_time(text: &str) -> &str {
    let Some((date, time)) = text.split_once(['T', ' ']) else { return text };
    let mut parts = time.split(':');
    let mut below = |limit: u32| {
        let digits = parts.next().map(|part| part.split(['.', 'Z', '+', '-']).next().unwrap_or(part));
        digits.is_some_and(|d| d.len() <= 2 && number(d.as_bytes()).is_some_and(|n| n < limit))
    };
    if below(24) && below(60) { date } else { text }
}

/// `01/02/2020`, `1.2.2020`, `2020/02/01`, `02/2020`.
fn numbers(bytes: &[u8], order: DateOrder) -> Option<Read> {
    let separator = *bytes.iter().find(|b| !b.is_ascii_digit())?;
    if !matches!(separator, b'/' | b'-' | b'.') {
        return None;
    }
    let mut parts = [0; 3];
    let mut lengths = [0; 3];
    let mut count = 0;
    for part in bytes.split(|&b| b == separator) {
        *parts.get_mut(count)? = number(part)?;
        lengths[count] = part.len();
        count += 1;
    }
    let [a, b, c] = parts;
    let all = |date: Option<Date>| date.filter(|d| d.month() > 0 && d.day() > 0);
    let (date, ambiguous) = match (count, lengths) {
        (3, [4, 1..=2, 1..=2]) => (all(Date::new(a, b, c))?, false),
        (3, [1..=2, 1..=2, 4]) => {
            let (day, month) = if order == DateOrder::Dmy { (a, b) } else { (b, a) };
            (all(Date::new(c, month, day))?, a != b && a <= 12 && b <= 12)
        }
        (2, [1..=2, 4, _]) => (Date::new(b, a, 0).filter(|d| d.month() > 0)?, false),
        (2, [4, 1..=2, _]) => (Date::new(a, b, 0).filter(|d| d.month() > 0)?, false),
        _ => return None,
    };
    Some(Read { date, ambiguous, range: false })
}

/// `1 January 2020`, the most usual of what [`words`] reads.
fn day_month_year(text: &str) -> Option<Date> {
    let (day, rest) = text.split_at_checked(text.bytes().take(3).position(|b| b == b' ')?)?;
    let (month, year) = rest.split_at_checked(rest.len().checked_sub(5)?)?;
    let (month, year) = (month.strip_prefix(' ')?, year.strip_prefix(' ')?);
    let letters = month.bytes().all(|b| b.is_ascii_alphabetic());
    let day = number(day.as_bytes()).filter(|&day| letters && day > 0)?;
    Date::new(number(year.as_bytes())?, month_of(month)?, day)
}

/// `1 January 2020`, `January 1, 2020`, `1er janvier 2020`, `Jan 2020`, `2020 Jan 1`.
fn words(text: &str) -> Option<Date> {
    let (mut year, mut month, mut day) = (None, None, None);
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '.' | '-' | '/')) {
        if word.is_empty() {
            continue;
        }
        let slot = if word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit()) {
            (&mut year, number(word.as_bytes())?)
        } else if word.starts_with(|c: char| c.is_ascii_digit()) {
            (&mut day, ordinal(word)?)
        } else {
            (&mut month, month_of(word)?)
        };
        if slot.0.replace(slot.1).is_some() {
            return None; // two years, two months, or two days
        }
    }
    let day = match day {
        Some(0) => return None,
        day => day.unwrap_or(0),
    };
    Date::new(year?, month?, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_people_write_them() {
        let check = |text: &str, expect: &str| {
            let read = read(text, DateOrder::Dmy).map(|r| r.date.to_string());
            assert_eq!(read.as_deref().unwrap_or("none"), expect, "{text}");
        };
        check("2020-01-31", "2020-01-31");
        check("20200131", "2020-01-31");
        check("2020-01-31T10:00:00Z", "2020-01-31");
        check("2020-01-31 10:00", "2020-01-31");
        check("2020-01-31T10:00:00.000+02:00", "2020-01-31");
        check("31/01/2020 0:00", "2020-01-31");
        check(" 31/01/2020 ", "2020-01-31");
        check("1/2/2020", "2020-02-01");
        check("01.02.2020", "2020-02-01");
        check("2020/02/01", "2020-02-01");
        check("25/05/2020", "2020-05-25");
        check("1 January 2020", "2020-01-01");
        check("January 1st, 2020", "2020-01-01");
        check("27 avril 2020", "2020-04-27");
        check("3 FÉVRIER 2021", "2021-02-03");
        check("3 fe\u{301}vrier 2021", "2021-02-03");
        check("1er août 2021", "2021-08-01");
        check("12-Dec-2019", "2019-12-12");
        check("2019 Mar 5", "2019-03-05");
        check("2019", "2019");
        check("2019-03", "2019-03");
        check("03/2019", "2019-03");
        check("mars 2019", "2019-03");
        check("29/02/2020", "2020-02-29");
    }

    #[test]
    fn what_is_no_date_gives_none() {
        for text in [
            "",
            "n/a",
            "30/02/2020",
            "29/02/2019",
            "2019-13-01",
            "2020-00-01",
            "2020-01-00",
            "00/01/2020",
            "05/25/2020",
            "01/02/20",
            "20201301",
            "2019 2020",
            "Jan",
            "1 2020",
            "January 32 2020",
            "0999-01-01",
            "12345",
            "2020-01-31T99:99",
            "2020-01-31 1junk",
            "2019-1-1-1",
            "hier",
            "1/1",
            "31 June 2020",
            "５/５/2020",
        ] {
            assert_eq!(read(text, DateOrder::Dmy), None, "{text}");
        }
    }

    #[test]
    fn the_declared_order_decides_and_doubt_is_told() {
        let both = |text| [DateOrder::Dmy, DateOrder::Mdy].map(|order| read(text, order));
        let [dmy, mdy] = both("01/02/2020").map(|r| r.unwrap());
        assert_eq!((dmy.date.to_string(), dmy.ambiguous), ("2020-02-01".into(), true));
        assert_eq!((mdy.date.to_string(), mdy.ambiguous), ("2020-01-02".into(), true));
        assert!(!both("01/01/2020")[0].unwrap().ambiguous);
        assert_eq!(both("05/25/2020").map(|r| r.is_some()), [false, true]);
    }

    #[test]
    fn order_is_that_of_the_text() {
        let mut dates: Vec<Date> =
            ["2019-03-01", "2019", "2018-12", "2019-03"].iter().filter_map(|t| Date::from_iso(t)).collect();
        dates.sort();
        assert_eq!(dates.map_text(), ["2018-12", "2019", "2019-03", "2019-03-01"]);
        assert!(dates.iter().all(|d| Date::from_packed(d.packed()) == Some(*d)));
    }

    trait MapText {
        fn map_text(&self) -> Vec<String>;
    }
    impl MapText for Vec<Date> {
        fn map_text(&self) -> Vec<String> {
            self.iter().map(ToString::to_string).collect()
        }
    }
}

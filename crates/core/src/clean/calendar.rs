//! A day, a month or a year of the Gregorian calendar.

use std::fmt;

/// A date, a month, or a year.
///
/// Ordered as its text is; a month comes before its days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// year << 9 | month << 5 | day, months and days from 1, 0 where unknown.
    packed: u32,
}

impl Date {
    /// Makes a date of the Gregorian calendar; `month` and `day` are 0 where unknown.
    ///
    /// Years have four digits: 1000 to 9999.
    #[must_use]
    pub fn new(year: u32, month: u32, day: u32) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            0 => 0,
            2 => 28 + u32::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        ((1000..=9999).contains(&year) && day <= days)
            .then_some(Self { packed: year << 9 | month << 5 | day })
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> u32 {
        self.packed >> 9
    }

    /// The month from 1, 0 where only the year is known.
    #[must_use]
    pub fn month(self) -> u32 {
        self.packed >> 5 & 15
    }

    /// The day from 1, 0 where only year and month are known.
    #[must_use]
    pub fn day(self) -> u32 {
        self.packed & 31
    }

    /// The text of the date in ASCII, and its length: 4, 7 or 10.
    pub(crate) fn digits(self) -> ([u8; 10], usize) {
        let (year, month, day) = (self.year(), self.month(), self.day());
        let digit = |n: u32| b'0' + (n % 10) as u8;
        let text = [
            digit(year / 1000),
            digit(year / 100),
            digit(year / 10),
            digit(year),
            b'-',
            digit(month / 10),
            digit(month),
            b'-',
            digit(day / 10),
            digit(day),
        ];
        let len = match (month, day) {
            (0, _) => 4,
            (_, 0) => 7,
            _ => 10,
        };
        (text, len)
    }

    /// The date as one number that sorts as dates do; never 0.
    #[must_use]
    pub fn packed(self) -> u32 {
        self.packed
    }

    /// The date of a number that [`Date::packed`] gave.
    #[must_use]
    pub fn from_packed(packed: u32) -> Option<Self> {
        Self::new(packed >> 9, packed >> 5 & 15, packed & 31)
    }

    /// Reads what [`Date`] displays as: `2019`, `2019-03` or `2019-03-01`.
    #[must_use]
    pub fn from_iso(text: &str) -> Option<Self> {
        iso(text.as_bytes())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, len) = self.digits();
        f.write_str(std::str::from_utf8(&text[..len]).unwrap_or_default())
    }
}

/// Up to four digits as a number.
pub(super) fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 4 {
        return None;
    }
    digits.iter().try_fold(0, |n, d| d.is_ascii_digit().then(|| n * 10 + u32::from(d - b'0')))
}

/// `2019`, `2019-03`, `2019-03-01` or `20190301`.
pub(super) fn iso(bytes: &[u8]) -> Option<Date> {
    let year = number(bytes.get(..4)?)?;
    let date = match *bytes {
        [_, _, _, _] => Date::new(year, 0, 0),
        [_, _, _, _, b'-', ref month @ ..] if month.len() == 2 => Date::new(year, number(month)?, 0),
        [_, _, _, _, b'-', a, b, b'-', c, d] | [_, _, _, _, a, b, c, d] => {
            Date::new(year, number(&[a, b])?, number(&[c, d])?)
        }
        _ => None,
    }?;
    // `2020-00-01` has no month: neither a date nor a year.
    let precision = [date.month(), date.day()].iter().filter(|&&part| part > 0).count();
    (bytes.len() == 4 || precision == if bytes.len() == 7 { 1 } else { 2 }).then_some(date)
}

/// `1`, `01`, `1st`, `22nd`, `1er`.
pub(super) fn ordinal(word: &str) -> Option<u32> {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let suffix = word[digits..].to_ascii_lowercase();
    let known = matches!(suffix.as_str(), "" | "st" | "nd" | "rd" | "th" | "er" | "e" | "eme");
    (known && digits <= 2).then(|| number(&word.as_bytes()[..digits]))?
}

//! Days and moments as numbers: days, and microseconds, since 1970-01-01.

use crate::clean::date::{self, Date, DateOrder};

/// Reads a day, as [`date::read`] reads dates; a month or a year alone is none.
///
/// ```
/// use pipeline_core::clean::{DateOrder, day};
/// assert_eq!(day("1970-01-02", DateOrder::Dmy), Some(1));
/// assert_eq!(day("02/01/1970", DateOrder::Dmy), Some(1));
/// assert_eq!(day("1970-01", DateOrder::Dmy), None);
/// ```
#[must_use]
pub fn day(text: &str, order: DateOrder) -> Option<i32> {
    let date = date::read(text, order)?.date;
    (date.day() > 0).then(|| days(date) as i32)
}

/// Reads a moment in ISO 8601: a day, `T` or a space, a time; with `Z` or an offset, else it is UTC.
///
/// Returns microseconds since 1970-01-01T00:00:00Z; what a fraction has beyond is cut off. A day alone is its midnight.
///
/// ```
/// use pipeline_core::clean::timestamp;
/// assert_eq!(timestamp("1970-01-01T01:00:00.5+01:00"), Some(500_000));
/// assert_eq!(timestamp("1970-01-01 00:01"), Some(60_000_000));
/// assert_eq!(timestamp("01/02/1970 00:01"), None);
/// ```
#[must_use]
pub fn timestamp(text: &str) -> Option<i64> {
    let bytes = text.trim_ascii().as_bytes();
    let (day, rest) = bytes.split_first_chunk::<10>()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *day else { return None };
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let date = Date::new(year, two(m1, m2)?, two(d1, d2)?).filter(|d| d.month() > 0 && d.day() > 0)?;
    let (seconds, micros) = match rest {
        [] => (0, 0),
        [b'T' | b't' | b' ', time @ ..] => time_of_day(time)?,
        _ => return None,
    };
    let seconds = days(date) * 86_400 + seconds;
    // An offset can lead out of the years that a date has.
    (FIRST..=LAST).contains(&seconds).then_some(seconds * 1_000_000 + micros)
}

/// Whether days since 1970-01-01 are a day of the years that [`day`] reads, 1000 to 9999.
#[must_use]
pub fn is_day(days: i32) -> bool {
    (FIRST / 86_400..=LAST / 86_400).contains(&i64::from(days))
}

/// Whether microseconds since 1970-01-01T00:00:00Z are a moment of the years that [`timestamp`] reads, 1000 to 9999.
#[must_use]
pub fn is_moment(micros: i64) -> bool {
    (FIRST..=LAST).contains(&micros.div_euclid(1_000_000))
}

/// 1000-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
const FIRST: i64 = -30_610_224_000;
const LAST: i64 = 253_402_300_799;

/// `10:00:00.123456789+02:00` -> seconds in UTC, which may be those of another day, and microseconds.
fn time_of_day(text: &[u8]) -> Option<(i64, i64)> {
    let [h1, h2, b':', m1, m2, rest @ ..] = text else { return None };
    let (hour, minute) = (below(two(*h1, *h2)?, 24)?, below(two(*m1, *m2)?, 60)?);
    let (mut second, mut micros, mut rest) = (0, 0, rest);
    if let [b':', s1, s2, behind @ ..] = rest {
        second = below(two(*s1, *s2)?, 60)?;
        rest = behind;
        if let [b'.' | b',', fraction @ ..] = rest {
            let digits = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
            if !(1..=9).contains(&digits) {
                return None;
            }
            let digit = |at: usize| if at < digits { i64::from(fraction[at] - b'0') } else { 0 };
            micros = (0..6).fold(0, |n, at| n * 10 + digit(at));
            rest = &fraction[digits..];
        }
    }
    let seconds = hour * 3600 + minute * 60 + second;
    Some((seconds - offset(rest.trim_ascii_start())?, micros))
}

/// `Z`, `UTC`, `+02:00`, `-0930`, `+02`, or nothing -> seconds.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match text {
        [] | [b'Z' | b'z'] | b"UTC" => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match *digits {
        [h1, h2] => (two(h1, h2)?, 0),
        [h1, h2, b':', m1, m2] | [h1, h2, m1, m2] => (two(h1, h2)?, two(m1, m2)?),
        _ => return None,
    };
    // No clock on earth was ever further from UTC.
    Some(sign * (below(hours, 16)? * 3600 + below(minutes, 60)? * 60))
}

fn two(a: u8, b: u8) -> Option<u32> {
    (a.is_ascii_digit() && b.is_ascii_digit()).then(|| u32::from(a - b'0') * 10 + u32::from(b - b'0'))
}

fn below(number: u32, limit: u32) -> Option<i64> {
    (number < limit).then_some(i64::from(number))
}

/// Days since 1970-01-01 of a whole date: years begin in March, so that the leap day is their last.
fn days(date: Date) -> i64 {
    let (month, day) = (i64::from(date.month()), i64::from(date.day()));
    let year = i64::from(date.year()) - i64::from(month <= 2);
    let (era, year) = (year / 400, year % 400);
    let day = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year * 365 + year / 4 - year / 100 + day - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_to_the_microsecond() {
        let check = |text: &str, expect: &str| {
            let shown = timestamp(text).map(|n| jiff::Timestamp::from_microsecond(n).unwrap().to_string());
            assert_eq!(shown.as_deref().unwrap_or("none"), expect, "{text}");
        };
        check("2023-01-01T10:00:00Z", "2023-01-01T10:00:00Z");
        check(" 2023-01-01 10:00:00 ", "2023-01-01T10:00:00Z");
        check("2023-01-01t10:00z", "2023-01-01T10:00:00Z");
        check("2023-01-01", "2023-01-01T00:00:00Z");
        check("2023-01-01T10:00:00+02:00", "2023-01-01T08:00:00Z");
        check("2023-01-01T00:30:00+0100", "2022-12-31T23:30:00Z");
        check("2023-01-01 10:00:00 -09", "2023-01-01T19:00:00Z");
        check("2023-01-01 10:00:00.5 UTC", "2023-01-01T10:00:00.5Z");
        check("2023-01-01T10:00:00,123456789Z", "2023-01-01T10:00:00.123456Z");
        check("1960-02-29T23:59:59.999999Z", "1960-02-29T23:59:59.999999Z");
        check("1000-01-01T00:00:00Z", "1000-01-01T00:00:00Z");
        assert_eq!(timestamp("9999-12-31T23:59:59.9Z"), Some(LAST * 1_000_000 + 900_000));
        for text in [
            "",
            "2023",
            "2023-01",
            "20230101T100000Z",
            "2023-01-01T",
            "2023-01-01T10",
            "2023-01-01T24:00:00Z",
            "2023-01-01T10:60Z",
            "2023-01-01T10:00:60Z",
            "2023-01-01T10:00:00.Z",
            "2023-01-01T10:00:00.1234567890Z",
            "2023-01-01T10:00:00+16:00",
            "2023-01-01T10:00:00+1:00",
            "2023-01-01T10:00:00 CET",
            "2023-02-29T10:00:00Z",
            "2023-00-10T10:00:00Z",
            "0999-12-31T23:59:59Z",
            "9999-12-31T23:59:59-01:00",
            "1000-01-01T00:00:00+01:00",
            "01/02/2023 10:00",
            "2023-01-01X10:00:00Z",
            "２023-01-01",
        ] {
            check(text, "none");
        }
    }

    #[test]
    fn a_day_is_a_whole_date() {
        let check = |text: &str, order: DateOrder, expect: &str| {
            let epoch = jiff::civil::date(1970, 1, 1);
            let shown = day(text, order)
                .map(|n| epoch.saturating_add(jiff::Span::new().days(i64::from(n))).to_string());
            assert_eq!(shown.as_deref().unwrap_or("none"), expect, "{text}");
        };
        check("2020-02-29", DateOrder::Dmy, "2020-02-29");
        check("01/02/2020", DateOrder::Dmy, "2020-02-01");
        check("01/02/2020", DateOrder::Mdy, "2020-01-02");
        check("1 janvier 1900", DateOrder::Dmy, "1900-01-01");
        check("2020-02", DateOrder::Dmy, "none");
        check("2020", DateOrder::Dmy, "none");
        check("2019-02-29", DateOrder::Dmy, "none");
    }

    proptest::proptest! {
        #[test]
        fn days_are_counted_as_the_calendar_does(year in 1000_u32..=9999, month in 1_u32..=12, day in 1_u32..=28) {
            let date = jiff::civil::date(year as i16, month as i8, day as i8);
            let expect = date.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24;
            proptest::prop_assert_eq!(days(Date::new(year, month, day).unwrap()), expect);
        }

        #[test]
        fn any_text_is_a_moment_or_none(text in "[-0-9:TZ+. ]{0,32}|.*") {
            let _ = (timestamp(&text), day(&text, DateOrder::Mdy));
        }
    }
}

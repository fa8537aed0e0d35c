//! Spans of time and seasons, as journals date their issues: `2019 Jan-Feb`, `2023 Spring`, `1998 Dec-1999 Jan`.
//!
//! A span becomes what all of it shares: the month, else the year. To say January for `Jan-Feb` would be to invent
//! a date. Where it spans two years, the year is the one in which it begins: the one that the issue is filed under.

use crate::clean::calendar::{Date, ordinal};
use crate::clean::month::month_of;

const SEASONS: [&str; 11] = [
    "spring",
    "summer",
    "autumn",
    "fall",
    "winter",
    "quarter",
    "quart",
    "printemps",
    "été",
    "automne",
    "hiver",
];

/// What stands between the beginning of a span and its end.
const JOINS: [char; 4] = ['-', '–', '/', '&'];

/// Reads a span or a season; none where a part of it is not understood.
pub(super) fn read(text: &str) -> Option<Date> {
    let (mut years, mut months, mut days) = (Vec::new(), Vec::new(), Vec::new());
    let mut season = false;
    if let Some((Ok(year), Ok(other))) =
        text.split_once('-').map(|(a, b)| (a.parse::<u32>(), b.parse::<u32>()))
        && text.len() == 7
    {
        // `1998-99`; what could be a month is one.
        return (other > 12 && other == (year + 1) % 100).then(|| Date::new(year, 0, 0)).flatten();
    }
    let divides = |c: char| c.is_whitespace() || matches!(c, ',' | '.') || JOINS.contains(&c);
    for word in text.split(divides).filter(|word| !word.is_empty()) {
        if word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit()) {
            years.push(word.parse().ok()?);
        } else if word.starts_with(|c: char| c.is_ascii_digit()) {
            days.push(ordinal(word).filter(|day| (1..=31).contains(day))?);
        } else if let Some(month) = month_of(word) {
            months.push(month);
        } else if SEASONS.contains(&word.to_lowercase().as_str()) {
            season = true;
        } else {
            return None;
        }
    }
    // Years or months side by side, with nothing that joins them, are no span.
    if !season && !text.contains(JOINS) {
        return None;
    }
    years.dedup();
    months.dedup();
    let year = *years.first()?;
    match (years.len(), &months[..], days.len()) {
        (1, [month], count) if !season && count != 1 => Date::new(year, *month, 0),
        // A day of no month; or a day that its month does not have.
        (1, [] | [_], 1..) if !season => None,
        _ => Date::new(year, 0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_becomes_what_it_shares() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(read(text).map(|date| date.to_string()).as_deref(), expect, "{text}");
        };
        check("2019 Jan-Feb", Some("2019"));
        check("2019 Mar 15-31", Some("2019-03"));
        check("2019 Jan-Jan", Some("2019-01"));
        check("2023 Spring", Some("2023"));
        check("Winter 2023", Some("2023"));
        check("1981 4th Quarter", Some("1981"));
        check("2000 Spring-Summer", Some("2000"));
        check("1998 Dec-1999 Jan", Some("1998"));
        check("1999 Dec 30-2000 Jan 5", Some("1999"));
        check("1976-1977", Some("1976"));
        check("1998-99", Some("1998"));
        check("1999-00", None);
        check("2019 Feb 30-31", Some("2019-02"));
        for none in [
            "",
            "Spring",
            "Jan-Feb",
            "2019 Soon",
            "2020-13",
            "32 Jan 2020",
            "2020 13 45",
            "2019 2020",
            "n/a",
            "2020 31",
        ] {
            check(none, None);
        }
    }
}

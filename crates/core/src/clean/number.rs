//! Numbers as people type them -> numbers. What does not fit its style is none, never a wrong number.

/// How numbers are typed, named by example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NumberStyle {
    /// `1234.56`: no thousands, a dot; `1.5e3` too.
    #[default]
    Plain,
    /// `1,234.56`
    English,
    /// `1.234,56`
    German,
    /// `1 234,56`, with any kind of space
    French,
    /// `1'234.56`, with a straight or a curly apostrophe
    Swiss,
    /// Any of them, where it can be told: of two kinds of separators the last one is the decimal one; a single dot or
    /// comma before exactly three digits separates thousands.
    Any,
}

impl NumberStyle {
    /// Every style.
    pub const ALL: [Self; 6] =
        [Self::Plain, Self::English, Self::German, Self::French, Self::Swiss, Self::Any];

    /// The name in pipeline files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "1234.56",
            Self::English => "1,234.56",
            Self::German => "1.234,56",
            Self::French => "1 234,56",
            Self::Swiss => "1'234.56",
            Self::Any => "any",
        }
    }
}

/// Reads a number. It is finite, and zero has no sign.
///
/// ```
/// use pipeline_core::clean::number::{NumberStyle, float};
/// assert_eq!(float("-1.5e3", NumberStyle::Plain), Some(-1500.0));
/// assert_eq!(float("1.234,56", NumberStyle::Plain), None);
/// assert_eq!(float("1.234,56", NumberStyle::German), Some(1234.56));
/// assert_eq!(float("1e400", NumberStyle::Plain), None);
/// ```
#[must_use]
pub fn float(text: &str, style: NumberStyle) -> Option<f64> {
    let text = text.trim();
    match style {
        NumberStyle::Plain => plain(text),
        _ => Digits::read(text, style)?.number(),
    }
}

/// Reads a whole number; decimals may only be zeros.
///
/// ```
/// use pipeline_core::clean::number::{NumberStyle, integer};
/// assert_eq!(integer("84.0", NumberStyle::Plain), Some(84));
/// assert_eq!(integer("84.5", NumberStyle::Plain), None);
/// assert_eq!(integer("9223372036854775808", NumberStyle::Plain), None);
/// ```
#[must_use]
pub fn integer(text: &str, style: NumberStyle) -> Option<i64> {
    let text = text.trim();
    if style == NumberStyle::Plain {
        return plain_integer(text);
    }
    plain_integer(Digits::read(text, style)?.text())
}

fn plain_integer(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    if let Some((whole, decimals)) = text.split_once('.')
        && decimals.bytes().all(|b| b == b'0')
    {
        return whole.parse().ok();
    }
    // Beyond this a float does not hold every whole number.
    let number = plain(text).filter(|n| n.fract() == 0.0 && n.abs() < 9_007_199_254_740_992.0)?;
    Some(number as i64)
}

/// Powers of ten that a float holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// `-1234.56`, `1e3`, `.5`: what the standard library takes, but for words and infinities.
fn plain(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let unsigned = match bytes.first()? {
        b'-' | b'+' => &bytes[1..],
        _ => bytes,
    };
    let (mut number, mut digits, mut decimals) = (0_u64, 0, None);
    for (at, &byte) in unsigned.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                number = number.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
                digits += 1;
                decimals = decimals.map(|n| n + 1);
            }
            b'.' if decimals.is_none() => decimals = Some(0_usize),
            b'e' | b'E' if digits > 0 => {
                let exponent = &unsigned[at + 1..];
                let exponent =
                    exponent.strip_prefix(b"-").or(exponent.strip_prefix(b"+")).unwrap_or(exponent);
                if exponent.is_empty() || !exponent.iter().all(u8::is_ascii_digit) {
                    return None;
                }
                digits = usize::MAX; // not by the short way
                break;
            }
            _ => return None,
        }
    }
    if digits == 0 {
        return None;
    }
    // Both are exact as floats, so their quotient is the nearest float to the number that was typed.
    if digits <= 15 {
        let number = number as f64 / POWERS[decimals.unwrap_or(0)];
        return Some(if bytes[0] == b'-' { 0.0 - number } else { number });
    }
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(number + 0.0) // -0 becomes 0
}

/// A number without its thousands' separators, `.` before its decimals.
pub(super) struct Digits {
    buffer: [u8; 64],
    len: usize,
}

impl Digits {
    /// Reads a number of a style with separators; longer ones than 64 digits are none that anybody typed.
    pub(super) fn read(text: &str, style: NumberStyle) -> Option<Self> {
        let (negative, text) = match text.strip_prefix(['-', '−']) {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (thousands, decimal) = match style {
            NumberStyle::Plain => (None, Some('.')),
            NumberStyle::English => (Some(','), Some('.')),
            NumberStyle::German => (Some('.'), Some(',')),
            NumberStyle::French => (Some(' '), Some(',')),
            NumberStyle::Swiss => (Some('\''), Some('.')),
            NumberStyle::Any => told_apart(text)?,
        };
        let (whole, decimals) = match decimal.and_then(|mark| text.split_once(mark)) {
            Some((whole, decimals)) => (whole, Some(decimals)),
            None => (text, None),
        };
        let mut digits = Self { buffer: [0; 64], len: 0 };
        if negative {
            digits.push(b'-')?;
        }
        let mut group = 0_usize; // digits since the last separator
        let mut groups = 0;
        for c in whole.chars() {
            if c.is_ascii_digit() {
                digits.push(c as u8)?;
                group += 1;
            } else if thousands == separator(c) && thousands.is_some() {
                let complete = if groups == 0 { (1..=3).contains(&group) } else { group == 3 };
                if !complete {
                    return None;
                }
                groups += 1;
                group = 0;
            } else {
                return None;
            }
        }
        if group == 0 || groups > 0 && group != 3 {
            return None;
        }
        if let Some(decimals) = decimals {
            if decimals.is_empty() {
                return None;
            }
            digits.push(b'.')?;
            for byte in decimals.bytes() {
                digits.push(Some(byte).filter(u8::is_ascii_digit)?)?;
            }
        }
        Some(digits)
    }

    pub(super) fn number(&self) -> Option<f64> {
        plain(self.text())
    }

    /// How many digits stand behind its decimal separator.
    pub(super) fn decimals(&self) -> usize {
        self.text().split_once('.').map_or(0, |(_, decimals)| decimals.len())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.buffer[..self.len]).unwrap_or_default()
    }

    fn push(&mut self, byte: u8) -> Option<()> {
        *self.buffer.get_mut(self.len)? = byte;
        self.len += 1;
        Some(())
    }
}

/// The separator that a character is, one for all its variants: `.`, `,`, a space or an apostrophe.
pub(super) fn separator(c: char) -> Option<char> {
    match c {
        '.' | ',' => Some(c),
        '\'' | '’' | '‘' | 'ʼ' | '′' | '´' => Some('\''),
        c if c.is_whitespace() && !c.is_control() => Some(' '),
        _ => None,
    }
}

/// Which separators a number of any style has: for thousands, and before its decimals.
fn told_apart(text: &str) -> Option<(Option<char>, Option<char>)> {
    let mut separators = text.char_indices().filter(|(_, c)| !c.is_ascii_digit());
    let Some((at, first)) = separators.next() else { return Some((None, None)) };
    let first = separator(first)?;
    let Some((_, mut last)) = separators.next_back() else {
        let (before, behind) = (&text[..at], text[at..].chars().skip(1).count());
        let thousands = behind == 3 && before.len() <= 3 && !before.starts_with('0');
        return Some(match first {
            '.' | ',' if !thousands => (None, Some(first)),
            _ => (Some(first), None),
        });
    };
    last = separator(last)?;
    if first == last {
        return Some((Some(first), None));
    }
    matches!(last, '.' | ',').then_some((Some(first), Some(last)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use NumberStyle::{Any, English, French, German, Plain, Swiss};

    #[test]
    fn a_number_is_read_in_its_style_or_not_at_all() {
        let check = |style: NumberStyle, text: &str, expect: Option<f64>| {
            assert_eq!(float(text, style), expect, "{text} as {}", style.name());
        };
        for (text, expect) in [
            ("0", 0.0),
            (" 12 ", 12.0),
            ("-1234.56", -1234.56),
            ("+.5", 0.5),
            ("5.", 5.0),
            ("1e3", 1000.0),
            ("-1.5E-3", -0.0015),
            ("0.1", 0.1),
            ("123456789012345678901234567890", 123_456_789_012_345_678_901_234_567_890.0),
            ("1e-400", 0.0),
            ("1.7976931348623157e308", f64::MAX),
        ] {
            check(Plain, text, Some(expect));
        }
        for text in [
            "",
            "-",
            ".",
            "e5",
            "1e",
            "1e+",
            "1e5.0",
            "nan",
            "NaN",
            "inf",
            "-Infinity",
            "1e400",
            "-1e309",
            "0x10",
            "1_000",
            "1,5",
            "1 234",
            "1.234,56",
            "1 234,56 €",
            "1.2.3",
            "--1",
            "٣",
            "1²",
            "12%",
        ] {
            check(Plain, text, None);
        }
        check(English, "1,234,567.89", Some(1_234_567.89));
        check(English, "-1234.5", Some(-1234.5));
        check(English, "1,23", None);
        check(English, "1.234,56", None);
        check(English, "1234,567", None);
        check(German, "1.234,56", Some(1234.56));
        check(German, "1.5", None);
        check(German, "1.234.567", Some(1_234_567.0));
        check(German, "−0,5", Some(-0.5));
        check(French, "1 234,56", Some(1234.56));
        check(French, "1\u{a0}234\u{202f}567,5", Some(1_234_567.5));
        check(French, "1  234", None);
        check(French, "1 234.5", None);
        check(Swiss, "1'234’567.5", Some(1_234_567.5));
        check(Swiss, "'234", None);
        for (text, expect) in [
            ("1.234,56", Some(1234.56)),
            ("1,234.56", Some(1234.56)),
            ("1'234.56", Some(1234.56)),
            ("1 234,56", Some(1234.56)),
            ("1.234.567", Some(1_234_567.0)),
            ("1.234", Some(1234.0)),
            ("1.23", Some(1.23)),
            ("0.123", Some(0.123)),
            ("1234.567", Some(1234.567)),
            ("1234", Some(1234.0)),
            ("1 234.567 8", None),
            ("1.234'567", None),
            ("1'234,567.89", None),
            ("1,2,3", None),
            (".5", None),
            ("1,", None),
            ("1.234,", None),
        ] {
            check(Any, text, expect);
        }
        assert!(float("-0", Plain).is_some_and(f64::is_sign_positive));
        assert!(float("-0.0e0", Plain).is_some_and(f64::is_sign_positive));
        assert!(float("-0,0", German).is_some_and(f64::is_sign_positive));
    }

    #[test]
    fn a_whole_number_is_exact_or_none() {
        for (text, expect) in [
            ("84", Some(84)),
            ("84.0", Some(84)),
            ("-7.", Some(-7)),
            ("+5", Some(5)),
            ("1e3", Some(1000)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9007199254740993.0", Some(9_007_199_254_740_993)),
            ("9223372036854775808", None),
            ("1e19", None),
            ("84.5", None),
            ("", None),
            (".0", None),
            ("N/A", None),
        ] {
            assert_eq!(integer(text, Plain), expect, "{text}");
        }
        assert_eq!(integer("1 234", French), Some(1234));
        assert_eq!(integer("1.234,00", German), Some(1234));
    }

    proptest::proptest! {
        #[test]
        fn the_short_way_gives_what_the_standard_library_gives(
            whole in "[0-9]{0,17}", decimals in "[0-9]{0,17}", minus in proptest::bool::ANY
        ) {
            let text = format!("{}{whole}.{decimals}", if minus { "-" } else { "" });
            let expect = text.parse::<f64>().ok().map(|n| (n + 0.0).to_bits());
            proptest::prop_assert_eq!(float(&text, Plain).map(f64::to_bits), expect);
        }

        #[test]
        fn any_text_is_a_finite_number_or_none(text in "[-+ .,'’0-9e€]{0,24}|.*") {
            for style in NumberStyle::ALL {
                proptest::prop_assert!(float(&text, style).is_none_or(f64::is_finite));
                let _ = integer(&text, style);
            }
        }
    }
}

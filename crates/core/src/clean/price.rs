//! An amount of money among whatever people put around it: `Loyer: 3 741 € /mo`.
//!
//! A text has one amount or none: two that differ, a sign, a percentage, a multiple (`1.2 Mio.`, `530k`), a name or a
//! unit with digits (`T3`, `m2`) make it none, since a wrong number is worse than no number.

use crate::clean::money::{is_currency, is_currency_word, is_numbered, names_a_multiple};
use crate::clean::number::{Digits, NumberStyle, float, separator};

/// Reads a price. With [`NumberStyle::Plain`], which says nothing of how people type prices, any style is read where
/// it can be told: then an amount has two decimals at most, since more of them may be thousands.
///
/// ```
/// use pipeline_core::clean::{number::NumberStyle, price};
/// let any = |text| price(text, NumberStyle::Any);
/// assert_eq!(any("530 000€/mo."), Some(530_000.0));
/// assert_eq!(any("CHF 1'250'000.-"), Some(1_250_000.0));
/// assert_eq!(any("1.234.567,50 EUR"), Some(1_234_567.5));
/// assert_eq!(any("prix sur demande"), None);
/// assert_eq!(any("500 € - 600 €"), None);
/// ```
#[must_use]
pub fn price(text: &str, style: NumberStyle) -> Option<f64> {
    let style = if style == NumberStyle::Plain { NumberStyle::Any } else { style };
    let text = text.trim();
    if text.starts_with('(') && text.ends_with(')') || names_a_multiple(text) {
        return None;
    }
    let mut amount = None;
    let mut from = 0;
    while let Some(start) = text[from..].find(char::is_numeric).map(|at| from + at) {
        let end = start + amount_len(&text[start..]);
        let typed = &text[start..end];
        if has_sign(&text[..start])
            || !may_stand_before(&text[..start], typed, &text[end..])
            || !may_follow(&text[end..])
            || is_padded(typed)
        {
            return None;
        }
        let value = match style {
            NumberStyle::Any => {
                Digits::read(typed, style).filter(|digits| digits.decimals() <= 2)?.number()?
            }
            _ => float(typed, style)?,
        };
        if *amount.get_or_insert(value) != value {
            return None;
        }
        from = end;
    }
    amount
}

/// Digits, and the separators between them; a space only before three digits that stand alone.
fn amount_len(text: &str) -> usize {
    let mut group = 0; // digits since the last separator
    let mut end = 0;
    for (at, c) in text.char_indices() {
        let behind = &text[at + c.len_utf8()..];
        let joins = match separator(c) {
            _ if c.is_ascii_digit() => {
                group += 1;
                end = at + 1;
                continue;
            }
            Some(' ') => {
                let digits = behind.bytes().take(4).take_while(u8::is_ascii_digit).count();
                (1..=3).contains(&group) && digits == 3
            }
            Some(_) => behind.starts_with(|c: char| c.is_ascii_digit()),
            None => false,
        };
        if !joins {
            break;
        }
        group = 0;
    }
    end.max(text.chars().next().map_or(0, char::len_utf8))
}

/// `007`: no amount is typed so.
fn is_padded(typed: &str) -> bool {
    matches!(typed.as_bytes(), [b'0', b'0'..=b'9', ..])
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '−' | '–' | '—')
}

/// Tells whether a minus stands before the amount or before its currency. A dash within words is none.
fn has_sign(before: &str) -> bool {
    if before.ends_with(is_dash) {
        return true;
    }
    let near = before.trim_end();
    let bare = near.trim_end_matches('.').trim_end_matches(|c: char| c.is_alphabetic() || is_currency(c));
    if bare.len() == near.len() {
        return !near.is_empty() && near.chars().all(is_dash);
    }
    let rest = bare.trim_end_matches(is_dash);
    rest.len() < bare.len() && (rest.is_empty() || rest.ends_with(char::is_whitespace))
}

/// Tells whether what stands before digits lets them be an amount, all of them: in `T3 530 000` and `lot 3 530 000` the
/// first is none.
fn may_stand_before(before: &str, typed: &str, behind: &str) -> bool {
    let close = last_word(before);
    let grouped = typed.find(|c: char| !c.is_ascii_digit());
    let by_space = grouped.and_then(|at| typed[at..].chars().next()).and_then(separator) == Some(' ');
    if !close.is_empty() {
        // `Loyer1200€`, and not `T3`.
        return is_currency_word(&close) || !by_space && begins_with_currency(behind);
    }
    if !by_space || grouped != Some(1) {
        return true;
    }
    let near = before.trim_end();
    if near.ends_with(['#', '°', 'º', '№', '+', '_', '/']) {
        return false;
    }
    let word = last_word(near.trim_end_matches('.'));
    let one = word.chars().count() == 1 && !matches!(&*word, "a" | "à");
    !one && !is_numbered(&word)
}

/// The word that a text ends with, in lower case.
fn last_word(text: &str) -> String {
    let rest = text.trim_end_matches(char::is_alphabetic);
    text[rest.len()..].to_lowercase()
}

fn begins_with_currency(text: &str) -> bool {
    let text = text.trim_start();
    let word: String = text.chars().take_while(|c| c.is_alphabetic()).collect();
    text.starts_with(is_currency) || is_currency_word(&word.to_lowercase())
}

/// Tells whether what stands behind an amount lets it be one.
fn may_follow(behind: &str) -> bool {
    // `.-` and `,--` stand for no decimals.
    if let Some(rest) = behind.strip_prefix(['.', ','])
        && rest.starts_with(is_dash)
    {
        return !rest.trim_start_matches(is_dash).starts_with(|c: char| c.is_numeric());
    }
    if behind.starts_with(is_dash) || behind.trim_start().starts_with(['%', '‰']) {
        return false;
    }
    // A letter between digits is no border of an amount: `1e5`, `4x4`.
    let word: String = behind.chars().take_while(|c| c.is_alphabetic()).collect();
    if !word.is_empty() && behind[word.len()..].starts_with(char::is_numeric) {
        return false;
    }
    if matches!(&*word, "p" | "P") && !behind[1..].starts_with(['.', '/']) {
        return false; // pence; `p.m.` and `p/m` are: a month
    }
    let word: String = behind.trim_start().chars().take_while(|c| c.is_alphabetic()).collect();
    !matches!(&*word.to_lowercase(), "m" | "b" | "t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_as_people_type_them() {
        for (text, expect) in [
            ("530000.0€/mo", 530_000.0),
            ("530 000€/mo.", 530_000.0),
            ("530\u{a0}000 €/mo.", 530_000.0),
            ("1\u{202f}573\u{2009}000€", 1_573_000.0),
            ("Loyer: 3741 € /mo", 3741.0),
            ("Loyer - 3 741 € / mois", 3741.0),
            ("CHF 1'250'000.-", 1_250_000.0),
            ("CHF 950.–/Mt.", 950.0),
            ("1.234.567,50 EUR", 1_234_567.5),
            ("Fr. 2’500", 2500.0),
            ("Fr.2500,--", 2500.0),
            ("Miete: 1.200 €/Monat", 1200.0),
            ("£1,200 pcm", 1200.0),
            ("£1,200 p.m", 1200.0),
            ("$1,234.56", 1234.56),
            ("US$ 1,234,567", 1_234_567.0),
            ("à partir de 530 000 €", 530_000.0),
            ("12,5 €", 12.5),
            ("0.50 €", 0.5),
            ("0", 0.0),
            ("1250000", 1_250_000.0),
            ("530 000 € (530000 €)", 530_000.0),
            ("CHF950", 950.0),
            ("EUR1.250,50", 1250.5),
            ("à 530 000 €", 530_000.0),
            ("Prix:530 000 €", 530_000.0),
            ("Prix 1 250 000 €", 1_250_000.0),
            ("Villa 1 250 000 €", 1_250_000.0),
            ("à partir de 1 250 000 €", 1_250_000.0),
            ("A 1 250 000 €", 1_250_000.0),
            ("Fr. 2 500", 2500.0),
            ("AUD500", 500.0),
            ("kr500", 500.0),
            ("Loyer1200€", 1200.0),
            ("Preis530000 EUR", 530_000.0),
            ("F 530 000", 530_000.0),
        ] {
            assert_eq!(price(text, NumberStyle::Plain), Some(expect), "{text}");
        }
    }

    #[test]
    fn what_is_no_price_is_never_a_wrong_number() {
        for text in [
            "",
            "prix sur demande",
            "€",
            "500 € - 600 €",
            "500-600 €",
            "3.5 Zimmer, 1200 CHF",
            "2 x 500 €",
            "1200 500 €",
            "-500 €",
            "- 500 €",
            "€ -500",
            "-CHF 500",
            "−€500",
            "500-",
            "(500 €)",
            "5%",
            "5 %",
            "1.2 Mio. CHF",
            "1,2 millions €",
            "530k€",
            "530 K",
            "£1.2m",
            "1.2 M€",
            "T€ 530",
            "530 TCHF",
            "99 cents",
            "500p",
            "2500 €/m²",
            "2500 €/m2",
            "1e5",
            "1e1",
            "4x4",
            "12/03/2021: 500 €",
            "079 123 45 67",
            "0800",
            "1,23,456 €",
            "1'234,567.89",
            "½ €",
            "T3 530 000 €",
            "T 3 530 000 €",
            "lot2 530 000 €",
            "lot 3 530 000 €",
            "Lot n° 3 530 000 €",
            "#3 530 000",
            "R+3 530 000 €",
            "T.3 530 000 €",
            "T_3 530 000 €",
            "t 3 530 000 €",
            "Zimmer 3 530 000",
            "étage 2 500 000 €",
            "T3",
            "m2 530 000 €",
            "1 250.000 €",
            "1'250,000",
            "1,250.000",
            "530,5000",
            "1234.567 €",
            "0.500 €",
            "٣٠٠ €",
            "５００ €",
        ] {
            assert_eq!(price(text, NumberStyle::Plain), None, "{text}");
        }
        assert_eq!(price(&"9".repeat(400), NumberStyle::Any), None);
    }

    #[test]
    fn a_declared_style_is_held_to() {
        assert_eq!(price("1.234 €", NumberStyle::German), Some(1234.0));
        assert_eq!(price("1.234 €", NumberStyle::French), None);
        assert_eq!(price("1.50 €", NumberStyle::German), None);
        assert_eq!(price("$1.234", NumberStyle::English), Some(1.234));
    }

    proptest::proptest! {
        #[test]
        fn an_amount_survives_its_grouping_and_its_words(
            amount in 0_u32..100_000_000, mark in "[.,'’ \u{a0}\u{202f}]",
            around in proptest::sample::select(vec![("", " €"), ("CHF ", ".-"), ("Loyer: ", "€/mo."), ("£", " pcm")])
        ) {
            let digits = amount.to_string();
            let groups: Vec<&str> =
                digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap()).collect();
            let text = format!("{}{}{}", around.0, groups.join(&mark), around.1);
            proptest::prop_assert_eq!(price(&text, NumberStyle::Plain), Some(f64::from(amount)), "{}", text);
        }

        #[test]
        fn any_text_is_a_finite_price_or_none(text in "[-0-9.,' €kCHF%/x]{0,24}|.*") {
            for style in NumberStyle::ALL {
                proptest::prop_assert!(price(&text, style).is_none_or(|n| n.is_finite() && n >= 0.0));
            }
        }
    }
}

//! One journal, many spellings.
//!
//! Spellings that differ in case, white space, `&` or `and`, or in garbage at the end are one journal.
//! Garbage is what text processing leaves behind: punctuation, control characters, broken escapes. Words and
//! a bracket that closes one opened before are never garbage: `Acta (224)` is not `Acta`.

use unicode_normalization::UnicodeNormalization;

use crate::clean::fold::fold;
use crate::clean::text::clean_line;
use crate::record::RepairCode;

/// A spelling of a journal, cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalName {
    /// What all spellings of one journal have in common.
    pub key: String,
    /// The spelling without its garbage: what may be shown.
    pub shown: String,
    /// What was mended.
    pub repairs: Vec<RepairCode>,
}

/// Cleans a journal's name; none where nothing is left of it.
///
/// ```
/// use pipeline_core::clean::journal_name;
/// let key = |text| journal_name(text).map(|j| j.key);
/// assert_eq!(key("The  Journal of Fetal & Neonatal Medicine."), key("the journal of fetal and neonatal medicine"));
/// assert_ne!(key("Acta (224)"), key("Acta"));
/// assert_eq!(key(" .,"), None);
/// ```
#[must_use]
pub fn journal_name(text: &str) -> Option<JournalName> {
    let cleaned = clean_line(text);
    let mut repairs = cleaned.repairs;
    let shown = without_garbage(&cleaned.text);
    if shown.len() < cleaned.text.len() {
        repairs.push(RepairCode::JournalGarbage);
    }
    if shown.is_empty() {
        return None;
    }
    // Spelled out, so that `A&B`, `A & B` and `a and b` meet.
    let key = fold(&clean_line(&shown.replace('&', " and ")).text);
    let shown = if shown.is_ascii() { shown.to_owned() } else { shown.nfc().collect() };
    Some(JournalName { key, shown, repairs })
}

/// Cuts the garbage off the end.
fn without_garbage(mut text: &str) -> &str {
    while let Some(last) = text.chars().next_back() {
        let closes = match last {
            ')' => Some('('),
            ']' => Some('['),
            '}' => Some('{'),
            '»' => Some('«'),
            '”' => Some('“'),
            _ => None,
        };
        let balanced = closes.is_some_and(|open| {
            let count = |wanted: char| text.chars().filter(|&c| c == wanted).count();
            count(open) >= count(last)
        }) || last == '"' && text.matches('"').count().is_multiple_of(2);
        if balanced
            || !(is_punctuation(last) || last.is_whitespace() || last.is_control() || last == '\u{fffd}')
        {
            break;
        }
        text = &text[..text.len() - last.len_utf8()];
    }
    text
}

/// Punctuation that means nothing at the end of a name; signs that belong to names (`+`, `%`) stay.
fn is_punctuation(c: char) -> bool {
    match c {
        '+' | '%' | '#' | '@' | '°' | '$' | '€' => false,
        c if c.is_ascii() => c.is_ascii_punctuation(),
        '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{3001}'..='\u{3003}' => true,
        '«' | '»' | '¡' | '¿' | '·' | '¶' | '§' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_is_cut_and_names_are_not() {
        let check = |text: &str, shown: &str| {
            assert_eq!(journal_name(text).map(|j| j.shown).as_deref(), Some(shown), "{text}");
        };
        check(r"Journal of emergency nursing\xc3\x28", "Journal of emergency nursing");
        check("Acta.,; ", "Acta");
        check("Acta (224)", "Acta (224)");
        check("Acta (224).", "Acta (224)");
        check("Acta (", "Acta");
        check("Acta )", "Acta");
        check("Acta [A] ]", "Acta [A]");
        check("Science & C+", "Science & C+");
        check("Hôpitaux de Genève\u{fffd}", "Hôpitaux de Genève");
        check("Acta \u{7}", "Acta");
        check("Practice?", "Practice");
        check("Revue \"B\"", "Revue \"B\"");
        check("Revue \"B\".", "Revue \"B\"");
        check("Revue B\"", "Revue B");
        check("Revue “B”", "Revue “B”");
    }

    #[test]
    fn spellings_of_one_journal_share_a_key() {
        let key = |text: &str| journal_name(text).unwrap().key;
        let one = key("Food & Chemical");
        for other in ["food and chemical", "FOOD AND  CHEMICAL.", "Food&Chemical", "Food & Chemical -"] {
            assert_eq!(key(other), one, "{other}");
        }
        assert_ne!(key("Food Andes"), key("Food &es"));
        assert_ne!(key("Acta A"), key("Acta B"));
        assert_eq!(journal_name("  "), None);
    }
}

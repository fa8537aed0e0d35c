//! A drug on one line of `output.json`.
//!
//! Written by hand, because it is written by the hundred megabyte: serde_json looks at each byte of a text by itself,
//! where here a whole title is known to need no escapes at the speed of a copy. Text that does need them goes through
//! serde_json. Guard: `one_line_says_what_serde_says` below.

use crate::clean::Date;
use crate::export::output::{DrugEntry, MentionEntry};

/// Appends a drug as JSON without white space.
///
/// Complexity: linear in what is written.
pub(super) fn push_drug(out: &mut Vec<u8>, entry: &DrugEntry<'_>) {
    out.extend_from_slice(b"{\"atccode\":");
    push_option(out, entry.atccode);
    out.extend_from_slice(b",\"drug\":");
    push_text(out, entry.drug);
    out.extend_from_slice(b",\"mentions\":{\"pubmed\":");
    push_list(out, &entry.mentions.pubmed, push_mention);
    out.extend_from_slice(b",\"clinical_trials\":");
    push_list(out, &entry.mentions.clinical_trials, push_mention);
    out.extend_from_slice(b",\"journals\":");
    push_list(out, &entry.mentions.journals, |out, journal| {
        out.extend_from_slice(b"{\"title\":");
        push_text(out, journal.title);
        out.extend_from_slice(b",\"dates\":");
        push_list(out, &journal.dates, |out, date| push_date(out, date.0));
        out.push(b'}');
    });
    out.extend_from_slice(b"}}");
}

fn push_mention(out: &mut Vec<u8>, mention: &MentionEntry<'_>) {
    out.extend_from_slice(b"{\"id\":");
    push_option(out, mention.id);
    out.extend_from_slice(b",\"title\":");
    push_text(out, mention.title);
    out.extend_from_slice(b",\"journal\":");
    push_option(out, mention.journal);
    out.extend_from_slice(b",\"date\":");
    match mention.date {
        Some(date) => push_date(out, date.0),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"matched\":");
    push_text(out, mention.matched);
    out.extend_from_slice(b",\"span\":[");
    push_number(out, mention.span.0.into());
    out.push(b',');
    push_number(out, mention.span.1.into());
    out.extend_from_slice(b"],\"occurrences\":");
    push_number(out, mention.occurrences.into());
    out.extend_from_slice(b",\"source\":");
    push_text(out, mention.source.file);
    out.pop(); // the place is one text: `file:line`
    out.push(b':');
    push_number(out, mention.source.line);
    out.push(b'"');
    if mention.ambiguous {
        out.extend_from_slice(b",\"ambiguous\":true");
    }
    out.push(b'}');
}

fn push_list<T>(out: &mut Vec<u8>, items: &[T], push: impl Fn(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        push(out, item);
    }
    out.push(b']');
}

fn push_option(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => push_text(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    // No early way out: so the compiler can look at sixteen bytes at a time.
    let odd = text.bytes().fold(0, |odd, b| odd | u8::from((b < b' ') | (b == b'"') | (b == b'\\')));
    if odd != 0 {
        serde_json::to_writer(out, text).expect("text always has a JSON form");
        return;
    }
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

fn push_date(out: &mut Vec<u8>, date: Date) {
    let (text, len) = date.digits();
    out.push(b'"');
    out.extend_from_slice(&text[..len]);
    out.push(b'"');
}

fn push_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::output::{Iso, JournalEntry, MentionsEntry, Place};

    #[test]
    fn one_line_says_what_serde_says() {
        let texts: Vec<String> = (0..=0x17f).filter_map(char::from_u32).map(|c| format!("a{c}b")).collect();
        let texts = texts.iter().map(String::as_str).chain(["", "\"", "plain", "日本", &texts[34]]);
        for (i, text) in texts.enumerate() {
            let mention = |line: u64| MentionEntry {
                id: (i % 3 > 0).then_some(text),
                title: text,
                journal: (i % 2 > 0).then_some(text),
                date: Date::new(2000 + i as u32, i as u32 % 13, 0).map(Iso),
                matched: text,
                span: (i as u32, 4_294_967_295),
                occurrences: i as u32,
                source: Place { file: text, line },
                ambiguous: i % 4 > 1,
            };
            let dates = Date::new(2020, 1, 31).into_iter().chain(Date::new(2021, 0, 0)).map(Iso).collect();
            let mentions = MentionsEntry {
                pubmed: vec![mention(0), mention(u64::MAX)],
                clinical_trials: Vec::new(),
                journals: vec![JournalEntry { title: text, dates }],
            };
            let entry = DrugEntry { atccode: (i % 2 == 0).then_some(text), drug: text, mentions };
            let mut out = Vec::new();
            push_drug(&mut out, &entry);
            assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&entry).unwrap());
        }
    }
}

//! A drug on one line of `output.json`.
//!
//! Written by hand, because it is written by the hundred megabyte: serde_json looks at each byte of a text by itself,
//! where here a whole title is known to need no escapes at the speed of a copy. Text that does need them goes through
//! serde_json. Guard: `one_line_says_what_serde_says` below.

use std::ops::Range;

use crate::clean::Date;
use crate::export::entry::{DrugEntry, MentionEntry, MentionsEntry};
use crate::simd::is_plain_json;

/// Appends a drug as JSON without white space.
///
/// Complexity: linear in what is written.
pub(super) fn push_drug(out: &mut Vec<u8>, entry: &DrugEntry<'_>) {
    push_head(out, entry);
    push_mentions(out, entry, 0..entry.mentions.count());
    push_tail(out, entry);
}

/// Appends what stands before a drug's mentions.
pub(super) fn push_head(out: &mut Vec<u8>, entry: &DrugEntry<'_>) {
    out.extend_from_slice(b"{\"atccode\":");
    push_option(out, entry.atccode);
    out.extend_from_slice(b",\"drug\":");
    push_text(out, entry.drug);
    out.extend_from_slice(b",\"mentions\":{\"pubmed\":[");
}

const TRIALS: &[u8] = b"],\"clinical_trials\":[";

/// Appends some of a drug's mentions: places in its articles, then its trials.
pub(super) fn push_mentions(out: &mut Vec<u8>, entry: &DrugEntry<'_>, places: Range<usize>) {
    let MentionsEntry { pubmed, clinical_trials, .. } = &entry.mentions;
    for place in places {
        match place.checked_sub(pubmed.len()) {
            Some(0) => out.extend_from_slice(TRIALS),
            _ if place > 0 => out.push(b','),
            _ => {}
        }
        let trial = place.checked_sub(pubmed.len()).map(|trial| &clinical_trials[trial]);
        push_mention(out, trial.unwrap_or_else(|| &pubmed[place]));
    }
}

/// Appends what stands behind a drug's mentions.
pub(super) fn push_tail(out: &mut Vec<u8>, entry: &DrugEntry<'_>) {
    if entry.mentions.clinical_trials.is_empty() {
        out.extend_from_slice(TRIALS);
    }
    out.extend_from_slice(b"],\"journals\":");
    push_list(out, &entry.mentions.journals, |out, journal| {
        out.extend_from_slice(b"{\"title\":");
        push_text(out, journal.title);
        out.extend_from_slice(b",\"dates\":");
        push_list(out, journal.dates.iter(), |out, date| push_date(out, date.0));
        out.push(b'}');
    });
    out.extend_from_slice(b"}}");
}

fn push_mention(out: &mut Vec<u8>, mention: &MentionEntry<'_>) {
    out.extend_from_slice(b"{\"id\":");
    push_option(out, mention.id);
    out.extend_from_slice(b",\"title\":");
    let plain = push_text(out, mention.title);
    out.extend_from_slice(b",\"journal\":");
    push_option(out, mention.journal);
    out.extend_from_slice(b",\"date\":");
    match mention.date {
        Some(date) => push_date(out, date.0),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"matched\":");
    if plain {
        push_plain(out, mention.matched); // it is a part of the title
    } else {
        push_text(out, mention.matched);
    }
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

fn push_list<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, push: impl Fn(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        push(out, item);
    }
    out.push(b']');
}

fn push_option(out: &mut Vec<u8>, text: Option<&str>) {
    if let Some(text) = text {
        push_text(out, text);
    } else {
        out.extend_from_slice(b"null");
    }
}

/// Appends a text; tells whether it needed no escapes.
fn push_text(out: &mut Vec<u8>, text: &str) -> bool {
    let plain = is_plain_json(text.as_bytes());
    match plain {
        true => push_plain(out, text),
        false => serde_json::to_writer(out, text).expect("text always has a JSON form"),
    }
    plain
}

/// Appends a text that needs no escapes.
fn push_plain(out: &mut Vec<u8>, text: &str) {
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
    use crate::export::entry::{Dates, Iso, JournalEntry, Place};

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
            let dates =
                [None, Date::new(2020, 1, 31), Date::new(2021, 0, 0)].map(|date| (None, date.map(Iso)));
            let journals = vec![JournalEntry { title: text, dates: Dates(&dates) }];
            let kinds = [vec![], vec![mention(0), mention(u64::MAX)], vec![mention(7)]];
            let (pubmed, clinical_trials) = (kinds[i % 3].clone(), kinds[i / 3 % 3].clone());
            let mentions = MentionsEntry { pubmed, clinical_trials, journals };
            let entry = DrugEntry { atccode: (i % 2 == 0).then_some(text), drug: text, mentions };
            let mut out = Vec::new();
            push_drug(&mut out, &entry);
            assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&entry).unwrap());
        }
    }
}

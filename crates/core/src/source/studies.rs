//! ClinicalTrials.gov's JSON (version 2): studies, alone or in pages of its API.
//!
//! A study tells its id, titles and start date deep inside; the rest of it, hundreds of kilobytes at times, is
//! passed over. A page is an object around a list of studies, as large as the file: it is never read as an object.

use serde::{Deserialize, Deserializer};

use crate::record::Field;
use crate::source::block::Columns;
use crate::source::json_slot::{Slot, ValueSeed};
use crate::source::layout::Shape;

/// What begins at a brace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// A page: its list begins after so many bytes.
    Page(usize),
    /// The bytes end too early to tell.
    Open,
    /// Another object.
    Object,
}

/// Tells whether `bytes`, which begin with a brace, begin a page: the key `studies` with a list, behind nothing but
/// texts and numbers.
pub(super) fn head(bytes: &[u8]) -> Head {
    let mut at = 1;
    let skip = |at: &mut usize| {
        *at += bytes[*at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        bytes.get(*at).copied()
    };
    let string = |at: usize| {
        let end = memchr::memchr2(b'"', b'\\', &bytes[at + 1..])? + at + 1;
        Some((&bytes[at + 1..end], end + 1, bytes[end] == b'"'))
    };
    loop {
        match skip(&mut at) {
            Some(b'"') => {}
            Some(_) => return Head::Object,
            None => return Head::Open,
        }
        let Some((key, end, plain)) = string(at) else { return Head::Open };
        at = end;
        match skip(&mut at) {
            Some(b':') if plain => at += 1,
            Some(_) => return Head::Object,
            None => return Head::Open,
        }
        match skip(&mut at) {
            Some(b'[') if key == b"studies" => return Head::Page(at + 1),
            Some(b'"') => match string(at) {
                Some((_, end, true)) => at = end,
                Some(_) => return Head::Object,
                None => return Head::Open,
            },
            Some(b'{' | b'[') => return Head::Object,
            Some(_) => at += bytes[at..].iter().take_while(|b| b.is_ascii_alphanumeric()).count(),
            None => return Head::Open,
        }
        match skip(&mut at) {
            Some(b',') => at += 1,
            Some(_) => return Head::Object,
            None => return Head::Open,
        }
    }
}

/// Tells whether a file that begins like this holds studies.
pub(super) fn are(bytes: &[u8]) -> bool {
    let begin = bytes.iter().position(|b| !b.is_ascii_whitespace() && *b != b'[').unwrap_or(bytes.len());
    let page = bytes.get(begin) == Some(&b'{') && matches!(head(&bytes[begin..]), Head::Page(_));
    page || memchr::memmem::find(bytes, b"\"protocolSection\"").is_some()
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Study<'a> {
    #[serde(borrow)]
    protocol_section: Option<Protocol<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Protocol<'a> {
    #[serde(borrow)]
    identification_module: Identification<'a>,
    #[serde(borrow)]
    status_module: Status<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Identification<'a> {
    #[serde(borrow)]
    nct_id: Leaf<'a>,
    #[serde(borrow)]
    brief_title: Leaf<'a>,
    #[serde(borrow)]
    official_title: Leaf<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Status<'a> {
    #[serde(borrow)]
    start_date_struct: Start<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Start<'a> {
    #[serde(borrow)]
    date: Leaf<'a>,
}

#[derive(Default)]
struct Leaf<'a>(Slot<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Leaf<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::DeserializeSeed::deserialize(ValueSeed::default(), deserializer).map(Self)
    }
}

/// The columns of a study; none where the object is no study.
pub(super) fn parse<'a>(shape: &Shape, raw: &'a [u8]) -> serde_json::Result<Option<Columns<Slot<'a>>>> {
    let Some(protocol) = serde_json::from_slice::<Study<'a>>(raw)?.protocol_section else { return Ok(None) };
    let Identification { nct_id, brief_title, official_title } = protocol.identification_module;
    let says = |leaf: &Leaf<'_>| match &leaf.0 {
        Slot::Missing | Slot::Null => false,
        Slot::Text(text) => !text.trim().is_empty(),
        _ => true,
    };
    let title = if says(&official_title) { official_title } else { brief_title };
    let mut slots = Columns::<Slot<'a>>::new(shape.columns.len());
    let mut known = [
        (Field::Id, nct_id),
        (Field::Title, title),
        (Field::Date, protocol.status_module.start_date_struct.date),
    ];
    for (slot, (field, _)) in slots.get_mut().iter_mut().zip(&shape.columns) {
        if let Some((_, leaf)) = known.iter_mut().find(|(known, _)| known == field) {
            *slot = std::mem::take(&mut leaf.0);
        }
    }
    Ok(Some(slots))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_by_its_head() {
        let check = |text: &str, expect: Head| {
            assert_eq!(head(text.as_bytes()), expect, "{text}");
            if let Head::Page(len) = expect {
                assert_eq!(len, text.len());
                for cut in 1..len {
                    assert_eq!(head(&text.as_bytes()[..cut]), Head::Open, "{text} cut at {cut}");
                }
            }
        };
        check(r#"{"studies":["#, Head::Page(12));
        check(r#"{ "totalCount" : 12, "nextPageToken": "x", "studies" : ["#, Head::Page(56));
        check(r#"{"studies":{"#, Head::Object);
        check(r#"{"protocolSection":{"#, Head::Object);
        check(r#"{"x":[1],"studies":["#, Head::Object);
        check(r#"{}"#, Head::Object);
    }
}

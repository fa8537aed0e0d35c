//! The quick way through a JSON object: a few members, each a string without escapes or a whole number.
//!
//! That is what records look like, and such an object needs no parser: a string ends at the next quote. The object
//! must be UTF-8, without control characters; whatever is not of this form is left to serde_json, whose word is law.
//! Guard: `the_quick_way_reads_what_serde_reads` below.

use std::borrow::Cow;

use crate::simd::Marks;
use crate::source::block::Columns;
use crate::source::json_slot::{Slot, same};
use crate::source::layout::Shape;

/// An object of a text, of which it is known what may end a string.
#[derive(Clone, Copy)]
pub(super) struct Object<'a> {
    pub(super) text: &'a str,
    /// Where it begins in the whole text.
    pub(super) at: usize,
    pub(super) marks: &'a Marks,
}

/// Reads an object of text the quick way, if it is one of those that can be.
pub(super) fn plain<'a>(shape: &Shape, object: Object<'a>) -> Option<Columns<Slot<'a>>> {
    let mut columns = Columns::new(shape.columns.len());
    let slots = columns.get_mut();
    // Records of one file mostly name their columns in one order.
    let mut next = 0;
    object.members(|key, value| {
        let column = match shape.columns.get(next) {
            Some((_, name)) if name == key => Some(next),
            _ => shape.columns.iter().position(|(_, name)| same(key, name)),
        };
        let Some(column) = column else { return true };
        next = column + 1;
        let first = slots[column] == Slot::Missing;
        slots[column] = Slot::Text(Cow::Borrowed(value));
        first
    })?;
    Some(columns)
}

impl<'a> Object<'a> {
    /// Calls `member` with each key and value, in order; it tells whether to go on.
    ///
    /// None where the object is left to serde_json. Complexity: linear.
    #[inline]
    fn members(self, mut member: impl FnMut(&'a str, &'a str) -> bool) -> Option<()> {
        let bytes = self.text.as_bytes();
        let mut at = space(bytes, (bytes.first() == Some(&b'{')).then_some(1)?);
        loop {
            let key_end = self.string(at)?;
            let key = &self.text[at + 1..key_end];
            at = space(bytes, key_end + 1);
            at = space(bytes, (bytes.get(at) == Some(&b':')).then_some(at + 1)?);
            let (value, end) = if bytes.get(at) == Some(&b'"') {
                let end = self.string(at)?;
                (&self.text[at + 1..end], end + 1)
            } else {
                let end = number(bytes, at)?;
                (&self.text[at..end], end)
            };
            if !member(key, value) {
                return None;
            }
            at = space(bytes, end);
            match bytes.get(at)? {
                b',' => at = space(bytes, at + 1),
                b'}' if at + 1 == bytes.len() => return Some(()),
                _ => return None,
            }
        }
    }

    /// The place of the closing quote of the string that begins at `at`.
    #[inline]
    fn string(self, at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
        let end = self.marks.next(self.at + at + 1)? - self.at;
        (bytes.get(end) == Some(&b'"')).then_some(end)
    }
}

#[inline]
fn space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        at += 1;
    }
    at
}

/// The end of the whole number that begins at `at`: one that any integer type prints as it stands.
#[inline]
fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    let plain = digits > 0 && digits < 19 && (digits == 1 || bytes[at] != b'0');
    (plain && matches!(bytes.get(at + digits), Some(b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t')))
        .then_some(at + digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::Field;
    use crate::source::FileFormat;
    use crate::source::json_object::parse;

    /// A shape of an id, a title, and `more` columns of a table, whose values are taken as they are typed.
    fn shape(more: u16) -> Shape {
        let named = [(Field::Id, "id".to_owned()), (Field::Title, "title".to_owned())];
        let more_columns = (0..more).map(|n| (Field::Column(n), format!("column {n}")));
        let columns = named.into_iter().chain(more_columns).collect();
        Shape::plain(FileFormat::Json, columns, more > 0)
    }

    /// Whether the quick way read it; what it read must be what serde_json reads, of any number of columns.
    fn check(text: &str) -> bool {
        let read = [0, 1, 20].map(|more| {
            let shape = shape(more);
            let (mut marks, whole) = (Marks::default(), format!("\"{text}\""));
            marks.fill_json(whole.as_bytes(), b'\n');
            let object = Object { text: &whole[1..=text.len()], at: 1, marks: &marks };
            let Some(quick) = plain(&shape, object) else { return false };
            assert_eq!(parse(&shape, text.as_bytes()).unwrap().get(), quick.get(), "{text}");
            true
        });
        read[0]
    }

    #[test]
    fn ordinary_objects_are_read_the_quick_way() {
        assert!(check(r#"{"id":"1","title":"a b"}"#));
        assert!(check(r#"{"column 0":"1","column 19":123456789012345678,"ID":1}"#));
        assert!(check("{\n  \"title\" : \"é\",\r\n\t\"ID \": 12 , \"other\": \"\"\n}"));
        for odd in [
            r#"{"id":"1","id":"2"}"#,
            r#"{"id":"a\"b"}"#,
            r#"{"id":012}"#,
            r#"{"id":1.0}"#,
            r#"{"id":-1}"#,
            r#"{"id":null}"#,
            r#"{"id":"1",}"#,
            r#"{"id":"1"} "#,
            "{\"id\":\"a\nb\"}",
            "{}",
        ] {
            assert!(!check(odd), "{odd}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_quick_way_reads_what_serde_reads(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "\"id\"", "\"title\"", "\"Id \"", "\"column 0\"", "\"column 19\"", ":", ":", ",", "\"a b\"", "\"é\"", "1", "0", "20", "null", " ", "\n",
                    "\"", "\\", "\t", "[1]", "{", "}", "1.5", "/**/",
                ]),
                0..16,
            ),
        ) {
            check(&format!("{{{}}}", pieces.concat()));
            // Of free texts few are objects: these are.
            let members: Vec<String> = pieces.chunks(2).map(|pair| format!("{}:{}", pair[0], pair[pair.len() - 1])).collect();
            check(&format!("{{{}}}", members.join(",")));
        }
    }
}

//! A block of JSON objects -> rows, through serde_json.
//!
//! The quick way reads an object straight into one slot a column, borrowing the text. Whatever is unusual
//! (a syntax error, a number whose digits a float would lose) takes the slow way, which mends what can be
//! mended and tells of it.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize as _;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::record::{Field, Reject, RejectCode, Repair, RepairCode, excerpt};
use crate::source::block::{Block, Columns, Fault, Lines, Row, RowSink, What};
use crate::source::feed::Shape;
use crate::source::json_mend::mend;
use crate::source::studies;

pub(super) fn read(shape: &Shape, block: &Block, sink: &mut impl RowSink) -> u64 {
    let mut lines = Lines::new(block);
    if let Some((line, head)) = &block.oversized {
        let (line, raw) = (*line, head.clone());
        sink.reject(Reject { code: RejectCode::RowTooLarge, line, field: None, raw });
    }
    let mut faults = block.faults.iter().peekable();
    for (ordinal, at) in block.rows.iter().enumerate() {
        while let Some(fault) = faults.next_if(|fault| fault.at.start <= at.start) {
            tell(fault, block, &mut lines, sink);
        }
        let line = lines.at(at.start);
        let found = Found { raw: &block.bytes()[at.clone()], ordinal: ordinal as u32, line };
        object(shape, found, sink);
    }
    for fault in faults {
        tell(fault, block, &mut lines, sink);
    }
    lines.at(block.bytes().len())
}

fn tell(fault: &Fault, block: &Block, lines: &mut Lines<'_>, sink: &mut impl RowSink) {
    let line = lines.at(fault.at.start);
    let raw = excerpt(block.bytes()[fault.at.clone()].trim_ascii_end());
    match fault.what {
        What::Lost(code) => sink.reject(Reject { code, line, field: None, raw }),
        What::Slip(code) => {
            let (before, after) = match code {
                RepairCode::TrailingComma => (",]".to_owned(), Some("]".to_owned())),
                RepairCode::MissingComma => ("} {".to_owned(), Some("}, {".to_owned())),
                RepairCode::UnclosedList => (String::new(), Some("]".to_owned())),
                _ => (raw, None),
            };
            sink.repair(Repair { code, line, field: None, before, after });
        }
    }
}

/// An object of the text, and where it stands.
#[derive(Clone, Copy)]
struct Found<'a> {
    raw: &'a [u8],
    ordinal: u32,
    line: u64,
}

impl Found<'_> {
    fn reject(self, code: RejectCode, field: Option<Field>) -> Reject {
        Reject { code, line: self.line, field, raw: excerpt(self.raw) }
    }
}

fn object(shape: &Shape, found: Found<'_>, sink: &mut impl RowSink) {
    match parse(shape, found.raw) {
        Ok(slots) if !slots.get().iter().any(|slot| matches!(slot, Slot::Inexact)) => {
            row(shape, slots.get(), found, &[], sink);
        }
        Ok(_) => slow(shape, found.raw, found, &[], sink),
        Err(_) => {
            let mut repairs = Vec::new();
            let mut tell = |code, before: &[u8], after: &[u8]| {
                let (before, after) = (excerpt(before), Some(excerpt(after)));
                repairs.push(Repair { code, line: found.line, field: None, before, after });
            };
            let text = String::from_utf8_lossy(found.raw);
            if let Cow::Owned(text) = &text {
                let before = found.raw.escape_ascii().to_string();
                tell(RepairCode::InvalidUtf8, before.as_bytes(), text.as_bytes());
            }
            let (mended, codes) = mend(text.as_bytes());
            for code in codes {
                tell(code, found.raw, &mended);
            }
            slow(shape, &mended, found, &repairs, sink);
        }
    }
}

/// Reads an object that is known to be unusual: `text` may differ from the one of the file.
fn slow(shape: &Shape, text: &[u8], found: Found<'_>, repairs: &[Repair], sink: &mut impl RowSink) {
    let Ok(mut slots) = parse(shape, text) else {
        return sink.reject(found.reject(RejectCode::InvalidJson, None));
    };
    if slots.get().iter().any(|slot| matches!(slot, Slot::Inexact)) {
        // The digits as they were written. Duplicate keys were looked for above.
        let Ok(members) = serde_json::from_slice::<std::collections::HashMap<String, &RawValue>>(text) else {
            return sink.reject(found.reject(RejectCode::InvalidJson, None));
        };
        for (slot, (_, name)) in slots.get_mut().iter_mut().zip(&shape.columns) {
            if let (Slot::Inexact, Some((_, value))) =
                (&slot, members.iter().find(|(key, _)| same(key, name)))
            {
                *slot = Slot::Text(Cow::Owned(value.get().to_owned()));
            }
        }
    }
    row(shape, slots.get(), found, repairs, sink);
}

fn row(shape: &Shape, slots: &[Slot<'_>], found: Found<'_>, mended: &[Repair], sink: &mut impl RowSink) {
    let mut fields = Columns::<&str>::new(shape.columns.len());
    let fields = fields.get_mut();
    for ((slot, text), (field, _)) in slots.iter().zip(&mut *fields).zip(&shape.columns) {
        let code = match slot {
            Slot::Text(value) => {
                *text = value;
                continue;
            }
            Slot::Missing | Slot::Null => continue,
            Slot::Inexact | Slot::Nested => RejectCode::WrongType,
            Slot::Twice => RejectCode::DuplicateKey,
        };
        return sink.reject(found.reject(code, Some(*field)));
    }
    if slots.iter().all(|slot| matches!(slot, Slot::Missing)) {
        return sink.reject(found.reject(RejectCode::NoKnownColumn, None));
    }
    if fields.iter().all(|text| text.trim().is_empty()) {
        return sink.blank();
    }
    let Found { raw, ordinal, line } = found;
    let absent: Vec<bool> = match slots.iter().any(Slot::is_absent) {
        true if shape.verbatim => slots.iter().map(Slot::is_absent).collect(),
        _ => Vec::new(),
    };
    sink.row(&Row { ordinal, line, fields, absent: &absent, raw, mended });
}

/// The value of one column.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Slot<'a> {
    #[default]
    Missing,
    Null,
    Text(Cow<'a, str>),
    /// A number that a float may not hold exactly.
    Inexact,
    /// A list or an object.
    Nested,
    /// Named twice.
    Twice,
}

impl Slot<'_> {
    fn is_absent(&self) -> bool {
        matches!(self, Self::Missing | Self::Null)
    }
}

fn same(key: &str, name: &str) -> bool {
    key == name || key.trim().eq_ignore_ascii_case(name)
}

fn parse<'a>(shape: &Shape, raw: &'a [u8]) -> serde_json::Result<Columns<Slot<'a>>> {
    if shape.studies
        && let Some(slots) = studies::parse(shape, raw)?
    {
        return Ok(slots);
    }
    let mut slots = Columns::new(shape.columns.len());
    let mut parser = serde_json::Deserializer::from_slice(raw);
    ObjectSeed { shape, slots: slots.get_mut() }.deserialize(&mut parser)?;
    parser.end()?;
    Ok(slots)
}

struct ObjectSeed<'s, 'de> {
    shape: &'s Shape,
    slots: &'s mut [Slot<'de>],
}

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(column) = map.next_key_seed(KeySeed(self.shape))? {
            match column {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some(column) => {
                    let value = map.next_value_seed(ValueSeed { verbatim: self.shape.verbatim })?;
                    let slot = &mut self.slots[column];
                    *slot = if *slot == Slot::Missing { value } else { Slot::Twice };
                }
            }
        }
        Ok(())
    }
}

/// Finds the column that a key names.
struct KeySeed<'s>(&'s Shape);

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.columns.iter().position(|(_, name)| same(key, name)))
    }
}

#[derive(Default)]
pub(super) struct ValueSeed {
    verbatim: bool,
}

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = Slot<'de>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.verbatim {
            return verbatim(<&RawValue>::deserialize(deserializer)?.get()).map_err(D::Error::custom);
        }
        deserializer.deserialize_any(self)
    }
}

/// A value as it is typed: a number with its own digits, a list or an object as its text.
fn verbatim(value: &str) -> serde_json::Result<Slot<'_>> {
    Ok(match value.as_bytes() {
        b"null" => Slot::Null,
        [b'"', inner @ .., b'"'] if memchr::memchr(b'\\', inner).is_none() => {
            Slot::Text(Cow::Borrowed(&value[1..value.len() - 1]))
        }
        [b'"', ..] => Slot::Text(Cow::Owned(serde_json::from_str(value)?)),
        _ => Slot::Text(Cow::Borrowed(value)),
    })
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = Slot<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Slot::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Slot::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Slot::Text(Cow::Owned(number.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Slot::Text(Cow::Owned(number.to_string())))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Slot::Inexact)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Slot::Text(Cow::Borrowed(if flag { "true" } else { "false" })))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Slot::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Slot::Nested)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Slot::Nested)
    }
}

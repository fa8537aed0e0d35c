//! A block of JSON objects -> rows.
//!
//! Most objects are so plain that they need no parser (`json_plain.rs`); the others go through serde_json
//! (`json_slot.rs`). Whatever is unusual (a syntax error, a number whose digits a float would lose) takes the slow way,
//! which mends what can be mended and tells of it.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::record::{Field, Reject, RejectCode, Repair, RepairCode, excerpt};
use crate::source::block::{Block, Columns, Fault, Lines, Row, RowSink, What};
use crate::source::json_mend::mend;
use crate::source::json_object::parse;
use crate::source::json_plain::{Object, plain};
use crate::source::json_slot::{Slot, same};
use crate::source::layout::Shape;

pub(super) fn read(shape: &Shape, block: &Block, sink: &mut impl RowSink) -> u64 {
    let mut lines = Lines::new(block);
    if let Some((line, head)) = &block.oversized {
        let (line, raw) = (*line, head.clone());
        sink.reject(Reject { code: RejectCode::RowTooLarge, line, field: None, raw });
    }
    let mut faults = block.faults.iter().peekable();
    let text = simdutf8::basic::from_utf8(block.bytes()).ok();
    for (ordinal, at) in block.rows.iter().enumerate() {
        while let Some(fault) = faults.next_if(|fault| fault.at.start <= at.start) {
            tell(fault, block, &mut lines, sink);
        }
        let line = lines.at(at.start);
        let found = Found { raw: &block.bytes()[at.clone()], ordinal: ordinal as u32, line };
        let text = text.and_then(|text| text.get(at.clone()));
        let text = text.map(|text| Object { text, at: at.start, marks: &block.marks });
        object(shape, text, found, sink);
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

fn object(shape: &Shape, text: Option<Object<'_>>, found: Found<'_>, sink: &mut impl RowSink) {
    if let Some(text) = text
        && let Some(slots) = plain(shape, text)
    {
        return row(shape, slots.get(), found, &[], sink);
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileFormat;

    /// The rows' fields, and which of them are absent.
    #[derive(Default)]
    struct Told(Vec<(Vec<String>, Vec<bool>)>);

    impl RowSink for Told {
        fn row(&mut self, row: &Row<'_>) {
            let fields = row.fields.iter().map(|&field| field.to_owned()).collect();
            self.0.push((fields, row.absent.to_vec()));
        }
        fn blank(&mut self) {
            panic!("no row is blank");
        }
        fn reject(&mut self, reject: Reject) {
            panic!("{reject:?}");
        }
        fn repair(&mut self, repair: Repair) {
            panic!("{repair:?}");
        }
    }

    #[test]
    fn a_column_of_a_table_without_a_value_is_absent_whichever_way_its_row_is_read() {
        let check = |verbatim: bool, text: &str, fields: [&str; 2], absent: &[bool]| {
            let columns = vec![(Field::Column(0), "a".into()), (Field::Column(1), "b".into())];
            let shape = Shape::plain(FileFormat::Json, columns, verbatim);
            let mut block = Block { buffer: text.into(), len: text.len(), eol: b'\n', ..Block::default() };
            block.rows.push(0..text.len());
            block.marks.fill_json(text.as_bytes(), b'\n');
            let mut told = Told::default();
            read(&shape, &block, &mut told);
            assert_eq!(told.0, [(fields.map(str::to_owned).to_vec(), absent.to_vec())], "{text}");
        };
        check(true, r#"{"b":"x"}"#, ["", "x"], &[true, false]); // the quick way
        check(true, r#"{"a":null,"b":"x"}"#, ["", "x"], &[true, false]);
        check(true, r#"{"a":"","b":"x"}"#, ["", "x"], &[]);
        check(true, r#"{"a":"","b":1.50}"#, ["", "1.50"], &[]);
        check(true, r#"{"b":[1, 2]}"#, ["", "[1, 2]"], &[true, false]);
        check(false, r#"{"b":"x"}"#, ["", "x"], &[]);
    }
}

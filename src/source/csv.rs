//! A block of CSV -> rows, through the csv crate.

use csv::{ByteRecord, ReaderBuilder, Terminator};

use crate::record::{Reject, RejectCode, Repair, RepairCode, excerpt};
use crate::source::block::{Block, Columns, Fault, Lines, Row, RowSink, What};
use crate::source::feed::Shape;
use crate::source::header::ABSENT;

/// The parser's settings. A line ends at one byte only: a stray CR in a file of LF lines is white space
/// within a field, not a broken row.
pub(super) fn builder(separator: u8, eol: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(separator).terminator(Terminator::Any(eol));
    builder
}

pub(super) fn read(shape: &Shape, block: &Block, sink: &mut impl RowSink) -> u64 {
    let mut reader = Reader { shape, block, lines: Lines::new(block), record: ByteRecord::new(), ordinal: 0 };
    if let Some((line, head)) = &block.oversized {
        let (line, raw) = (*line, head.clone());
        sink.reject(Reject { code: RejectCode::RowTooLarge, line, field: None, raw });
    }
    let mut from = 0;
    for Fault { what, at } in &block.faults {
        reader.rows(from, at.start, sink);
        if let What::Lost(code) = *what {
            let raw = excerpt(block.bytes()[at.clone()].trim_ascii_end());
            sink.reject(Reject { code, line: reader.lines.at(at.start), field: None, raw });
        }
        from = at.end;
    }
    reader.rows(from, block.bytes().len(), sink);
    reader.lines.at(block.bytes().len())
}

struct Reader<'a> {
    shape: &'a Shape,
    block: &'a Block,
    lines: Lines<'a>,
    record: ByteRecord,
    ordinal: u32,
}

impl Reader<'_> {
    /// Reads the rows between two offsets.
    fn rows(&mut self, from: usize, to: usize, sink: &mut impl RowSink) {
        let bytes = &self.block.bytes()[from..to];
        if bytes.is_empty() {
            return;
        }
        let mut parser =
            builder(self.shape.separator, self.block.eol).buffer_capacity(1 << 16).from_reader(bytes);
        let mut end = 0;
        // Reading from memory cannot fail, and rows of any width are welcome.
        while let Ok(true) = parser.read_byte_record(&mut self.record) {
            let mut start = end;
            end = parser.position().byte() as usize;
            while bytes[start] == self.block.eol {
                start += 1; // the parser passes over empty lines in silence
            }
            self.row(from + start, from + end, sink);
        }
    }

    fn row(&mut self, start: usize, end: usize, sink: &mut impl RowSink) {
        let line = self.lines.at(start);
        let raw = self.block.bytes()[start..end].trim_ascii_end();
        let ordinal = self.ordinal;
        self.ordinal += 1;
        let record = &self.record;
        if record.len() != self.shape.width {
            match (record.len(), record.as_slice()) {
                (1, b"\r") => {} // an empty line of a file of CR LF lines
                (_, fields) if fields.iter().all(u8::is_ascii_whitespace) => sink.blank(),
                _ => {
                    sink.reject(Reject { code: RejectCode::RaggedRow, line, field: None, raw: excerpt(raw) });
                }
            }
            return;
        }
        if let Ok(text) = simdutf8::basic::from_utf8(record.as_slice()) {
            let mut fields = Columns::new(self.shape.places.len());
            let fields = fields.get_mut();
            // The fields stand one after another in `text`: a border inside a character means that two
            // invalid bytes met there.
            let whole = self.shape.places.iter().zip(&mut *fields).all(|(&place, field)| {
                if place == ABSENT {
                    return true;
                }
                let text = record.range(place).and_then(|range| text.get(range));
                // In files of CR LF lines the CR of the line's end comes with the last field.
                let text = text
                    .map(|t| if place + 1 < record.len() { t } else { t.strip_suffix('\r').unwrap_or(t) });
                *field = text.unwrap_or_default();
                text.is_some()
            });
            if whole {
                if fields.iter().all(|f| f.trim_ascii().is_empty()) && text.trim_ascii().is_empty() {
                    return sink.blank();
                }
                return sink.row(&Row { ordinal, line, fields, absent: &[], raw, mended: &[] });
            }
        }
        let mut mended = Vec::new();
        let texts: Vec<String> = (self.shape.places.iter().zip(&self.shape.columns))
            .map(|(&place, &(field, _))| {
                let bytes = record.get(place).unwrap_or_default();
                let bytes = if place.saturating_add(1) < record.len() {
                    bytes
                } else {
                    bytes.strip_suffix(b"\r").unwrap_or(bytes)
                };
                let text = String::from_utf8_lossy(bytes).into_owned();
                if std::str::from_utf8(bytes).is_err() {
                    let before = excerpt(bytes.escape_ascii().to_string().as_bytes());
                    let after = Some(excerpt(text.as_bytes()));
                    let code = RepairCode::InvalidUtf8;
                    mended.push(Repair { code, line, field: Some(field), before, after });
                }
                text
            })
            .collect();
        let fields: Vec<&str> = texts.iter().map(String::as_str).collect();
        sink.row(&Row { ordinal, line, fields: &fields, absent: &[], raw, mended: &mended });
    }
}

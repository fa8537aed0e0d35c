//! A block of CSV -> rows: the ordinary ones the quick way (`csv_plain.rs`), all others through the csv crate.

use csv::ByteRecord;

use crate::record::{Reject, RejectCode, Repair, RepairCode, excerpt};
use crate::simd::Marks;
use crate::source::block::{Block, Columns, Fault, Lines, Row, RowSink, What};
use crate::source::csv_parser::builder;
use crate::source::csv_plain::{Marked, Plain};
use crate::source::header::ABSENT;
use crate::source::layout::Shape;

pub(super) fn read(shape: &Shape, block: &Block, sink: &mut impl RowSink) -> u64 {
    let mut reader = Reader::new(shape, block);
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

/// Rows left to the csv crate at a time, once one is out of the ordinary: each time its parser is made anew.
const ODD_RUN: usize = 1024;

struct Reader<'a> {
    shape: &'a Shape,
    block: &'a Block,
    lines: Lines<'a>,
    record: ByteRecord,
    plain: Vec<Plain>,
    /// Of the rows that are being read the quotes, separators and line ends.
    marks: Marks,
    /// Fields whose double quotes were undone, one a column.
    undoubled: Vec<String>,
    ordinal: u32,
}

impl<'a> Reader<'a> {
    fn new(shape: &'a Shape, block: &'a Block) -> Self {
        let plain = vec![Plain::default(); shape.width];
        Self {
            shape,
            block,
            lines: Lines::new(block),
            record: ByteRecord::new(),
            plain,
            marks: Marks::default(),
            undoubled: vec![String::new(); shape.places.len()],
            ordinal: 0,
        }
    }

    /// Reads the rows between two offsets: those that are out of the ordinary through the csv crate.
    fn rows(&mut self, from: usize, to: usize, sink: &mut impl RowSink) {
        let bytes = &self.block.bytes()[..to];
        let mut at = from;
        // Of a byte order mark, and of bytes that are no UTF-8, the crate's way knows what to do.
        if let Ok(text) = simdutf8::basic::from_utf8(&bytes[from..])
            && !text.starts_with('\u{feff}')
        {
            self.marks.fill(text.as_bytes(), [b'"', self.shape.separator, self.block.eol]);
            while at < to {
                at = match self.plain_row(text, from, at, sink) {
                    Some(end) => end,
                    // With the line's end before it: what looks like a byte order mark is none in mid-text.
                    None => self.crate_rows(at - usize::from(at > from), to, ODD_RUN, sink),
                };
            }
        } else {
            self.crate_rows(from, to, usize::MAX, sink);
        }
    }

    /// Reads the row at `at` of a text that begins at `from`; returns where it ends, none if it is left to the crate.
    #[inline]
    fn plain_row(
        &mut self,
        text: &'a str,
        from: usize,
        mut at: usize,
        sink: &mut impl RowSink,
    ) -> Option<usize> {
        let (bytes, eol) = (text.as_bytes(), self.block.eol);
        while bytes.get(at - from) == Some(&eol) {
            at += 1; // the crate passes over empty lines in silence
        }
        let start = at - from;
        if start == bytes.len() {
            return Some(at);
        }
        let marked = Marked { text: bytes, marks: &self.marks, separator: self.shape.separator, eol };
        let end = marked.row(start, &mut self.plain)?;
        let mut fields = Columns::<&str>::new(self.shape.places.len());
        let fields = fields.get_mut();
        for ((&place, field), undoubled) in
            self.shape.places.iter().zip(&mut *fields).zip(&mut self.undoubled)
        {
            let Some(plain) = self.plain.get(place) else { continue }; // a column that the file may do without
            let mut inner = text.get(plain.at.clone())?;
            // In files of CR LF lines the CR of the line's end comes with the last field.
            let last = place + 1 == self.plain.len();
            if last && plain.quoted && inner.ends_with('\r') {
                return None; // the line's, or the field's own?
            }
            if plain.doubled {
                undoubled.clear();
                for (i, part) in inner.split("\"\"").enumerate() {
                    undoubled.push_str(if i == 0 { "" } else { "\"" });
                    undoubled.push_str(part);
                }
                *field = undoubled;
                continue;
            }
            if last && !plain.quoted {
                inner = inner.strip_suffix('\r').unwrap_or(inner);
            }
            *field = inner;
        }
        if fields.iter().all(|field| field.trim_ascii().is_empty()) {
            return None; // it may be blank
        }
        let line = self.lines.at(at);
        self.lines.pass(from + end.at, end.lines);
        let raw = bytes[start..end.at].trim_ascii_end();
        let ordinal = self.ordinal;
        self.ordinal += 1;
        sink.row(&Row { ordinal, line, fields, absent: &[], raw, mended: &[] });
        Some(from + end.at)
    }

    /// Reads at most `limit` rows between two offsets through the csv crate; returns where they end.
    fn crate_rows(&mut self, from: usize, to: usize, limit: usize, sink: &mut impl RowSink) -> usize {
        let bytes = &self.block.bytes()[from..to];
        let capacity = bytes.len().clamp(1, 1 << 16);
        let mut parser =
            builder(self.shape.separator, self.block.eol).buffer_capacity(capacity).from_reader(bytes);
        let (mut end, mut count) = (0, 0);
        // Reading from memory cannot fail, and rows of any width are welcome.
        while count < limit
            && let Ok(true) = parser.read_byte_record(&mut self.record)
        {
            let mut start = end;
            end = parser.position().byte() as usize;
            while bytes[start] == self.block.eol {
                start += 1; // the parser passes over empty lines in silence
            }
            self.row(from + start, from + end, sink);
            count += 1;
        }
        if count < limit { to } else { from + end }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::Field;
    use crate::source::FileFormat;
    use crate::source::csv_split::CsvSplit;

    /// Everything that reading tells, as text.
    #[derive(Debug, Default, PartialEq)]
    struct Told(Vec<String>);

    impl RowSink for Told {
        fn row(&mut self, row: &Row<'_>) {
            let raw = String::from_utf8_lossy(row.raw);
            let Row { ordinal, line, fields, absent, mended, .. } = row;
            self.0.push(format!("{ordinal} {line} {fields:?} {absent:?} {raw:?} {mended:?}"));
        }
        fn blank(&mut self) {
            self.0.push("blank".into());
        }
        fn reject(&mut self, reject: Reject) {
            self.0.push(format!("{reject:?}"));
        }
        fn repair(&mut self, repair: Repair) {
            self.0.push(format!("{repair:?}"));
        }
    }

    /// Reads a text of `width` columns, of which the last one and the first one are wanted, both ways; of many columns
    /// all are, and one that the file lacks.
    fn both(bytes: &[u8], eol: u8, width: usize) -> [Told; 2] {
        let places: Vec<usize> =
            if width > 2 { (0..width).rev().chain([ABSENT]).collect() } else { vec![width - 1, 0] };
        let columns = |(n, _)| (Field::Column(n as u16), format!("column {n}"));
        let columns = places.iter().enumerate().map(columns).collect();
        let shape = Shape { places, width, ..Shape::plain(FileFormat::Csv, columns, width > 2) };
        let mut block = Block { buffer: bytes.to_vec(), len: bytes.len(), eol, ..Block::default() };
        CsvSplit { separator: b',', eol }.split(bytes, true, &mut block.faults);
        let (mut quick, mut slow) = (Told::default(), Told::default());
        read(&shape, &block, &mut quick);
        let mut reader = Reader::new(&shape, &block);
        let mut from = 0;
        for Fault { what, at } in &block.faults {
            if from < at.start {
                reader.crate_rows(from, at.start, usize::MAX, &mut slow);
            }
            if let What::Lost(code) = *what {
                let raw = excerpt(block.bytes()[at.clone()].trim_ascii_end());
                slow.reject(Reject { code, line: reader.lines.at(at.start), field: None, raw });
            }
            from = at.end;
        }
        if from < bytes.len() {
            reader.crate_rows(from, bytes.len(), usize::MAX, &mut slow);
        }
        [quick, slow]
    }

    #[test]
    fn what_is_out_of_the_ordinary_is_left_to_the_crate() {
        let text = "a,b\n\n\"a \"\"b\"\"\",\"c\nd\"\r\n\"x\",y\r\na\n ,\n\"q\" z,1\n\u{feff}\"a\",b\n\u{feff}a\nlast,\"one\"";
        let [quick, slow] = both(text.as_bytes(), b'\n', 2);
        assert_eq!(quick, slow);
        assert!(quick.0.len() > 6 && quick.0[1].contains(r#"["c\nd", "a \"b\""]"#), "{quick:?}");
    }

    #[test]
    fn rows_of_many_columns_are_read_both_ways() {
        let row = (0..12).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        let text = format!("{row}\n{row}\r\n{row},\n\"say \"\"0\"\"\",,{row}\n");
        let [quick, slow] = both(text.as_bytes(), b'\n', 12);
        assert_eq!(quick, slow);
        assert!(quick.0[0].contains(r#"["11", "10", "9""#) && quick.0.len() == 4, "{quick:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_quick_way_reads_what_the_crate_reads(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "a", "b c", ",", ",", ",", "\n", "\n", "\"", "\"", "\"\"", "\r", "\r\n", " ", "é", "\u{feff}", "\",\"",
                ]),
                0..40,
            ),
            invalid in prop::option::of(0..40_usize),
            cr in any::<bool>(),
        ) {
            let mut bytes = pieces.concat().into_bytes();
            if let Some(byte) = invalid.and_then(|at| bytes.get_mut(at)) {
                *byte = 0xff;
            }
            for width in [1, 2, 3, 9] {
                let [quick, slow] = both(&bytes, if cr { b'\r' } else { b'\n' }, width);
                prop_assert_eq!(quick, slow);
            }
        }
    }
}

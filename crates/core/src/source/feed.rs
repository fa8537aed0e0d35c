//! Reads one file and cuts it into blocks of whole rows.
//!
//! This is the serial part of reading. It looks at every byte once, to find the last row border of a block;
//! parsing is left to whoever takes the block. Blocks are read, not mapped: mapped pages count as memory, and
//! a file that shrinks under a mapping kills the process.

use crate::error::{Error, Result};
use crate::record::{Field, RowPlace, excerpt};
use crate::simd::marks_in_xml;
use crate::source::block::{Block, count};
use crate::source::csv_split::CsvSplit;
use crate::source::decode::Text;
use crate::source::header::{self, Header};
use crate::source::json_skip::Skip;
use crate::source::json_split::JsonSplit;
use crate::source::layout::{Layout, Shape};
use crate::source::studies;
use crate::source::xml_split::{Behind, SkipXml, XmlSplit};
use crate::source::{FileFormat, lines};
use crate::store::{Input, InputFile};

/// Aimed size of a block: large enough to make hand-over free, small enough for a core's own cache.
const BLOCK: usize = 256 * 1024;

/// That of PubMed XML, of which little is looked at twice: each piece that is unpacked by itself costs a copy of the
/// unpacker's window.
const XML_BLOCK: usize = 1024 * 1024;

/// What decides where files are cut: rows are known by their block, so what is kept of them is no longer of use when
/// this changes.
pub(crate) const BLOCKS: [usize; 2] = [BLOCK, XML_BLOCK];

/// A row that is longer is not kept.
const ROW_LIMIT: usize = 16 << 20;

/// One file, block by block.
pub struct Feed {
    text: Text,
    splitter: Splitter,
    shape: Shape,
    file: InputFile,
    eol: u8,
    carry: Vec<u8>,
    /// Lines behind the former block that no block holds.
    lines: u64,
    /// Where the next block starts.
    start: u64,
    ended: bool,
}

enum Splitter {
    Csv(CsvSplit),
    Lines,
    Json(JsonSplit),
    Xml(XmlSplit),
}

/// Looks for the end of a row that is too large to keep.
enum Giant {
    Line,
    Json(Skip),
    Xml(SkipXml),
}

impl Feed {
    /// Opens a file and finds out what it is; a CSV file without a wanted column is an error.
    pub fn open(file: &InputFile, layout: &Layout) -> Result<Self> {
        let failed = || Error::io("read", &file.path);
        let format = layout.format_of(file).ok_or_else(|| Error::Input {
            message: format!("`{}` has no ending that tells its format", file.name),
            hint: "give the source a `format` in the pipeline file: csv, json or pubmed-xml".into(),
        })?;
        let mut text = Text::new(Input::open(file)?, layout.encoding).map_err(failed())?;
        let (mut carry, mut len) = (Vec::new(), 0);
        let mut ended = text.fill(&mut carry, &mut len, room_for(&text, file)).map_err(failed())?;
        if format == FileFormat::Csv {
            ended = fill_header(&mut text, &mut carry, &mut len, ended, file)?;
        }
        carry.truncate(len);
        let eol = line_end(&carry);
        let mut shape = Shape {
            format,
            encoding: text.encoding,
            guessed_encoding: text.guessed,
            separator: b',',
            json_in_string: false,
            studies: false,
            header_of: None,
            lines: layout.lines.is_some(),
            verbatim: layout.columns.iter().any(|(field, _)| matches!(field, Field::Column(_))),
            columns: layout.columns.clone(),
            places: Vec::new(),
            width: 0,
        };
        let mut lines = 0;
        let splitter = match format {
            FileFormat::Csv if let Some(lines) = layout.lines.as_ref().filter(|lines| lines.width > 0) => {
                (shape.separator, shape.width) = (lines.separator, lines.width);
                shape.places.clone_from(&lines.places);
                Splitter::Lines
            }
            FileFormat::Csv => {
                let mut header = header::read(&carry, eol, &layout.columns);
                if header.is_err()
                    && header::is_page(&carry)
                    && let Some((name, found)) = header_of(layout)?
                {
                    shape.header_of = Some(name);
                    header = Ok(Some(found));
                }
                let header = header.map_err(|fault| Error::Input {
                    message: format!("`{}`: {}", file.name, fault.message),
                    hint: fault.hint,
                })?;
                if let Some(header) = header {
                    shape.separator = header.separator;
                    shape.places = header.columns;
                    shape.width = header.width;
                    lines = count(&carry[..header.len], eol);
                    carry.drain(..header.len);
                }
                match shape.lines {
                    true => Splitter::Lines,
                    false => Splitter::Csv(CsvSplit { separator: shape.separator, eol }),
                }
            }
            FileFormat::Json => {
                if carry.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'"') {
                    shape.json_in_string = true;
                    text.unescape();
                    text.unescape_in_place(&mut carry);
                }
                shape.studies = !shape.verbatim && studies::are(&carry);
                Splitter::Json(JsonSplit::new(eol, shape.studies))
            }
            FileFormat::PubmedXml if shape.verbatim => {
                return Err(Error::Input {
                    message: format!("`{}` is XML, which has no columns", file.name),
                    hint: "only the sources of the drugs pipeline may be PubMed XML".into(),
                });
            }
            FileFormat::PubmedXml => Splitter::Xml(XmlSplit::default()),
            FileFormat::Parquet => {
                return Err(Error::Input {
                    message: format!("`{}` is Parquet, which has no text to read", file.name),
                    hint: "only the sources of pipelines of tables may be Parquet".into(),
                });
            }
        };
        Ok(Self { text, splitter, shape, file: file.clone(), eol, carry, lines, start: 0, ended })
    }

    /// What the file turned out to be.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Bytes read so far, as they lie in the file.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.text.input().position()
    }

    /// XXH3 of the bytes read so far, and their number.
    #[must_use]
    pub fn digest(&self) -> (String, u64) {
        self.text.input().digest()
    }

    /// Fills `block` with the next rows; false at the end of the file.
    pub fn next(&mut self, block: &mut Block) -> Result<bool> {
        block.reset(self.start);
        block.eol = self.eol;
        block.lines_before = std::mem::take(&mut self.lines);
        if block.buffer.len() < self.carry.len() {
            block.buffer.resize(self.carry.len(), 0);
        }
        block.buffer[..self.carry.len()].copy_from_slice(&self.carry);
        block.len = self.carry.len();
        self.carry.clear();
        let mut limit = if let Splitter::Xml(_) = self.splitter { XML_BLOCK } else { BLOCK };
        loop {
            if !self.ended {
                limit = limit.max(block.len + 1);
                self.ended = self.fill(block, limit)?;
            }
            let bytes = &block.buffer[..block.len];
            block.faults.clear();
            block.rows.clear();
            let done = match &mut self.splitter {
                Splitter::Csv(csv) => csv.split(bytes, self.ended, &mut block.faults),
                Splitter::Lines => lines::split(bytes, self.ended, self.eol),
                Splitter::Json(json) => {
                    block.marks.fill_json(bytes, self.eol);
                    json.split(bytes, &block.marks, self.ended, &mut block.rows, &mut block.faults)
                }
                Splitter::Xml(xml) => {
                    let behind = match self.ended {
                        true => Behind::End,
                        false if block.len >= ROW_LIMIT => Behind::NoRoom,
                        false => Behind::More,
                    };
                    marks_in_xml(bytes, self.eol, &mut block.tags);
                    xml.split(bytes, &block.tags, behind, &mut block.rows, &mut block.faults)
                }
            };
            if done > 0 || self.ended {
                self.carry.extend_from_slice(&bytes[done..]);
                block.len = done;
                break;
            }
            if block.len >= ROW_LIMIT {
                // A brace that is never closed looks like a giant, too: records behind it begin at a line's start.
                if let Splitter::Json(json) = &mut self.splitter
                    && bytes[0] == b'{'
                    && let Some(end) = memchr::memmem::rfind(bytes, &[self.eol, b'{'])
                {
                    json.split_before_record(
                        &bytes[..=end],
                        &block.marks,
                        &mut block.rows,
                        &mut block.faults,
                    );
                    self.carry.extend_from_slice(&bytes[end + 1..]);
                    block.len = end + 1;
                    break;
                }
                self.give_up(block)?;
                break;
            }
            // The block begins with the row, so the limit is the row's own, wherever it stands.
            limit = (block.len * 2).min(ROW_LIMIT);
        }
        self.start = self.end_of(block)?;
        let something = block.len > 0 || block.oversized.is_some() || !block.faults.is_empty();
        if !something && block.lines_before > 0 {
            self.lines = block.lines_before; // nothing but a header so far
        }
        if !something && !self.ended {
            return self.next(block);
        }
        Ok(something)
    }

    fn end_of(&self, block: &Block) -> Result<u64> {
        let end = block.end();
        if end < RowPlace::END {
            return Ok(end);
        }
        Err(Error::Input {
            message: format!("`{}` is larger than 4 TiB when it is unpacked", self.file.name),
            hint: "split it into several files".into(),
        })
    }

    fn fill(&mut self, block: &mut Block, limit: usize) -> Result<bool> {
        self.text.fill(&mut block.buffer, &mut block.len, limit).map_err(Error::io("read", &self.file.path))
    }

    /// Leaves out the row at the start of the block, which is too large to keep: reads on to its end.
    fn give_up(&mut self, block: &mut Block) -> Result<()> {
        block.oversized = Some((block.lines_before, excerpt(block.bytes())));
        let mut giant = match &mut self.splitter {
            Splitter::Csv(_) | Splitter::Lines => Giant::Line,
            Splitter::Json(json) => Giant::Json(json.give_up(block.bytes())),
            Splitter::Xml(xml) => Giant::Xml(xml.give_up(block.bytes())),
        };
        // The part that was read holds no end of the row, but it may hold ends of lines.
        block.lines_before += count(block.bytes(), self.eol);
        loop {
            block.len = 0;
            if self.ended {
                break;
            }
            self.ended = self.fill(block, BLOCK)?;
            let bytes = block.bytes();
            let end = giant.end(bytes, self.eol);
            let gone = end.unwrap_or(bytes.len());
            self.carry.extend_from_slice(&bytes[gone..]);
            block.lines_before += count(&block.buffer[..gone], self.eol);
            block.len = 0;
            if end.is_some() {
                break;
            }
        }
        // An allocation of the size of the row would stay for the rest of the run.
        block.buffer.truncate(BLOCK);
        block.buffer.shrink_to_fit();
        Ok(())
    }
}

/// Bytes to look at first: all of a small file, for which the room of a block would cost more than reading it.
fn room_for(text: &Text, file: &InputFile) -> usize {
    if text.input().is_packed() {
        return BLOCK;
    }
    // No encoding takes more than four bytes for one of its own; the last byte shows the end of the file.
    let all = file.size.saturating_mul(4).saturating_add(1);
    usize::try_from(all).map_or(BLOCK, |all| all.min(BLOCK))
}

/// The byte that ends a line: LF, or CR in files without any LF.
fn line_end(bytes: &[u8]) -> u8 {
    let cr = memchr::memchr(b'\n', bytes).is_none() && memchr::memchr(b'\r', bytes).is_some();
    if cr { b'\r' } else { b'\n' }
}

/// Reads on until the header is there: it may be longer than a block, or stand behind more blank lines than fit in
/// one. Tells whether the text ended.
fn fill_header(
    text: &mut Text,
    carry: &mut Vec<u8>,
    len: &mut usize,
    mut ended: bool,
    file: &InputFile,
) -> Result<bool> {
    while !ended && !holds_header(&carry[..*len]) {
        if *len >= ROW_LIMIT {
            return Err(Error::Input {
                message: format!("`{}`: no header line within the first 16 MiB", file.name),
                hint: "check that this is a CSV file".into(),
            });
        }
        let limit = *len * 2;
        ended = text.fill(carry, len, limit).map_err(Error::io("read", &file.path))?;
    }
    Ok(ended)
}

/// The header of the first file of the source that has one, and that file's name.
fn header_of(layout: &Layout) -> Result<Option<(String, Header)>> {
    for file in layout.siblings.iter().filter(|file| FileFormat::of(&file.name) != Some(FileFormat::Json)) {
        let failed = || Error::io("read", &file.path);
        let mut text = Text::new(Input::open(file)?, layout.encoding).map_err(failed())?;
        let (mut head, mut len) = (Vec::new(), 0);
        let ended = text.fill(&mut head, &mut len, BLOCK).map_err(failed())?;
        fill_header(&mut text, &mut head, &mut len, ended, file)?;
        head.truncate(len);
        if let Ok(Some(mut header)) = header::read(&head, line_end(&head), &layout.columns) {
            header.len = 0;
            return Ok(Some((file.name.clone(), header)));
        }
    }
    Ok(None)
}

/// Tells whether the first line that is not blank is complete.
fn holds_header(bytes: &[u8]) -> bool {
    memchr::memchr2(b'\n', b'\r', bytes.trim_ascii_start()).is_some()
}

impl Giant {
    fn end(&mut self, bytes: &[u8], eol: u8) -> Option<usize> {
        match self {
            Self::Line => memchr::memchr(eol, bytes).map(|end| end + 1),
            Self::Json(skip) => skip.push(bytes, eol),
            Self::Xml(skip) => skip.push(bytes),
        }
    }
}

//! A block of PubMed XML -> rows.
//!
//! Of a record of five kilobytes the id, the journal, the date and the title are wanted, and they stand at its head:
//! it is walked tag by tag until it has told all four, and no further. So damage behind the title costs nothing.
//! Where one of them is missing, the whole record is walked for what may stand for it.

use std::ops::Range;

use memchr::{memchr, memmem};

use crate::record::{Field, Reject, RejectCode, Repair, RepairCode, excerpt};
use crate::simd::Mark;
use crate::source::block::{Block, Fault, Lines, Row, RowSink, What};
use crate::source::layout::Shape;
use crate::source::pubmed_head::{Head, head};
use crate::source::pubmed_place::{Place, SLOTS, Slot};
use crate::source::xml::{NoTag, Stretch, TagKind, attribute, push_text, stretch, tag};
use crate::source::xml_split::{DELETIONS, citation_between};

pub(super) fn read(shape: &Shape, block: &Block, sink: &mut impl RowSink) -> u64 {
    let mut lines = Lines::new(block);
    if let Some((line, head)) = &block.oversized {
        let (line, raw) = (*line, head.clone());
        sink.reject(Reject { code: RejectCode::RowTooLarge, line, field: None, raw });
    }
    let mut record = Record::default();
    let mut faults = block.faults.iter().peekable();
    for (ordinal, at) in block.rows.iter().enumerate() {
        while let Some(fault) = faults.next_if(|fault| fault.at.start <= at.start) {
            tell(fault, block, &mut lines, sink);
        }
        let line = lines.at(at.start);
        let raw = &block.bytes()[at.clone()];
        if DELETIONS.iter().any(|name| raw[1..].starts_with(name)) {
            deletions(raw, line, block.eol, sink);
            continue;
        }
        let ordinal = ordinal as u32;
        let broken = |code, field| Reject { code, line, field, raw: excerpt(raw) };
        if let Some(head) = head(raw) {
            match citation_between(block.bytes(), lines.tags(), at.start + head.end, at.end) {
                false => record.tell_head(&head, shape, raw, ordinal, line, sink),
                true => sink.reject(broken(RejectCode::InvalidXml, None)),
            }
            continue;
        }
        match record.read(block.bytes(), at.clone(), lines.tags()) {
            Ok(()) => record.tell(shape, raw, ordinal, line, sink),
            Err(Broken::Xml) => sink.reject(broken(RejectCode::InvalidXml, None)),
            Err(Broken::Twice(field)) => sink.reject(broken(RejectCode::DuplicateKey, Some(field))),
        }
    }
    for fault in faults {
        tell(fault, block, &mut lines, sink);
    }
    lines.at(block.bytes().len())
}

fn tell(fault: &Fault, block: &Block, lines: &mut Lines<'_>, sink: &mut impl RowSink) {
    if let What::Lost(code) = fault.what {
        let line = lines.at(fault.at.start);
        let raw = excerpt(block.bytes()[fault.at.clone()].trim_ascii_end());
        sink.reject(Reject { code, line, field: None, raw });
    }
}

/// Tells of a list of ids that are taken back.
fn deletions(raw: &[u8], line: u64, eol: u8, sink: &mut impl RowSink) {
    let (mut at, mut line) = (0, line);
    for start in memmem::find_iter(raw, "<PMID") {
        line += super::block::count(&raw[at..start], eol);
        at = start;
        let Ok(tag) = tag(raw, start) else { continue };
        let id = &raw[tag.end..];
        match memchr(b'<', id).map(|len| id[..len].trim_ascii()) {
            Some(id) if tag.name == b"PMID" && !id.is_empty() => {
                sink.deletion(line, &String::from_utf8_lossy(id));
            }
            _ => {
                let raw = excerpt(&raw[start..raw.len().min(start + 200)]);
                sink.reject(Reject { code: RejectCode::InvalidXml, line, field: Some(Field::Id), raw });
            }
        }
    }
}

/// Why a record cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    Xml,
    Twice(Field),
}

/// An element that has begun.
#[derive(Debug)]
struct Open {
    /// Where its name stands in the record.
    name: Range<usize>,
    /// Where it stands itself.
    around: Place,
}

/// What one record says; kept from record to record for its room.
#[derive(Debug, Default)]
struct Record {
    texts: [String; SLOTS],
    version: u32,
    date: String,
    /// The elements that are open while it is read.
    open: Vec<Open>,
    /// Texts with bytes that are no UTF-8, or with a reference that nothing is known of.
    damaged: Vec<(RepairCode, Slot)>,
}

impl Record {
    /// Reads the record at `at` of a text, of which the marks are known, as far as it has to be read.
    ///
    /// Complexity: linear in what stands before the title, where the four wanted texts do; else in the record.
    fn read(&mut self, text: &[u8], at: Range<usize>, marks: &[Mark]) -> Result<(), Broken> {
        let raw = &text[at.clone()];
        self.texts.iter_mut().for_each(String::clear);
        self.damaged.clear();
        self.open.clear();
        self.version = 1;
        // The text that is being read, and how many elements are open around it.
        let mut reading: Option<(Slot, usize)> = None;
        let mut told = [false; SLOTS];
        let (mut place, mut end) = (Place::Outside, 0);
        while let Some(len) = memchr(b'<', &raw[end..]) {
            let start = end + len;
            if let Some((slot, _)) = reading {
                self.push(slot, &raw[end..start], true);
            }
            match raw.get(start + 1) {
                Some(b'/') => {
                    let Open { name, around } = self.open.pop().ok_or(Broken::Xml)?;
                    let name = &raw[name];
                    end = match raw[start + 2..].strip_prefix(name) {
                        Some([b'>', ..]) => start + 2 + name.len() + 1,
                        _ => match tag(raw, start) {
                            Ok(tag) if tag.name == name => tag.end,
                            _ => return Err(Broken::Xml),
                        },
                    };
                    place = around;
                    if reading.is_some_and(|(_, depth)| depth > self.open.len()) {
                        reading = None;
                        if name == b"ArticleTitle" && self.complete() {
                            // What stands behind the title is not looked at, but it must not be another record that
                            // lost its borders.
                            return match citation_between(text, marks, at.start + end, at.end) {
                                true => Err(Broken::Xml),
                                false => Ok(()),
                            };
                        }
                    }
                }
                Some(b'!' | b'?') => {
                    let Stretch::End(behind) = stretch(raw, start) else { return Err(Broken::Xml) };
                    end = behind;
                    if let (Some((slot, _)), Some(text)) =
                        (reading, raw[start..end].strip_prefix(b"<![CDATA["))
                    {
                        self.push(slot, &text[..text.len() - 3], false);
                    }
                }
                _ => {
                    let tag = tag(raw, start).map_err(|_: NoTag| Broken::Xml)?;
                    end = tag.end;
                    if tag.kind == TagKind::Empty {
                        continue;
                    }
                    self.open.push(Open { name: start + 1..start + 1 + tag.name.len(), around: place });
                    place = place.inside(tag.name);
                    let Place::Text(slot) = place else { continue };
                    if !std::mem::replace(&mut told[slot as usize], true) {
                        reading = Some((slot, self.open.len()));
                        if slot == Slot::Id {
                            self.version = version(tag.attributes);
                        }
                        continue;
                    }
                    match slot {
                        Slot::Id => return Err(Broken::Twice(Field::Id)),
                        Slot::Title => return Err(Broken::Twice(Field::Title)),
                        _ => {}
                    }
                }
            }
        }
        if self.open.is_empty() { Ok(()) } else { Err(Broken::Xml) }
    }

    fn push(&mut self, slot: Slot, bytes: &[u8], references: bool) {
        let lossy;
        let text = match simdutf8::basic::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) => {
                self.damaged.push((RepairCode::InvalidUtf8, slot));
                lossy = String::from_utf8_lossy(bytes);
                &lossy
            }
        };
        let out = &mut self.texts[slot as usize];
        if !references {
            out.push_str(text);
        } else if push_text(text, out) {
            self.damaged.push((RepairCode::UnknownEntity, slot));
        }
    }

    fn get(&self, slot: Slot) -> &str {
        self.texts[slot as usize].trim()
    }

    fn complete(&self) -> bool {
        let told = |slot| !self.get(slot).is_empty();
        told(Slot::Id)
            && told(Slot::Title)
            && told(Slot::Journal)
            && (told(Slot::Year) || told(Slot::Medline))
    }

    /// Hands the record on.
    fn tell(&mut self, shape: &Shape, raw: &[u8], ordinal: u32, line: u64, sink: &mut impl RowSink) {
        let first =
            |slots: [Slot; 2]| slots.into_iter().find(|slot| !self.get(*slot).is_empty()).unwrap_or(slots[0]);
        let title = first([Slot::Title, Slot::Vernacular]);
        let journal = first([Slot::Journal, Slot::Abbreviation]);
        let mut date = std::mem::take(&mut self.date);
        date.clear();
        // The date of the issue, or that of the article where the issue has none.
        let parts = match (self.get(Slot::Year), self.get(Slot::Medline)) {
            ("", "") => [Slot::ArticleYear, Slot::ArticleMonth, Slot::ArticleDay],
            _ => [Slot::Year, Slot::Month, Slot::Day],
        };
        write_date(parts.map(|slot| self.get(slot)), self.get(Slot::Medline), &mut date);
        let used = |field: Field| match field {
            Field::Id => self.texts[Slot::Id as usize].as_str(),
            Field::Title => self.texts[title as usize].as_str(),
            Field::Journal => self.texts[journal as usize].as_str(),
            Field::Date => date.as_str(),
            _ => "",
        };
        let (fields, count) = in_columns(shape, used);
        let mended: Vec<Repair> = (self.damaged.iter())
            .filter_map(|&(code, slot)| {
                let field = match slot {
                    Slot::Id => Field::Id,
                    slot if slot == title => Field::Title,
                    slot if slot == journal => Field::Journal,
                    _ => return None,
                };
                let after = (code == RepairCode::InvalidUtf8).then(|| excerpt(used(field).as_bytes()));
                Some(Repair {
                    code,
                    line,
                    field: Some(field),
                    before: excerpt(used(field).as_bytes()),
                    after,
                })
            })
            .collect();
        let fields = &fields[..count];
        sink.revision(&Row { ordinal, line, fields, absent: &[], raw, mended: &mended }, self.version);
        self.date = date;
    }

    /// Hands on what the head of a record tells.
    fn tell_head(
        &mut self,
        head: &Head<'_>,
        shape: &Shape,
        raw: &[u8],
        ordinal: u32,
        line: u64,
        sink: &mut impl RowSink,
    ) {
        self.date.clear();
        write_date([head.year, head.month, head.day], head.medline, &mut self.date);
        let (fields, count) = in_columns(shape, |field| match field {
            Field::Id => head.id,
            Field::Title => head.title,
            Field::Journal => head.journal,
            Field::Date => &self.date,
            _ => "",
        });
        let fields = &fields[..count];
        sink.revision(&Row { ordinal, line, fields, absent: &[], raw, mended: &[] }, 1);
    }
}

/// What stands for each column, and how many there are.
fn in_columns<'t>(shape: &Shape, text: impl Fn(Field) -> &'t str) -> ([&'t str; 4], usize) {
    let mut columns = [""; 4];
    let wanted = columns.iter_mut().zip(&shape.columns);
    let count = wanted.map(|(column, &(field, _))| *column = text(field)).count();
    (columns, count)
}

/// Writes the date of an issue as people would: year, month, day, or, where there is no year, what stands for them.
fn write_date(parts: [&str; 3], medline: &str, out: &mut String) {
    let [year, month, day] = parts.map(str::trim);
    if year.is_empty() {
        return out.push_str(medline.trim());
    }
    out.push_str(year);
    if month.is_empty() {
        return;
    }
    let number = month.bytes().all(|b| b.is_ascii_digit());
    for part in [month, day].into_iter().filter(|part| !part.is_empty()) {
        out.push(if number { '-' } else { ' ' });
        if number && part.len() == 1 {
            out.push('0');
        }
        out.push_str(part);
    }
}

/// The version of a record, 1 where it tells none.
fn version(attributes: &[u8]) -> u32 {
    let value = attribute(attributes, "Version").and_then(|value| std::str::from_utf8(value).ok());
    value.and_then(|value| value.trim().parse().ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests;

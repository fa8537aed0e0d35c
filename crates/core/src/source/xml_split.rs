//! Finds the records of a PubMed file without parsing them.
//!
//! A record is `<PubmedArticle>` or `<PubmedBookArticle>` to its end tag, or one of the lists `<DeleteCitation>` and
//! `<DeleteDocument>`. One look at all bytes ([`marks_in_xml`](crate::simd::marks_in_xml)) finds pairs of letters that
//! are rare but in the tags of the first two and in `MedlineCitation`, and `<!` and `<?`, the comments, CDATA and
//! instructions in which a tag is none: it runs at memory speed, and gives what a parser would. The few bytes between
//! two records are looked at one by one. A record that does not end before the next begins is lost, and the next one
//! is not.
//!
//! Complexity: linear.

use std::ops::Range;

use memchr::{memchr, memmem};

use crate::record::RejectCode;
use crate::simd::Mark;
use crate::source::block::{Fault, What};
use crate::source::xml::{NoTag, Stretch, Stretches, TagKind, stretch, tag};

/// The elements that are records.
const ARTICLES: [&[u8]; 2] = [b"PubmedArticle", b"PubmedBookArticle"];
/// The elements that list what is taken back.
pub(super) const DELETIONS: [&[u8]; 2] = [b"DeleteCitation", b"DeleteDocument"];
/// The elements around records.
const ROOTS: [&[u8]; 2] = [b"PubmedArticleSet", b"PubmedBookArticleSet"];

/// What comes behind the bytes that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behind {
    /// Nothing.
    End,
    /// More.
    More,
    /// More than there is room for: a comment or CDATA that has not ended by now is taken for damage.
    NoRoom,
}

/// Whether `MedlineCitation` begins between two offsets of a text, of which these are the marks, or the last of them.
///
/// Complexity: linear in the marks up to the second offset.
pub(super) fn citation_between(text: &[u8], marks: &[Mark], from: usize, to: usize) -> bool {
    const BEFORE: &[u8] = b"<Medlin";
    let places = marks.iter().map(|mark| mark.at as usize).take_while(|&at| at < to);
    let mut between = places.filter(|&at| at >= from + BEFORE.len());
    between.any(|at| text[at..to].starts_with(b"eCitation ") && text[from..at].ends_with(BEFORE))
}

/// What is known between two blocks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct XmlSplit {
    /// Inside something that was lost: what follows belongs to it.
    lost: bool,
}

/// What a cut found.
struct Found<'a> {
    rows: &'a mut Vec<Range<usize>>,
    faults: &'a mut Vec<Fault>,
}

impl Found<'_> {
    fn lose(&mut self, at: Range<usize>) {
        self.faults.push(Fault { what: What::Lost(RejectCode::InvalidXml), at });
    }
}

impl XmlSplit {
    /// Returns how many of `bytes` are done with; the records in them are added to `rows`.
    ///
    /// `bytes` begin outside any record; `marks` are theirs.
    pub(super) fn split(
        &mut self,
        bytes: &[u8],
        marks: &[Mark],
        behind: Behind,
        rows: &mut Vec<Range<usize>>,
        faults: &mut Vec<Fault>,
    ) -> usize {
        let mut found = Found { rows, faults };
        let mut stretches = Stretches::new(bytes, marks, behind != Behind::More);
        let mut between = 0;
        let mut open: Option<(usize, &[u8])> = None;
        for start in marks.iter().filter_map(|mark| before_article(bytes, mark.at as usize)) {
            let Ok(tag) = tag(bytes, start) else { continue };
            if !ARTICLES.contains(&tag.name) {
                continue;
            }
            match stretches.cover(start) {
                Ok(false) => {}
                Ok(true) => continue,
                Err(_) => break,
            }
            match (tag.kind, open) {
                (TagKind::Close, Some((from, name))) if name == tag.name => {
                    found.rows.push(from..tag.end);
                    self.lost = false;
                    (between, open) = (tag.end, None);
                }
                (TagKind::Close, _) => {}
                (kind, _) => {
                    if let Some((from, _)) = open {
                        between = unfinished(&bytes[..start], from, &mut found);
                    }
                    self.between(&bytes[..start], between, Behind::End, &mut found);
                    self.lost = false;
                    if kind == TagKind::Empty {
                        found.rows.push(start..tag.end);
                        (between, open) = (tag.end, None);
                    } else {
                        open = Some((start, tag.name));
                    }
                }
            }
        }
        match open {
            Some((from, _)) if behind != Behind::End => from,
            Some((from, _)) => {
                between = unfinished(bytes, from, &mut found);
                self.between(bytes, between, Behind::End, &mut found);
                bytes.len()
            }
            None => self.between(bytes, between, behind, &mut found),
        }
    }

    /// Looks at what stands between two records, from `at` to the end; tells how far it came.
    fn between(&mut self, bytes: &[u8], mut at: usize, behind: Behind, found: &mut Found<'_>) -> usize {
        // Where what cannot be used begins, as far as it has not been told.
        let mut stray = None;
        let end = loop {
            let Some(len) = memchr(b'<', &bytes[at..]) else {
                if !bytes[at..].trim_ascii().is_empty() {
                    stray.get_or_insert(at);
                }
                break bytes.len();
            };
            if !bytes[at..at + len].trim_ascii().is_empty() {
                stray.get_or_insert(at);
            }
            at += len;
            match stretch(bytes, at) {
                Stretch::End(end) => {
                    if bytes[at..].starts_with(b"<![") {
                        stray.get_or_insert(at);
                    }
                    at = end;
                    continue;
                }
                Stretch::Open if behind == Behind::More => break at,
                Stretch::Open | Stretch::No => {}
            }
            let tag = match tag(bytes, at) {
                Ok(tag) => tag,
                Err(NoTag::Open) if behind == Behind::More => break at,
                Err(_) => {
                    stray.get_or_insert(at);
                    at += 1;
                    continue;
                }
            };
            if DELETIONS.contains(&tag.name) && tag.kind == TagKind::Open {
                let name = std::str::from_utf8(tag.name).unwrap_or_default();
                match memmem::find(&bytes[tag.end..], format!("</{name}>").as_bytes()) {
                    Some(len) => {
                        self.lose(stray.take(), at, bytes, found);
                        self.lost = false;
                        let end = tag.end + len + name.len() + 3;
                        found.rows.push(at..end);
                        at = end;
                        continue;
                    }
                    None if behind != Behind::End => break at,
                    None => {
                        stray.get_or_insert(at);
                    }
                }
            } else if ROOTS.contains(&tag.name) {
                self.lose(stray.take(), at, bytes, found);
                self.lost = false;
            } else if !DELETIONS.contains(&tag.name) || tag.kind != TagKind::Empty {
                stray.get_or_insert(at);
            }
            at = tag.end;
        };
        let told = stray.is_some();
        self.lose(stray, end, bytes, found);
        self.lost |= told;
        end
    }

    fn lose(&self, from: Option<usize>, to: usize, bytes: &[u8], found: &mut Found<'_>) {
        let Some(from) = from.filter(|_| !self.lost) else { return };
        let blank = bytes[from..to].len() - bytes[from..to].trim_ascii_start().len();
        found.lose(from + blank..to);
    }

    /// Gives up the record at the start of `bytes`, of which only this much fits in memory.
    pub(super) fn give_up(&mut self, bytes: &[u8]) -> SkipXml {
        self.lost = false;
        let name = tag(bytes, 0).map_or(&b""[..], |tag| tag.name);
        let end = [b"</", name, b">"].concat();
        let tail = bytes[bytes.len().saturating_sub(end.len() - 1)..].to_vec();
        SkipXml { end, tail }
    }
}

/// Where a tag begins in whose name `Article` stands behind `at`.
fn before_article(bytes: &[u8], at: usize) -> Option<usize> {
    let (before, behind) = bytes.split_at(at + 1);
    if !behind.starts_with(b"Article") {
        return None;
    }
    let before = before.strip_suffix(b"Pubmed").or_else(|| before.strip_suffix(b"PubmedBook"))?;
    let start = before.strip_suffix(b"/").unwrap_or(before).strip_suffix(b"<")?;
    Some(start.len())
}

/// A record without an end is lost up to the end of `bytes`, or to a list that begins in it.
fn unfinished(bytes: &[u8], from: usize, found: &mut Found<'_>) -> usize {
    let lists = DELETIONS.iter().filter_map(|name| {
        let begin = [b"<", *name, b">"].concat();
        memmem::find(&bytes[from..], &begin)
    });
    let end = lists.min().map_or(bytes.len(), |len| from + len);
    found.lose(from..end);
    end
}

/// How far the end of a record is, that is read but not kept.
#[derive(Debug, Clone)]
pub(super) struct SkipXml {
    end: Vec<u8>,
    /// The last bytes before those to come.
    tail: Vec<u8>,
}

impl SkipXml {
    /// Returns where the record ends, if it ends in `bytes`.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Option<usize> {
        let before = self.tail.len();
        self.tail.extend_from_slice(&bytes[..bytes.len().min(self.end.len() - 1)]);
        if let Some(at) = memmem::find(&self.tail, &self.end) {
            return Some((at + self.end.len()).saturating_sub(before));
        }
        let found = memmem::find(bytes, &self.end).map(|at| at + self.end.len());
        let keep = self.end.len() - 1;
        if bytes.len() >= keep {
            self.tail = bytes[bytes.len() - keep..].to_vec();
        } else {
            self.tail.drain(..self.tail.len().saturating_sub(keep));
        }
        found
    }
}

#[cfg(test)]
mod tests;

//! The head of a record of PubMed as most of them are written: what is wanted of it, without a look at each tag.
//!
//! PubMed writes the elements before a title in one order, and most records hold nothing there that has to be worked
//! out: no references, no elements within texts. Such a head is passed from element to element, each compared with
//! the one that must come. Whatever else it is, the reader of any record ([`super::pubmed`]) tells.
//!
//! Exact: a head is told only if every byte of it was compared, was passed as a blank, as a text without markup, or as
//! a value of letters and hyphens; so a reader of tags would find the same elements, well nested.

use crate::source::xml::{TagKind, tag};

/// What the head of a record tells: texts without markup or references, as they stand there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) journal: &'a str,
    pub(super) year: &'a str,
    pub(super) month: &'a str,
    pub(super) day: &'a str,
    /// The date, where the issue has no year.
    pub(super) medline: &'a str,
    /// Where the title's element ends.
    pub(super) end: usize,
}

/// Reads the head of a record; none if it is not written as most are, or if one of the wanted texts is missing.
///
/// Complexity: linear in the head.
pub(super) fn head(raw: &[u8]) -> Option<Head<'_>> {
    let mut at = Cursor { raw, at: 0 };
    at.must(b"<PubmedArticle>")?;
    at.blank();
    let citation = tag(raw, at.at).ok().filter(|tag| tag.kind == TagKind::Open)?;
    if citation.name != b"MedlineCitation" {
        return None;
    }
    at.at = citation.end;
    at.must(b"<PMID Version=\"1\">")?;
    let id = at.text(b"</PMID>")?;
    for (open, close) in
        [(&b"<DateCompleted>"[..], &b"</DateCompleted>"[..]), (b"<DateRevised>", b"</DateRevised>")]
    {
        if at.may(open) {
            at.element(b"<Year>", b"</Year>")?;
            at.element(b"<Month>", b"</Month>")?;
            at.element(b"<Day>", b"</Day>")?;
            at.must(close)?;
        }
    }
    at.with_value(b"<Article PubModel=\"")?;
    at.must(b"<Journal>")?;
    if at.may(b"<ISSN IssnType=\"") {
        at.value()?;
        at.text(b"</ISSN>")?;
    }
    at.with_value(b"<JournalIssue CitedMedium=\"")?;
    at.element(b"<Volume>", b"</Volume>")?;
    at.element(b"<Issue>", b"</Issue>")?;
    at.must(b"<PubDate>")?;
    let medline = at.element(b"<MedlineDate>", b"</MedlineDate>")?;
    let year = at.element(b"<Year>", b"</Year>")?;
    let month = at.element(b"<Month>", b"</Month>")?;
    let day = at.element(b"<Day>", b"</Day>")?;
    at.element(b"<Season>", b"</Season>")?;
    at.must(b"</PubDate>")?;
    at.must(b"</JournalIssue>")?;
    at.must(b"<Title>")?;
    let journal = at.text(b"</Title>")?;
    at.element(b"<ISOAbbreviation>", b"</ISOAbbreviation>")?;
    at.must(b"</Journal>")?;
    at.must(b"<ArticleTitle>")?;
    let title = at.text(b"</ArticleTitle>")?;
    let text = simdutf8::basic::from_utf8(&raw[..at.at]).ok()?;
    let [id, title, journal, year, month, day, medline] =
        [id, title, journal, year, month, day, medline].map(|(from, to)| &text[from..to]);
    let told = |text: &str| !text.trim().is_empty();
    let complete = told(id) && told(title) && told(journal) && (told(year) || told(medline));
    complete.then_some(Head { id, title, journal, year, month, day, medline, end: at.at })
}

/// A place in a record.
struct Cursor<'a> {
    raw: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    #[inline(always)]
    fn pass(&mut self, wanted: &[u8]) -> bool {
        let there = self.raw[self.at..].starts_with(wanted);
        self.at += if there { wanted.len() } else { 0 };
        there
    }

    /// Passes blanks.
    #[inline(always)]
    fn blank(&mut self) {
        while self.pass(b"    ") {}
        while matches!(self.raw.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
            while self.pass(b"    ") {}
        }
    }

    /// Passes a tag that may come next.
    #[inline(always)]
    fn may(&mut self, tag: &[u8]) -> bool {
        self.blank();
        self.pass(tag)
    }

    /// Passes a tag that comes next, or nothing is told.
    #[inline(always)]
    fn must(&mut self, tag: &[u8]) -> Option<()> {
        self.may(tag).then_some(())
    }

    /// Passes a text and the tag behind it; tells where the text stands.
    #[inline(always)]
    fn text(&mut self, close: &[u8]) -> Option<(usize, usize)> {
        let from = self.at;
        self.at += memchr::memchr2(b'<', b'&', &self.raw[from..])?;
        let to = self.at;
        self.pass(close).then_some((from, to))
    }

    /// Passes an element that may come next; tells where its text stands: nowhere, if it does not.
    #[inline(always)]
    fn element(&mut self, open: &[u8], close: &[u8]) -> Option<(usize, usize)> {
        if self.may(open) { self.text(close) } else { Some((0, 0)) }
    }

    /// Passes the value of an attribute, and the end of its tag.
    #[inline(always)]
    fn value(&mut self) -> Option<()> {
        while self.raw.get(self.at).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'-') {
            self.at += 1;
        }
        self.pass(b"\">").then_some(())
    }

    /// Passes a tag that comes next, the start of which is given up to its only value.
    #[inline(always)]
    fn with_value(&mut self, start: &[u8]) -> Option<()> {
        self.must(start)?;
        self.value()
    }
}

//! The head of a record of PubMed as most of them are written: what is wanted of it, without a look at each tag.
//!
//! PubMed writes the elements before a title in one order, and most records hold nothing there that has to be worked
//! out: no references, no elements within texts. Such a head is passed from element to element, each compared with
//! the one that must come. Whatever else it is, the reader of any record ([`super::pubmed`]) tells.
//!
//! Exact: a head is told only if every byte of it was compared, or was passed as a blank, as a text without markup, or
//! as an attribute without any; so a reader of tags would find the same elements, well nested.

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
    at.must(b"<MedlineCitation")?;
    at.attributes()?;
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
    at.must(b"<Article")?;
    at.attributes()?;
    at.must(b"<Journal>")?;
    if at.may(b"<ISSN") {
        at.attributes()?;
        at.text(b"</ISSN>")?;
    }
    at.must(b"<JournalIssue")?;
    at.attributes()?;
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
    let told =
        |text: &str| text.starts_with(|first: char| first.is_ascii_graphic()) || !text.trim().is_empty();
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

    /// Passes blanks: mostly a line's end and the next one's indent.
    #[inline(always)]
    fn blank(&mut self) {
        while matches!(self.raw.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
            while let Some(bytes) = self.raw[self.at..].first_chunk() {
                let other = u64::from_le_bytes(*bytes) ^ u64::from_le_bytes([b' '; 8]);
                self.at += other.trailing_zeros() as usize / 8;
                if other != 0 {
                    break;
                }
            }
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
        // Most are numbers, and short.
        self.pass_all(|byte| byte.is_ascii_digit());
        if self.raw.get(self.at) != Some(&b'<') {
            self.at += memchr::memchr2(b'<', b'&', &self.raw[self.at..])?;
        }
        let to = self.at;
        self.pass(close).then_some((from, to))
    }

    /// Passes an element that may come next; tells where its text stands: nowhere, if it does not.
    #[inline(always)]
    fn element(&mut self, open: &[u8], close: &[u8]) -> Option<(usize, usize)> {
        if self.may(open) { self.text(close) } else { Some((0, 0)) }
    }

    /// Passes the attributes of a tag, and its end.
    #[inline(always)]
    fn attributes(&mut self) -> Option<()> {
        while self.pass(b" ") {
            self.pass_all(|byte| byte.is_ascii_alphabetic());
            self.pass(b"=\"").then_some(())?;
            self.pass_all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b' '));
            self.pass(b"\"").then_some(())?;
        }
        self.pass(b">").then_some(())
    }

    #[inline(always)]
    fn pass_all(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.raw.get(self.at).is_some_and(|byte| wanted(*byte)) {
            self.at += 1;
        }
    }
}

//! The little of XML that PubMed's files need: tags, text, and what must not be read as either.
//!
//! A pull parser would tell of every element of a record, when four of its two hundred are wanted. So the cut and
//! the reader stand on these few functions. Entities that a document declares itself are never expanded: a name
//! that XML does not know by itself stays as it was written.

use std::ops::Range;

use memchr::memmem;

use crate::simd::Mark;

/// A stretch that holds no markup: a comment, CDATA, an instruction, a document type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stretch {
    /// It ends before this offset.
    End(usize),
    /// Its end is not there.
    Open,
    /// What begins here is none.
    No,
}

/// The stretch that begins at `at`, where a `<` stands.
pub(super) fn stretch(bytes: &[u8], at: usize) -> Stretch {
    let rest = &bytes[at..];
    for (begin, end) in [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")] {
        if rest.starts_with(begin.as_bytes()) {
            let found = memmem::find(&rest[begin.len()..], end.as_bytes());
            return found.map_or(Stretch::Open, |i| Stretch::End(at + begin.len() + i + end.len()));
        }
        if begin.as_bytes().starts_with(rest) {
            return Stretch::Open;
        }
    }
    const TYPE: &[u8] = b"<!DOCTYPE";
    if TYPE.starts_with(rest) {
        return Stretch::Open;
    }
    if !rest.starts_with(TYPE) {
        return Stretch::No;
    }
    // Its own declarations stand in brackets; in quotes, neither bracket counts.
    let (mut depth, mut quote) = (0_u32, None);
    for (i, &byte) in rest.iter().enumerate().skip(TYPE.len()) {
        match (byte, quote) {
            (_, Some(open)) if byte == open => quote = None,
            (_, Some(_)) => {}
            (b'"' | b'\'', None) => quote = Some(byte),
            (b'[', None) => depth += 1,
            (b']', None) => depth = depth.saturating_sub(1),
            (b'>', None) if depth == 0 => return Stretch::End(at + i + 1),
            _ => {}
        }
    }
    Stretch::Open
}

/// Tells for rising offsets whether they lie in a stretch without markup.
pub(super) struct Stretches<'a> {
    bytes: &'a [u8],
    /// Each `<` before a `!` or `?`, among others, as far as they were not looked at.
    marks: std::slice::Iter<'a, Mark>,
    /// Whether a stretch without an end is none: nothing more will come.
    whole: bool,
    /// Where the next `<!` or `<?` stands; the length of the bytes where there are no more.
    next: usize,
    done: usize,
    /// The stretch that was met last.
    last: Range<usize>,
}

impl<'a> Stretches<'a> {
    pub(super) fn new(bytes: &'a [u8], marks: &'a [Mark], whole: bool) -> Self {
        let mut stretches = Self { bytes, marks: marks.iter(), whole, next: 0, done: 0, last: 0..0 };
        stretches.seek();
        stretches
    }

    fn seek(&mut self) {
        let mut places = self.marks.by_ref().map(|mark| mark.at as usize);
        let found = places.find(|&at| at >= self.done && self.bytes[at] == b'<');
        self.next = found.unwrap_or(self.bytes.len());
    }

    /// Whether `at` lies in a stretch; an error where it lies behind the start of one that has no end yet.
    pub(super) fn cover(&mut self, at: usize) -> Result<bool, usize> {
        loop {
            if self.last.contains(&at) {
                return Ok(true);
            }
            let start = self.next;
            if start >= at {
                return Ok(false);
            }
            match stretch(self.bytes, start) {
                Stretch::End(end) => {
                    self.last = start..end;
                    self.done = end;
                }
                Stretch::Open if !self.whole => return Err(start),
                Stretch::Open | Stretch::No => self.done = start + 2,
            }
            self.seek();
        }
    }
}

/// A tag, and where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a [u8],
    pub(super) attributes: &'a [u8],
    pub(super) kind: TagKind,
    pub(super) end: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TagKind {
    Open,
    Close,
    /// Both at once: `<a/>`.
    Empty,
}

/// Why there is no tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoTag {
    /// Its end is not there.
    Open,
    /// What begins here is none.
    Never,
}

/// The tag that begins at `at`, where a `<` stands.
pub(super) fn tag(bytes: &[u8], at: usize) -> Result<Tag<'_>, NoTag> {
    let close = bytes.get(at + 1) == Some(&b'/');
    let from = at + 1 + usize::from(close);
    const ENDS: [bool; 256] = {
        let mut ends = [false; 256];
        let mut rest: &[u8] = b" \t\r\n\x0c/><";
        while let [byte, others @ ..] = rest {
            ends[*byte as usize] = true;
            rest = others;
        }
        ends
    };
    let ends = |b: &u8| ENDS[usize::from(*b)];
    let first = bytes.get(from).ok_or(NoTag::Open)?;
    if !(first.is_ascii_alphabetic() || *first == b'_' || *first >= 0x80) {
        return Err(NoTag::Never);
    }
    let len = bytes[from..].iter().position(ends).ok_or(NoTag::Open)?;
    let name = &bytes[from..from + len];
    let mut end = from + len;
    // A value may hold `>`, but no `<`.
    loop {
        match bytes.get(end).ok_or(NoTag::Open)? {
            b'>' => break,
            b'<' => return Err(NoTag::Never),
            quote @ (b'"' | b'\'') => {
                let len = memchr::memchr2(*quote, b'<', &bytes[end + 1..]).ok_or(NoTag::Open)?;
                if bytes[end + 1 + len] == b'<' {
                    return Err(NoTag::Never);
                }
                end += len + 2;
            }
            _ => end += 1,
        }
    }
    let attributes = &bytes[from + len..end];
    let (attributes, kind) = match attributes.strip_suffix(b"/") {
        _ if close => (attributes, TagKind::Close),
        Some(attributes) => (attributes, TagKind::Empty),
        None => (attributes, TagKind::Open),
    };
    Ok(Tag { name, attributes, kind, end: end + 1 })
}

/// The value of an attribute.
pub(super) fn attribute<'a>(attributes: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut rest = attributes.trim_ascii();
    loop {
        let equals = memchr::memchr(b'=', rest)?;
        let key = rest[..equals].trim_ascii();
        let value = rest[equals + 1..].trim_ascii_start();
        let quote = *value.first().filter(|b| matches!(b, b'"' | b'\''))?;
        let len = memchr::memchr(quote, &value[1..])?;
        if key == name.as_bytes() {
            return Some(&value[1..=len]);
        }
        rest = value[len + 2..].trim_ascii_start();
    }
}

/// Adds a text with its references to characters resolved; tells whether one was not known and stays as it is.
pub(super) fn push_text(text: &str, out: &mut String) -> bool {
    let (mut rest, mut unknown) = (text, false);
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match memchr::memchr(b';', &rest.as_bytes()[..rest.len().min(16)])
            .and_then(|end| Some((end, character(&rest[1..end])?)))
        {
            Some((end, character)) => {
                out.push(character);
                rest = &rest[end + 1..];
            }
            None => {
                unknown = true;
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    unknown
}

fn character(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code).filter(|c| *c != '\0')?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_and_own_entities_are_not() {
        let check = |text: &str, expect: &str, unknown: bool| {
            let mut out = String::new();
            assert_eq!(push_text(text, &mut out), unknown, "{text}");
            assert_eq!(out, expect);
        };
        check("a &lt;b&gt; &amp;amp; &quot;&apos;", "a <b> &amp; \"'", false);
        check("&#945;&#x3B1;&#X3b1;", "ααα", false);
        check("&lol9; &nbsp; R&D & co;", "&lol9; &nbsp; R&D & co;", true);
        check("&#0; &#xD800; &#99999999; &", "&#0; &#xD800; &#99999999; &", true);
    }

    #[test]
    fn tags_end_behind_their_quoted_values() {
        let check = |text: &str, expect: Option<(&str, &str, TagKind)>| {
            let shown = tag(text.as_bytes(), 0).ok().map(|t| (t.name, t.attributes, t.kind, t.end));
            assert_eq!(shown, expect.map(|(n, a, k)| (n.as_bytes(), a.as_bytes(), k, text.len())), "{text}");
        };
        check("<a>", Some(("a", "", TagKind::Open)));
        check("<a b='>' c=\"'\">", Some(("a", " b='>' c=\"'\"", TagKind::Open)));
        check("<a b='x'/>", Some(("a", " b='x'", TagKind::Empty)));
        check("</mml:a >", Some(("mml:a", " ", TagKind::Close)));
        for none in ["< a>", "<1>", "<a", "<a b='>", "<a <b>", "<a b='<c>'>", "<>", "<", "</"] {
            check(none, None);
        }
        assert_eq!(attribute(b" a='1' Version = \"2\"", "Version"), Some(&b"2"[..]));
        assert_eq!(attribute(b" XVersion='1' b", "Version"), None);
    }

    #[test]
    fn stretches_hide_what_looks_like_markup() {
        let check = |text: &str, expect: Stretch| assert_eq!(stretch(text.as_bytes(), 0), expect, "{text}");
        check("<!-- <a> -- > -->x", Stretch::End(17));
        check("<![CDATA[</a>]]]>x", Stretch::End(17));
        check("<?xml version='1.0'?>", Stretch::End(21));
        check("<!DOCTYPE a [<!ENTITY b \"]>\"> ] >x", Stretch::End(33));
        check("<!DOCTYPE a", Stretch::Open);
        check("<!", Stretch::Open);
        check("<!-", Stretch::Open);
        check("<!->", Stretch::No);
        let text = b"a <!-- x --> b <? y ?> c <!-- z";
        let mut marks = Vec::new();
        crate::simd::marks_in_xml(text, b'\n', &mut marks);
        let mut stretches = Stretches::new(text, &marks, false);
        let at = |c: u8| text.iter().position(|b| *b == c).unwrap();
        let told: Vec<_> = b"axbyc".iter().map(|&c| stretches.cover(at(c))).collect();
        assert_eq!(told, [Ok(false), Ok(true), Ok(false), Ok(true), Ok(false)]);
        assert_eq!(stretches.cover(at(b'z')), Err(25));
        assert_eq!(Stretches::new(text, &marks, true).cover(at(b'z')), Ok(false));
    }
}

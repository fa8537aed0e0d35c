//! Finds the objects of a JSON text without parsing them.
//!
//! Records come as a list, one a line, or one after another: lists and commas between objects are passed
//! over, so that all of these read alike. Nothing here recurses: depth is a number, and a text of 100,000
//! brackets is as good as any other. JSON forbids a line end inside a string; that is what ends the damage of
//! a quote that is never closed: the record is lost, and reading goes on at the next line that begins with
//! a brace.

use std::ops::Range;

use memchr::memchr;

use crate::record::{RejectCode, RepairCode};
use crate::simd::Marks;
use crate::source::block::{Fault, What};
use crate::source::json_comment::{Comments, End};
use crate::source::json_skip::Skip;
use crate::source::studies::{self, Head};

/// What is known between two blocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct JsonSplit {
    eol: u8,
    /// Lists that are open.
    lists: u32,
    before: Before,
    /// Inside a text that was lost: stray pieces belong to it.
    lost: bool,
    /// Whether objects may be pages: lists of studies with a few members around them.
    pages: bool,
    /// Inside a page.
    page: bool,
}

/// What stands before the next value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Start,
    Value,
    Comma,
}

enum Object {
    End(usize),
    Open,
    Broken(usize),
}

impl JsonSplit {
    pub(super) fn new(eol: u8, pages: bool) -> Self {
        Self { eol, lists: 0, before: Before::Start, lost: false, pages, page: false }
    }

    /// Returns how many of `bytes` are done with; the objects in them are added to `rows`.
    ///
    /// `bytes` begin outside any object; `marks` are what may end a string in them (and in what lies behind them);
    /// `last` tells that nothing follows.
    /// Complexity: linear.
    pub(super) fn split(
        &mut self,
        bytes: &[u8],
        marks: &Marks,
        last: bool,
        rows: &mut Vec<Range<usize>>,
        faults: &mut Vec<Fault>,
    ) -> usize {
        let mut at = 0;
        let mut text = Rest { bytes, marks, last, comments: Comments::new(bytes), unclosed: Vec::new() };
        while let Some(&byte) = bytes.get(at) {
            let next = match byte {
                b' ' | b'\t' | b'\n' | b'\r' => Some(at + 1),
                b'{' if self.pages => match studies::head(&bytes[at..]) {
                    Head::Page(len) => {
                        self.lists += 1;
                        (self.before, self.page) = (Before::Start, true);
                        Some(at + len)
                    }
                    Head::Open if !last => None,
                    _ => self.object(&mut text, at, rows, faults),
                },
                b'{' => self.object(&mut text, at, rows, faults),
                // What stands in a page around its list.
                b'"' if self.page && self.lists == 0 => {
                    text.string_end(at, self.eol).map(|(end, _)| end).or(last.then_some(bytes.len()))
                }
                b':' | b'}' | b'0'..=b'9' | b'a'..=b'z' if self.page && self.lists == 0 => {
                    self.page = byte != b'}';
                    Some(at + 1)
                }
                b',' => {
                    self.before = Before::Comma;
                    Some(at + 1)
                }
                b'[' => {
                    self.lists += 1;
                    self.before = Before::Start;
                    Some(at + 1)
                }
                b']' => {
                    if self.before == Before::Comma {
                        slip(faults, RepairCode::TrailingComma, at..at + 1);
                    }
                    self.lists = self.lists.saturating_sub(1);
                    self.before = Before::Value;
                    Some(at + 1)
                }
                b'/' if text.comments.begins(at) => match text.comments.end(at, last) {
                    End::At(end) => {
                        slip(faults, RepairCode::JsonComment, at..end);
                        Some(end)
                    }
                    End::Never => {
                        // Only what opens it is given up, not the records behind it.
                        faults.push(Fault { what: What::Lost(RejectCode::NotAnObject), at: at..at + 2 });
                        self.lost = true;
                        Some(at + 2)
                    }
                    End::Unknown => None,
                },
                _ => self.stray(&text, at, faults),
            };
            match next {
                Some(next) => at = next,
                None => return at,
            }
        }
        if last && self.lists > 0 {
            self.lists = 0;
            slip(faults, RepairCode::UnclosedList, at..at);
        }
        at
    }

    fn object(
        &mut self,
        text: &mut Rest<'_>,
        at: usize,
        rows: &mut Vec<Range<usize>>,
        faults: &mut Vec<Fault>,
    ) -> Option<usize> {
        let known = text.unclosed.binary_search(&at).is_ok();
        match if known { Object::Open } else { text.object_end(at, self.eol) } {
            Object::End(end) => {
                if self.before == Before::Value && self.lists > 0 && !self.lost {
                    slip(faults, RepairCode::MissingComma, at..at);
                }
                self.before = Before::Value;
                self.lost = false;
                rows.push(at..end);
                Some(end)
            }
            Object::Open if !text.last => None,
            broken => {
                // A brace that is never closed would take everything behind it along: only its lines up to the
                // next one that begins an object are given up. One look at the rest tells which braces are never
                // closed: a look from each of them would take forever.
                if !known && matches!(broken, Object::Open) {
                    text.unclosed = text.never_closed(at, self.eol);
                }
                let from = if let Object::Broken(from) = broken { from } else { at };
                let end = self.resume(text.bytes, from, text.last)?;
                faults.push(Fault { what: What::Lost(RejectCode::InvalidJson), at: at..end });
                self.before = Before::Value;
                self.lost = true;
                Some(end)
            }
        }
    }

    /// Splits all of `bytes`, which end before a record, although their first object is not closed in them.
    pub(super) fn split_before_record(
        &mut self,
        bytes: &[u8],
        marks: &Marks,
        rows: &mut Vec<Range<usize>>,
        faults: &mut Vec<Fault>,
    ) {
        // The lists that are open go on behind `bytes`.
        let lists = std::mem::take(&mut self.lists);
        self.split(bytes, marks, true, rows, faults);
        self.lists = lists;
    }

    /// Gives up the object at the start of `bytes`, of which only this much fits in memory.
    pub(super) fn give_up(&mut self, bytes: &[u8]) -> Skip {
        self.before = Before::Value;
        self.lost = true;
        let mut skip = Skip::new(!matches!(bytes.first(), Some(b'{' | b'"')));
        skip.push(bytes, self.eol);
        skip
    }

    /// The start of the next line that begins with a brace, or the end of the text.
    fn resume(&self, bytes: &[u8], mut from: usize, last: bool) -> Option<usize> {
        while let Some(end) = memchr(self.eol, &bytes[from..]) {
            from += end + 1;
            let line = &bytes[from..];
            match line.iter().find(|b| !matches!(b, b' ' | b'\t' | b'\r')) {
                Some(b'{') => return Some(from),
                Some(_) => {}
                None if last => {}
                None => return None,
            }
        }
        last.then_some(bytes.len())
    }

    /// Something that is neither an object nor structure.
    fn stray(&mut self, text: &Rest<'_>, at: usize, faults: &mut Vec<Fault>) -> Option<usize> {
        let bytes = text.bytes;
        let end = if bytes[at] == b'"' {
            text.string_end(at, self.eol).map(|(end, _)| end)
        } else {
            let ends = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b',' | b'[' | b']' | b'{' | b'"');
            bytes[at + 1..].iter().position(ends).map(|len| at + 1 + len)
        };
        let end = end.or(text.last.then_some(bytes.len()))?;
        if !self.lost {
            faults.push(Fault { what: What::Lost(RejectCode::NotAnObject), at: at..end });
        }
        self.before = Before::Value;
        Some(end)
    }
}

fn slip(faults: &mut Vec<Fault>, code: RepairCode, at: Range<usize>) {
    faults.push(Fault { what: What::Slip(code), at });
}

/// The text that is being split, and what is known of it.
struct Rest<'a> {
    bytes: &'a [u8],
    marks: &'a Marks,
    last: bool,
    comments: Comments<'a>,
    /// Braces that are never closed, in order.
    unclosed: Vec<usize>,
}

impl Rest<'_> {
    /// The end of the string whose opening quote stands at `at`, and whether it is closed: it is not where the line
    /// ends first. None where the bytes end first.
    #[inline]
    fn string_end(&self, mut at: usize, eol: u8) -> Option<(usize, bool)> {
        loop {
            at = self.marks.next(at + 1).filter(|&at| at < self.bytes.len())?;
            match self.bytes[at] {
                b'"' => return Some((at + 1, true)),
                b'\\' if self.bytes.get(at + 1) == Some(&eol) => {} // no line end can be escaped
                b'\\' => at += 1,
                byte if byte == eol => return Some((at, false)),
                _ => {} // another control character
            }
        }
    }

    /// The braces from `at` on that are never closed, in order.
    fn never_closed(&mut self, mut at: usize, eol: u8) -> Vec<usize> {
        let mut open = Vec::new();
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'"' => match self.string_end(at, eol) {
                    Some((end, true)) => at = end - 1,
                    _ => break,
                },
                b'{' => open.push(at),
                b'}' => drop(open.pop()),
                b'/' if self.comments.begins(at) => match self.comments.end(at, self.last) {
                    End::At(end) => at = end - 1,
                    End::Never => {}
                    End::Unknown => break,
                },
                _ => {}
            }
            at += 1;
        }
        open
    }

    /// The end of the object that begins at `at`.
    fn object_end(&mut self, mut at: usize, eol: u8) -> Object {
        let mut depth = 0_u32;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'"' => match self.string_end(at, eol) {
                    Some((end, true)) => at = end - 1,
                    Some((end, false)) => return Object::Broken(end),
                    None => return Object::Open,
                },
                b'{' => depth += 1,
                b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        return Object::End(at + 1);
                    }
                }
                b'/' if self.comments.begins(at) => match self.comments.end(at, self.last) {
                    End::At(end) => at = end - 1,
                    End::Never => {}
                    End::Unknown => return Object::Open,
                },
                _ => {}
            }
            at += 1;
        }
        Object::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The objects, then the faults.
    fn check(text: &str, expect: &str) {
        let shown = |pieces: &[&str]| {
            let mut split = JsonSplit::new(b'\n', true);
            let (mut shown, mut carry) = (String::new(), String::new());
            for (i, piece) in pieces.iter().enumerate() {
                carry += piece;
                let (mut rows, mut faults, mut marks) = (Vec::new(), Vec::new(), Marks::default());
                let last = i + 1 == pieces.len();
                marks.fill_json(carry.as_bytes(), b'\n');
                let done = split.split(carry.as_bytes(), &marks, last, &mut rows, &mut faults);
                for row in rows {
                    shown += &format!("{} ", &carry[row]);
                }
                for Fault { what, at } in faults {
                    let code = match what {
                        What::Lost(code) => code.as_str(),
                        What::Slip(code) => code.as_str(),
                    };
                    shown += &format!("<{code}:{}> ", carry[at].trim());
                }
                carry = carry[done..].to_owned();
            }
            assert!(carry.is_empty());
            shown
        };
        assert_eq!(shown(&[text]).trim(), expect, "{text}");
        // Wherever it is cut, nothing is lost.
        let total = |s: &str| (s.matches('}').count(), s.matches('<').count());
        for cut in 1..text.len() {
            if let (Some(a), Some(b)) = (text.get(..cut), text.get(cut..)) {
                assert_eq!(total(&shown(&[a, b])), total(expect), "{text} cut at {cut}");
            }
        }
    }

    #[test]
    fn lists_lines_and_runs_of_objects_read_alike() {
        check(r#"[{"a":1},{"a":2}]"#, r#"{"a":1} {"a":2}"#);
        check("{\"a\":1}\n{\"a\":2}\n", r#"{"a":1} {"a":2}"#);
        check(r#"{"a":{"b":"}"}}"#, r#"{"a":{"b":"}"}}"#);
        check(r#"[{"a":"\"}"}]"#, r#"{"a":"\"}"}"#);
        check("[[[[]]]]", "");
    }

    #[test]
    fn pages_of_studies_are_lists() {
        check(r#"{"studies":[{"a":1},{"a":2}],"nextPageToken":"}x{"}"#, r#"{"a":1} {"a":2}"#);
        check("{\"totalCount\":2,\"studies\":[{\"a\":1}]}\n{\"studies\":[{\"a\":2}]}", r#"{"a":1} {"a":2}"#);
        check(r#"{"studies":[{"a":1}"#, r#"{"a":1} <unclosed-list:>"#);
        check(r#"{"studies":[{"a":1}]} 7"#, r#"{"a":1} <not-an-object:7>"#);
    }

    #[test]
    fn slips_between_objects_are_told() {
        check(r#"[{"a":1},]"#, r#"{"a":1} <trailing-comma:]>"#);
        check(r#"[{"a":1} {"a":2}]"#, r#"{"a":1} {"a":2} <missing-comma:>"#);
        check("[// no \"quote\n{\"a\":1}]", r#"{"a":1} <json-comment:// no "quote>"#);
        check(r#"[{"a":1}"#, r#"{"a":1} <unclosed-list:>"#);
        check(r#"[1, "x", {"a":1}]"#, r#"{"a":1} <not-an-object:1> <not-an-object:"x">"#);
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_its_record_only() {
        check("{\"a\":\"x}\n{\"a\":2}\n", "{\"a\":2} <invalid-json:{\"a\":\"x}>");
        check(
            "[\n {\n  \"a\": \"x\n },\n {\n  \"a\": 2\n }\n]",
            "{\n  \"a\": 2\n } <invalid-json:{\n  \"a\": \"x\n },>",
        );
        check("{\"a\":1\n{\"a\":2}\n", "{\"a\":2} <invalid-json:{\"a\":1>");
        check("{\"a\":\"x\\\n{\"a\":2}\n", "{\"a\":2} <invalid-json:{\"a\":\"x\\>");
        check("{\n{\n{\"a\":1}\n{\n", "{\"a\":1} <invalid-json:{> <invalid-json:{> <invalid-json:{>");
        check("/* no end\n{\"a\":1} // end", "{\"a\":1} <not-an-object:/*> <json-comment:// end>");
        check("[{\"a\": 1}, {\"b\": ", "{\"a\": 1} <invalid-json:{\"b\":> <unclosed-list:>");
    }
}

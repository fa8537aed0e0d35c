//! The quick way through a JSON object: a few members, each a string without escapes or a whole number.
//!
//! That is what records look like, and such an object needs no parser: a string ends at the next quote. The object
//! must be UTF-8, without control characters; whatever is not of this form is left to serde_json, whose word is law.
//! Guard: `the_quick_way_reads_what_serde_reads` in `json.rs`.

use memchr::memchr2;

/// Calls `member` with each key and value of an object, in order; it tells whether to go on.
///
/// Returns false where the object is left to serde_json. Complexity: linear.
#[inline]
pub(super) fn members<'a>(object: &'a str, mut member: impl FnMut(&'a str, &'a str) -> bool) -> bool {
    read(object, &mut member).is_some()
}

fn read<'a>(object: &'a str, member: &mut impl FnMut(&'a str, &'a str) -> bool) -> Option<()> {
    let bytes = object.as_bytes();
    let mut at = space(bytes, (bytes.first() == Some(&b'{')).then_some(1)?);
    loop {
        let key_end = string(bytes, at)?;
        let key = &object[at + 1..key_end];
        at = space(bytes, key_end + 1);
        at = space(bytes, (bytes.get(at) == Some(&b':')).then_some(at + 1)?);
        let (value, end) = if bytes.get(at) == Some(&b'"') {
            let end = string(bytes, at)?;
            (&object[at + 1..end], end + 1)
        } else {
            let end = number(bytes, at)?;
            (&object[at..end], end)
        };
        if !member(key, value) {
            return None;
        }
        at = space(bytes, end);
        match bytes.get(at)? {
            b',' => at = space(bytes, at + 1),
            b'}' if at + 1 == bytes.len() => return Some(()),
            _ => return None,
        }
    }
}

#[inline]
fn space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        at += 1;
    }
    at
}

/// The place of the closing quote of the string that begins at `at`.
#[inline]
fn string(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let end = at + 1 + memchr2(b'"', b'\\', &bytes[at + 1..])?;
    // No early way out: so the compiler can look at sixteen bytes at a time.
    let inner = &bytes[at + 1..end];
    (bytes[end] == b'"' && !inner.iter().fold(false, |odd, &b| odd | (b < b' '))).then_some(end)
}

/// The end of the whole number that begins at `at`: one that any integer type prints as it stands.
#[inline]
fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    let plain = digits > 0 && digits < 19 && (digits == 1 || bytes[at] != b'0');
    (plain && matches!(bytes.get(at + digits), Some(b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t')))
        .then_some(at + digits)
}

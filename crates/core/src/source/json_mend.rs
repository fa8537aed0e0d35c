//! Mends what people and their tools write into JSON although JSON has no such thing.

use crate::record::RepairCode;
use crate::source::json_comment::{Comments, End};

/// Removes comments and commas before a closing bracket, turns `NaN` and `Infinity` into `null`, and writes strings
/// as JSON wants them.
///
/// Returns the text and what was done. Complexity: linear.
pub(super) fn mend(text: &[u8]) -> (Vec<u8>, Vec<RepairCode>) {
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    let mut codes = Vec::new();
    let mut tell = |code| {
        if !codes.contains(&code) {
            codes.push(code);
        }
    };
    let mut comments = Comments::new(text);
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let rest = &text[at..];
        match byte {
            b'"' => {
                let end = string_len(rest);
                if mend_string(&rest[..end], &mut out) {
                    tell(RepairCode::JsonString);
                }
                at += end;
                continue;
            }
            b'/' if comments.begins(at) => {
                at = match comments.end(at, true) {
                    End::At(end) => end,
                    End::Never | End::Unknown => text.len(),
                };
                out.push(b' ');
                tell(RepairCode::JsonComment);
                continue;
            }
            b'}' | b']' => {
                let kept = out.trim_ascii_end().len();
                if out[..kept].ends_with(b",") {
                    out.truncate(kept - 1);
                    tell(RepairCode::TrailingComma);
                }
            }
            b'N' | b'I' | b'-' => {
                let words: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];
                if let Some(word) = words.iter().find(|word| rest.starts_with(word)) {
                    out.extend_from_slice(b"null");
                    at += word.len();
                    tell(RepairCode::JsonNan);
                    continue;
                }
            }
            _ => {}
        }
        out.push(byte);
        at += 1;
    }
    (out, codes)
}

/// Copies a string, its quotes included; tells whether something in it had to be written in another way.
fn mend_string(string: &[u8], out: &mut Vec<u8>) -> bool {
    let unit = |at: usize| {
        let hex = string.get(at..at + 6).filter(|escape| escape.starts_with(b"\\u"))?;
        u32::from_str_radix(std::str::from_utf8(&hex[2..]).ok()?, 16).ok()
    };
    let (mut mended, mut at) = (false, 0);
    while let Some(&byte) = string.get(at) {
        let (written, len): (Option<String>, usize) = match (byte, string.get(at + 1)) {
            (0..0x20, _) => (Some(format!("\\u{byte:04x}")), 1),
            (b'\\', Some(b'u')) => match (unit(at), unit(at + 6)) {
                (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => (None, 12),
                (Some(0xd800..0xe000), _) => (Some("\\ufffd".into()), 6), // half a pair
                (Some(_), _) => (None, 6),
                (None, _) => (Some("\\\\".into()), 1),
            },
            (b'\\', Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')) => (None, 2),
            (b'\\', _) => (Some("\\\\".into()), 1), // no escape of JSON: a backslash was meant
            _ => (None, 1),
        };
        match written {
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                mended = true;
            }
            None => out.extend_from_slice(&string[at..at + len]),
        }
        at += len;
    }
    mended
}

fn string_len(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(&byte) = text.get(at) {
        at += 1;
        match byte {
            b'"' => return at,
            b'\\' => at += 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_has_not_is_mended_outside_strings_only() {
        let check = |text: &str, expect: &str, codes: &[RepairCode]| {
            let (out, told) = mend(text.as_bytes());
            assert_eq!((std::str::from_utf8(&out).unwrap(), &told[..]), (expect, codes), "{text}");
        };
        check(r#"{"a":1}"#, r#"{"a":1}"#, &[]);
        check(r#"{"a":NaN,"b":-Infinity}"#, r#"{"a":null,"b":null}"#, &[RepairCode::JsonNan]);
        check(r#"{"a":[1, ], }"#, r#"{"a":[1}"#.replace("[1", "[1]").as_str(), &[RepairCode::TrailingComma]);
        check(r#"{"a":"NaN ,] // \""}"#, r#"{"a":"NaN ,] // \""}"#, &[]);
        check("{\"a\":\"x\ty\"}", "{\"a\":\"x\\u0009y\"}", &[RepairCode::JsonString]);
        check(
            r#"{"a":"\xc3\xb1 \u00e9 \ud83d\ude00 \""}"#,
            r#"{"a":"\\xc3\\xb1 \u00e9 \ud83d\ude00 \""}"#,
            &[RepairCode::JsonString],
        );
        check(r#"{"a":"\ud800 \u12"}"#, r#"{"a":"\ufffd \\u12"}"#, &[RepairCode::JsonString]);
        check("{\"a\": /* x */ 1 // y\n}", "{\"a\":   1  \n}", &[RepairCode::JsonComment]);
    }
}

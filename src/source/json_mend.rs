//! Mends what people and their tools write into JSON although JSON has no such thing.

use crate::record::RepairCode;
use crate::source::json_split::comment_end;

/// Removes comments and commas before a closing bracket, and turns `NaN` and `Infinity` into `null`.
///
/// Returns the text and what was done; strings are left alone. Complexity: linear.
pub(super) fn mend(text: &[u8]) -> (Vec<u8>, Vec<RepairCode>) {
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    let mut codes = Vec::new();
    let mut tell = |code| {
        if !codes.contains(&code) {
            codes.push(code);
        }
    };
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let rest = &text[at..];
        match byte {
            b'"' => {
                let end = string_len(rest);
                out.extend_from_slice(&rest[..end]);
                at += end;
                continue;
            }
            b'/' if matches!(rest.get(1), Some(b'/' | b'*')) => {
                at = comment_end(text, at, b'\n', true).unwrap_or(text.len());
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
        check("{\"a\": /* x */ 1 // y\n}", "{\"a\":   1  \n}", &[RepairCode::JsonComment]);
    }
}

//! Lists in text, as Python and JSON write them: `[1, 2]`, `['a', "b"]`.

use std::str::Chars;

use crate::clean::number::{NumberStyle, integer};

/// Reads a list of whole numbers.
///
/// ```
/// use pipeline_core::clean::list;
/// assert_eq!(list::integers("[1, 2, 2]"), Some(vec![1, 2, 2]));
/// assert_eq!(list::integers("1, 2"), None);
/// ```
#[must_use]
pub fn integers(text: &str) -> Option<Vec<i64>> {
    let inside = inside(text)?;
    let mut items = Vec::new();
    let mut parts = inside.split(',').peekable();
    while let Some(part) = parts.next() {
        if part.trim().is_empty() && parts.peek().is_none() {
            break; // an empty list, or a comma behind the last item
        }
        items.push(integer(part, NumberStyle::Plain)?);
    }
    Some(items)
}

/// Reads a list of texts, in straight quotes of either kind; escapes are those of JSON and Python.
///
/// ```
/// use pipeline_core::clean::list;
/// assert_eq!(list::strings(r#"['a', "it's"]"#), Some(vec!["a".to_owned(), "it's".to_owned()]));
/// assert_eq!(list::strings("[a, b]"), None);
/// ```
#[must_use]
pub fn strings(text: &str) -> Option<Vec<String>> {
    let mut rest = inside(text)?.trim_start();
    let mut items = Vec::new();
    while !rest.is_empty() {
        let mut chars = rest.chars();
        let quote = chars.next().filter(|c| matches!(c, '"' | '\''))?;
        items.push(string(&mut chars, quote)?);
        rest = chars.as_str().trim_start();
        if !rest.is_empty() {
            rest = rest.strip_prefix(',')?.trim_start();
        }
    }
    Some(items)
}

fn inside(text: &str) -> Option<&str> {
    text.trim().strip_prefix('[')?.strip_suffix(']')
}

/// Reads up to the closing quote.
fn string(chars: &mut Chars<'_>, quote: char) -> Option<String> {
    let mut out = String::new();
    loop {
        match chars.next()? {
            c if c == quote => return Some(out),
            '\\' => out.push(escape(chars)?),
            c => out.push(c),
        }
    }
}

fn escape(chars: &mut Chars<'_>) -> Option<char> {
    let c = match chars.next()? {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'x' => char::from_u32(hex(chars, 2)?)?,
        'U' => char::from_u32(hex(chars, 8)?)?,
        'u' => match hex(chars, 4)? {
            high @ 0xd800..0xdc00 => {
                let low = chars.as_str().strip_prefix("\\u")?;
                *chars = low.chars();
                let low = Some(hex(chars, 4)?).filter(|low| (0xdc00..0xe000).contains(low))?;
                char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))?
            }
            code => char::from_u32(code)?,
        },
        c @ ('\\' | '\'' | '"' | '/') => c,
        _ => return None,
    };
    Some(c)
}

fn hex(chars: &mut Chars<'_>, digits: usize) -> Option<u32> {
    (0..digits).try_fold(0, |code: u32, _| Some(code << 4 | chars.next()?.to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_numbers_are_read() {
        let check =
            |text: &str, expect: Option<&[i64]>| assert_eq!(integers(text).as_deref(), expect, "{text}");
        check("[]", Some(&[]));
        check(" [ ] ", Some(&[]));
        check("[0]", Some(&[0]));
        check("[1, 2,-2 , 84.0]", Some(&[1, 2, -2, 84]));
        check("[1,]", Some(&[1]));
        for text in
            ["", "[", "]", "0", "[1", "[,]", "[1,,2]", "[a]", "[1.5]", "[[1]]", "[None]", "[1 2]", "(1)"]
        {
            check(text, None);
        }
    }

    #[test]
    fn lists_of_texts_are_read_in_both_spellings() {
        let check = |text: &str, expect: Option<&[&str]>| {
            let read = strings(text);
            let read: Option<Vec<&str>> = read.as_ref().map(|l| l.iter().map(String::as_str).collect());
            assert_eq!(read.as_deref(), expect, "{text}");
        };
        check("[]", Some(&[]));
        check(r#"['a', "b"]"#, Some(&["a", "b"]));
        check(r#"["it's", 'say "x"', '', ]"#, Some(&["it's", "say \"x\"", ""]));
        check(r#"['it\'s', "a\n\u00e9\ud83d\ude00\x41"]"#, Some(&["it's", "a\né😀A"]));
        check(r#"["a, b]", "c"]"#, Some(&["a, b]", "c"]));
        for text in
            [r#"["a]"#, "[a]", "['a' 'b']", "[,]", r#"["\ud83d"]"#, r#"["\q"]"#, "['a',, 'b']", "'a'", "[1]"]
        {
            check(text, None);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_list_or_none(text in r#"\[['", \\ua0-9]{0,24}\]|.*"#) {
            let _ = (integers(&text), strings(&text));
        }

        #[test]
        fn what_json_writes_is_read(items in proptest::collection::vec(".*", 0..5)) {
            proptest::prop_assert_eq!(strings(&serde_json::to_string(&items).unwrap()), Some(items));
        }
    }
}

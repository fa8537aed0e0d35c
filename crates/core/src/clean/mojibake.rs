//! UTF-8 that was once read as Windows-1252 or Latin-1: `ChiÃ©saz` where `Chiésaz` was meant.
//!
//! Undone only where nothing else can have been meant: every character is one of that code page, the bytes they stand
//! for are UTF-8 from end to end, and what they say is Western European letters and punctuation. So `NESCAFÉ®`, whose
//! bytes happen to be UTF-8 for a letter that nobody types, stays as it is.

/// Undoes it; none where the text is as it was meant.
///
/// ```
/// use pipeline_core::clean::mojibake;
/// assert_eq!(mojibake("St-LÃ©gier-ChiÃ©saz").as_deref(), Some("St-Légier-Chiésaz"));
/// assert_eq!(mojibake("St-Légier-Chiésaz"), None);
/// ```
///
/// Complexity: linear; text in ASCII is only looked at.
#[must_use]
pub fn mojibake(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let bytes: Vec<u8> = text.chars().map(byte).collect::<Option<_>>()?;
    let decoded = String::from_utf8(bytes).ok()?;
    decoded.chars().all(|c| c.is_ascii() || is_western(c)).then_some(decoded)
}

fn is_western(c: char) -> bool {
    matches!(c, '\u{a0}'..='\u{ff}' | 'Œ' | 'œ' | 'Š' | 'š' | 'Ž' | 'ž' | 'Ÿ' | '\u{2010}'..='\u{203a}' | '€' | '™')
}

/// The byte that Windows-1252 has for a character; where it has none, Latin-1's control characters.
fn byte(c: char) -> Option<u8> {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match u32::from(c) {
        code @ 0..=0xff => Some(code as u8),
        _ => HIGH.iter().position(|&high| high == c).map(|at| 0x80 + at as u8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_decodes_wholly_is_undone() {
        let check =
            |text: &str, expect: Option<&str>| assert_eq!(mojibake(text).as_deref(), expect, "{text}");
        check("St-LÃ©gier-ChiÃ©saz", Some("St-Légier-Chiésaz"));
        check("GenÃ¨ve Ã\u{a0} pied", Some("Genève à pied"));
        check("ZÃ¼rich", Some("Zürich"));
        check("lâ€™Ã©tÃ© â€“ 5â‚¬", Some("l’été – 5€"));
        check("CÅ“ur", Some("Cœur"));
        check("Ã\u{89}tat", Some("État")); // Latin-1 has a control character there
        for text in [
            "",
            "Zurich",
            "Genève",
            "Neuchâtel",
            "São Paulo",
            "PÃO",
            "IRMÃS",
            "CHÂTEAU",
            "NESCAFÉ®",
            "CAFÉ»",
            "Café St-LÃ©gier",
            "LÃ©gier 東京",
            "Ä“",
            "Î±",
            "Â",
            "Ã",
            "Łódź",
        ] {
            check(text, None);
        }
    }

    proptest::proptest! {
        #[test]
        fn western_text_read_wrongly_is_read_again(text in "[a-z éèàüöñçœ’€–]*[éèàüöñçœ’€–][a-z]*") {
            let (wrong, ..) = encoding_rs::WINDOWS_1252.decode(text.as_bytes());
            proptest::prop_assert_eq!(mojibake(&wrong), Some(text));
        }

        #[test]
        fn any_text_is_safe(text in ".*") {
            let _ = mojibake(&text);
        }
    }
}

//! True or false, as people and their tools spell it.

/// Reads a truth value: `True`, `false`, `yes`, `no`, `oui`, `non`, `ja`, `nein`, `t`, `f`, `1`, `0`, in any case.
///
/// ```
/// use pipeline_core::clean::boolean;
/// assert_eq!(boolean("True"), Some(true));
/// assert_eq!(boolean("Nein"), Some(false));
/// assert_eq!(boolean("maybe"), None);
/// ```
#[must_use]
pub fn boolean(text: &str) -> Option<bool> {
    let text = text.trim();
    let is = |words: [&str; 6]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["true", "1", "yes", "t", "oui", "ja"]) {
        return Some(true);
    }
    is(["false", "0", "no", "f", "non", "nein"]).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_known_and_no_other() {
        for (texts, expect) in [
            (["True", "TRUE", "yes", "oui", " ja ", "1", "t"], Some(true)),
            (["False", "FALSE", "no", "Non", "nein", "0", "F"], Some(false)),
            (["", "2", "y es", "vrai?", "1.0", "N/A", "null"], None),
        ] {
            for text in texts {
                assert_eq!(boolean(text), expect, "{text}");
            }
        }
    }
}

//! What is wrong with a pipeline file.

use std::fmt::Write as _;

use toml::Spanned;
use toml::de::DeTable;

use crate::error::Error;

/// The problems of one file, gathered.
pub(super) struct Problems<'a> {
    file: &'a str,
    text: &'a str,
    found: Vec<(usize, String)>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, found: Vec::new() }
    }

    /// Notes a problem at a byte offset.
    pub(super) fn add(&mut self, offset: usize, message: String) {
        self.found.push((offset, message));
    }

    /// Notes every key of a table that is none of the known ones.
    pub(super) fn unknown_keys(&mut self, table: &DeTable<'_>, place: &str, known: &[&str]) {
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                self.add(key.span().start, unknown("key", name, place, known));
            }
        }
    }

    /// Notes a value of the wrong type.
    pub(super) fn wrong_type<T>(&mut self, value: &Spanned<T>, key: &str, wanted: &str) {
        self.add(value.span().start, format!("`{key}` must be {wanted}"));
    }

    /// The error that tells all of them, or none.
    pub(super) fn into_error(mut self) -> Option<Error> {
        if self.found.is_empty() {
            return None;
        }
        self.found.sort();
        let mut message = String::new();
        for (i, (offset, problem)) in self.found.iter().enumerate() {
            let before = &self.text.as_bytes()[..(*offset).min(self.text.len())];
            let line = memchr::memchr_iter(b'\n', before).count() + 1;
            let newline = if i == 0 { "" } else { "\n" };
            let _ = write!(message, "{newline}{}:{line}: {problem}", self.file);
        }
        Some(Error::Spec { message, hint: "mend the pipeline file; nothing was run".into() })
    }
}

/// Says that something is unknown, and what may have been meant.
pub(crate) fn unknown(what: &str, name: &str, place: &str, known: &[&str]) -> String {
    let near = known
        .iter()
        .map(|k| (strsim::jaro_winkler(name, k), k))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, near)) => format!("unknown {what} `{name}`{place}; did you mean `{near}`?"),
        None => format!("unknown {what} `{name}`{place}; known are {}", known.join(", ")),
    }
}

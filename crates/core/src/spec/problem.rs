//! What is wrong with a pipeline file.

use std::fmt;

use toml::Spanned;
use toml::de::DeTable;

use crate::error::Error;

/// One problem of a pipeline file, or of an SQL file that it names. Shown as `file:line: message`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// What messages call the file.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// The column within the line, from 1, where it is known.
    pub column: Option<usize>,
    /// What is wrong, and what may have been meant.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.file, self.line)?;
        if let Some(column) = self.column {
            write!(f, "{column}:")?;
        }
        write!(f, " {}", self.message)
    }
}

impl Problem {
    /// All of them as one error.
    #[must_use]
    pub fn into_error(problems: &[Self]) -> Error {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Error::Spec { message: lines.join("\n"), hint: "mend the pipeline file; nothing was run".into() }
    }
}

/// The problems of one file, gathered.
pub(super) struct Problems<'a> {
    pub(super) file: &'a str,
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

    /// The line of a byte offset, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        memchr::memchr_iter(b'\n', before).count() + 1
    }

    /// What stands in the file from a byte offset on.
    pub(super) fn text_from(&self, offset: usize) -> &'a str {
        self.text.get(offset..).unwrap_or_default()
    }

    /// All of them, in the order of the file, each once.
    pub(super) fn into_list(mut self) -> Vec<Problem> {
        self.found.sort();
        self.found.dedup();
        let found = std::mem::take(&mut self.found);
        let problem = |(offset, message)| Problem {
            file: self.file.to_owned(),
            line: self.line(offset),
            column: None,
            message,
        };
        found.into_iter().map(problem).collect()
    }
}

/// Says that something is unknown, and what may have been meant.
pub fn unknown(what: &str, name: &str, place: &str, known: &[&str]) -> String {
    let name = name.escape_debug();
    match near(&name.to_string(), known) {
        Some(near) => format!("unknown {what} `{name}`{place}; did you mean `{near}`?"),
        None if known.is_empty() => format!("unknown {what} `{name}`{place}; there is none"),
        None => format!("unknown {what} `{name}`{place}; known are {}", known.join(", ")),
    }
}

/// How like two names are, up to 1. A single slip of the keyboard, `cvs` for `csv`, counts in a short name, too, where
/// the measure finds little in common.
fn likeness(name: &str, known: &str) -> f64 {
    let slip = name.len() == known.len() && strsim::osa_distance(name, known) == 1;
    strsim::jaro_winkler(name, known).max(if slip && name.len() > 2 { 0.8 } else { 0.0 })
}

/// Which of the known names may have been meant.
pub(super) fn near<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let name = name.to_lowercase();
    known
        .iter()
        .map(|k| (likeness(&name, &k.to_lowercase()), *k))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, near)| near)
}

//! Values of the types that a pipeline file has; a wrong one is noted, and nothing comes of it.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::spec::SqlFiles;
use crate::spec::problem::{Problems, unknown};

/// A value and its place in the file.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

pub(super) struct Reader<'a> {
    pub(super) problems: Problems<'a>,
    /// Where SQL files are.
    pub(super) sql: &'a SqlFiles<'a>,
    /// The parameters of the file.
    pub(super) params: Vec<String>,
}

/// Keys and values in the order of the file.
pub(super) fn in_order<'t, 'v>(table: &'t DeTable<'v>) -> Vec<(usize, &'t str, &'t Value<'v>)> {
    let mut all: Vec<_> =
        table.iter().map(|(key, value)| (key.span().start, key.get_ref().as_ref(), value)).collect();
    all.sort_by_key(|(at, ..)| *at);
    all
}

impl Reader<'_> {
    /// Notes every key that is none of the known ones; one that `elsewhere` knows is told as such.
    pub(super) fn keys(
        &mut self,
        table: &DeTable<'_>,
        place: &str,
        known: &[&str],
        elsewhere: &[&str],
        where_it_is_known: &str,
    ) {
        for (at, name, _) in in_order(table) {
            if elsewhere.contains(&name) {
                let problem = format!("the key `{name}`{place} is for {where_it_is_known} only");
                self.problems.add(at, problem);
            } else if !known.contains(&name) {
                self.problems.add(at, unknown("key", name, place, known));
            }
        }
    }

    pub(super) fn table<'t, 'v>(
        &mut self,
        value: &'t Value<'v>,
        key: &str,
    ) -> Option<(Range<usize>, &'t DeTable<'v>)> {
        match value.get_ref() {
            DeValue::Table(table) => Some((value.span(), table)),
            _ => {
                self.problems.wrong_type(value, key, "a table");
                None
            }
        }
    }

    pub(super) fn text(&mut self, value: &Value<'_>, key: &str) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            _ => {
                self.problems.wrong_type(value, key, "a text");
                None
            }
        }
    }

    /// A list of texts, each with its place.
    pub(super) fn texts(&mut self, value: &Value<'_>, key: &str) -> Vec<(usize, String)> {
        let mut texts = Vec::new();
        let mut wrong = |value| self.problems.wrong_type(value, key, "a list of texts");
        match value.get_ref() {
            DeValue::Array(list) => {
                for value in list {
                    match value.get_ref() {
                        DeValue::String(text) => texts.push((value.span().start, text.to_string())),
                        _ => wrong(value),
                    }
                }
            }
            _ => wrong(value),
        }
        texts
    }

    pub(super) fn flag(&mut self, table: &DeTable<'_>, key: &str) -> Option<bool> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            _ => {
                self.problems.wrong_type(value, key, "true or false");
                None
            }
        }
    }

    /// A text, or a list of them, each with its place.
    pub(super) fn text_or_texts(&mut self, value: &Value<'_>, key: &str) -> Vec<(usize, String)> {
        match value.get_ref() {
            DeValue::String(text) => vec![(value.span().start, text.to_string())],
            DeValue::Array(_) => self.texts(value, key),
            _ => {
                self.problems.wrong_type(value, key, "a text, or a list of texts");
                Vec::new()
            }
        }
    }

    /// A whole number, at least `least`.
    pub(super) fn number(&mut self, table: &DeTable<'_>, key: &str, least: u32) -> Option<u32> {
        let value = table.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let number = number.filter(|number| *number >= least);
        if number.is_none() {
            self.problems.wrong_type(value, key, &format!("a whole number, {least} or more"));
        }
        number
    }

    /// A text that means something else.
    pub(super) fn parsed<T>(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let value = table.get(key)?;
        let text = self.text(value, key)?;
        parse(&text)
            .map_err(|problem| self.problems.add(value.span().start, format!("{key}: {problem}")))
            .ok()
    }

    pub(super) fn choice<T: Copy>(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let value = table.get(key)?;
        let text = self.text(value, key)?;
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let problem = unknown("value", &text, &format!(" of `{key}`"), &names);
            self.problems.add(value.span().start, problem);
        }
        found
    }
}

//! Values of the types that a pipeline file has; a wrong one is noted, and nothing comes of it.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::spec::problem::{Problems, unknown};

/// A value and its place in the file.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

pub(super) struct Reader<'a> {
    pub(super) problems: Problems<'a>,
}

impl Reader<'_> {
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

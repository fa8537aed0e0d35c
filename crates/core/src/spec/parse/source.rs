//! A source: its files and how to read them.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::clean::DateOrder;
use crate::record::Field;
use crate::source::{Encoding, FileFormat, ListFormat};
use crate::spec::parse::value::{Reader, Value};
use crate::spec::problem::unknown;
use crate::spec::{MaxRejects, OnInvalidDate, SourceSpec};
use crate::store::Pattern;

const KEYS: [&str; 8] =
    ["path", "optional", "rename", "format", "encoding", "date_order", "on_invalid_date", "max_rejects"];

/// Keys that only the sources of a pipeline of tables have.
const OF_TABLES: [&str; 4] = ["columns", "required", "key", "reject"];

impl Reader<'_> {
    pub(super) fn source(
        &mut self,
        table: &DeTable<'_>,
        at: &Range<usize>,
        name: &str,
        fields: &[Field],
    ) -> SourceSpec {
        self.keys(table, &format!(" in the source `{name}`"), &KEYS, &OF_TABLES, "a pipeline of tables");
        let mut source = SourceSpec::default();
        match table.get("path") {
            None => self.problems.add(at.start, format!("the source `{name}` needs a `path`")),
            Some(value) => source.path = self.patterns(value),
        }
        source.optional = self.flag(table, "optional").unwrap_or_default();
        if let Some((_, renames)) = table.get("rename").and_then(|value| self.table(value, "rename")) {
            let known: Vec<&str> = fields.iter().map(|f| f.name()).collect();
            for (key, value) in renames {
                match fields.iter().find(|f| f.name() == key.get_ref().as_ref()) {
                    None => {
                        let problem =
                            unknown("column", key.get_ref(), &format!(" in the source `{name}`"), &known);
                        self.problems.add(key.span().start, problem);
                    }
                    Some(&field) => {
                        if let Some(column) = self.text(value, key.get_ref()) {
                            source.rename.insert(field, column);
                        }
                    }
                }
            }
        }
        let files = FileFormat::NAMES.map(|(name, format)| (name, (Some(format), None)));
        let lists = ListFormat::ALL.map(|list| (list.name(), (None, Some(list))));
        let lists = if fields.contains(&Field::Drug) { &lists[..] } else { &[] };
        let formats: Vec<_> = files.iter().chain(lists).copied().collect();
        (source.format, source.list) = self.choice(table, "format", &formats).unwrap_or_default();
        source.encoding = self.choice(table, "encoding", &Encoding::ALL.map(|e| (e.name(), e)));
        let orders = DateOrder::ALL.map(|o| (o.name(), o));
        source.date_order = self.choice(table, "date_order", &orders).unwrap_or_default();
        let choices = OnInvalidDate::ALL.map(|o| (o.name(), o));
        source.on_invalid_date = self.choice(table, "on_invalid_date", &choices).unwrap_or_default();
        source.max_rejects = self.max_rejects(table);
        source
    }

    pub(super) fn max_rejects(&mut self, table: &DeTable<'_>) -> MaxRejects {
        let Some(value) = table.get("max_rejects") else { return MaxRejects::default() };
        let text = match value.get_ref() {
            DeValue::Integer(number) => Some(number.to_string()),
            _ => self.text(value, "max_rejects"),
        };
        let limit = text.map(|text| text.parse::<MaxRejects>()).unwrap_or_else(|| Ok(MaxRejects::default()));
        limit.unwrap_or_else(|problem| {
            self.problems.add(value.span().start, format!("max_rejects: {problem}"));
            MaxRejects::default()
        })
    }

    fn patterns(&mut self, value: &Value<'_>) -> Vec<Pattern> {
        let texts = match value.get_ref() {
            DeValue::Array(list) if !list.is_empty() => {
                list.iter().map(|value| (value.span().start, self.text(value, "path"))).collect()
            }
            DeValue::Array(_) => {
                self.problems.wrong_type(value, "path", "one or more file patterns");
                Vec::new()
            }
            _ => vec![(value.span().start, self.text(value, "path"))],
        };
        let mut patterns = Vec::new();
        for (at, text) in texts {
            match text.as_deref().map(Pattern::new) {
                Some(Ok(pattern)) => patterns.push(pattern),
                Some(Err(problem)) => self.problems.add(at, format!("path: {problem}")),
                None => {}
            }
        }
        patterns
    }
}

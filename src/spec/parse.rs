//! Text -> specification, with every problem at once.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::clean::DateOrder;
use crate::error::Result;
use crate::mention::Overlap;
use crate::record::{Field, Kind};
use crate::source::Encoding;
use crate::spec::problem::{Problems, unknown};
use crate::spec::{DrugsSpec, MaxRejects, OnInvalidDate, SourceSpec};
use crate::store::{FileFormat, Pattern};

const SOURCE_KEYS: [&str; 8] =
    ["path", "optional", "rename", "format", "encoding", "date_order", "on_invalid_date", "max_rejects"];

/// Reads a pipeline file; `file` is what messages call it, `name` the pipeline's name.
pub fn parse(text: &str, file: &str, name: &str) -> Result<DrugsSpec> {
    let mut reader = Reader { problems: Problems::new(file, text) };
    let mut spec = DrugsSpec {
        name: name.to_owned(),
        description: String::new(),
        drugs: SourceSpec::default(),
        publications: Vec::new(),
        overlap: Overlap::default(),
    };
    match DeTable::parse(text) {
        Ok(table) => reader.file(table.get_ref(), &mut spec),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            reader.problems.add(at, error.message().to_owned());
        }
    }
    match reader.problems.into_error() {
        Some(error) => Err(error),
        None => Ok(spec),
    }
}

struct Reader<'a> {
    problems: Problems<'a>,
}

impl Reader<'_> {
    fn file(&mut self, table: &DeTable<'_>, spec: &mut DrugsSpec) {
        self.problems.unknown_keys(table, "", &["description", "sources", "tasks"]);
        if let Some(value) = table.get("description") {
            spec.description = self.text(value, "description").unwrap_or_default();
        }
        let kinds = Kind::ALL.map(Kind::name);
        let known: Vec<&str> = std::iter::once("drugs").chain(kinds).collect();
        let sources = table.get("sources").and_then(|value| self.table(value, "sources"));
        let sources = sources.map(|(_, sources)| sources);
        for (key, value) in sources.into_iter().flatten() {
            let name = key.get_ref().as_ref();
            let Some((at, table)) = self.table(value, name) else { continue };
            if name == "drugs" {
                spec.drugs = self.source(table, &at, name, &Field::DRUG);
            } else if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.name() == name) {
                spec.publications.push((kind, self.source(table, &at, name, &Field::PUBLICATION)));
            } else {
                self.problems.add(key.span().start, unknown("source", name, "", &known));
            }
        }
        spec.publications.sort_by_key(|(kind, _)| *kind);
        for name in known {
            if sources.is_none_or(|sources| sources.get(name).is_none()) {
                self.problems.add(0, format!("no source `{name}`"));
            }
        }
        let tasks = table.get("tasks").and_then(|value| self.table(value, "tasks"));
        let Some((_, tasks)) = tasks else {
            return self.problems.add(0, "no task: add `[tasks.graph]` with `builtin = \"mentions\"`".into());
        };
        self.problems.unknown_keys(tasks, " among the tasks", &["graph"]);
        if let Some((_, task)) = tasks.get("graph").and_then(|value| self.table(value, "graph")) {
            self.problems.unknown_keys(task, " in the task `graph`", &["builtin", "overlap"]);
            let builtin = task.get("builtin").map(|value| (value.span().start, self.text(value, "builtin")));
            match builtin {
                Some((_, Some(name))) if name == "mentions" => {}
                Some((at, Some(name))) => self.problems.add(at, unknown("builtin", &name, "", &["mentions"])),
                Some((_, None)) => {}
                None => self.problems.add(0, "the task `graph` needs `builtin = \"mentions\"`".into()),
            }
            let overlaps = Overlap::ALL.map(|o| (o.name(), o));
            spec.overlap = self.choice(task, "overlap", &overlaps).unwrap_or_default();
        }
    }

    fn source(&mut self, table: &DeTable<'_>, at: &Range<usize>, name: &str, fields: &[Field]) -> SourceSpec {
        self.problems.unknown_keys(table, &format!(" in the source `{name}`"), &SOURCE_KEYS);
        let mut source = SourceSpec::default();
        match table.get("path") {
            None => self.problems.add(at.start, format!("the source `{name}` needs a `path`")),
            Some(value) => source.path = self.patterns(value),
        }
        if let Some(value) = table.get("optional") {
            match value.get_ref() {
                DeValue::Boolean(optional) => source.optional = *optional,
                _ => self.problems.wrong_type(value, "optional", "true or false"),
            }
        }
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
        source.format = self.choice(table, "format", &FileFormat::ALL.map(|f| (f.name(), f)));
        source.encoding = self.choice(table, "encoding", &Encoding::ALL.map(|e| (e.name(), e)));
        let orders = DateOrder::ALL.map(|o| (o.name(), o));
        source.date_order = self.choice(table, "date_order", &orders).unwrap_or_default();
        let choices = OnInvalidDate::ALL.map(|o| (o.name(), o));
        source.on_invalid_date = self.choice(table, "on_invalid_date", &choices).unwrap_or_default();
        if let Some(value) = table.get("max_rejects") {
            let text = match value.get_ref() {
                DeValue::Integer(number) => Some(number.to_string()),
                _ => self.text(value, "max_rejects"),
            };
            match text.map(|text| text.parse::<MaxRejects>()) {
                Some(Ok(limit)) => source.max_rejects = limit,
                Some(Err(problem)) => {
                    self.problems.add(value.span().start, format!("max_rejects: {problem}"));
                }
                None => {}
            }
        }
        source
    }

    fn patterns(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Pattern> {
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

    fn choice<T: Copy>(&mut self, table: &DeTable<'_>, key: &str, choices: &[(&str, T)]) -> Option<T> {
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

    fn table<'t, 'v>(
        &mut self,
        value: &'t Spanned<DeValue<'v>>,
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

    fn text(&mut self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            _ => {
                self.problems.wrong_type(value, key, "a text");
                None
            }
        }
    }
}

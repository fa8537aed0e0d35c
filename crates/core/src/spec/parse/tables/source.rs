//! The sources: files, and the contract that their rows are held to.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use crate::clean::DateOrder;
use crate::record::RejectCode;
use crate::source::{Encoding, FileFormat};
use crate::spec::parse::tables::DRUGS;
use crate::spec::parse::tables::place::Place;
use crate::spec::parse::value::{Reader, in_order};
use crate::spec::problem::unknown;
use crate::spec::tables::{SqlText, TableSource, Template};

const KEYS: [&str; 9] =
    ["path", "format", "encoding", "columns", "required", "key", "reject", "date_order", "max_rejects"];
/// Keys that only the sources of the drugs pipeline have.
const OF_DRUGS: [&str; 3] = ["optional", "rename", "on_invalid_date"];

impl Reader<'_> {
    pub(super) fn table_sources(&mut self, table: &DeTable<'_>) -> Vec<TableSource> {
        let sources: Vec<TableSource> = self
            .each(table, "sources")
            .into_iter()
            .map(|(at, name, table)| self.table_source(at, name, table))
            .collect();
        if !table.contains_key("sources") {
            self.problems.add(0, "no source: add `[sources.NAME]` with a `path` and `columns`".into());
        }
        sources
    }

    fn table_source(&mut self, at: usize, name: &str, table: &DeTable<'_>) -> TableSource {
        self.table_name(at, name);
        let place = format!(" in the source `{name}`");
        self.keys(table, &place, &KEYS, &OF_DRUGS, DRUGS);
        let orders = DateOrder::ALL.map(|o| (o.name(), o));
        let mut source = TableSource {
            name: name.to_owned(),
            path: self.paths(at, name, table),
            format: self.choice(table, "format", &FileFormat::TABLES.map(|f| (f.name(), f))),
            encoding: self.choice(table, "encoding", &Encoding::ALL.map(|e| (e.name(), e))),
            columns: Vec::new(),
            key: Vec::new(),
            reject: self.conditions(table),
            date_order: self.choice(table, "date_order", &orders).unwrap_or_default(),
            max_rejects: self.max_rejects(table),
            at,
        };
        match table.get("columns") {
            None => {
                let problem = format!(
                    "the source `{name}` needs `columns`: their names and types, as in \
                     `columns = {{ id = \"string\", amount = \"float\" }}`"
                );
                self.problems.add(at, problem);
            }
            Some(value) => {
                if let Some((_, columns)) = self.table(value, "columns") {
                    source.columns = self.columns(columns);
                    if source.columns.is_empty() {
                        self.problems.wrong_type(value, "columns", "one or more columns");
                    }
                }
            }
        }
        // Where the columns cannot be read, that is the one problem.
        if !source.columns.is_empty() {
            let known: Vec<String> = source.columns.iter().map(|column| column.name.clone()).collect();
            let place = |key: &str| format!(" in `{key}` of the source `{name}`");
            for required in self.known_columns(table, "required", &known, &place("required")) {
                source
                    .columns
                    .iter_mut()
                    .filter(|column| column.name == required)
                    .for_each(|c| c.required = true);
            }
            source.key = self.known_columns(table, "key", &known, &place("key"));
        }
        source
    }

    fn paths(&mut self, at: usize, name: &str, table: &DeTable<'_>) -> Vec<Template> {
        let Some(value) = table.get("path") else {
            let problem = format!("the source `{name}` needs a `path`: its files, as in `path = \"*.csv\"`");
            self.problems.add(at, problem);
            return Vec::new();
        };
        let values: Vec<_> = match value.get_ref() {
            DeValue::Array(list) => list.iter().collect(),
            _ => vec![value],
        };
        if values.is_empty() {
            self.problems.wrong_type(value, "path", "one or more file patterns");
        }
        let mut paths = Vec::new();
        for value in values {
            paths.extend(self.place(value, "path", Place::Source));
        }
        paths
    }

    /// Names of columns, each a known one, each once.
    pub(super) fn known_columns(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        known: &[String],
        place: &str,
    ) -> Vec<String> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let columns = self.text_or_texts(value, key);
        self.check_columns(&columns, known, place);
        columns.into_iter().map(|(_, name)| name).collect()
    }

    pub(super) fn check_columns(&mut self, columns: &[(usize, String)], known: &[String], place: &str) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        for (i, (at, name)) in columns.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                self.problems.add(*at, unknown("column", name, place, &known));
            } else if columns[..i].iter().any(|(_, other)| other == name) {
                self.problems.add(*at, format!("the column `{name}` stands twice{place}"));
            }
        }
    }

    /// Conditions by reject code.
    fn conditions(&mut self, table: &DeTable<'_>) -> BTreeMap<String, SqlText> {
        let mut conditions = BTreeMap::new();
        let Some((_, table)) = table.get("reject").and_then(|value| self.table(value, "reject")) else {
            return conditions;
        };
        for (at, code, value) in in_order(table) {
            let kebab = code.starts_with(|c: char| c.is_ascii_lowercase())
                && code.split('-').all(|word| {
                    !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
                });
            if !kebab {
                let problem = format!(
                    "`{}` cannot be a reject code: words of small letters and digits with `-` between them, \
                     as in `living-area`",
                    code.escape_debug()
                );
                self.problems.add(at, problem);
            } else if RejectCode::ALL.iter().any(|known| known.as_str() == code) {
                let problem = format!("the reject code `{code}` has a meaning already: name yours otherwise");
                self.problems.add(at, problem);
            }
            if let Some(sql) = self.inline_sql(value, code) {
                conditions.insert(code.to_owned(), sql);
            }
        }
        conditions
    }
}

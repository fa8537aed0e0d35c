//! The tasks, each by itself.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use crate::spec::parse::tables::DRUGS;
use crate::spec::parse::tables::place::Place;
use crate::spec::parse::tables::write::DeclaredWrite;
use crate::spec::parse::value::{Reader, Value, in_order};
use crate::spec::tables::{TableFormat, TableTask, Template, Work, Write, WriteMode};

const KEYS: [&str; 6] = ["description", "sql", "from", "after", "inputs", "write"];

/// A task, and where things stand in the file.
pub(super) struct DeclaredTask {
    pub(super) task: TableTask,
    /// Nothing where it cannot be read: that is told already.
    pub(super) write: Option<DeclaredWrite>,
    /// Whether there is `from` in the file, right or wrong.
    pub(super) has_from: bool,
    /// Whether there is `sql` in the file, right or wrong.
    pub(super) has_sql: bool,
    pub(super) from: Vec<(usize, String)>,
    pub(super) after: Vec<(usize, String)>,
    pub(super) inputs: Vec<(usize, String)>,
}

impl Reader<'_> {
    pub(super) fn table_tasks(&mut self, table: &DeTable<'_>) -> Vec<DeclaredTask> {
        let mut declared = Vec::new();
        for (at, name, table) in self.each(table, "tasks") {
            self.table_name(at, name);
            self.keys(table, &format!(" in the task `{name}`"), &KEYS, &["builtin", "overlap"], DRUGS);
            declared.push(self.table_task(at, name, table));
        }
        let is_table = |value: &Value<'_>| matches!(value.get_ref(), DeValue::Table(_));
        if declared.is_empty() && table.get("tasks").is_none_or(is_table) {
            self.problems.add(0, "no task: add `[tasks.NAME]` with `sql` or `from`, and `write`".into());
        }
        declared
    }

    pub(super) fn table_task(&mut self, at: usize, name: &str, table: &DeTable<'_>) -> DeclaredTask {
        let sql = table.get("sql").and_then(|value| self.sql(value));
        let from = table.get("from").map(|value| self.text_or_texts(value, "from")).unwrap_or_default();
        let after = table.get("after").map(|value| self.text_or_texts(value, "after")).unwrap_or_default();
        let mut inputs: BTreeMap<String, Template> = BTreeMap::new();
        let mut inputs_at = Vec::new();
        if let Some((_, table)) = table.get("inputs").and_then(|value| self.table(value, "inputs")) {
            for (at, name, value) in in_order(table) {
                inputs_at.push((at, name.to_owned()));
                if let Some(place) = self.place(value, &format!("inputs.{name}"), Place::Table) {
                    inputs.insert(name.to_owned(), place);
                }
            }
        }
        let write = self.write(at, name, table);
        let nowhere = || Write {
            to: Template { text: String::new(), at },
            format: TableFormat::default(),
            mode: WriteMode::default(),
            key: Vec::new(),
            partition_by: Vec::new(),
        };
        let names = |list: &[(usize, String)]| list.iter().map(|(_, name)| name.clone()).collect();
        let task = TableTask {
            name: name.to_owned(),
            description: self.description(table),
            work: sql.map_or(Work::Copy, Work::Sql),
            from: names(&from),
            after: names(&after),
            inputs,
            write: write.as_ref().map_or_else(nowhere, |declared| declared.write.clone()),
            at,
        };
        DeclaredTask {
            task,
            write,
            has_from: table.contains_key("from"),
            has_sql: table.contains_key("sql"),
            from,
            after,
            inputs: inputs_at,
        }
    }
}

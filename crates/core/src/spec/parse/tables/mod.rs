//! A pipeline of tables: sources with a contract, tasks in SQL, audits, writes, tests.

mod audit;
mod column;
mod hint;
mod link;
mod param;
mod place;
mod source;
mod sql;
mod task;
mod test;
mod write;

use toml::de::DeTable;

use crate::spec::parse::schedule;
use crate::spec::parse::value::{Reader, in_order};
use crate::spec::tables::{TablesSpec, is_name};

/// Names of tables that a run makes by itself.
const RESERVED: [&str; 3] = ["rejects", "run_tasks", "on_failure"];
/// Where keys belong that are not known here.
const DRUGS: &str = "the drugs pipeline";

impl Reader<'_> {
    pub(super) fn tables(&mut self, table: &DeTable<'_>, name: &str) -> TablesSpec {
        let known: Vec<&str> = ["description", "params", "sources", "tasks", "audits", "on_failure", "tests"]
            .into_iter()
            .chain(schedule::KEYS)
            .collect();
        self.problems.unknown_keys(table, "", &known);
        let mut spec = TablesSpec::empty(name, self.problems.file);
        if let Some(value) = table.get("description") {
            spec.description = self.text(value, "description").unwrap_or_default();
        }
        spec.schedule = self.schedule(table);
        spec.params = self.params(table);
        spec.sources = self.table_sources(table);
        let declared = self.table_tasks(table);
        let audits = self.audits(table);
        let (on_failure, fallback) = self.on_failure(table);
        let columns = self.link(&mut spec, declared, &audits, fallback.as_ref());
        spec.audits = audits.into_iter().map(|declared| declared.audit).collect();
        spec.on_failure = on_failure;
        spec.tests = self.spec_tests(table, &spec, &columns);
        spec
    }

    /// The tables within the table of a key, in the order of the file.
    fn each<'t, 'v>(&mut self, table: &'t DeTable<'v>, key: &str) -> Vec<(usize, &'t str, &'t DeTable<'v>)> {
        let Some((_, inner)) = table.get(key).and_then(|value| self.table(value, key)) else {
            return Vec::new();
        };
        let mut tables = Vec::new();
        for (at, name, value) in in_order(inner) {
            if let Some((_, table)) = self.table(value, name) {
                tables.push((at, name, table));
            }
        }
        tables
    }

    /// Notes a name that a table or a column cannot have; `what` is what has it, as in "a table".
    fn name(&mut self, at: usize, name: &str, what: &str) {
        if !is_name(name) || name.len() > 63 {
            let problem = format!(
                "`{}` cannot be the name of {what}: letters, digits and `_`, no digit first, at most 63",
                name.escape_debug()
            );
            self.problems.add(at, problem);
        }
    }

    /// Notes a table's name that cannot be, or that a run needs for a table of its own.
    fn table_name(&mut self, at: usize, name: &str) {
        self.name(at, name, "a table");
        if RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) {
            self.problems.add(at, format!("the name `{name}` is reserved for what a run makes by itself"));
        }
    }

    fn description(&mut self, table: &DeTable<'_>) -> String {
        table.get("description").and_then(|value| self.text(value, "description")).unwrap_or_default()
    }
}

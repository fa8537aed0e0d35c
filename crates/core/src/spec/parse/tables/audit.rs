//! Audits, and what is done when a task fails.

use toml::de::DeTable;

use crate::spec::parse::tables::DRUGS;
use crate::spec::parse::tables::task::DeclaredTask;
use crate::spec::parse::value::Reader;
use crate::spec::tables::{Audit, OnFailure, SqlText};

/// An audit, and where its tables are named.
pub(super) struct DeclaredAudit {
    pub(super) audit: Audit,
    pub(super) has_from: bool,
    pub(super) from: Vec<(usize, String)>,
}

impl Reader<'_> {
    pub(super) fn audits(&mut self, table: &DeTable<'_>) -> Vec<DeclaredAudit> {
        let mut audits = Vec::new();
        for (at, name, table) in self.each(table, "audits") {
            self.name(at, name, "an audit");
            let place = format!(" in the audit `{name}`");
            self.problems.unknown_keys(table, &place, &["description", "sql", "from", "blocking"]);
            let sql = match table.get("sql") {
                Some(value) => self.sql(value),
                None => {
                    self.problems
                        .add(at, format!("the audit `{name}` needs `sql`: a query that returns bad rows"));
                    None
                }
            };
            let from = table.get("from").map(|value| self.text_or_texts(value, "from")).unwrap_or_default();
            let nothing = || SqlText { file: String::new(), line: 0, text: String::new() };
            audits.push(DeclaredAudit {
                audit: Audit {
                    name: name.to_owned(),
                    description: self.description(table),
                    sql: sql.unwrap_or_else(nothing),
                    from: from.iter().map(|(_, name)| name.clone()).collect(),
                    blocking: self.flag(table, "blocking").unwrap_or(true),
                    at,
                },
                has_from: table.contains_key("from"),
                from,
            });
        }
        audits
    }

    /// What is done then, and its task as it is declared.
    pub(super) fn on_failure(&mut self, table: &DeTable<'_>) -> (Option<OnFailure>, Option<DeclaredTask>) {
        let Some((key, value)) = table.get_key_value("on_failure") else { return (None, None) };
        let Some((_, table)) = self.table(value, "on_failure") else { return (None, None) };
        let known = ["description", "webhook", "sql", "from", "inputs", "write"];
        self.keys(table, " in `on_failure`", &known, &["builtin", "overlap"], DRUGS);
        let webhook = table.get("webhook").and_then(|value| self.template(value, "webhook"));
        let at = key.span().start;
        let is_task = ["sql", "from", "write"].iter().any(|key| table.contains_key(*key));
        if !is_task && !table.contains_key("webhook") {
            let what = "`on_failure` does nothing: it needs `webhook`, or a task: `sql`, `from`, `write`";
            self.problems.add(at, what.into());
        }
        let declared = is_task.then(|| self.table_task(at, "on_failure", table));
        let task = declared.as_ref().map(|declared| declared.task.clone());
        (Some(OnFailure { webhook, task }), declared)
    }
}

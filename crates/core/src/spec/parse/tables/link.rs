//! How everything hangs together: who reads whom, in which order, into which places.

use std::collections::BTreeMap;

use crate::error::Action;
use crate::spec::parse::order::{Link, order};
use crate::spec::parse::tables::audit::DeclaredAudit;
use crate::spec::parse::tables::hint::tables_in;
use crate::spec::parse::tables::task::DeclaredTask;
use crate::spec::parse::value::Reader;
use crate::spec::problem::unknown;
use crate::spec::tables::{RESERVED_PLACES, TablesSpec, Work, nested};

/// The columns of tables, where they are known without looking into SQL.
pub(super) type Columns = BTreeMap<String, Vec<String>>;

impl Reader<'_> {
    /// Checks what names what, and puts the tasks into the pipeline, each behind those it waits for.
    pub(super) fn link(
        &mut self,
        spec: &mut TablesSpec,
        declared: Vec<DeclaredTask>,
        audits: &[DeclaredAudit],
        fallback: Option<&DeclaredTask>,
    ) -> Columns {
        let sources: Vec<String> = spec.sources.iter().map(|source| source.name.clone()).collect();
        let tasks: Vec<String> = declared.iter().map(|declared| declared.task.name.clone()).collect();
        let tables: Vec<&str> = sources.iter().chain(&tasks).map(String::as_str).collect();
        for (i, source) in spec.sources.iter().enumerate() {
            self.same_name(source.at, &source.name, "source", &tables[..i]);
        }
        for (i, declared) in declared.iter().enumerate() {
            self.same_name(declared.task.at, &declared.task.name, "task", &tables[..sources.len() + i]);
            let others: Vec<&str> = tables.iter().copied().filter(|t| *t != declared.task.name).collect();
            self.task_reads(declared, &others, &format!("the task `{}`", declared.task.name));
            self.task_waits(declared, &sources, &tasks);
        }
        for declared in audits {
            let audit = &declared.audit;
            let whose = format!("the audit `{}`", audit.name);
            self.reads(&declared.from, &tables, &whose);
            self.needs_from(
                audit.at,
                declared.has_from,
                declared.from.is_empty(),
                &audit.sql.text,
                &tables,
                &whose,
            );
        }
        if let Some(declared) = fallback {
            let readable: Vec<&str> = tables.iter().copied().chain(["run_tasks"]).collect();
            self.task_reads(declared, &readable, "`on_failure`");
        }
        self.places(declared.iter().chain(fallback));
        let links: Vec<Link> = links(&declared, &tasks);
        let order = order(declared.len(), &links, |circle| {
            let names: Vec<&str> = circle.iter().map(|&task| tasks[task].as_str()).collect();
            let round = format!("{} -> {}", names.join(" -> "), names[0]);
            let problem = format!("tasks that wait for each other: {round}");
            self.problems.add(declared[circle[0]].task.at, problem);
        });
        let mut columns: Columns = BTreeMap::new();
        for source in &spec.sources {
            let names = source.columns.iter().map(|column| column.name.clone());
            columns.insert(source.name.clone(), names.collect());
        }
        for &task in &order {
            let declared = &declared[task];
            if let ([from], Work::Copy, false) = (&*declared.task.from, &declared.task.work, declared.has_sql)
                && let Some(known) = columns.get(from).filter(|known| !known.is_empty()).cloned()
            {
                self.write_columns(declared, &known);
                columns.insert(declared.task.name.clone(), known);
            }
        }
        let mut declared: Vec<Option<DeclaredTask>> = declared.into_iter().map(Some).collect();
        let in_order = order.into_iter().filter_map(|task| declared[task].take());
        spec.tasks = in_order.map(|declared| declared.task).collect();
        columns
    }

    /// Notes a name that another table has.
    fn same_name(&mut self, at: usize, name: &str, what: &str, before: &[&str]) {
        let Some(other) = before.iter().find(|other| other.eq_ignore_ascii_case(name)) else { return };
        let problem = if *other == name {
            format!("the {what} `{name}` has the name of another table: rename one of them")
        } else {
            format!(
                "the tables `{other}` and `{name}` differ in case only, and SQL reads both alike: rename one of them"
            )
        };
        self.problems.add(at, problem);
    }

    /// `from`, `sql` and `inputs` of a task.
    fn task_reads(&mut self, declared: &DeclaredTask, tables: &[&str], whose: &str) {
        self.reads(&declared.from, tables, whose);
        let at = declared.task.at;
        match &declared.task.work {
            Work::Sql(sql) => {
                self.needs_from(at, declared.has_from, declared.from.is_empty(), &sql.text, tables, whose);
            }
            Work::Copy if declared.has_sql => {} // it cannot be read, which is told
            Work::Copy if !declared.has_from => {
                let problem = format!("{whose} does nothing: it needs `sql`, or `from`: the table to copy");
                self.problems.add(at, problem);
            }
            Work::Copy if declared.from.len() > 1 => {
                let problem = format!("{whose} copies one table, and has several in `from`: it needs `sql`");
                self.problems.add(declared.from[1].0, problem);
            }
            Work::Copy => {}
        }
        let from: Vec<&str> = declared.task.from.iter().map(String::as_str).collect();
        for (at, name) in &declared.inputs {
            if !from.contains(&name.as_str()) {
                let problem = unknown(
                    "table",
                    name,
                    &format!(" in `inputs` of {whose}, which are of its `from`"),
                    &from,
                );
                self.problems.add(*at, problem);
            }
        }
    }

    /// Notes tables that are none, or that are named twice.
    fn reads(&mut self, from: &[(usize, String)], tables: &[&str], whose: &str) {
        for (i, (at, name)) in from.iter().enumerate() {
            if !tables.contains(&name.as_str()) {
                let problem = match name.as_str() {
                    "run_tasks" => "from: `run_tasks` can be read in `on_failure` only".to_owned(),
                    "rejects" => {
                        format!("from: `rejects` is complete when a run ends: {} reads it", Action::Sql)
                    }
                    _ if format!("the task `{name}`") == whose => format!("{whose} reads itself"),
                    _ => unknown("table", name, &format!(" in `from` of {whose}"), tables),
                };
                self.problems.add(*at, problem);
            } else if from[..i].iter().any(|(_, other)| other == name) {
                self.problems.add(*at, format!("from: the table `{name}` stands twice"));
            }
        }
    }

    /// Notes SQL without `from`, and offers the line.
    fn needs_from(&mut self, at: usize, has: bool, empty: bool, sql: &str, tables: &[&str], whose: &str) {
        if has && !empty || sql.is_empty() {
            return;
        }
        let tables = tables_in(sql, tables);
        // SQL that reads no table at all may say so.
        if has && tables.is_empty() {
            return;
        }
        let quoted: Vec<String> = tables.iter().map(|table| format!("\"{table}\"")).collect();
        let line =
            if quoted.is_empty() { String::new() } else { format!("; add `from = [{}]`", quoted.join(", ")) };
        self.problems.add(at, format!("{whose} needs `from`: the tables that its SQL reads{line}"));
    }

    /// `after` of a task.
    fn task_waits(&mut self, declared: &DeclaredTask, sources: &[String], tasks: &[String]) {
        let name = &declared.task.name;
        for (at, other) in &declared.after {
            if other == name {
                self.problems.add(*at, format!("the task `{name}` waits for itself"));
            } else if sources.contains(other) && !tasks.contains(other) {
                let problem =
                    format!("after: `{other}` is a source, and there before any task: leave it out");
                self.problems.add(*at, problem);
            } else if !tasks.contains(other) {
                let others: Vec<&str> =
                    tasks.iter().filter(|task| *task != name).map(String::as_str).collect();
                let place = format!(" in `after` of the task `{name}`");
                self.problems.add(*at, unknown("task", other, &place, &others));
            }
        }
    }

    /// Notes columns of a write that its table does not have.
    fn write_columns(&mut self, declared: &DeclaredTask, known: &[String]) {
        let Some(write) = &declared.write else { return };
        let place = |key: &str| format!(" in `{key}` of the task `{}`", declared.task.name);
        self.check_columns(&write.key, known, &place("key"));
        self.check_columns(&write.partition_by, known, &place("partition_by"));
    }

    /// Notes places that are the same, or within each other, or where a run's own files are.
    fn places<'d>(&mut self, declared: impl Iterator<Item = &'d DeclaredTask>) {
        let mut before: Vec<(&str, &str)> = Vec::new();
        for declared in declared {
            let Some(write) = &declared.write else { continue };
            let (name, to) = (declared.task.name.as_str(), write.write.to.text.as_str());
            if to.is_empty() {
                continue;
            }
            if let Some((other, place)) = before.iter().find(|(_, place)| nested(place, to)) {
                let how = if place.trim_end_matches('/') == to.trim_end_matches('/') {
                    format!("the task `{other}` writes to `{to}`, too")
                } else {
                    format!("`{to}` and `{place}` of the task `{other}` lie within each other")
                };
                let problem = format!("to: {how}; did you mean `{{out}}/{name}`?");
                self.problems.add(write.write.to.at, problem);
            }
            if let Some(own) = RESERVED_PLACES.iter().find(|own| nested(&format!("{{out}}/{own}"), to)) {
                let problem =
                    format!("to: the run's own `{own}` is in `{to}`; did you mean `{{out}}/{name}`?");
                self.problems.add(write.write.to.at, problem);
            }
            before.push((name, to));
        }
    }
}

/// Who waits for whom, by place in the list.
fn links(declared: &[DeclaredTask], tasks: &[String]) -> Vec<Link> {
    let mut links = Vec::new();
    for (task, here) in declared.iter().enumerate() {
        for (_, name) in here.from.iter().chain(&here.after) {
            let other = tasks.iter().position(|other| other == name);
            links.extend(other.filter(|other| *other != task).map(|waits_for| Link { task, waits_for }));
        }
    }
    links
}

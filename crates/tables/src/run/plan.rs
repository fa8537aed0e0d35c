//! What a run has to do, and in which order: tasks, and the audits between them.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Result};
use crate::spec::tables::{Audit, TableTask, TablesSpec};

/// The name of the task that is run when another one fails.
pub(super) const ON_FAILURE: &str = "on_failure";

/// Which part of a pipeline is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    /// All of it.
    Whole,
    /// These tasks and audits.
    Part {
        /// Names of tasks.
        tasks: BTreeSet<String>,
        /// Names of audits.
        audits: BTreeSet<String>,
    },
    /// The task that is run when another one fails, by itself.
    Fallback,
}

/// A part of the work.
#[derive(Debug, Clone, Copy)]
pub(super) enum Job<'a> {
    /// Makes a table.
    Task(&'a TableTask),
    /// Looks for bad rows.
    Audit(&'a Audit),
}

impl Job<'_> {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Task(task) => &task.name,
            Self::Audit(audit) => &audit.name,
        }
    }

    /// The tables that it reads.
    pub(super) fn reads(&self) -> &[String] {
        match self {
            Self::Task(task) => &task.from,
            Self::Audit(audit) => &audit.from,
        }
    }
}

/// The work of a run.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    /// Tasks in the order of the file, then audits.
    pub(super) jobs: Vec<Job<'a>>,
    /// By job: those that it waits for.
    pub(super) after: Vec<Vec<usize>>,
    /// The sources that are read.
    pub(super) sources: BTreeSet<&'a str>,
}

impl Scope {
    /// One task and the audits that become due with it.
    pub(super) fn of_task(spec: &TablesSpec, name: &str) -> Result<Self> {
        let task = spec.task(name).ok_or_else(|| unknown_task(spec, name))?;
        let due = |audit: &&Audit| due_with(spec, audit) == Some(task.name.as_str());
        let audits = spec.audits.iter().filter(due).map(|audit| audit.name.clone()).collect();
        Ok(Self::Part { tasks: BTreeSet::from([name.to_owned()]), audits })
    }

    fn has_task(&self, name: &str) -> bool {
        match self {
            Self::Whole => true,
            Self::Part { tasks, .. } => tasks.contains(name),
            Self::Fallback => false,
        }
    }

    fn has_audit(&self, name: &str) -> bool {
        match self {
            Self::Whole => true,
            Self::Part { audits, .. } => audits.contains(name),
            Self::Fallback => false,
        }
    }
}

/// The task with which an audit is run when tasks run one by one: the last, in the order of the plan, of those whose
/// tables it reads. An audit of sources alone comes with the first task that reads one of them.
fn due_with<'a>(spec: &'a TablesSpec, audit: &Audit) -> Option<&'a str> {
    let name = |task: &'a TableTask| task.name.as_str();
    let last = spec.tasks.iter().rev().find(|task| audit.from.contains(&task.name)).map(name);
    last.or_else(|| {
        spec.tasks.iter().find(|task| task.from.iter().any(|table| audit.from.contains(table))).map(name)
    })
}

/// The task of a name, the fallback among them.
pub(super) fn task_of<'a>(spec: &'a TablesSpec, name: &str) -> Result<&'a TableTask> {
    spec.all_tasks().find(|task| task.name == name).ok_or_else(|| unknown_task(spec, name))
}

/// Says that there is no such task.
pub(super) fn unknown_task(spec: &TablesSpec, name: &str) -> Error {
    let near = spec.tasks.iter().map(|task| (strsim::jaro_winkler(name, &task.name), task.name.as_str()));
    let near = near.filter(|(likeness, _)| *likeness > 0.75).max_by(|a, b| a.0.total_cmp(&b.0));
    let names: Vec<&str> = spec.tasks.iter().map(|task| task.name.as_str()).collect();
    Error::Call {
        message: format!("the pipeline `{}` has no task `{}`", spec.name, name.escape_debug()),
        hint: match near {
            Some((_, near)) => format!("did you mean `{near}`?"),
            None => format!("its tasks are {}", names.join(", ")),
        },
    }
}

/// Plans a run.
///
/// A blocking audit stands before every task that reads one of its tables, unless the audit itself needs what that
/// task makes.
pub(super) fn plan<'a>(spec: &'a TablesSpec, scope: &Scope) -> Plan<'a> {
    let tasks = spec.tasks.iter().filter(|task| scope.has_task(&task.name));
    let audits = spec.audits.iter().filter(|audit| scope.has_audit(&audit.name));
    let jobs: Vec<Job<'_>> = tasks.map(Job::Task).chain(audits.map(Job::Audit)).collect();
    let task_at =
        |name: &String| jobs.iter().position(|job| matches!(job, Job::Task(task) if task.name == *name));
    let mut after: Vec<Vec<usize>> = Vec::new();
    for job in &jobs {
        let extra: &[String] = if let Job::Task(task) = job { &task.after } else { &[] };
        let mut before: Vec<usize> = job.reads().iter().chain(extra).filter_map(task_at).collect();
        before.sort_unstable();
        before.dedup();
        after.push(before);
    }
    for (at, audit) in jobs.iter().enumerate() {
        let Job::Audit(audit) = audit else { continue };
        for (reader, job) in jobs.iter().enumerate() {
            let Job::Task(task) = job else { continue };
            let reads = task.from.iter().any(|table| audit.from.contains(table));
            if audit.blocking && reads && !needs(&after, at, reader) {
                after[reader].push(at);
            }
        }
    }
    let is_source = |table: &&String| spec.source(table).is_some();
    let sources = jobs.iter().flat_map(|job| match job {
        Job::Task(task) => task.from.iter(),
        Job::Audit(audit) => audit.from.iter(),
    });
    let sources = sources.filter(is_source).map(String::as_str).collect();
    Plan { jobs, after, sources }
}

/// Whether a job waits, by however many steps, for another one.
fn needs(after: &[Vec<usize>], job: usize, other: usize) -> bool {
    job == other || after[job].iter().any(|&before| needs(after, before, other))
}

/// The sources that jobs need, by however many steps; a table that is read from elsewhere needs none. `elsewhere`
/// tells whether a task reads a table from another place than where its task wrote it.
pub(super) fn origins<'a>(
    spec: &'a TablesSpec,
    plan: &Plan<'a>,
    elsewhere: &dyn Fn(&TableTask, &str) -> bool,
) -> BTreeSet<&'a str> {
    let mut found = plan.sources.clone();
    let mut seen: BTreeMap<&str, ()> = BTreeMap::new();
    let mut open: Vec<&'a TableTask> = plan
        .jobs
        .iter()
        .filter_map(|job| if let Job::Task(task) = job { Some(*task) } else { None })
        .collect();
    while let Some(task) = open.pop() {
        if seen.insert(&task.name, ()).is_some() {
            continue;
        }
        for table in task.from.iter().filter(|table| !elsewhere(task, table)) {
            if let Some(source) = spec.source(table) {
                found.insert(&source.name);
            } else if let Some(before) = spec.task(table) {
                open.push(before);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::tables::{SqlText, TableFormat, TableSource, Template, Work, Write, WriteMode};

    fn template(text: &str) -> Template {
        Template { text: text.into(), at: 0 }
    }

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(ToString::to_string).collect()
    }

    fn task(name: &str, from: &[&str]) -> TableTask {
        TableTask {
            name: name.into(),
            description: String::new(),
            work: Work::Copy,
            from: names(from),
            after: Vec::new(),
            inputs: BTreeMap::new(),
            write: Write {
                to: template(&format!("{{out}}/{name}")),
                format: TableFormat::Parquet,
                mode: WriteMode::Replace,
                key: Vec::new(),
                partition_by: Vec::new(),
            },
            at: 0,
        }
    }

    fn audit(name: &str, from: &[&str], blocking: bool) -> Audit {
        Audit {
            name: name.into(),
            description: String::new(),
            sql: SqlText { file: "a.sql".into(), line: 1, text: String::new() },
            from: names(from),
            blocking,
            at: 0,
        }
    }

    fn spec(tasks: Vec<TableTask>, audits: Vec<Audit>) -> TablesSpec {
        TablesSpec {
            name: "p".into(),
            file: "p.toml".into(),
            description: String::new(),
            schedule: crate::spec::Schedule::default(),
            params: Vec::new(),
            sources: ["s", "r"]
                .map(|name| TableSource {
                    name: name.into(),
                    path: vec![template("*.csv")],
                    format: None,
                    encoding: None,
                    columns: Vec::new(),
                    key: Vec::new(),
                    reject: BTreeMap::new(),
                    date_order: crate::clean::DateOrder::default(),
                    max_rejects: crate::spec::MaxRejects::default(),
                    at: 0,
                })
                .into(),
            tasks,
            audits,
            on_failure: None,
            tests: Vec::new(),
        }
    }

    /// `job: those before it; ...`
    fn shown(plan: &Plan<'_>) -> String {
        let line = |(job, before): (&Job<'_>, &Vec<usize>)| {
            let before: Vec<&str> = before.iter().map(|&at| plan.jobs[at].name()).collect();
            format!("{}: {}", job.name(), before.join(" "))
        };
        plan.jobs.iter().zip(&plan.after).map(line).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_blocking_audit_stands_before_those_that_read_its_table() {
        let tasks = vec![task("a", &["s"]), task("b", &["a"]), task("c", &["b"]), task("d", &["r"])];
        let spec = spec(tasks, vec![audit("x", &["a"], true), audit("y", &["a"], false)]);
        let plan = plan(&spec, &Scope::Whole);
        assert_eq!(shown(&plan), "a: ; b: a x; c: b; d: ; x: a; y: a");
        assert_eq!(plan.sources, BTreeSet::from(["r", "s"]));
    }

    #[test]
    fn an_audit_never_waits_for_itself() {
        let tasks = vec![task("a", &["s"]), task("b", &["a"]), task("c", &["a"])];
        let one = spec(tasks.clone(), vec![audit("x", &["a", "b"], true)]);
        assert_eq!(shown(&plan(&one, &Scope::Whole)), "a: ; b: a; c: a x; x: a b");
        // Each of two would have to wait for the other.
        let two = spec(tasks, vec![audit("x", &["a", "b"], true), audit("y", &["a", "c"], true)]);
        assert_eq!(shown(&plan(&two, &Scope::Whole)), "a: ; b: a; c: a x; x: a b; y: a c");
    }

    #[test]
    fn a_task_alone_brings_the_audits_that_become_due_with_it() {
        let tasks = vec![task("a", &["s"]), task("b", &["a"])];
        let audits = vec![audit("x", &["a"], true), audit("y", &["a", "b"], true), audit("z", &["s"], true)];
        let spec = spec(tasks, audits);
        let of = |name: &str| shown(&plan(&spec, &Scope::of_task(&spec, name).unwrap()));
        assert_eq!(of("a"), "a: z; x: a; z: ");
        assert_eq!(of("b"), "b: ; y: b");
        let error = Scope::of_task(&spec, "c").unwrap_err();
        assert!(error.to_string().contains("no task `c`") && error.hint().contains("a, b"), "{error}");
    }

    #[test]
    fn sources_are_needed_through_tasks_unless_a_table_comes_from_elsewhere() {
        let spec = spec(vec![task("a", &["s"]), task("b", &["a"])], Vec::new());
        let scope = Scope::of_task(&spec, "b").unwrap();
        let plan = plan(&spec, &scope);
        assert!(plan.sources.is_empty());
        assert_eq!(origins(&spec, &plan, &|_, _| false), BTreeSet::from(["s"]));
        assert!(origins(&spec, &plan, &|task, table| (task.name.as_str(), table) == ("b", "a")).is_empty());
    }
}

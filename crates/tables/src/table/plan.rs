//! A pipeline's SQL, planned before anything runs.
//!
//! Every task, audit, reject condition and the fallback step is planned over tables without rows that have the columns
//! which the sources declare, each task's output standing for its table. So an unknown column, a sum of texts or a
//! missing `from` is found by `pipeline check`, not at night.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::spec::tables::{Param, ParamType, Resolved, SqlText, TableTask, TablesSpec, Work};
use crate::spec::{Problem, unknown};
use crate::table::engine::{Engine, unknown_table};
use crate::table::problem;
use crate::table::query::tables_named;
use crate::table::values::arrow_type;

/// The columns of each table of a pipeline: sources, and tasks whose SQL can be planned.
pub type Schemas = BTreeMap<String, SchemaRef>;

/// Plans all of a pipeline's SQL; `toml` is the text of its file, by which problems have lines.
///
/// Tells every problem at once; of a table that cannot be planned, what reads it is not looked at.
#[must_use]
pub fn check(spec: &TablesSpec, toml: &str) -> Vec<Problem> {
    let mut check = Check::new(spec, toml);
    check.all();
    check.problems.sort();
    check.problems.dedup();
    check.problems
}

/// The columns of each table of a pipeline, as far as they can be told from its file.
#[must_use]
pub fn schemas(spec: &TablesSpec) -> Schemas {
    let mut check = Check::new(spec, "");
    check.all();
    check.schemas
}

struct Check<'a> {
    spec: &'a TablesSpec,
    toml: &'a str,
    params: Resolved,
    schemas: Schemas,
    problems: Vec<Problem>,
}

impl<'a> Check<'a> {
    fn new(spec: &'a TablesSpec, toml: &'a str) -> Self {
        Self { spec, toml, params: stand_ins(&spec.params), schemas: Schemas::new(), problems: Vec::new() }
    }

    fn add(&mut self, at: usize, message: String) {
        let before = &self.toml.as_bytes()[..at.min(self.toml.len())];
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        self.problems.push(Problem { file: self.spec.file.clone(), line, column: None, message });
    }

    fn all(&mut self) {
        let spec = self.spec;
        self.schemas.insert("rejects".into(), rejects_schema());
        self.schemas.insert("run_tasks".into(), run_tasks_schema());
        for source in &spec.sources {
            let fields = source.columns.iter().map(|c| Field::new(&c.name, arrow_type(c.kind), true));
            let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
            for (code, condition) in &source.reject {
                self.condition(code, condition, &schema);
            }
            self.schemas.insert(source.name.clone(), schema);
        }
        // Each stands behind those it waits for; a cycle is the spec's to tell.
        for task in &spec.tasks {
            self.task(task);
        }
        for audit in &spec.audits {
            self.query(&audit.sql, &audit.from, audit.at, &format!("the audit `{}`", audit.name));
        }
        if let Some(task) = spec.fallback() {
            self.task(task);
        }
        self.tests();
    }

    fn task(&mut self, task: &TableTask) {
        let schema = match &task.work {
            Work::Copy => task.from.first().and_then(|from| self.schemas.get(from)).cloned(),
            Work::Sql(sql) => self.query(sql, &task.from, task.at, &format!("the task `{}`", task.name)),
        };
        let Some(schema) = schema else { return };
        self.columns(task, &schema);
        self.schemas.insert(task.name.clone(), schema);
    }

    /// Plans a query over the tables of `from`; its columns, if it can be planned.
    fn query(&mut self, sql: &SqlText, from: &[String], at: usize, what: &str) -> Option<SchemaRef> {
        let named = match tables_named(sql) {
            Ok(named) => named,
            Err(problem) => {
                self.problems.push(problem);
                return None;
            }
        };
        let wanted: Vec<String> = named.iter().map(|table| format!("\"{}\"", table.name)).collect();
        let wanted = format!("from = [{}]", wanted.join(", "));
        let declared = |name: &str| self.spec.source(name).is_some() || self.spec.task(name).is_some();
        let mut problems = Vec::new();
        for table in &named {
            if from.contains(&table.name) || table.name == "run_tasks" {
                continue;
            }
            let message = if declared(&table.name) {
                format!(
                    "`{}` is read here, but `from` of {what} does not name it; write {wanted}",
                    table.name
                )
            } else {
                let tables = self.spec.sources.iter().map(|s| s.name.as_str());
                let tables: Vec<&str> =
                    tables.chain(self.spec.tasks.iter().map(|t| t.name.as_str())).collect();
                unknown_table(&table.name, &tables)
            };
            problems.push(problem::at(sql, table.place, message));
        }
        let known = problems.is_empty();
        self.problems.append(&mut problems);
        if known {
            for name in from.iter().filter(|name| !named.iter().any(|table| &table.name == *name)) {
                let said =
                    format!("`from` of {what} names `{name}`, which its SQL does not read; write {wanted}");
                self.add(at, said);
            }
        }
        let engine = Engine::new(None).ok()?;
        for table in &named {
            // What could not be planned itself has been told already.
            let schema = self.schemas.get(&table.name)?;
            engine.register_batches(&table.name, schema.clone(), Vec::new()).ok()?;
        }
        match engine.plan(sql, &self.params) {
            Ok((_, schema)) => Some(schema),
            Err(problems) => {
                self.problems.extend(problems);
                None
            }
        }
    }

    fn condition(&mut self, code: &str, condition: &SqlText, schema: &SchemaRef) {
        let Ok(engine) = Engine::new(None) else { return };
        if let Err(problems) = engine.condition(condition, schema, &self.params) {
            let of_code =
                |problem: Problem| Problem { message: format!("`{code}`: {}", problem.message), ..problem };
            self.problems.extend(problems.into_iter().map(of_code));
        }
    }

    /// Key and partition columns must be there.
    fn columns(&mut self, task: &TableTask, schema: &SchemaRef) {
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        for (key, columns) in [("key", &task.write.key), ("partition_by", &task.write.partition_by)] {
            for column in columns {
                let place = format!(" in `{key}` of the task `{}`", task.name);
                match schema.field_with_name(column) {
                    Err(_) => self.add(task.write.to.at, unknown("column", column, &place, &names)),
                    Ok(field) if key == "partition_by" && !names_folders(field.data_type()) => {
                        let kind = field.data_type();
                        self.add(
                            task.write.to.at,
                            format!("the column `{column}`{place} is a {kind}: no names of folders"),
                        );
                    }
                    Ok(_) => {}
                }
            }
        }
        if !names.is_empty() && names.iter().all(|name| task.write.partition_by.iter().any(|by| by == name)) {
            self.add(
                task.at,
                format!(
                    "every column of `{}` is in `partition_by`: nothing is left for the files",
                    task.name
                ),
            );
        }
    }

    fn tests(&mut self) {
        let spec = self.spec;
        let sources: Vec<&str> = spec.sources.iter().map(|source| source.name.as_str()).collect();
        for test in &spec.tests {
            for name in test.given.keys().filter(|name| !sources.contains(&name.as_str())) {
                self.add(
                    test.at,
                    unknown("source", name, &format!(" in `given` of the test `{}`", test.name), &sources),
                );
            }
            for (table, rows) in &test.expect {
                let place = format!(" in `expect` of the test `{}`", test.name);
                let made = spec.task(table).is_some() || spec.source(table).is_some() || table == "rejects";
                if !made && !spec.on_failure.iter().any(|f| f.task.as_ref().is_some_and(|t| &t.name == table))
                {
                    let tables: Vec<&str> = spec.tasks.iter().map(|task| task.name.as_str()).collect();
                    self.add(test.at, unknown("table", table, &place, &tables));
                    continue;
                }
                let Some(schema) = self.schemas.get(table).cloned() else { continue };
                let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
                let mut odd: Vec<&String> =
                    rows.iter().flat_map(BTreeMap::keys).filter(|c| !names.contains(&c.as_str())).collect();
                odd.sort_unstable();
                odd.dedup();
                for column in odd {
                    self.add(test.at, unknown("column", column, &format!(" of `{table}`{place}"), &names));
                }
            }
        }
    }
}

/// Tells whether values of a type can be folders.
fn names_folders(kind: &DataType) -> bool {
    matches!(
        kind,
        DataType::Utf8 | DataType::Int64 | DataType::Boolean | DataType::Date32 | DataType::Timestamp(..)
    )
}

/// Values of the right types, for a plan that never runs.
fn stand_ins(params: &[Param]) -> Resolved {
    let text = ["data", "out", "date"].map(|name| (name.to_owned(), (ParamType::String, String::new())));
    let own = params.iter().map(|param| {
        let value = match param.kind {
            ParamType::String => "",
            ParamType::Integer | ParamType::Float => "1",
            ParamType::Boolean => "true",
        };
        (param.name.clone(), (param.kind, value.to_owned()))
    });
    Resolved {
        values: text.into_iter().chain(own).collect(),
        date: "2000-01-01".parse().ok(),
        ..Resolved::default()
    }
}

/// The columns of the table `rejects`.
#[must_use]
pub fn rejects_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let texts = |name: &str| Field::new_list(name, Field::new_list_field(DataType::Utf8, true), true);
    let line = Field::new("line", DataType::UInt64, true);
    let fields =
        [text("source"), text("file"), line, texts("codes"), texts("fields"), text("raw"), text("record")];
    Arc::new(Schema::new(fields.to_vec()))
}

/// The columns of the table `run_tasks`, which the fallback step can read.
#[must_use]
pub fn run_tasks_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let attempts = Field::new("attempts", DataType::Int64, true);
    Arc::new(Schema::new(vec![text("task"), text("state"), attempts, text("error")]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Pipeline, SqlFiles, parse};

    const FILE: &str = r#"[params]
least = 10
[sources.s]
path = "*.csv"
columns = { id = "string", n = "integer", Price = "float", days = "list<integer>" }
reject = { small = "n < $least" }
[tasks.first]
sql = "SELECT id, n, \"Price\" FROM s"
from = ["s"]
write = { to = "{out}/first", mode = "upsert", key = ["id"], partition_by = ["n"] }
[tasks.second]
sql = "SELECT id, count(*) AS many FROM first GROUP BY id"
from = ["first"]
write = { to = "{out}/second" }
[audits.none]
sql = "SELECT * FROM second WHERE many > $least"
from = ["second"]
[[tests]]
name = "t"
given.s = "id,n,Price\na,11,1\n"
expect.second = [{ id = "a", many = 1 }]
"#;

    fn problems(toml: &str) -> Vec<String> {
        match parse(toml, "p.toml", "p", &SqlFiles::None).unwrap_or_else(|error| panic!("{error}\n{toml}")) {
            Pipeline::Tables(spec) => check(&spec, toml).iter().map(ToString::to_string).collect(),
            Pipeline::Drugs(_) => panic!("{toml}"),
        }
    }

    #[test]
    fn what_is_right_has_no_problems_and_columns() {
        assert_eq!(problems(FILE), [""; 0]);
        let Ok(Pipeline::Tables(spec)) = parse(FILE, "p.toml", "p", &SqlFiles::None) else { panic!() };
        let schemas = schemas(&spec);
        let second: Vec<_> = schemas["second"]
            .fields()
            .iter()
            .map(|field| (field.name().as_str(), field.data_type()))
            .collect();
        assert_eq!(second, [("id", &DataType::Utf8), ("many", &DataType::Int64)]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_what_may_be_meant() {
        for (from, to, expect) in [
            ("SELECT id, n,", "SELECT ids, n,", "p.toml:8: unknown column `ids`; did you mean `id`?"),
            (
                "\\\"Price\\\"",
                "Price",
                "p.toml:8: unknown column `price`; the name `Price` needs quotes: \"Price\"",
            ),
            ("n < $least", "nn < $least", "p.toml:6: `small`: unknown column `nn`; did you mean"),
            ("n < $least", "n + $least", "p.toml:6: `small`: a condition is true or false, this is a Int64"),
            ("many > $least", "many > $lest", "p.toml:16: unknown parameter `lest`; did you mean `least`?"),
            ("many > $least", "many > $id", "p.toml:16: unknown parameter `id`; known are"),
            ("count(*) AS many", "sum(id) AS many", "p.toml:12: "),
            (
                "FROM first GROUP",
                "FROM first JOIN s USING (id) GROUP",
                "p.toml:12: `s` is read here, but `from` of the task `second` does not name it; write from = [\"first\", \"s\"]",
            ),
            (
                "from = [\"first\"]",
                "from = [\"first\", \"s\"]",
                "p.toml:11: `from` of the task `second` names `s`, which its SQL does not read; write from = [\"first\"]",
            ),
            ("FROM first GROUP", "FROM frst GROUP", "p.toml:12: unknown table `frst`; did you mean `first`?"),
            (
                "key = [\"id\"]",
                "key = [\"ids\"]",
                "p.toml:10: unknown column `ids` in `key` of the task `first`; did you mean `id`?",
            ),
            (
                "partition_by = [\"n\"]",
                "partition_by = [\"Price\"]",
                "p.toml:10: the column `Price` in `partition_by` of the task `first` is a Float64: no names of folders",
            ),
            (
                "many = 1",
                "mny = 1",
                "unknown column `mny` of `second` in `expect` of the test `t`; did you mean `many`?",
            ),
            ("expect.second", "expect.secnd", "unknown table `secnd`"),
        ] {
            let toml = FILE.replace(from, to);
            assert_ne!(toml, FILE, "{from}");
            // Some of it the parser of the file tells already.
            let told = match parse(&toml, "p.toml", "p", &SqlFiles::None) {
                Ok(_) => problems(&toml).join("\n"),
                Err(error) => error.to_string(),
            };
            assert!(told.contains(expect), "{to}\n  told: {told}\nexpect: {expect}");
        }
    }

    #[test]
    fn what_reads_a_table_that_cannot_be_planned_is_not_looked_at() {
        let told = problems(&FILE.replace("SELECT id, n,", "SELECT nothing, n,"));
        assert_eq!(told.len(), 1, "{told:?}");
    }
}

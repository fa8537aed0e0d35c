//! A pipeline file, broken in one place each time: the message names the line and says what may have been meant.
//!
//! `orders.toml` is whole. Each case replaces a text in it (or in its SQL) and compares what is told with a snapshot,
//! in which the line itself stands above its problems.

#[cfg(feature = "tables")]
mod in_sql;

use std::collections::BTreeSet;

use pipeline::spec::{Pipeline, Problem, SqlFiles, inspect};

pub(crate) const ORDERS: &str = include_str!("orders.toml");
pub(crate) const TOTALS: &str = include_str!("totals.sql");

/// What is found out about a file with these SQL files.
fn problems(toml: &str, sql: &[(&str, &str)]) -> Vec<Problem> {
    inspect(toml, "orders.toml", "orders", &SqlFiles::Texts(sql)).err().unwrap_or_default()
}

/// Each problem below the line that it is about.
pub(crate) fn shown(text: &str, file: &str, problems: &[Problem]) -> String {
    let mut shown = String::new();
    let mut last = 0;
    for problem in problems {
        if problem.file == file && problem.line != last {
            last = problem.line;
            let line = text.lines().nth(last - 1).unwrap_or_default();
            shown += &format!("{last:>3} | {line}\n");
        }
        shown += &format!("{problem}\n");
    }
    shown
}

/// The whole file with one text replaced, and the line of it.
pub(crate) fn broken(text: &str, from: &str, to: &str) -> (String, usize) {
    let at = text.find(from).unwrap_or_else(|| panic!("no `{from}`"));
    let line = text[..at].matches('\n').count() + 1;
    (text.replacen(from, to, 1), line)
}

/// Name, what is replaced, by what; the problem is told for the line of it.
const CASES: &[(&str, &str, &str)] = &[
    // --- keys
    ("key", "retries = 2", "retrys = 2"),
    ("key-of-a-source", "max_rejects = \"5%\"", "max_reject = \"5%\""),
    ("key-of-a-column", "from = \"Amount\"", "form = \"Amount\""),
    ("key-of-a-task", "after = [\"bronze\"]", "afer = [\"bronze\"]"),
    ("key-of-a-write", "to = \"{gold}/totals\"", "too = \"{gold}/totals\""),
    ("key-of-an-audit", "blocking = true", "block = true"),
    ("key-of-a-test", "date = \"2026-01-01\"\nset", "day = \"2026-01-01\"\nset"),
    ("key-of-the-drugs-pipeline", "after = [\"bronze\"]", "builtin = \"mention\""),
    ("key-of-a-drugs-source", "path = \"orders-*.csv\"", "path = \"orders-*.csv\"\nrename = { id = \"ID\" }"),
    // --- values
    ("type-of-a-column", "day = \"date\"", "day = \"dat\""),
    ("type-of-another-tongue", "id = \"string\"\nday", "id = \"text\"\nday"),
    ("format-to-read", "format = \"csv\"\nrequired", "format = \"cvs\"\nrequired"),
    ("format-to-write", "format = \"parquet\"", "format = \"parkett\""),
    ("format-and-ending", "format = \"csv\", mode", "format = \"json\", mode"),
    ("mode", "mode = \"upsert\"", "mode = \"upset\""),
    ("mode-without-key", ", key = [\"country\"] }", " }"),
    ("mode-without-partitions", "partition_by = [\"day\"], ", ""),
    ("key-without-mode", "mode = \"upsert\", ", ""),
    ("number-style", "number = \"1.234,56\"", "number = \"1.234.56\""),
    ("number-style-of-a-text", "country = \"string\"", "country = { type = \"string\", number = \"any\" }"),
    ("cron", "schedule = \"0 3 * * *\"", "schedule = \"0 25 * * *\""),
    ("cron-fields", "schedule = \"0 3 * * *\"", "schedule = \"daily\""),
    ("date", "start_date = \"2026-01-01\"", "start_date = \"2026-02-30\""),
    ("span-of-time", "retry_delay = \"30s\"", "retry_delay = \"30\""),
    ("limit", "max_rejects = \"5%\"", "max_rejects = \"five\""),
    ("reject-code", "negative-amount =", "NegativeAmount ="),
    ("reject-code-that-is-taken", "negative-amount =", "ragged-row ="),
    // --- wrong types
    ("text-for-number", "retries = 2", "retries = \"2\""),
    ("number-for-text", "path = \"orders-*.csv\"", "path = 1"),
    ("text-for-flag", "blocking = true", "blocking = \"yes\""),
    (
        "text-for-table",
        "write = { to = \"{gold}/totals\", format = \"parquet\" }",
        "write = \"{gold}/totals\"",
    ),
    ("number-for-column", "day = \"date\"", "day = 1"),
    ("list-for-parameter", "least = 10.0", "least = [10.0]"),
    ("table-for-list", "[[tests]]", "[tests]"),
    // --- names
    ("table-name", "[tasks.report]", "[tasks.\"daily report\"]"),
    ("table-name-that-climbs", "[tasks.report]", "[tasks.\"../report\"]"),
    ("table-name-reserved", "[tasks.report]", "[tasks.rejects]"),
    ("table-name-twice", "[tasks.report]", "[tasks.orders]"),
    ("table-name-in-another-case", "[tasks.report]", "[tasks.Bronze]"),
    ("source-twice", "[sources.customers]\n", "[sources.orders]\n"),
    ("column-name", "day = \"date\"", "\"the day\" = \"date\""),
    ("column-in-another-case", "day = \"date\"", "ID = \"date\""),
    ("parameter-name", "least = 10.0", "date = 10.0"),
    // --- what names what
    ("table", "from = [\"bronze\", \"customers\"]", "from = [\"bronz\", \"customers\"]"),
    ("table-of-an-audit", "from = [\"totals\"]\nblocking", "from = [\"total\"]\nblocking"),
    ("table-itself", "from = \"totals\"", "from = \"report\""),
    ("table-of-a-failure-only", "from = \"totals\"", "from = \"run_tasks\""),
    ("task", "after = [\"bronze\"]", "after = [\"bronzed\"]"),
    ("task-that-is-a-source", "after = [\"bronze\"]", "after = [\"orders\"]"),
    ("column-of-a-key", "key = [\"id\"]", "key = [\"idd\"]"),
    ("column-required", "required = [\"id\", \"amount\"]", "required = [\"id\", \"amont\"]"),
    ("column-of-a-partition", "partition_by = [\"day\"]", "partition_by = [\"date\"]"),
    ("column-of-a-test", "expect.bronze = [{ id = \"1\", amount", "expect.bronze = [{ id = \"1\", amout"),
    ("table-of-a-test", "expect.totals", "expect.total"),
    ("source-of-a-test", "given.customers", "given.costumers"),
    ("parameter", "to = \"{gold}/totals\"", "to = \"{glod}/totals\""),
    ("parameter-of-a-parameter", "gold = \"{lake}/gold\"", "gold = \"{lak}/gold\""),
    ("parameter-of-a-test", "set = { least = 0.0 }", "set = { last = 0.0 }"),
    ("parameter-of-another-type", "set = { least = 0.0 }", "set = { least = \"none\" }"),
    ("parameters-in-a-circle", "lake = \"${LAKE_URL:-{out}}\"", "lake = \"${LAKE_URL:-{gold}}\""),
    ("variable-without-default", "\"${LAKE_URL:-{out}}\"", "\"${LAKE_URL}\""),
    ("variable-elsewhere", "to = \"{gold}/totals\"", "to = \"${LAKE_URL:-x}/totals\""),
    ("inputs", "from = \"totals\"\n", "from = \"totals\"\ninputs = { bronze = \"{lake}/b\" }\n"),
    // --- places
    ("path-that-climbs", "path = \"orders-*.csv\"", "path = \"../orders-*.csv\""),
    ("path-of-one-machine", "path = \"orders-*.csv\"", "path = \"/srv/orders-*.csv\""),
    ("output-that-climbs", "to = \"{out}/report.csv\"", "to = \"{out}/../report.csv\""),
    ("output-nowhere", "to = \"{out}/report.csv\"", "to = \"report.csv\""),
    ("output-in-a-database", "to = \"{out}/report.csv\"", "to = \"postgres://me:secret@db/x\""),
    ("output-of-unknown-kind", "to = \"{gold}/totals\"", "to = \"https://example.org/totals\""),
    ("output-twice", "to = \"{gold}/totals\"", "to = \"{lake}/bronze\""),
    ("output-nested", "to = \"{gold}/totals\"", "to = \"{lake}/bronze/totals\""),
    ("output-of-the-run", "to = \"{gold}/totals\"", "to = \"{out}/rejects\""),
    ("sql-file", "sql = \"totals.sql\"", "sql = \"total.sql\""),
    ("sql-file-that-climbs", "sql = \"totals.sql\"", "sql = \"../totals.sql\""),
    ("sql-that-is-none", "sql = \"totals.sql\"", "sql = \"totals\""),
    // --- TOML
    ("toml-quote", "description = \"Orders of a shop\"", "description = \"Orders of a shop"),
];

/// What is not there is told for the line of that in which it should stand: the text of that line.
const MISSING: &[(&str, &str, &str, &str)] = &[
    ("no-columns", "columns = { id = \"string\", country = \"string\" }\n", "", "[sources.customers]"),
    ("no-path", "path = \"orders-*.csv\"\n", "", "[sources.orders]"),
    ("no-output", "write = { to = \"{gold}/totals\", format = \"parquet\" }\n", "", "[tasks.totals]"),
    ("no-place", "to = \"{gold}/totals\", ", "", "write = { format = \"parquet\" }"),
    ("no-from", "from = [\"bronze\", \"customers\"]\n", "", "[tasks.totals]"),
    ("no-from-of-an-audit", "from = [\"totals\"]\nblocking", "blocking", "[audits.no_total_missing]"),
    ("no-work", "from = \"orders\"\n", "", "[tasks.bronze]"),
    ("no-sql", "sql = \"totals.sql\"\n", "", "from = [\"bronze\", \"customers\"]"),
    (
        "no-type",
        "{ type = \"float\", from",
        "{ from",
        "amount = { from = \"Amount\", number = \"1.234,56\" }",
    ),
    (
        "no-expectation",
        "expect.bronze = [{ id = \"1\", amount = 1000.5 }]\nexpect.totals = [{ country = \"FR\", total = 1000.5 }]\n",
        "",
        "[[tests]]",
    ),
    ("circle", "from = \"orders\"", "from = \"orders\"\nafter = \"report\"", "[tasks.bronze]"),
];

fn check(name: &str, toml: &str, line: usize) {
    let sql = [("totals.sql", TOTALS)];
    let found = problems(toml, &sql);
    assert!(!found.is_empty(), "{name}: no problem");
    let lines: Vec<usize> = found.iter().map(|problem| problem.line).collect();
    assert!(lines.contains(&line), "{name}: not told for line {line}: {found:?}");
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, shown(toml, "orders.toml", &found));
    });
}

#[test]
fn the_whole_file_has_no_problem() {
    let sql = [("totals.sql", TOTALS)];
    assert_eq!(problems(ORDERS, &sql), []);
    let Ok(Pipeline::Tables(spec)) = inspect(ORDERS, "orders.toml", "orders", &SqlFiles::Texts(&sql)) else {
        panic!("a pipeline of tables");
    };
    let tasks: Vec<&str> = spec.tasks.iter().map(|task| task.name.as_str()).collect();
    assert_eq!(tasks, ["bronze", "totals", "report"]);
    assert_eq!(spec.upstream(spec.task("report").unwrap()), ["totals", "bronze"]);
}

#[test]
fn each_mistake_is_told_with_its_line() {
    for (name, from, to) in CASES {
        let (toml, line) = broken(ORDERS, from, to);
        // What was added stands a line below.
        let added = to.strip_prefix(from).is_some_and(|rest| rest.starts_with('\n'))
            || from.ends_with('\n') && to.starts_with(from);
        check(name, &toml, line + usize::from(added));
    }
}

#[test]
fn what_is_missing_is_told_where_it_should_stand() {
    for (name, from, to, whose) in MISSING {
        let (toml, _) = broken(ORDERS, from, to);
        let line =
            toml.lines().position(|line| line == *whose).unwrap_or_else(|| panic!("{name}: no `{whose}`"));
        check(name, &toml, line + 1);
    }
}

#[test]
fn every_case_has_a_name_of_its_own() {
    let names: Vec<&str> = CASES.iter().map(|case| case.0).chain(MISSING.iter().map(|case| case.0)).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    assert!(names.len() >= 30);
}

#[test]
fn all_problems_of_a_file_are_told_at_once() {
    let mut toml = ORDERS.to_owned();
    for name in ["key-of-a-source", "type-of-a-column", "table", "output-of-the-run", "cron"] {
        let (_, from, to) = CASES.iter().find(|case| case.0 == name).unwrap();
        toml = toml.replacen(from, to, 1);
    }
    let lines: Vec<usize> = problems(&toml, &[("totals.sql", TOTALS)]).iter().map(|p| p.line).collect();
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert!(lines.is_sorted());
}

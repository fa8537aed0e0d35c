//! Mistakes in SQL, which the engine finds: file, line and column of the SQL.

use pipeline::spec::{Pipeline, Problem, SqlFiles, inspect};
use pipeline::table;

use super::{ORDERS, TOTALS, broken, shown};

fn problems(toml: &str, totals: &str) -> Vec<Problem> {
    let sql = [("totals.sql", totals)];
    match inspect(toml, "orders.toml", "orders", &SqlFiles::Texts(&sql)) {
        Ok(Pipeline::Tables(spec)) => table::check(&spec, toml)
            .into_iter()
            .map(|found| Problem {
                file: found.file,
                line: found.line,
                column: found.column,
                message: found.message,
            })
            .collect(),
        other => panic!("the file itself is whole: {other:?}"),
    }
}

fn check(name: &str, toml: &str, totals: &str, line: usize) {
    let found = problems(toml, totals);
    assert!(found.iter().any(|problem| problem.line == line), "{name}: not told for line {line}: {found:?}");
    let shown = shown(toml, "orders.toml", &found);
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, shown);
    });
}

#[test]
fn the_sql_of_the_whole_file_has_no_problem() {
    assert_eq!(problems(ORDERS, TOTALS), []);
}

#[test]
fn a_mistake_in_an_sql_file_is_told_with_line_and_column() {
    for (name, from, to) in [
        ("sql-column", "sum(bronze.amount)", "sum(bronze.amont)"),
        ("sql-table", "JOIN customers ON", "JOIN costumers ON"),
        ("sql-syntax", "GROUP BY", "GRUP BY"),
        ("sql-function", "sum(bronze.amount)", "summ(bronze.amount)"),
        ("sql-that-writes", TOTALS, "DROP TABLE bronze\n"),
        ("sql-two-statements", "GROUP BY customers.country", "GROUP BY customers.country; SELECT 1"),
    ] {
        let (totals, line) = broken(TOTALS, from, to);
        check(name, ORDERS, &totals, line);
    }
}

#[test]
fn a_mistake_in_sql_within_the_pipeline_file_is_told_with_its_line() {
    for (name, from, to) in [
        ("sql-condition", "negative-amount = \"amount < 0\"", "negative-amount = \"amout < 0\""),
        ("sql-inline-column", "SELECT country, total FROM totals", "SELECT county, total FROM totals"),
        ("sql-parameter", "WHERE total > $least", "WHERE total > $last"),
        ("sql-audit", "WHERE total IS NULL", "WHERE totl IS NULL"),
        ("sql-key", "key = [\"country\"]", "key = [\"contry\"]"),
    ] {
        let (toml, line) = broken(ORDERS, from, to);
        check(name, &toml, TOTALS, line);
    }
}

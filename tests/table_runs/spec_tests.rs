//! The tests that stand in a pipeline file.

use pipeline::run::tables::run_tests;
use pipeline::spec::{Pipeline, SqlFiles, parse};

use crate::table_runs::SHOPS;

fn problems(tests: &str) -> Vec<(String, Vec<String>)> {
    let text = format!("{SHOPS}{tests}");
    let Ok(Pipeline::Tables(spec)) = parse(&text, "shops.toml", "shops", &SqlFiles::None) else {
        panic!("the file is read")
    };
    let dir = tempfile::tempdir().unwrap();
    let outcomes = run_tests(&spec, dir.path()).unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left");
    outcomes.into_iter().map(|outcome| (outcome.name, outcome.problems)).collect()
}

#[test]
fn rows_in_and_rows_expected() {
    let found = problems(
        r#"
[[tests]]
name = "sums"
set = { least = "1" }
given.sales = """
id,shop,amount
1,b,0.1
2,a,1.1
3,a,2.2
4,a,x
"""
expect.sums = [{ shop = "a", total = 3.3 }]
expect.rejects = [{ line = 5, fields = ["amount"] }]
expect.report = [{ sales = 2 }]
[[tests]]
name = "nothing"
expect.report = []
[[tests]]
name = "wrong"
given.sales = """
id,shop,amount
1,a,1
"""
expect.sums = [{ shop = "a", total = 2.0 }]
"#,
    );
    assert_eq!(found[0], ("sums".to_owned(), vec![]));
    assert_eq!(found[1], ("nothing".to_owned(), vec![]));
    assert_eq!(found[2].1, [r#"`sums`: the row with shop = "a": `total` is 1.0, expected 2.0"#]);
}

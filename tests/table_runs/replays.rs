//! Rejects that somebody corrected.

use serde_json::{Value, json};

use crate::schemas::check;
use crate::table_runs::{SHOPS, Tables};

fn rejects(test: &Tables) -> Vec<Value> {
    let outcome = test.does("rejects", &["--format", "json"]).expect_code(0);
    let answer: Value = serde_json::from_str(&outcome.stdout).unwrap();
    check("table-rejects", &answer);
    answer["rejects"].as_array().unwrap().clone()
}

#[test]
fn a_corrected_row_goes_in_and_stays_in() {
    let test = Tables::shops();
    test.run(&["--set", "least=1"]).expect_code(0);
    assert_eq!(rejects(&test).len(), 1);
    let fix = test.path().join("fix.csv");
    std::fs::write(&fix, "file,line,amount\na.csv,4,7\n").unwrap();
    let outcome = test.does("rejects", &["--replay", fix.to_str().unwrap()]).expect_code(0);
    assert_eq!(outcome.stdout, "accepted sales a.csv:4\n");
    assert!(rejects(&test).is_empty());
    let south = json!({ "shop": "south", "total": 7.0, "sales": 1 });
    assert_eq!(test.json("report.json")[1], south);
    assert_eq!(test.record()["params"]["least"], "1", "as in the last run");
    // Later runs apply it, too.
    test.run(&[]).expect_code(0);
    assert_eq!(test.json("report.json")[1], south);
    // Another row at that place is not what was corrected.
    let test = test.write("a.csv", "id,shop,amount\n1,north,10\n2,north,2.5\n9,west,few\n");
    test.run(&[]).expect_code(0);
    assert_eq!(rejects(&test).len(), 1);
    assert_eq!(test.json("report.json").as_array().unwrap().len(), 1);
    let record = test.record();
    check("table-run", &record);
    let warnings = record["warnings"].as_array().unwrap();
    assert!(warnings.iter().any(|warning| warning["code"] == "unused-correction"), "{record:#}");
}

#[test]
fn what_is_still_wrong_and_what_fits_nothing_is_told() {
    let test = Tables::shops();
    test.run(&[]).expect_code(0);
    let fix = test.path().join("fix.json");
    let text = json!([{ "file": "a.csv", "line": 4, "amount": "lots" }, { "file": "a.csv", "line": 99, "amount": "1" }]);
    std::fs::write(&fix, text.to_string()).unwrap();
    let outcome =
        test.does("rejects", &["--replay", fix.to_str().unwrap(), "--format", "json"]).expect_code(1);
    let answer: Value = serde_json::from_str(&outcome.stdout).unwrap();
    check("replay", &answer);
    assert_eq!(answer["accepted"], json!([]));
    assert_eq!((&answer["rejected"][0]["line"], &answer["unknown"][0]["line"]), (&json!(4), &json!(99)));
    assert!(outcome.stderr.contains("not every correction was accepted: 2 of 2"), "{}", outcome.stderr);
}

#[test]
fn a_list_of_rejects_can_be_edited_and_given_back() {
    let test = Tables::shops().write("b.csv", "id,shop,amount\n7,east,?\n");
    test.run(&[]).expect_code(0);
    let list = test.does("rejects", &["--format", "json"]).stdout.replace("many", "4");
    let fix = test.path().join("fix.json");
    std::fs::write(&fix, list).unwrap();
    // The one that was not changed is no correction. `raw` was changed with it, so that it is found without.
    let mut rows: Value = serde_json::from_str(&std::fs::read_to_string(&fix).unwrap()).unwrap();
    for row in rows["rejects"].as_array_mut().unwrap() {
        row.as_object_mut().unwrap().remove("raw");
    }
    std::fs::write(&fix, rows.to_string()).unwrap();
    let outcome = test.does("rejects", &["--replay", fix.to_str().unwrap()]).expect_code(0);
    assert_eq!(outcome.stdout, "accepted sales a.csv:4\n");
    assert_eq!(rejects(&test).len(), 1);
}

#[test]
fn rejects_are_shown_as_text() {
    let test = Tables::shops();
    test.spec(SHOPS);
    test.does("rejects", &[]).expect_code(2).stderr_has("run `pipeline run shops` first");
    test.run(&[]).expect_code(0);
    let outcome = test.does("rejects", &[]).expect_code(0);
    assert!(outcome.stdout.starts_with("1 reject\n"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("a.csv:4"), "{}", outcome.stdout);
}

//! The same record told twice.

use serde_json::Value;

use crate::support::{HEADER, Test};

/// Rows of pubmed.csv give this ledger, these rejects, these repairs, and these mentions as
/// `id title date journal`.
#[track_caller]
fn check(rows: &[&str], ledger: [u64; 5], rejects: &[&str], merged: &[&str], mentions: &[&str]) {
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    let outcome = Test::new().lenient().pubmed(&text).success().balanced();
    assert_eq!(outcome.ledger("pubmed.csv"), ledger, "{rows:?}");
    assert_eq!(outcome.reject_places(), super::owned(rejects), "{rows:?}");
    let told: Vec<String> = outcome
        .repairs()
        .iter()
        .filter(|repair| repair["code"] == "merged")
        .map(|repair| format!("{}>{}", repair["line"], repair["after"].as_str().unwrap()))
        .collect();
    assert_eq!(told, super::owned(merged), "{rows:?}");
    let expect: Vec<String> = super::owned(mentions);
    assert_eq!(shown(&outcome.output()), expect, "{rows:?}");
    // Whatever the order of the rows.
    let text: String = rows.iter().rev().map(|row| format!("{row}\n")).collect();
    let reversed = Test::new().lenient().pubmed(&text).success().balanced();
    assert_eq!(reversed.ledger("pubmed.csv"), ledger, "{rows:?} read backwards");
    assert_eq!(shown(&reversed.output()), expect, "{rows:?} read backwards");
}

fn shown(output: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let mut all = Vec::new();
    for mention in output["drugs"][2]["mentions"]["pubmed"].as_array().unwrap() {
        all.push(["id", "title", "date", "journal"].map(|key| text(&mention[key])).join(" "));
    }
    all
}

#[test]
fn equal_and_complementary_rows_of_one_id_are_one_record() {
    check(
        &["1,ETHANOL,2020,A", "1,ETHANOL,2020,A"],
        [2, 1, 0, 1, 0],
        &[],
        &["3>pubmed.csv:2"],
        &["1 ETHANOL 2020 A"],
    );
    check(
        &["1,ETHANOL,,A", "1,ETHANOL,2020,"],
        [2, 1, 0, 1, 0],
        &[],
        &["2>pubmed.csv:3"],
        &["1 ETHANOL 2020 A"],
    );
    check(
        &["1,Ethanol,2020,A", "1,ETHANOL,2020,a."],
        [2, 1, 0, 1, 0],
        &[],
        &["3>pubmed.csv:2"],
        &["1 ETHANOL 2020 A"],
    );
    check(
        &["1,ETHANOL,,", "1,ETHANOL,,A", "1,ETHANOL,2020,"],
        [3, 1, 0, 2, 0],
        &[],
        &["2>pubmed.csv:4", "3>pubmed.csv:4"],
        &["1 ETHANOL 2020 A"],
    );
}

#[test]
fn rows_of_one_id_in_conflict_leave_one_and_reject_the_other() {
    check(
        &["1,ETHANOL x,2020,A", "1,ETHANOL y,2021,A"],
        [2, 1, 1, 0, 0],
        &["conflicting-duplicate pubmed.csv:2"],
        &[],
        &["1 ETHANOL y 2021 A"],
    );
    check(
        &["1,ETHANOL,2020,A", "1,ETHANOL,2021,A"],
        [2, 1, 1, 0, 0],
        &["conflicting-duplicate pubmed.csv:2"],
        &[],
        &["1 ETHANOL 2021 A"],
    );
    // The fuller one wins, even against a later one.
    check(
        &["1,ETHANOL x,2020,A", "1,ETHANOL y,2021,"],
        [2, 1, 1, 0, 0],
        &["conflicting-duplicate pubmed.csv:3"],
        &[],
        &["1 ETHANOL x 2020 A"],
    );
    // The winner may mention nothing.
    check(
        &["1,ETHANOL,2020,A", "1,water,2021,A"],
        [2, 1, 1, 0, 0],
        &["conflicting-duplicate pubmed.csv:2"],
        &[],
        &[],
    );
}

#[test]
fn a_row_without_id_joins_the_record_with_its_title_and_date() {
    check(
        &["1,ETHANOL,2020,", ",ETHANOL,2020,A"],
        [2, 1, 0, 1, 0],
        &[],
        &["3>pubmed.csv:2"],
        &["1 ETHANOL 2020 A"],
    );
    check(
        &[",ETHANOL,2020,A", ",ETHANOL,2020,"],
        [2, 1, 0, 1, 0],
        &[],
        &["3>pubmed.csv:2"],
        &["- ETHANOL 2020 A"],
    );
    check(
        &["1,ETHANOL,2020,A", ",ETHANOL,2021,A"],
        [2, 2, 0, 0, 0],
        &[],
        &[],
        &["1 ETHANOL 2020 A", "- ETHANOL 2021 A"],
    );
    check(
        &["1,ETHANOL,2020,A", ",ETHANOL,2020,B"],
        [2, 2, 0, 0, 0],
        &[],
        &[],
        &["1 ETHANOL 2020 A", "- ETHANOL 2020 B"],
    );
    check(
        &["1,ETHANOL,2020,A", "2,ETHANOL,2020,A"],
        [2, 2, 0, 0, 0],
        &[],
        &[],
        &["1 ETHANOL 2020 A", "2 ETHANOL 2020 A"],
    );
}

#[test]
fn a_row_that_fits_several_records_is_kept_and_told() {
    let rows = "1,ETHANOL,2020,A\n2,ETHANOL,2020,A\n,ETHANOL,2020,A\n";
    let outcome = Test::new().pubmed(rows).success();
    assert_eq!(outcome.ledger("pubmed.csv"), [3, 3, 0, 0, 0]);
    let record = outcome.record();
    let warnings = record["warnings"].as_array().unwrap();
    let told = warnings.iter().find(|warning| warning["code"] == "undecided-duplicate").unwrap();
    assert_eq!((told["count"].as_u64(), told["examples"][0].as_str()), (Some(1), Some("pubmed.csv:4")));
    outcome.gave(&[], &["ETHANOL 1", "ETHANOL 2", "ETHANOL -"]);
}

#[test]
fn twins_meet_across_files_and_formats_but_never_across_kinds() {
    let outcome = Test::new()
        .lenient()
        .pubmed("1,ETHANOL,2020-01-01,\n3,ASPIRIN,2020,A\n")
        .write("pubmed2.csv", format!("{HEADER}3,ASPIRIN again,2021,A\n"))
        .write("pubmed.json", r#"[{"id": 1, "title": "ethanol", "date": "01/01/2020", "journal": "A"}]"#)
        .write("clinical_trials.csv", "id,scientific_title,date,journal\n1,ETHANOL,2020-01-01,A\n")
        .success();
    assert_eq!(outcome.ledger("pubmed.csv"), [2, 0, 1, 1, 0]);
    assert_eq!(outcome.ledger("pubmed.json"), [1, 1, 0, 0, 0]);
    assert_eq!(outcome.ledger("clinical_trials.csv"), [1, 1, 0, 0, 0]);
    let merged = outcome.repairs().iter().find(|r| r["code"] == "merged").unwrap().clone();
    assert_eq!(
        (&merged["source"], &merged["line"], &merged["after"]),
        (&"pubmed.csv".into(), &2.into(), &"pubmed.json:1".into())
    );
    outcome.gave(&["conflicting-duplicate pubmed.csv:3"], &["ASPIRIN 3", "ETHANOL 1", "ETHANOL 1"]);
}

#[test]
fn an_empty_id_is_null_and_logged() {
    let outcome = Test::new()
        .pubmed("\"\",ETHANOL,2020,A\n")
        .write("clinical_trials.csv", "id,scientific_title,date,journal\n \t,ETHANOL,2020,A\n")
        .success();
    assert_eq!(outcome.repair_places(), ["missing-id pubmed.csv:2", "missing-id clinical_trials.csv:2"]);
    outcome.gave(&[], &["ETHANOL -", "ETHANOL -"]);
}

#[test]
fn shuffled_rows_give_the_same_output_but_for_source() {
    for seed in 7..12 {
        shuffled_rows_agree(seed);
    }
}

fn shuffled_rows_agree(seed: u64) {
    let (drugs, titles) = (["ETHANOL", "ATROPINE", "aspirin"], ["in rats", "In Rats", "in mice"]);
    let (dates, journals) = (["2020", "", "2020-01-01"], ["Acta", "", "ACTA.", "Béta & Co", "beta"]);
    let mut random = super::random::Random(seed);
    let mut rows: Vec<String> = (0..400)
        .map(|_| {
            let id = match random.below(30) {
                0..5 => String::new(),
                id => id.to_string(),
            };
            let [drug, title, date, journal] =
                [random.pick(&drugs), random.pick(&titles), random.pick(&dates), random.pick(&journals)];
            format!("{id},{drug} {title},{date},{journal}\n")
        })
        .collect();
    let mut outputs = Vec::new();
    for _ in 0..4 {
        let (first, second) = rows.split_at(random.below(rows.len()));
        let outcome = Test::new()
            .lenient()
            .pubmed(&first.concat())
            .write("pubmed2.csv", format!("{HEADER}{}", second.concat()))
            .success()
            .balanced();
        let mut output = outcome.output();
        for drug in output["drugs"].as_array_mut().unwrap() {
            for mention in drug["mentions"]["pubmed"].as_array_mut().unwrap() {
                mention["source"].take();
            }
        }
        outputs.push(output);
        random.shuffle(&mut rows);
    }
    assert!(outputs[0]["drugs"][0]["mentions"]["pubmed"].as_array().unwrap().len() > 5);
    for output in &outputs[1..] {
        assert_eq!(*output, outputs[0], "seed {seed}");
    }
}

#[test]
fn a_journal_is_shown_as_it_stands_clean_most_often_and_rejects_have_no_say() {
    let check = |rows: &str, expect: &str| {
        let outcome = Test::new().pubmed(rows).lenient().success();
        let output = outcome.output();
        let all = output["drugs"].as_array().unwrap().iter();
        let mut shown: Vec<_> = all
            .flat_map(|drug| drug["mentions"]["journals"].as_array().unwrap())
            .map(|j| &j["title"])
            .collect();
        shown.dedup();
        assert_eq!(shown, [expect], "{rows}");
    };
    check("1,ethanol,2020,ACTA\n2,ethanol,2021,Acta\n3,ethanol,2022,Acta\n", "Acta");
    check("1,ethanol,2020,Acta\n2,ethanol,2021,ACTA\n", "ACTA");
    check("1,ethanol,2020,Acta\n2,ethanol,2021,ACTA.\n3,ethanol,2022,ACTA.\n", "Acta");
    check("1,ethanol,2020,ACTA.\n", "ACTA");
    // The two later rows contradict the first one, which is dated later, and are not used.
    check("1,ethanol,2022-02-02,ACTA\n1,aspirin,2020-01-01,Acta\n1,aspirin,2019-01-01,Acta\n", "ACTA");
}

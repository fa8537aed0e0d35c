//! Answers that are known beforehand.

use serde_json::Value;

use crate::support::{Test, repository, run};

/// Four files with the dirt that real ones have: what must come of each row is worked out by hand.
fn small() -> Test {
    Test::bare()
        .write(
            "drugs.csv",
            "atccode,drug\nA04AD,DIPHENHYDRAMINE\nS03AA,TETRACYCLINE\nV03AB,ETHANOL\nA03BA,ATROPINE\n\
             A01AD,EPINEPHRINE\n6302001,ISOPRENALINE\nR01AD,BETAMETHASONE\n",
        )
        .write(
            "pubmed.csv",
            "id,title,date,journal\n\
             1,\"A case, with diphenhydramine\",01/01/2019,\"Emergency nursing\"\n\
             2,Tetracycline and ethanol: ethanol again,2020-01-01,Psychopharmacology\n\
             3,Epinephrine,01/02/2020,Allergy\n\t",
        )
        .write(
            "pubmed.json",
            "[\n  {\"id\": 9, \"title\": \"isoprenaline\", \"date\": \"01/01/2020\", \"journal\": \"Biology\"},\n  \
             {\"id\": \"\", \"title\": \"BETAMETHASONE with ATROPINE\", \"date\": \"01/03/2020\", \
             \"journal\": \"The journal of fetal & neonatal medicine\"},\n]",
        )
        .write(
            "clinical_trials.csv",
            "id,scientific_title,date,journal\n\
             N1,Diphenhydramine,1 January 2020,Emergency nursing\n\
             N2,\"  \",1 January 2020,Emergency nursing\n\
             N3,Betamethasone \\xc3\\xb1,1 January 2020,Hôpitaux\n\
             N4,Glucagon,25/05/2020,\"\"\n\
             \"\",Glucagon,25/05/2020,Emergency nursing\n\
             N5,Epinephrine,27 April 2020,\"Emergency nursing\\xc3\\x28\"",
        )
}

#[test]
fn dirty_files_give_the_mentions_worked_out_by_hand() {
    let outcome = small().args(&["--max-rejects", "1"]).success();
    assert_eq!(
        outcome.mentions(),
        [
            "ISOPRENALINE 9",
            "EPINEPHRINE 3",
            "EPINEPHRINE N5",
            "ATROPINE -",
            "DIPHENHYDRAMINE 1",
            "DIPHENHYDRAMINE N1",
            "BETAMETHASONE -",
            "BETAMETHASONE N3",
            "TETRACYCLINE 2",
            "ETHANOL 2",
        ]
    );
    assert_eq!(outcome.ledger("drugs.csv"), [7, 7, 0, 0, 0]);
    assert_eq!(outcome.ledger("pubmed.csv"), [4, 3, 0, 0, 1]);
    assert_eq!(outcome.ledger("pubmed.json"), [2, 2, 0, 0, 0]);
    assert_eq!(outcome.ledger("clinical_trials.csv"), [6, 4, 1, 1, 0]);
    assert_eq!(outcome.reject_places(), ["missing-title clinical_trials.csv:3"]);
    assert_eq!(
        outcome.repair_places(),
        [
            "missing-id pubmed.json:3",
            "trailing-comma pubmed.json:4",
            "escape-decoded clinical_trials.csv:4",
            "missing-journal clinical_trials.csv:5",
            "missing-id clinical_trials.csv:6",
            "merged clinical_trials.csv:6",
            "escape-removed clinical_trials.csv:7",
        ]
    );
    let output = outcome.output();
    let ethanol = &output["drugs"][6]["mentions"]["pubmed"][0];
    assert_eq!(ethanol["occurrences"], 2);
    assert_eq!(ethanol["span"], serde_json::json!([17, 24]));
    assert_eq!(ethanol["matched"], "ethanol");
    assert_eq!(ethanol["source"], "pubmed.csv:3");
    // The broken escape is gone from the journal, so the trial and the others share one.
    let journals = output["drugs"][1]["mentions"]["journals"].as_array().unwrap();
    assert_eq!(journals[1]["title"], "Emergency nursing");
}

#[test]
fn the_questions_are_answered() {
    let outcome = small().args(&["--max-rejects", "1"]).success();
    let graph = outcome.folder.join("out/output.json");
    let ask = |args: &[&str]| -> Value {
        let graph = graph.to_str().unwrap();
        let args = [&["analyze", "--graph", graph, "--format", "json"], args].concat();
        serde_json::from_str(&run(&args).expect_code(0).stdout).unwrap()
    };
    let top: Vec<String> = ask(&[])["journals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|j| format!("{} {}", j["count"], j["title"].as_str().unwrap()))
        .collect();
    assert_eq!(
        top,
        ["2 Emergency nursing", "2 Psychopharmacology", "2 The journal of fetal & neonatal medicine"]
    );
    assert_eq!(ask(&["top-journals", "--limit", "1"])["journals"].as_array().unwrap().len(), 1);
    let related = |drug: &str, reading: &str| -> Vec<String> {
        let answer = ask(&["related", drug, "--reading", reading]);
        answer["drugs"].as_array().unwrap().iter().map(|d| d["drug"].as_str().unwrap().to_owned()).collect()
    };
    for (drug, journal, anywhere) in [
        ("TETRACYCLINE", &["ETHANOL"][..], &["ETHANOL"][..]),
        ("ethanol", &["TETRACYCLINE"], &["TETRACYCLINE"]),
        ("A03BA", &["BETAMETHASONE"], &[]),
        ("Betamethasone", &["ATROPINE"], &["ATROPINE"]),
        ("DIPHENHYDRAMINE", &[], &[]),
    ] {
        assert_eq!(related(drug, "journal"), journal, "{drug}");
        assert_eq!(related(drug, "anywhere"), anywhere, "{drug}");
    }
}

#[test]
fn a_drug_nobody_knows_is_told_with_what_may_have_been_meant() {
    let outcome = small().args(&["--max-rejects", "1"]).success();
    let graph = outcome.folder.join("out/output.json");
    let graph = graph.to_str().unwrap();
    let outcome = run(&["analyze", "--graph", graph, "related", "ETANOL"]).expect_code(1);
    assert_eq!(outcome.stderr, "error: no drug is called `ETANOL`\nhint: did you mean ETHANOL?\n");
}

#[test]
fn the_sample_data_has_a_tie_and_every_kind_of_dirt() {
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("output.json");
    let data = repository().join("data");
    let args = ["run", "--data", data.to_str().unwrap(), "--out", path.to_str().unwrap(), "--format", "json"];
    let record: Value = serde_json::from_str(&run(&args).expect_code(0).stdout).unwrap();
    assert_eq!(record["counts"]["mentions"], 83);
    assert!(record["counts"]["drugs"].as_u64() >= Some(12));
    assert!(record["counts"]["journals"].as_u64() >= Some(8));
    for code in ["missing-title", "missing-name", "conflicting-duplicate"] {
        assert!(record["rejects"][code].is_u64(), "{code}");
    }
    for code in [
        "escape-decoded",
        "escape-removed",
        "invalid-date",
        "journal-garbage",
        "merged",
        "missing-id",
        "missing-journal",
        "trailing-comma",
    ] {
        assert!(record["repairs"][code].is_u64(), "{code}");
    }
    let answer = run(&["analyze", "--graph", path.to_str().unwrap(), "--format", "json"]).expect_code(0);
    let answer: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(answer["journals"].as_array().unwrap().len(), 2);
}

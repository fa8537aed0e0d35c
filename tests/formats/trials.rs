//! ClinicalTrials.gov: its JSON, and the pages of its CSV download.

use crate::formats::{declare, gzip, spec};
use crate::support::{Outcome, Test};

fn study(id: &str, brief: &str, official: Option<&str>, date: &str) -> String {
    let official = official.map(|title| format!(r#","officialTitle":"{title}""#)).unwrap_or_default();
    format!(
        r#"{{"protocolSection":{{"identificationModule":{{"nctId":"{id}","orgStudyIdInfo":{{"id":"X"}},"briefTitle":"{brief}"{official}}},"statusModule":{{"startDateStruct":{{"date":"{date}","type":"ACTUAL"}}}},"conditionsModule":{{"conditions":["aspirin"]}}}},"hasResults":false}}"#
    )
}

fn told(outcome: &Outcome) -> Vec<String> {
    let output = outcome.output();
    let drugs = output["drugs"].as_array().unwrap();
    let mentions = drugs.iter().flat_map(|drug| drug["mentions"]["clinical_trials"].as_array().unwrap());
    let mut told: Vec<String> = mentions
        .map(|m| format!("{} {} {} {}", m["id"], m["title"], m["journal"], m["date"]).replace('"', ""))
        .collect();
    told.sort();
    told
}

#[test]
fn studies_are_read_however_they_are_wrapped() {
    let one = study("NCT00000001", "Brief", Some("Ethanol, officially"), "2020-03");
    let two = study("NCT00000002", "Ethanol, briefly", None, "2020-03-05");
    let expect =
        ["NCT00000001 Ethanol, officially null 2020-03", "NCT00000002 Ethanol, briefly null 2020-03-05"];
    for text in [
        format!("{{\"studies\":[{one},{two}],\"nextPageToken\":\"abc\"}}"),
        format!("{{\"totalCount\": 2, \"studies\": [\n{one},\n{two}\n]\n}}"),
        format!("{{\"studies\":[{one}]}}\n{{\"studies\":[{two}]}}\n"),
        format!("[{one},{two}]"),
        format!("{one}\n{two}\n"),
    ] {
        let outcome = Test::new().write("clinical_trials.json", &text).success();
        assert_eq!(told(&outcome), expect, "{text}");
        assert_eq!(outcome.ledger("clinical_trials.json"), [2, 2, 0, 0, 0], "{text}");
        assert!(outcome.repairs().is_empty(), "{:?}", outcome.repairs());
    }
    let packed = gzip(format!("{{\"studies\":[{one},{two}]}}").as_bytes());
    assert_eq!(told(&Test::new().write("clinical_trials.json.gz", packed).success()), expect);
}

#[test]
fn a_page_may_be_larger_than_any_row() {
    let filler = "x".repeat(2000);
    let studies: Vec<String> =
        (0..10_000).map(|i| study(&format!("NCT{i:08}"), "Ethanol", None, &filler[..7])).collect();
    let long: Vec<String> = studies.iter().map(|s| s.replace("\"X\"", &format!("\"{filler}\""))).collect();
    let text = format!("{{\"studies\":[{}]}}", long.join(","));
    assert!(text.len() > 17 << 20);
    let outcome = Test::new().write("clinical_trials.json", text).success();
    assert_eq!(outcome.ledger("clinical_trials.json"), [10_000, 10_000, 0, 0, 0]);
}

#[test]
fn a_damaged_study_is_a_reject() {
    let good = study("NCT00000001", "Ethanol", None, "2020");
    let text = format!(
        "{{\"studies\":[{good},\n{},\n{{\"protocolSection\":{{\"identificationModule\":{{\"nctId\":[1],\"briefTitle\":\"x\"}}}}}},\n{{\"other\":1}},\n7]}}",
        study("NCT00000002", "", None, "2020")
    );
    let outcome = Test::new().write("clinical_trials.json", text).args(&["--max-rejects", "100%"]).success();
    let name = |code: &str, line| format!("{code} clinical_trials.json:{line}");
    assert_eq!(
        outcome.reject_places(),
        [
            name("missing-title", 2),
            name("wrong-type", 3),
            name("no-known-column", 4),
            name("not-an-object", 5)
        ]
    );
    let cut = format!("{{\"studies\":[{good},\n{}", &good[..60]);
    let outcome = Test::new().write("clinical_trials.json", cut).args(&["--max-rejects", "100%"]).success();
    assert_eq!(outcome.reject_places(), [name("invalid-json", 2)]);
    assert_eq!(outcome.repair_places(), ["unclosed-list clinical_trials.json:2"]);
}

const HEADER: &str = "NCT Number,Study Title,Study URL,Acronym,Study Status,Start Date,Completion Date\n";

fn row(id: &str, title: &str) -> String {
    format!("{id},\"{title}\",https://clinicaltrials.gov/study/{id},,COMPLETED,2020-03,2021-01-02\n")
}

#[test]
fn pages_of_a_download_go_by_the_header_of_the_first() {
    let outcome = Test::new()
        .write("clinical_trials_1.csv", row("NCT00000003", "Aspirin, and a page before the first"))
        .write("clinical_trials_2.csv", format!("{HEADER}{}", row("NCT00000001", "Ethanol, \"\"quoted\"\"")))
        .write("clinical_trials_3.csv", row("NCT00000002", "Ethanol") + "NCT00000009,ragged\n")
        .remove("clinical_trials.csv")
        .args(&["--max-rejects", "100%"])
        .success();
    assert_eq!(
        told(&outcome),
        [
            "NCT00000001 Ethanol, \\quoted\\ null 2020-03",
            "NCT00000002 Ethanol null 2020-03",
            "NCT00000003 Aspirin, and a page before the first null 2020-03"
        ]
    );
    assert_eq!(outcome.ledger("clinical_trials_3.csv"), [2, 1, 1, 0, 0]);
    assert_eq!(outcome.reject_places(), ["ragged-row clinical_trials_3.csv:2"]);
    assert!(outcome.repairs().is_empty(), "{:?}", outcome.repairs());
    let record = outcome.record();
    let warnings = record["warnings"].as_array().unwrap();
    let warning = warnings.iter().find(|warning| warning["code"] == "missing-header").unwrap();
    assert_eq!(warning["count"], 2);
    assert_eq!(warning["examples"][1], "clinical_trials_3.csv by clinical_trials_2.csv");
}

#[test]
fn a_page_without_any_header_is_an_error() {
    Test::new()
        .write("clinical_trials.csv", row("NCT00000003", "Aspirin"))
        .failure()
        .stderr_has("no columns `id`, `scientific_title`");
}

#[test]
fn tsv_and_ndjson_can_be_declared() {
    let trials = "path = 'trials*'\nformat = 'ndjson'";
    let test = Test::bare()
        .write("drugs.csv", crate::support::DRUGS)
        .write("pubmed.tsv", "id\ttitle\tdate\tjournal\n1\tEthanol, \"so\"\t2020\tActa\n")
        .write("trials.txt", study("NCT00000001", "Ethanol", None, "2020"));
    let outcome = declare(test, &spec("path = 'drugs.csv'\nformat = 'tsv'", trials)).success();
    assert_eq!(outcome.mentions(), ["ETHANOL 1", "ETHANOL NCT00000001"]);
}

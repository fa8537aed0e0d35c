//! Dates of no calendar, and odd lists of drugs.

use serde_json::{Value, json};

use crate::support::Test;

fn date_of(date: &str, extra: &[&str]) -> (Value, Vec<String>) {
    let test = Test::new().args(extra).pubmed(&format!("1,ETHANOL,\"{date}\",Acta\n"));
    let outcome = test.success().balanced();
    assert_eq!(outcome.mentions(), ["ETHANOL 1"], "{date}");
    let mentions = outcome.output()["drugs"][2]["mentions"].clone();
    let date = mentions["pubmed"][0]["date"].clone();
    let dates = if date.is_null() { json!([]) } else { json!([date]) };
    assert_eq!(mentions["journals"], json!([{"title": "Acta", "dates": dates}]));
    (date, outcome.repair_places())
}

#[test]
fn a_date_keeps_the_precision_it_was_given_in() {
    for (text, expect) in [
        ("2019", "2019"),
        ("2019-03", "2019-03"),
        ("03/2019", "2019-03"),
        ("March 2019", "2019-03"),
        ("01/02/2020", "2020-02-01"),
        ("25/05/2020", "2020-05-25"),
        ("29/02/2020", "2020-02-29"),
        ("2020-01-01", "2020-01-01"),
        ("1 January 2020", "2020-01-01"),
        ("January 1st, 2020", "2020-01-01"),
        ("27 APRIL 2020", "2020-04-27"),
        ("1er janvier 2020", "2020-01-01"),
        ("14 février 2020", "2020-02-14"),
        ("14 fevrier 2020", "2020-02-14"),
        ("15 août 2021", "2021-08-15"),
        ("3 déc. 2021", "2021-12-03"),
        ("  2020-01-01 ", "2020-01-01"),
    ] {
        assert_eq!(date_of(text, &[]), (json!(expect), vec![]), "{text}");
    }
}

#[test]
fn a_date_that_cannot_be_is_null_and_logged_and_the_mention_stays() {
    for text in [
        "30/02/2020",
        "29/02/2019",
        "31/04/2020",
        "2019-13-01",
        "2020-00-10",
        "05/25/2020",
        "",
        " ",
        "n/a",
        "00/00/0000",
        "0000-00-00",
        "01/02/20",
        "hier",
        "13",
        "2020-02-30",
        "32 January 2020",
        "99999",
        "²⁰²⁰",
    ] {
        assert_eq!(date_of(text, &[]), (Value::Null, vec!["invalid-date pubmed.csv:2".into()]), "{text}");
    }
}

#[test]
fn a_pipeline_file_can_reject_dates_that_cannot_be() {
    let test =
        Test::new().lenient().pubmed("1,ETHANOL,30/02/2020,Acta\n2,ETHANOL,2020,Acta\n3,ETHANOL,,Acta\n");
    let dags = test.folder().join("dags");
    std::fs::create_dir(&dags).unwrap();
    let spec = include_str!("../../dags/drugs.toml");
    let text = spec.replacen("date_order = \"dmy\"", "on_invalid_date = \"reject\"\ndate_order = \"dmy\"", 1);
    std::fs::write(dags.join("drugs.toml"), text).unwrap();
    let outcome = test.args(&["--dags", dags.to_str().unwrap()]).success();
    assert_eq!(outcome.rejects()[0]["raw"], "30/02/2020");
    outcome.gave(&["invalid-date pubmed.csv:2", "invalid-date pubmed.csv:4"], &["ETHANOL 2"]);
}

#[test]
fn dates_that_can_be_read_two_ways_are_counted() {
    let outcome =
        Test::new().pubmed("1,ETHANOL,01/02/2020,A\n2,ETHANOL,03/03/2020,A\n3,x,04/05/2020,A\n").success();
    assert_eq!(outcome.record()["sources"][1]["ambiguous_dates"], 2);
    assert_eq!(outcome.warnings(), ["ambiguous-date", "empty-file"]);
}

#[test]
fn an_odd_list_of_drugs_is_used_as_far_as_it_goes() {
    let drugs = "atccode,drug\n\
        A01,ETHANOL\n\
        A01,ETHANOL\n\
        A01, ethanol \n\
        B01,ETHANOL\n\
        C01,\n\
        C02,\"  \"\n\
        D01,X\n\
        6302001,BETA\n\
        ,NOCODE\n\
        E01\n\
        F01,\"ATRO\n";
    let outcome = Test::new()
        .lenient()
        .write("drugs.csv", drugs)
        .pubmed("1,ethanol beta,2020,Acta\n2,x nocode,2020,Acta\n3,xx,2020,Acta\n")
        .success();
    assert_eq!(outcome.ledger("drugs.csv"), [11, 5, 4, 2, 0]);
    let names: Vec<String> = outcome.output()["drugs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| format!("{} {}", d["atccode"].as_str().unwrap_or("-"), d["drug"].as_str().unwrap()))
        .collect();
    assert_eq!(names, ["6302001 BETA", "A01 ETHANOL", "B01 ETHANOL", "D01 X", "- NOCODE"]);
    assert_eq!(
        outcome.repair_places(),
        ["merged drugs.csv:3", "merged drugs.csv:4", "missing-atc-code drugs.csv:10"]
    );
    for code in ["shared-name", "short-name", "unusual-atc-code"] {
        assert!(outcome.warnings().contains(&code.to_owned()), "{code}");
    }
    outcome.gave(
        &[
            "missing-name drugs.csv:6",
            "missing-name drugs.csv:7",
            "ragged-row drugs.csv:11",
            "unterminated-quote drugs.csv:12",
        ],
        &["BETA 1", "ETHANOL 1", "ETHANOL 1", "X 2", "NOCODE 2"],
    );
}

#[test]
fn the_shown_spelling_of_twins_does_not_depend_on_their_order() {
    let shown = |drugs: &str| {
        let outcome =
            Test::new().write("drugs.csv", format!("atccode,drug\n{drugs}")).pubmed("1,Ethanol,2020,A\n");
        outcome.success().output()["drugs"].clone()
    };
    let (mut a, mut b) = (shown("A01,Ethanol\nA01,ETHANOL\n"), shown("A01,ETHANOL\nA01,Ethanol\n"));
    for drugs in [&mut a, &mut b] {
        drugs[0]["mentions"]["pubmed"][0]["source"].take();
    }
    assert_eq!(a, b);
}

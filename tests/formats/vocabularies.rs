//! Lists of drugs: synonyms, DrugBank, RxNorm, UNII.

use serde_json::json;

use crate::formats::{declare, gzip, spec};
use crate::support::{Outcome, Test};

fn test(file: &str, content: impl AsRef<[u8]>, titles: &[&str]) -> Test {
    let rows: String = (1..).zip(titles).map(|(i, title)| format!("{i},\"{title}\",2020,Acta\n")).collect();
    Test::bare().write(file, content).pubmed(&rows)
}

fn run(file: &str, format: &str, content: impl AsRef<[u8]>, titles: &[&str]) -> Outcome {
    let format = if format.is_empty() { String::new() } else { format!("\nformat = '{format}'") };
    declare(test(file, content, titles), &spec(&format!("path = '{file}'{format}"), "path = 'none'"))
        .success()
}

/// `drug id matched occurrences` of each mention, and `!` where its term is ambiguous.
fn told(outcome: &Outcome) -> Vec<String> {
    let output = outcome.output();
    let mut told = Vec::new();
    for drug in output["drugs"].as_array().unwrap() {
        for m in drug["mentions"]["pubmed"].as_array().unwrap() {
            let mark = if m["ambiguous"] == true { "!" } else { "" };
            let code = drug["atccode"].as_str().unwrap_or("-");
            told.push(
                format!("{code} {} {} {} {}{mark}", drug["drug"], m["id"], m["matched"], m["occurrences"])
                    .replace('"', ""),
            );
        }
    }
    told
}

#[test]
fn a_synonym_counts_for_its_drug_and_is_shown() {
    let list = "atccode,drug,synonyms\nB01,Aspirin,ASA|acetylsalicylic acid| |asa|Aspirin|aspirin lysine\nC01,Ethanol,\n";
    let outcome = run(
        "drugs.csv",
        "",
        list,
        &["Asa, then aspirin and ASA", "On Acetylsalicylic  acid", "Ethanol", "Aspirin lysine and aspirin"],
    );
    assert_eq!(
        told(&outcome),
        [
            "B01 Aspirin 1 Asa 3",
            "B01 Aspirin 2 Acetylsalicylic acid 1",
            "B01 Aspirin 4 Aspirin lysine 2",
            "C01 Ethanol 3 Ethanol 1"
        ]
    );
    assert_eq!(outcome.ledger("drugs.csv"), [2, 2, 0, 0, 0]);
    assert_eq!(outcome.record()["ambiguous_terms"], json!([]));
    assert!(outcome.repairs().is_empty(), "{:?}", outcome.repairs());
}

#[test]
fn a_term_of_two_drugs_counts_for_both_and_is_marked() {
    let list =
        "atccode,drug,synonyms\nA07,Mesalazine,ASA|5-ASA\nB01,Aspirin,asa\nB02,5-asa,\nN02,Aspirin,asa\n";
    let outcome = run("drugs.csv", "drugs", list, &["ASA", "5-ASA alone", "Aspirin alone"]);
    assert_eq!(
        told(&outcome),
        [
            "A07 Mesalazine 1 ASA 1!",
            "A07 Mesalazine 2 5-ASA 1!",
            "B01 Aspirin 1 ASA 1!",
            "B01 Aspirin 2 ASA 1!",
            "B01 Aspirin 3 Aspirin 1",
            "B02 5-asa 2 5-ASA 1!",
            "N02 Aspirin 1 ASA 1!",
            "N02 Aspirin 2 ASA 1!",
            "N02 Aspirin 3 Aspirin 1"
        ]
    );
    let name = |atccode: &str, drug: &str| json!({"atccode": atccode, "drug": drug});
    assert_eq!(
        outcome.record()["ambiguous_terms"],
        json!([
            {"term": "5-asa", "drugs": [name("A07", "Mesalazine"), name("B02", "5-asa")]},
            {"term": "asa", "drugs": [name("A07", "Mesalazine"), name("B01", "Aspirin"), name("N02", "Aspirin")]}
        ])
    );
    crate::schemas::check("output", &outcome.output());
    crate::schemas::check("run", &outcome.record());
}

#[test]
fn the_vocabulary_of_drugbank_is_read() {
    let list = "DrugBank ID,Accession Numbers,Common name,CAS,UNII,Synonyms,Standard InChI Key\n\
                DB00945,APRD00264,Acetylsalicylic acid,50-78-2,R16CO5Y76E,\"2-Acetoxybenzoic acid | ASA | Aspirin\",BSYN\n\
                DB00898,,Ethanol,64-17-5,3K9958V90M,,LFQS\n";
    for format in ["", "drugbank"] {
        let outcome = run("list.csv", format, list, &["Aspirin in ethanol", "2-acetoxybenzoic acid"]);
        assert_eq!(
            told(&outcome),
            [
                "- Acetylsalicylic acid 1 Aspirin 1",
                "- Acetylsalicylic acid 2 2-acetoxybenzoic acid 1",
                "- Ethanol 1 ethanol 1"
            ]
        );
        assert!(outcome.repairs().is_empty(), "{:?}", outcome.repairs());
    }
}

fn rrf(id: &str, language: &str, list: &str, kind: &str, code: &str, text: &str, suppress: &str) -> String {
    format!("{id}|{language}||||||||||{list}|{kind}|{code}|{text}||{suppress}|4096|\n")
}

#[test]
fn rxnorm_is_read_by_concept() {
    let list = [
        rrf("1191", "ENG", "RXNORM", "IN", "1191", "aspirin", "N"),
        rrf("1191", "ENG", "RXNORM", "SY", "1191", "acetylsalicylic \"acid", "N"),
        rrf("1191", "ENG", "ATC", "IN", "A01AD05", "acetylsalicylic acid", "N"),
        rrf("1191", "ENG", "ATC", "IN", "B01AC06", "acetylsalicylic acid", "N"),
        rrf("1191", "SPA", "RXNORM", "SY", "1191", "aspirina", "N"),
        rrf("1191", "ENG", "RXNORM", "SY", "1191", "old aspirin", "O"),
        rrf("202433", "ENG", "RXNORM", "BN", "202433", "Tylenol", "N"),
        rrf("5", "ENG", "RXNORM", "SCD", "5", "ethanol 1 MG Tablet", "N"),
        "1|ENG|short|\n".to_owned(),
        rrf("6", "ENG", "RXNORM", "IN", "6", " ", "N"),
    ];
    assert_eq!(list[0].matches('|').count(), 18, "{}", list[0]);
    let outcome = run(
        "RXNCONSO.RRF",
        "",
        list.concat(),
        &["Acetylsalicylic \"\"acid", "tylenol", "aspirina, ethanol 1 MG Tablet", "old Aspirin"],
    );
    assert_eq!(
        told(&outcome),
        [
            "A01AD05 aspirin 1 Acetylsalicylic \\acid 1",
            "A01AD05 aspirin 4 Aspirin 1",
            "B01AC06 aspirin 1 Acetylsalicylic \\acid 1",
            "B01AC06 aspirin 4 Aspirin 1",
            "- Tylenol 2 tylenol 1"
        ]
    );
    assert_eq!(outcome.ledger("RXNCONSO.RRF"), [7, 5, 2, 0, 0]);
    assert_eq!(outcome.reject_places(), ["ragged-row RXNCONSO.RRF:9", "missing-name RXNCONSO.RRF:10"]);
    let warnings = outcome.record()["warnings"].clone();
    let other = warnings.as_array().unwrap().iter().find(|w| w["code"] == "other-terms").unwrap();
    assert_eq!(other["count"], 3);
}

#[test]
fn the_names_of_unii_are_read() {
    let list = b"Name\tTYPE\tUNII\tDisplay Name\r\nASPIRIN\tof\tR16CO5Y76E\tASPIRIN\r\n\
                 ACIDE AC\xc9TYLSALICYLIQUE\tcn\tR16CO5Y76E\tASPIRIN\r\n\"2-X\" 5\tcd\tR16CO5Y76E\tASPIRIN\r\nETHANOL\tcn\t\tALCOHOL\r\n";
    let titles = ["acide acétylsalicylique", "aspirin", "The \"\"2-X\"\" 5"];
    for (name, format) in [("list.txt", "unii"), ("list.csv", "")] {
        let outcome = run(name, format, list, &titles);
        assert_eq!(
            told(&outcome),
            ["- ASPIRIN 1 acide acétylsalicylique 1", "- ASPIRIN 2 aspirin 1", "- ASPIRIN 3 \\2-X\\ 5 1"]
        );
        assert_eq!(outcome.ledger(name), [4, 3, 1, 0, 0]);
    }
    let packed = gzip(list);
    assert_eq!(told(&run("unii.gz", "unii", packed, &titles)).len(), 3);
}

//! Text that is not plain UTF-8.

use crate::support::{HEADER, Outcome, Test};

const TEXT: &str =
    "id,title,date,journal\n1,L’ETHANOL à Genève,2020-01-01,Hôpitaux\n2,Über ATROPINE,n/a,Acta\n";

fn utf16(text: &str, little: bool) -> Vec<u8> {
    let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
    text.encode_utf16().flat_map(bytes).collect()
}

fn windows(text: &str) -> Vec<u8> {
    let (bytes, _, lossy) = encoding_rs::WINDOWS_1252.encode(text);
    assert!(!lossy);
    bytes.into_owned()
}

fn encoding(outcome: &Outcome, file: &str) -> String {
    let record = outcome.record();
    let sources = record["sources"].as_array().unwrap();
    sources.iter().find(|s| s["file"] == file).unwrap()["encoding"].as_str().unwrap().to_owned()
}

#[test]
fn every_encoding_gives_the_same_output() {
    let expect = Test::new().write("pubmed.csv", TEXT).success();
    assert_eq!(expect.mentions(), ["ATROPINE 2", "ETHANOL 1"]);
    let marked = |mark: &[u8], text: Vec<u8>| [mark, &text].concat();
    for (bytes, name) in [
        (marked(b"\xef\xbb\xbf", TEXT.into()), "utf-8"),
        (utf16(TEXT, true), "utf-16le"),
        (utf16(TEXT, false), "utf-16be"),
        (marked(b"\xff\xfe", utf16(TEXT, true)), "utf-16le"),
        (marked(b"\xfe\xff", utf16(TEXT, false)), "utf-16be"),
        (windows(TEXT), "windows-1252"),
    ] {
        let outcome = Test::new().write("pubmed.csv", bytes).success();
        assert_eq!(encoding(&outcome, "pubmed.csv"), name);
        assert_eq!(outcome.output(), expect.output(), "{name}");
        assert_eq!(outcome.repair_places(), ["invalid-date pubmed.csv:3"], "{name}");
        let guessed = outcome.warnings().contains(&"guessed-encoding".to_owned());
        assert_eq!(guessed, name == "windows-1252", "{name}");
        outcome.balanced();
    }
}

#[test]
fn json_drugs_and_trials_come_in_every_encoding_too() {
    let json = r#"[{"id":"1","title":"Zoë’s ETHANOL","date":"2020","journal":"Hôpitaux"}]"#;
    let drugs = "atccode,drug\nA01,CAFÉINE\nV03AB,ETHANOL\n";
    let trials = "id,scientific_title,date,journal\n7,caféine,2020,Acta\n";
    let encoders: [fn(&str) -> Vec<u8>; 3] = [windows, |t| utf16(t, true), |t| utf16(t, false)];
    for encode in encoders {
        let outcome = Test::new()
            .write("pubmed.json", encode(json))
            .write("drugs.csv", encode(drugs))
            .write("clinical_trials.csv", encode(trials))
            .success();
        assert_eq!(outcome.output()["drugs"][1]["mentions"]["pubmed"][0]["title"], "Zoë’s ETHANOL");
        outcome.gave(&[], &["CAFÉINE 7", "ETHANOL 1"]);
    }
}

#[test]
fn large_files_in_utf_16_keep_their_lines() {
    let text = format!("{HEADER}{}99999,lost\n{}", super::rows(1, 15_000), super::rows(20_000, 15_000));
    let outcome = Test::new().write("pubmed.csv", utf16(&text, true)).success();
    assert_eq!(outcome.reject_places(), ["ragged-row pubmed.csv:15002"]);
    assert_eq!(outcome.ledger("pubmed.csv"), [30_001, 30_000, 1, 0, 0]);
    outcome.balanced();
}

#[test]
fn an_odd_byte_at_the_end_of_utf_16_is_no_disaster() {
    let mut bytes = utf16(TEXT, true);
    bytes.push(b'x');
    let outcome = Test::new().lenient().write("pubmed.csv", bytes).success().balanced();
    assert_eq!(outcome.mentions(), ["ATROPINE 2", "ETHANOL 1"]);
}

#[test]
fn a_stray_byte_in_utf_8_is_replaced_and_logged_with_its_row() {
    let text = [
        HEADER.as_bytes(),
        "1,é ETHANOL,2020,Acta\n2,\"x\ny\",2020,Acta\n".as_bytes(),
        b"3,ATRO\xffPINE ATROPINE,2020,Ac\xc3ta\n4,ASPIRIN\xe2\x82,2020,Acta\n",
    ]
    .concat();
    let outcome = Test::new().write("pubmed.csv", text).success();
    let repairs = ["invalid-utf8 pubmed.csv:5", "invalid-utf8 pubmed.csv:5", "invalid-utf8 pubmed.csv:6"];
    assert_eq!(outcome.repair_places(), repairs);
    let repairs = outcome.repairs();
    assert_eq!(repairs[0]["field"], "title");
    assert_eq!(repairs[0]["before"], "ATRO\\xffPINE ATROPINE");
    assert_eq!(repairs[0]["after"], "ATRO\u{fffd}PINE ATROPINE");
    assert_eq!(repairs[1]["field"], "journal");
    outcome.gave(&[], &["ATROPINE 3", "ASPIRIN 4", "ETHANOL 1"]);
}

#[test]
fn a_stray_byte_behind_64_kib_does_not_turn_the_file_into_windows_1252() {
    let mut text = format!("{HEADER}{}", super::rows(1, 3000)).into_bytes();
    text.extend_from_slice(b"9000,ATROPINE \xff,2020-01-01,Acta\n");
    let outcome = Test::new().write("pubmed.csv", text).success().balanced();
    assert_eq!(encoding(&outcome, "pubmed.csv"), "utf-8");
    assert_eq!(outcome.repair_places(), ["invalid-utf8 pubmed.csv:3002"]);
}

#[test]
fn a_stray_byte_in_json_is_replaced_and_logged_with_its_record() {
    let text = [
        "[\n{\"id\":1,\"title\":\"é ETHANOL\",\"date\":\"2020\",\"journal\":\"Acta\"},\n".as_bytes(),
        b"{\"id\":2,\"title\":\"ATROPINE \xff\",\"date\":\"2020\",\"journal\":\"Acta\"}\n]",
    ]
    .concat();
    let outcome = Test::new().write("pubmed.json", text).success();
    assert_eq!(outcome.repair_places(), ["invalid-utf8 pubmed.json:3"]);
    outcome.gave(&[], &["ATROPINE 2", "ETHANOL 1"]);
}

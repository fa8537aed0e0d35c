//! Rows told twice, corrected, and spread over many blocks.

use super::*;
use crate::record::WarningCode;

#[test]
fn rows_of_one_key_are_one_record() {
    let mut source = source("id:integer a:string b:float");
    source.key = vec!["id".into()];
    rule(&mut source, "negative", "b < 0");
    let one = "id,a,b\n1,x,1\n2,y,\n2,y,2.0\n3,z,x\n";
    let two = "b,a,id\n1.00,x,1\n5,w,\n5,w,\nx,z,3\n3,z,3\n-1,v,3\n2,y,2\n";
    let table = read(&source, &[("one.csv", one), ("two.csv", two)]);
    assert_eq!(
        rows(&table),
        [
            r#"{"id":1,"a":"x","b":1.0}"#,
            r#"{"id":2,"a":"y","b":2.0}"#,
            r#"{"id":null,"a":"w","b":5.0}"#,
            r#"{"id":null,"a":"w","b":5.0}"#,
            r#"{"id":3,"a":"z","b":3.0}"#,
        ]
    );
    assert_eq!(
        shown(&table),
        [
            "one.csv:3 conflicting-duplicate (b)",
            "one.csv:5 invalid-number (b)",
            "two.csv:7 negative ()",
            "two.csv:2 merged: 1.00,x,1 -> one.csv:2",
            "two.csv:5 merged: x,z,3 -> one.csv:5",
            "two.csv:8 merged: 2,y,2 -> one.csv:4",
        ]
    );
    assert_eq!(ledger(&table), [11, 5, 3, 3, 0]);
}

#[test]
fn a_correction_takes_the_place_of_a_reject_and_of_nothing_else() {
    let mut source = source("id:string! v:float");
    source.key = vec!["id".into()];
    let files = [
        ("f.csv", "id,v\na,x\nb\nc,3\nd,4\nd,5\n"),
        ("g.json", r#"[{"id":"e","v":"x"},{"id":"f","v":"y"}]"#),
    ];
    let before = read(&source, &files);
    assert_eq!(ledger(&before), [7, 2, 5, 0, 0]);
    let lost = before.files[0].rejects.iter().find(|r| r.codes == ["conflicting-duplicate"]).unwrap();
    let correct = |file: &str, line, raw: &str, record: &[(&str, &str)]| Correction {
        source: "s".into(),
        file: file.into(),
        line,
        raw: raw.into(),
        record: record.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect(),
    };
    let corrections = [
        correct("f.csv", 2, "", &[("v", "1")]),
        correct("f.csv", 3, "", &[("id", "b"), ("v", "2")]),
        correct("f.csv", 4, "", &[("v", "30")]),
        correct("f.csv", lost.line, "", &[("id", "d2")]),
        correct("g.json", 1, r#"{"id":"f","v":"y"}"#, &[("v", "6")]),
        correct("g.json", 1, r#"{"id":"e","v":"x"}"#, &[("v", "z")]),
        correct("h.csv", 1, "", &[("v", "6")]),
    ];
    let table = read_with(&source, &files, &corrections);
    assert_eq!(ledger(&table), [7, 6, 1, 0, 0]);
    let found = rows(&table);
    for row in
        [r#"{"id":"a","v":1.0}"#, r#"{"id":"b","v":2.0}"#, r#"{"id":"c","v":3.0}"#, r#"{"id":"f","v":6.0}"#]
    {
        assert!(found.iter().any(|found| found == row), "{row}");
    }
    assert!(found.iter().any(|row| row.starts_with(r#"{"id":"d2""#)));
    assert_eq!(table.files[1].rejects[0].record, r#"{"id":"e","v":"z"}"#);
    let corrected = table.files.iter().flat_map(|file| &file.repairs).map(|repair| repair.code);
    assert_eq!(corrected.filter(|code| *code == RepairCode::Corrected).count(), 4);
    let warnings = table.warnings.into_list();
    assert_eq!((warnings[0].code, warnings[0].count), (WarningCode::UnusedCorrection, 2));
}

/// A file of several blocks.
fn large(rows: usize) -> String {
    let mut text = String::from("id,when,price,note\n");
    for i in 0..rows {
        let price = if i % 1000 == 7 { "x".to_owned() } else { format!("{}.25", i % 90) };
        text += &format!("{},2023-01-{:02}T10:00:00Z,{price},\"note, {i}\"\n", i % (rows - 10), i % 28 + 1);
    }
    text
}

#[test]
fn many_blocks_give_the_lines_and_rows_of_one() {
    let text = large(60_000);
    assert!(text.len() > 2 << 20);
    let mut source = source("id:integer! when:timestamp price:float note:string");
    source.key = vec!["id".into()];
    rule(&mut source, "late", "id = 59980");
    let table = read(&source, &[("a.csv", &text), ("b.csv", &text)]);
    let [read, accepted, rejected, merged, blank] = ledger(&table);
    assert_eq!((read, accepted + rejected + merged, blank), (120_000, 120_000, 0));
    assert_eq!((merged, accepted), (60_000, 59_990 - 59 - 1));
    let first = table.files[0].rejects.iter().find(|reject| reject.codes == ["invalid-number"]).unwrap();
    assert_eq!((first.line, first.raw.as_str()), (9, "7,2023-01-08T10:00:00Z,x,\"note, 7\""));
    let late = table.files[0].rejects.iter().find(|reject| reject.codes == ["late"]).unwrap();
    assert_eq!(
        (late.line, late.record.as_str()),
        (59_982, r#"{"id":"59980","when":"2023-01-05T10:00:00Z","price":"40.25","note":"note, 59980"}"#)
    );
}

#[test]
fn a_correction_is_of_the_text_whichever_columns_read_it() {
    let files = [("f.csv", "wording,price\nVente,x\nVente,y\n")];
    let source = source("kind=wording:string amount=price:float! shown=price:float");
    let correct = |line, record: &[(&str, &str)]| Correction {
        source: "s".into(),
        file: "f.csv".into(),
        line,
        raw: String::new(),
        record: record.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect(),
    };
    let corrections = [correct(2, &[("shown", "5")]), correct(3, &[("amount", "6"), ("shown", "7")])];
    let table = read_with(&source, &files, &corrections);
    assert_eq!(
        rows(&table),
        [r#"{"kind":"Vente","amount":5.0,"shown":5.0}"#, r#"{"kind":"Vente","amount":6.0,"shown":7.0}"#]
    );
}

#[test]
fn rows_in_conflict_differ_in_values_not_in_spelling() {
    let mut source = source("id:integer v:float w:string");
    source.key = vec!["id".into()];
    let table = read(&source, &[("f.csv", "id,v,w\n1,2.50,a\n1.0,2.5,b\n2,N/A,a\n2,,b\n")]);
    let fields: Vec<String> = table.files[0].rejects.iter().map(|reject| reject.fields.join(" ")).collect();
    assert_eq!(fields, ["w", "w"]);
}

#[test]
fn a_text_that_stands_for_none_is_a_repair_in_any_column() {
    let table = read(&source("a:string b:integer"), &[("f.csv", "a,b\nN/A,1\n,N/A\n")]);
    assert_eq!(rows(&table), [r#"{"a":null,"b":1}"#, r#"{"a":"","b":null}"#]);
    assert_eq!(shown(&table), ["f.csv:2 null-text: N/A -> null", "f.csv:3 null-text: N/A -> null"]);
}

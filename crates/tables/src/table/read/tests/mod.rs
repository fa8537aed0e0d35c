//! What becomes of rows: typed, rejected, merged, mended, corrected; by whatever number of threads.

use std::collections::BTreeSet;
use std::path::Path;

mod parquet;
mod twice;

use super::*;
use crate::clean::{DateOrder, NumberStyle};
use crate::record::{Ledger, RejectCode, RepairCode};
use crate::spec::MaxRejects;
use crate::spec::tables::{Column, ColumnType, ParamType, SqlText};
use crate::table::{RowReject, json};

/// Columns as `name:type`, `!` behind it for one that is required.
fn source(columns: &str) -> TableSource {
    let column = |text: &str| {
        let (text, required) = text.strip_suffix('!').map_or((text, false), |text| (text, true));
        let (name, kind) = text.split_once(':').unwrap();
        let kind = ColumnType::ALL.into_iter().find(|k| k.name() == kind).unwrap();
        let (name, from) = name.split_once('=').unwrap_or((name, name));
        let (name, from) = (name.to_owned(), from.to_owned());
        Column { name, from, kind, required, nulls: vec!["N/A".into()], number: NumberStyle::Plain, at: 0 }
    };
    TableSource {
        name: "s".into(),
        path: Vec::new(),
        format: None,
        encoding: None,
        columns: columns.split(' ').map(column).collect(),
        key: Vec::new(),
        reject: Default::default(),
        date_order: DateOrder::Dmy,
        max_rejects: MaxRejects::default(),
        at: 0,
    }
}

fn rule(source: &mut TableSource, code: &str, sql: &str) {
    let sql = SqlText { file: "p.toml".into(), line: 7, text: sql.into() };
    source.reject.insert(code.into(), sql);
}

fn write(dir: &Path, files: &[(&str, &str)]) -> Vec<InputFile> {
    let write = |(name, text): &(&str, &str)| {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        InputFile { path, name: (*name).into(), size: text.len() as u64 }
    };
    files.iter().map(write).collect()
}

/// Reads files with one thread and with three, which must not differ.
fn read_with(source: &TableSource, files: &[(&str, &str)], corrections: &[Correction]) -> SourceTable {
    let dir = tempfile::tempdir().unwrap();
    let files = write(dir.path(), files);
    let values = [("least".to_owned(), (ParamType::Integer, "10".to_owned()))].into();
    let params = Resolved { values, ..Resolved::default() };
    let read = |threads| read_source(source, &files, &params, threads, corrections).unwrap();
    let (one, three) = (read(1), read(3));
    assert_eq!((rows(&one), shown(&one)), (rows(&three), shown(&three)));
    one
}

fn read(source: &TableSource, files: &[(&str, &str)]) -> SourceTable {
    read_with(source, files, &[])
}

fn rows(table: &SourceTable) -> Vec<String> {
    json::rows(&table.batches).into_iter().map(|row| String::from_utf8(row).unwrap()).collect()
}

/// Rejects and repairs, one a line.
fn shown(table: &SourceTable) -> Vec<String> {
    let mut shown = Vec::new();
    for file in &table.files {
        let name = &file.name;
        for RowReject { line, codes, fields, .. } in &file.rejects {
            shown.push(format!("{name}:{line} {} ({})", codes.join(" "), fields.join(" ")));
        }
        for repair in &file.repairs {
            let after = repair.after.as_deref().unwrap_or("null");
            shown.push(format!(
                "{name}:{} {}: {} -> {after}",
                repair.line,
                repair.code.as_str(),
                repair.before
            ));
        }
    }
    shown
}

fn ledger(table: &SourceTable) -> [u64; 5] {
    let Ledger { read, accepted, rejected, merged, blank } = table.ledger();
    [read, accepted, rejected, merged, blank]
}

#[test]
fn values_are_typed_and_what_is_none_is_a_reject() {
    for (kind, good, json, bad, code) in [
        ("string", " a ", "\" a \"", "", ""),
        ("integer", "84.0", "84", "9223372036854775808", "invalid-number"),
        ("float", "-0", "0.0", "1e400", "invalid-number"),
        ("float", "2.50", "2.5", "\"1.234,56\"", "invalid-number"),
        ("float", "1e2", "100.0", "NaN", "invalid-number"),
        ("boolean", "True", "true", "maybe", "invalid-boolean"),
        ("date", "01/02/2020", "\"2020-02-01\"", "2020-02", "invalid-date"),
        ("price", "Loyer: 3741 € /mo", "3741.0", "prix sur demande", "invalid-price"),
        ("list<integer>", "\"[1, 2]\"", "[1,2]", "\"[a]\"", "invalid-list"),
        ("list<string>", "\"['a', 'b']\"", "[\"a\",\"b\"]", "a", "invalid-list"),
        ("timestamp", "2023-01-01T10:00:00Z", "\"2023-01-01T10:00:00Z\"", "yesterday", "invalid-timestamp"),
    ] {
        let table =
            read(&source(&format!("k:string v:{kind}")), &[("f.csv", &format!("k,v\na,{good}\nb,{bad}\n"))]);
        let rows = rows(&table);
        assert_eq!(rows[0], format!("{{\"k\":\"a\",\"v\":{json}}}"), "{kind} {good}");
        match code {
            "" => assert_eq!(rows[1], "{\"k\":\"b\",\"v\":\"\"}"),
            code => assert_eq!(shown(&table), [format!("f.csv:3 {code} (v)")], "{kind} {bad}"),
        }
    }
}

#[test]
fn a_row_has_one_reject_with_every_reason() {
    let mut source = source("id:string! price:price area:float");
    rule(&mut source, "small", "area < $least");
    rule(&mut source, "no-price", "price IS NULL");
    let text = "area;id;price\n5;;x\n5;b;1 000 €\n;c;12\n50;d\n\n ; ; \n50;e;1\n";
    let table = read(&source, &[("f.csv", text)]);
    assert_eq!(
        shown(&table),
        [
            "f.csv:2 missing-value invalid-price no-price small (id price)",
            "f.csv:3 small ()",
            "f.csv:5 ragged-row ()",
        ]
    );
    assert_eq!(rows(&table).len(), 2);
    assert_eq!(ledger(&table), [6, 2, 3, 0, 1]);
    let rejects = &table.files[0].rejects;
    assert_eq!(rejects[0].raw, "5;;x");
    assert_eq!(rejects[1].record, r#"{"id":"b","price":"1 000 €","area":"5"}"#);
    assert_eq!(rejects[2].record, "{}");
    let batch = crate::table::rejects_batch("s", &table.files).unwrap();
    let first = String::from_utf8(json::rows(&[batch])[0].clone()).unwrap();
    assert!(
        first.starts_with(r#"{"source":"s","file":"f.csv","line":2,"codes":["missing-value","#),
        "{first}"
    );
}

#[test]
fn a_rule_that_is_no_condition_is_an_error_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let files = write(dir.path(), &[("f.csv", "a\n1\n")]);
    for (sql, expect) in
        [("b > 1", "p.toml:7:"), ("a + 1", "p.toml:7:"), ("a > $b", "p.toml:7:"), ("a >", "p.toml:7:")]
    {
        let mut source = source("a:integer");
        rule(&mut source, "code", sql);
        let error = read_source(&source, &files, &Resolved::default(), 1, &[]).unwrap_err();
        assert!(matches!(error, Error::Spec { .. }) && error.to_string().starts_with(expect), "{error}");
    }
}

#[test]
fn nulls_and_mojibake_are_mended_and_all_other_text_is_kept() {
    let table = read(
        &source("t:string n:integer c:string"),
        &[("f.csv", "t,n,c\nRe Doctolib ,N/A,Zürich\n N/A,,St-LÃ©gier\n-312.7,1,\"a\nb\"\n")],
    );
    assert_eq!(
        rows(&table),
        [
            r#"{"t":"Re Doctolib ","n":null,"c":"Zürich"}"#,
            r#"{"t":null,"n":null,"c":"St-Légier"}"#,
            r#"{"t":"-312.7","n":1,"c":"a\nb"}"#,
        ]
    );
    assert_eq!(
        shown(&table),
        [
            "f.csv:2 null-text: N/A -> null",
            "f.csv:3 null-text:  N/A -> null",
            "f.csv:3 mojibake: St-LÃ©gier -> St-Légier"
        ]
    );
}

#[test]
fn the_repairs_of_a_reject_are_not_told() {
    let mut source = source("n:integer c:string m:integer");
    rule(&mut source, "one", "m = 1");
    let table = read(&source, &[("f.csv", "n,c,m\nN/A,ZÃ¼rich,x\nN/A,ZÃ¼rich,1\nN/A,ZÃ¼rich,2\n")]);
    assert_eq!(
        shown(&table),
        [
            "f.csv:2 invalid-number (m)",
            "f.csv:3 one ()",
            "f.csv:4 null-text: N/A -> null",
            "f.csv:4 mojibake: ZÃ¼rich -> Zürich",
        ]
    );
}

#[test]
fn json_is_read_in_every_shape() {
    let source = source("id:string v:float l:list<integer> o:string");
    let expect = [
        r#"{"id":"1","v":84.0,"l":[1,2],"o":"{\"a\": [1]}"}"#,
        r#"{"id":"é\"","v":null,"l":null,"o":null}"#,
        r#"{"id":"3","v":1.5,"l":[],"o":"true"}"#,
    ];
    let objects = [
        r#"{"id":1,"v":84.0,"l":[1, 2],"o":{"a": [1]}}"#,
        r#"{"id":"\u00e9\"","v":null}"#,
        r#"{"o":true,"l":"[]","v":"1.5","id":"3"}"#,
    ];
    let list = format!("[{}]", objects.join(","));
    let text = serde_json::to_string(&list).unwrap();
    for (name, text) in [("f.jsonl", objects.join("\n")), ("f.json", list), ("f.json", text)] {
        let table = read(&source, &[(name, &text)]);
        assert_eq!(rows(&table), expect, "{text}");
    }
    let table = read(&source, &[("f.json", r#"[{"id":"a","v":"x"},{"x":1},{"id":1,"id":2}, 5"#)]);
    assert_eq!(
        shown(&table)[..4],
        [
            "f.json:1 invalid-number (v)",
            "f.json:1 no-known-column ()",
            "f.json:1 duplicate-key (id)",
            "f.json:1 not-an-object ()",
        ]
    );
}

#[test]
fn a_wide_row_keeps_every_column_and_one_text_may_feed_several() {
    let names: Vec<String> = (0..30).map(|i| format!("c{i}")).collect();
    let columns: Vec<String> = names.iter().map(|name| format!("{name}:integer")).collect();
    let source = source(&format!("{} again=c7:string Again2=C7:float", columns.join(" ")));
    let values: Vec<String> = (0..30).map(|i| i.to_string()).collect();
    let csv = format!("{}\n{}\n", names.join(","), values.join(","));
    let members: Vec<String> = names.iter().zip(&values).map(|(n, v)| format!("\"{n}\":{v}")).collect();
    let json = format!("{{{}}}", members.join(","));
    for (name, text) in [("f.csv", csv), ("f.json", json)] {
        let table = read(&source, &[(name, &text)]);
        assert!(rows(&table)[0].ends_with(r#""c29":29,"again":"7","Again2":7.0}"#), "{:?}", rows(&table));
    }
}

#[test]
fn a_file_without_a_column_is_an_error_that_says_where_to_name_it() {
    let dir = tempfile::tempdir().unwrap();
    let files = write(dir.path(), &[("f.csv", "id,prize\n1,2\n")]);
    let error =
        read_source(&source("id:string price:float"), &files, &Resolved::default(), 2, &[]).unwrap_err();
    assert_eq!(error.to_string(), "`f.csv`: no column `price`; the header has `id`, `prize`");
    assert!(error.hint().contains("`prize`") && error.hint().contains("`from`"), "{}", error.hint());
}

#[test]
fn every_code_of_tables_is_met() {
    let mut met = BTreeSet::new();
    let table = read(
        &source("a:string! b:float c:boolean d:timestamp e:price f:list<string>"),
        &[("f.csv", "a,b,c,d,e,f\n,x,x,x,x,x\nGenÃ¨ve,N/A,,,,\n")],
    );
    met.extend(table.files[0].rejects.iter().flat_map(|reject| reject.codes.clone()));
    met.extend(table.files[0].repairs.iter().map(|repair| repair.code.as_str().to_owned()));
    met.insert(RepairCode::Corrected.as_str().to_owned()); // `a_correction_takes_the_place_of_a_reject_and_of_nothing_else`
    let rejects = RejectCode::TABLES.iter().map(|code| code.as_str());
    let known = rejects.chain(RepairCode::TABLES.iter().map(|code| code.as_str()));
    assert_eq!(met, known.map(str::to_owned).collect());
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(48))]

    #[test]
    fn the_ledger_balances_and_the_order_of_rows_does_not_matter(
        rows in proptest::collection::vec("[abc]?,(1|2|x|1e999|N/A|)(,|)[\"'ÃÂ©é ]{0,2}", 0..40),
        seed in proptest::num::u64::ANY,
    ) {
        let mut source = source("k:string v:float t:string");
        source.key = vec!["k".into()];
        rule(&mut source, "two", "v = 2");
        let content = |rows: &[String]| {
            let table = read(&source, &[("f.csv", &format!("k,v,t\n{}\n", rows.join("\n")))]);
            let mut found = self::rows(&table);
            found.sort();
            let mut rejects: Vec<_> = table.files[0].rejects.iter().map(|r| (r.codes.clone(), r.record.clone())).collect();
            rejects.sort();
            (found, rejects)
        };
        // Rows that are torn apart by a quote depend on their neighbours.
        let rows: Vec<String> = rows.into_iter().filter(|row| !row.contains('"')).collect();
        let mut shuffled = rows.clone();
        let mut state = seed;
        for i in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(i, (state >> 33) as usize % (i + 1));
        }
        proptest::prop_assert_eq!(content(&rows), content(&shuffled));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in ".{0,200}") {
        let source = source("a:string b:integer c:list<string> d:price");
        let text = format!("a,b,c,d\n{bytes}");
        let _ = (read(&source, &[("f.csv", &text)]), read(&source, &[("f.json", &bytes)]));
    }
}

//! Broken JSON.

use std::fs::File;
use std::io::{BufWriter, Write};

use crate::support::Test;

fn row(id: usize, title: &str) -> String {
    format!(r#"{{"id":{id},"title":"{title}","date":"2020-01-01","journal":"Acta"}}"#)
}

/// `text` gives these rejects, repairs and mentions: lines of pubmed.json are left out.
#[track_caller]
fn check(text: &str, rejects: &[&str], repairs: &[&str], mentions: &[&str]) {
    // The folder goes with the test, so it is kept until the outcome was looked at.
    let test = Test::new().lenient().write("pubmed.json", text);
    let outcome = test.run_behind(&[]).expect_code(0);
    let short = |places: Vec<String>| -> Vec<String> {
        places.iter().map(|place| place.replace("pubmed.json:", "")).collect()
    };
    let shown: String = text.chars().take(300).collect();
    assert_eq!(short(outcome.reject_places()), rejects, "{shown}");
    assert_eq!(short(outcome.repair_places()), repairs, "{shown}");
    assert_eq!(outcome.mentions(), mentions, "{shown}");
    outcome.balanced();
}

#[test]
fn lists_lines_single_objects_and_runs_of_them_read_alike() {
    let (a, b) = (row(1, "ETHANOL"), row(2, "ATROPINE"));
    for text in [
        format!("[{a},{b}]"),
        format!("[\n  {a},\n  {b}\n]\n"),
        format!("{a}\n{b}\n"),
        format!("{a}\r\n{b}"),
        format!("{a}\r{b}\r"),
        format!("{a}{b}"),
        format!("\u{feff}{a}\n\n{b}"),
        format!("[[{a}],[{b}]]"),
    ] {
        check(&text, &[], &[], &["ATROPINE 2", "ETHANOL 1"]);
    }
    check(&a, &[], &[], &["ETHANOL 1"]);
}

#[test]
fn an_object_that_only_wraps_a_list_is_a_reject_that_shows_it() {
    let text = format!("{{\"articles\": [{}]}}", row(1, "ETHANOL"));
    check(&text, &["no-known-column 1"], &[], &[]);
    check(&format!("{{\"count\": 1}}\n{}", row(1, "ETHANOL")), &["no-known-column 1"], &[], &["ETHANOL 1"]);
}

#[test]
fn json_inside_a_json_string_is_read_and_logged() {
    let list = format!("[\n{},\n{{}},\n{}]", row(1, "ETHANOL \\\"é\\u00e9\\\""), row(2, "ATROPINE"));
    let text = serde_json::to_string(&list).unwrap();
    // The file has one line, however many line ends are written in the string.
    check(&text, &["no-known-column 1"], &["json-in-string 1"], &["ATROPINE 2", "ETHANOL 1"]);
    check(
        &format!("\n {text}\n"),
        &["no-known-column 2"],
        &["json-in-string 1"],
        &["ATROPINE 2", "ETHANOL 1"],
    );
}

#[test]
fn lines_that_are_json_strings_holding_json_are_all_read() {
    let line = |id, title| serde_json::to_string(&row(id, title)).unwrap();
    let text = format!("{}\n{}\n{}\n", line(1, "ETHANOL"), line(2, "ATROPINE"), line(3, "ASPIRIN"));
    check(&text, &[], &["json-in-string 1"], &["ATROPINE 2", "ASPIRIN 3", "ETHANOL 1"]);
}

#[test]
fn a_text_before_the_records_does_not_swallow_them() {
    let text = format!("\"exported yesterday\"\n{}\n{}\n", row(1, "ETHANOL"), row(2, "ATROPINE"));
    let test = Test::new().lenient().write("pubmed.json", text);
    let outcome = test.run_behind(&[]).expect_code(0).balanced();
    assert_eq!(outcome.mentions(), ["ATROPINE 2", "ETHANOL 1"]);
    assert!(outcome.reject_places().iter().all(|place| place == "not-an-object pubmed.json:1"));
    assert!(!outcome.rejects().is_empty());
}

#[test]
fn what_json_has_not_is_mended_and_logged() {
    let (a, b) = (row(1, "ETHANOL"), row(2, "ATROPINE"));
    let both = ["ATROPINE 2", "ETHANOL 1"];
    check(&format!("[\n{a},\n{b},\n]"), &[], &["trailing-comma 4"], &both);
    check(&format!("[\n{a}\n{b}\n]"), &[], &["missing-comma 3"], &both);
    check(&format!("[\n{a},\n{b}\n"), &[], &["unclosed-list 4"], &both);
    check(
        &format!("// a comment\n[/* {{ \" */{a},\n{b}]"),
        &[],
        &["json-comment 1", "json-comment 2"],
        &both,
    );
    let inside = a.replace("\"date\"", "// it's \"quoted\" {\n \"date\"");
    check(&format!("[{inside},\n{b}]"), &[], &["json-comment 1"], &both);
    check(&a.replace("\"journal\"", "\"n\": NaN, \"journal\""), &[], &["json-nan 1"], &["ETHANOL 1"]);
    check(&a.replace("}", ",}"), &[], &["trailing-comma 1"], &["ETHANOL 1"]);
}

#[test]
fn a_comment_that_is_never_closed_does_not_swallow_the_records_behind_it() {
    let (a, b) = (row(1, "ETHANOL"), row(2, "ATROPINE"));
    let both = ["ATROPINE 2", "ETHANOL 1"];
    check(&format!("{a}\n/* some words\n{b}\n"), &["not-an-object 2"], &[], &both);
    check(&format!("[{a}, /* some words {b}]"), &["not-an-object 1"], &[], &both);
    check(&format!("{a}\n/* {}\n{b}\n", "words\n".repeat(400_000)), &["not-an-object 2"], &[], &both);
    check(&format!("{a}\n/* {} */\n{b}\n", "words\n".repeat(100_000)), &[], &["json-comment 2"], &both);
    check(&format!("{a}\n{{\"x\": /* some words\n{b}\n"), &["invalid-json 2"], &[], &both);
}

#[test]
fn nan_in_a_column_is_null() {
    let text = r#"{"id":NaN,"title":"ETHANOL NaN","date":-Infinity,"journal":NaN}"#;
    check(text, &[], &["json-nan 1", "invalid-date 1", "missing-id 1", "missing-journal 1"], &["ETHANOL -"]);
}

#[test]
fn a_column_named_twice_is_a_reject_and_others_may_be() {
    let a = row(1, "ETHANOL");
    let twice = [
        a.replace("\"date\"", "\"title\":\"ASPIRIN\",\"date\""),
        a.replace("\"date\"", "\"Title\":\"ASPIRIN\",\"date\""),
        a.replace("\"date\"", "\"title\":\"ETHANOL\",\"date\""),
        a.replace("\"date\"", "\"t\\u0069tle\":\"ASPIRIN\",\"date\""),
        a.replace("\"date\"", "\"id\":null,\"date\""),
        a.replace("\"date\"", "\"id\":1.5,\"date\""),
    ];
    for text in twice {
        check(&format!("{text}\n{}", row(2, "ATROPINE")), &["duplicate-key 1"], &[], &["ATROPINE 2"]);
    }
    check(&a.replace("\"date\"", "\"x\":1,\"x\":2,\"date\""), &[], &[], &["ETHANOL 1"]);
}

#[test]
fn ids_keep_their_digits_and_other_types_are_told() {
    let id = |id: &str, shown: &str| {
        check(
            &row(1, "ETHANOL").replace("\"id\":1", &format!("\"id\":{id}")),
            &[],
            &[],
            &[&format!("ETHANOL {shown}")],
        );
    };
    id("9", "9");
    id("\"11\"", "11");
    id("-4", "-4");
    id("18446744073709551616", "18446744073709551616");
    id("1.10", "1.10");
    id("true", "true");
    for nested in ["[1]", "{\"value\":1}", "[]", "{}"] {
        let text = row(1, "ETHANOL").replace("\"id\":1", &format!("\"id\":{nested}"));
        check(&format!("{text}\n{}", row(2, "ATROPINE")), &["wrong-type 1"], &[], &["ATROPINE 2"]);
    }
}

#[test]
fn values_that_are_no_objects_are_rejects_one_by_one() {
    let text = format!("[1, \"text\", null, true,\n {}, [2.5]]", row(1, "ETHANOL"));
    let rejects = ["not-an-object 1"; 4];
    check(&text, &[&rejects[..], &["not-an-object 2"]].concat(), &[], &["ETHANOL 1"]);
    check("nonsense", &["not-an-object 1"], &[], &[]);
}

#[test]
fn a_record_that_is_never_closed_costs_itself_only() {
    let (b, c) = (row(2, "ATROPINE"), row(3, "ASPIRIN"));
    let behind = ["ATROPINE 2", "ASPIRIN 3"];
    for broken in [
        r#"{"id":1,"title":"ETHANOL,"date":"2020","journal":"Acta"}"#,
        r#"{"id":1,"title":"ETHANOL","date":"2020","journal":"Acta}"#,
        r#"{"id":1,"title":"ETHANOL","date":"2020","journal":"Acta""#,
        r#"{"id":1,"title":{"#,
        r#"{"id":1,"title":"ETHANOL","date":"2020","journal":"Acta\"#,
    ] {
        check(&format!("{broken}\n{b}\n{c}\n"), &["invalid-json 1"], &[], &behind);
        check(&format!("[\n{broken},\n{b},\n{c}\n]"), &["invalid-json 2"], &[], &behind);
    }
    for broken in
        [r#"{"id":1 "title":"ETHANOL"}"#, r#"{id:1}"#, r#"{'id':1}"#, r#"{"id":01,"title":"x"}"#, r#"{"id"}"#]
    {
        check(&format!("{broken}\n{b}\n{c}\n"), &["invalid-json 1"], &[], &behind);
    }
}

#[test]
fn depth_is_no_danger_wherever_it_stands() {
    const DEEP: usize = 100_000;
    let arrays = format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP));
    let objects = format!("{}1{}", "{\"a\":".repeat(DEEP), "}".repeat(DEEP));
    let titles = format!("{}1{}", "{\"title\":".repeat(DEEP), "}".repeat(DEEP));
    let b = row(2, "ATROPINE");
    for deep in [&arrays, &objects] {
        let a = row(1, "ETHANOL");
        let known = a.replace("\"ETHANOL\"", deep);
        check(&format!("{known}\n{b}"), &["wrong-type 1"], &[], &["ATROPINE 2"]);
        let unknown = a.replace("\"date\"", &format!("\"x\":{deep},\"date\""));
        check(&format!("{unknown}\n{b}"), &[], &[], &["ATROPINE 2", "ETHANOL 1"]);
    }
    check(&format!("{arrays}\n{b}"), &[], &[], &["ATROPINE 2"]);
    check(&format!("{objects}\n{b}"), &["no-known-column 1"], &[], &["ATROPINE 2"]);
    check(&format!("{titles}\n{b}"), &["wrong-type 1"], &[], &["ATROPINE 2"]);
    // Closed never, or too often.
    check(&format!("{}\n{b}", "[".repeat(DEEP)), &[], &["unclosed-list 2"], &["ATROPINE 2"]);
    check(&format!("{}\n{b}", "]".repeat(DEEP)), &[], &[], &["ATROPINE 2"]);
    check(&format!("{}\n{b}", "{\"a\":".repeat(DEEP)), &["invalid-json 1"], &[], &["ATROPINE 2"]);
    check(&format!("{}\n{b}", "{".repeat(DEEP)), &["invalid-json 1"], &[], &["ATROPINE 2"]);
    // Mended on the way.
    let commas = row(1, "ETHANOL")
        .replace("\"date\"", &format!("\"x\":{}1{},\"date\"", "[".repeat(DEEP), ",]".repeat(DEEP)));
    check(&format!("{commas}\n{b}"), &[], &["trailing-comma 1"], &["ATROPINE 2", "ETHANOL 1"]);
}

#[test]
fn many_braces_that_are_never_closed_do_not_take_forever() {
    let lines = "{\"a\":\n".repeat(100_000);
    let test = Test::new().lenient().write("pubmed.json", format!("{lines}{}\n", row(2, "ATROPINE")));
    let outcome = test.run_behind(&[]).expect_code(0).balanced();
    assert_eq!(outcome.mentions(), ["ATROPINE 2"]);
}

/// Writes `before`, a string of so many bytes, and `after`.
fn large(test: Test, before: &str, size: usize, after: &str) -> Test {
    let mut file = BufWriter::new(File::create(test.data().join("pubmed.json")).unwrap());
    file.write_all(before.as_bytes()).unwrap();
    for _ in 0..size / 1000 {
        file.write_all(&[b'x'; 1000]).unwrap();
    }
    file.write_all(after.as_bytes()).unwrap();
    file.flush().unwrap();
    drop(file);
    test
}

#[test]
fn a_string_of_100_mb_is_a_reject_in_bounded_memory() {
    let (a, b) = (row(1, "ETHANOL"), row(2, "ATROPINE"));
    let (before, after) = a.split_once("ETHANOL").unwrap();
    for (before, after, reject) in [
        (format!("[\n{before}ETHANOL "), format!("{after},\n{b}]"), "row-too-large 2"),
        (format!("[{before}ETHANOL "), format!("{after},{b}]"), "row-too-large 1"),
    ] {
        let test = large(Test::new().lenient(), &before, 100_000_000, &after);
        let outcome = test.run_behind(&["sh", "-c", "ulimit -v 400000; exec \"$@\"", "sh"]).expect_code(0);
        assert_eq!(outcome.reject_places(), [reject.replace(' ', " pubmed.json:")]);
        assert_eq!(outcome.mentions(), ["ATROPINE 2"]);
        assert!(outcome.rejects()[0]["raw"].as_str().unwrap().chars().count() <= 1001);
        outcome.balanced();
    }
}

#[test]
fn a_huge_value_that_is_no_object_does_not_take_its_neighbours_along() {
    let b = row(2, "ATROPINE");
    let test = large(Test::new().lenient(), "[\"", 17 << 20, &format!("\", {b}]\n"));
    let outcome = test.run_behind(&[]).expect_code(0).balanced();
    assert_eq!(outcome.reject_places(), ["row-too-large pubmed.json:1"]);
    assert_eq!(outcome.mentions(), ["ATROPINE 2"]);
}

#[test]
fn a_brace_that_is_never_closed_in_a_large_file_costs_its_line_only() {
    let lines: String =
        (10..180_000).map(|n| row(n, "x y z x y z x y z x y z x y z x y z x y z") + "\n").collect();
    assert!(lines.len() > 17 << 20);
    let text = format!("{{\"id\":1,\n{lines}{}\n", row(2, "ATROPINE"));
    let test = Test::new().lenient().write("pubmed.json", text);
    let outcome = test.run_behind(&[]).expect_code(0).balanced();
    assert_eq!(outcome.mentions(), ["ATROPINE 2"]);
    assert_eq!(outcome.ledger("pubmed.json")[1], 179_991, "{:?}", outcome.reject_places());
}

#[test]
fn strings_that_json_would_not_have_are_mended() {
    let text =
        "{\"id\":1,\"title\":\"ETHANOL\tand \\xc3\\xb1\"}\n{\"id\":2,\"title\":\"ATROPINE \\ud800\"}\n";
    check(
        text,
        &[],
        &[
            "json-string 1",
            "escape-decoded 1",
            "invalid-date 1",
            "missing-journal 1",
            "json-string 2",
            "invalid-date 2",
            "missing-journal 2",
        ],
        &["ATROPINE 2", "ETHANOL 1"],
    );
}

#[test]
fn thousands_of_comments_that_are_never_closed_take_no_time() {
    for text in ["{ /*\n".repeat(200_000), "/*\n".repeat(200_000), "{ \"a\": /*\n".repeat(100_000)] {
        let test = Test::new().write("pubmed.json", text).lenient();
        let outcome = test.run_behind(&["timeout", "20"]).expect_code(0);
        assert!(outcome.ledger("pubmed.json")[2] > 1_000);
    }
}

//! Broken CSV.

use crate::support::{HEADER, Test};

#[test]
fn a_missing_column_is_named_with_what_the_header_has() {
    for (file, header, what, todo) in [
        ("pubmed.csv", "id,titel,date,journal\n", "no column `title`", "did you mean `titel`"),
        ("pubmed.csv", "title,date,journal\n", "no column `id`", "rename"),
        ("pubmed.csv", "1,ETHANOL,2020-01-01,Acta\n", "no columns `id`, `title`", "rename"),
        ("clinical_trials.csv", "id,title,date,journal\n", "no column `scientific_title`", "rename"),
        ("drugs.csv", "code,drug\n", "no column `atccode`", "rename"),
        ("drugs.csv", "atccode;name\n", "no column `drug`; the header has `atccode`, `name`", "rename"),
    ] {
        let outcome = Test::new().write(file, header).failure().told(what, todo);
        outcome.stderr_has(&format!("`{file}`"));
    }
}

#[test]
fn a_header_that_is_no_header_is_shown_in_short() {
    let long = "x".repeat(100_000);
    for header in [
        format!("{long}\n1,2\n"),
        "\"".repeat(300_000),
        "\0".repeat(300_000),
        format!("id,\"title,date,journal\n{}", super::rows(1, 20_000)),
        "y,".repeat(100_000),
        "\u{1b}[31mred,b\n".to_owned(),
    ] {
        let outcome = Test::new().write("pubmed.csv", &header).run_behind(&[]).expect_code(2);
        let outcome = outcome.told("`pubmed.csv`: no column", "the file");
        assert!(!outcome.stderr.contains(['\0', '\u{1b}']), "{}", outcome.stderr);
    }
}

#[test]
fn a_header_with_a_quote_that_is_never_closed_says_so() {
    let text = format!("id,\"title,date,journal\n{}", super::rows(1, 20));
    Test::new()
        .write("pubmed.csv", text)
        .failure()
        .told("a quote in the header is never closed", "close the quote");
}

#[test]
fn a_doubled_column_is_refused_since_nobody_can_tell_which_is_meant() {
    for header in ["id,title,title,date,journal\n", "id,title,date,journal, TITLE \n"] {
        let outcome = Test::new().write("pubmed.csv", header).failure();
        outcome.told("`pubmed.csv`: the column `title` stands 2 times", "keep one of them");
    }
    // One that nobody asked for does no harm.
    let text = "id,x,title,x,date,journal\n1,,ETHANOL,,2020,Acta\n";
    Test::new().write("pubmed.csv", text).success().gave(&[], &["ETHANOL 1"]);
}

#[test]
fn columns_come_in_any_order_case_and_separator() {
    let expect = Test::new().pubmed("1,\"ETHANOL, pure; a|b\",2020-01-01,Acta\n").success();
    for text in [
        "journal,date,title,id\nActa,2020-01-01,\"ETHANOL, pure; a|b\",1\n",
        " ID ,Title,DATE,\"Journal\"\n1,\"ETHANOL, pure; a|b\",2020-01-01,Acta\n",
        "id;title;date;journal\n1;\"ETHANOL, pure; a|b\";2020-01-01;Acta\n",
        "id\ttitle\tdate\tjournal\n1\tETHANOL, pure; a|b\t2020-01-01\tActa\n",
        "id|title|date|journal\n1|\"ETHANOL, pure; a|b\"|2020-01-01|Acta\n",
        "extra,id,title,date,journal,more\nx,1,\"ETHANOL, pure; a|b\",2020-01-01,Acta,y\n",
        "\n\n id,title,date,journal\n\n1,\"ETHANOL, pure; a|b\",2020-01-01,Acta\n\n",
    ] {
        let outcome = Test::new().write("pubmed.csv", text).success().balanced();
        let (mut output, mut expect) = (outcome.output(), expect.output());
        for output in [&mut output, &mut expect] {
            output["drugs"][2]["mentions"]["pubmed"][0]["source"] = "".into();
        }
        assert_eq!(output, expect, "{text}");
    }
}

#[test]
fn a_row_with_more_or_fewer_fields_is_a_reject_with_its_line() {
    let rows = "1,ETHANOL,2020,Acta\n2,ATROPINE,2020\n3,\"ASPIRIN\nx\",2020,Acta\n4,ASPIRIN,2020,Acta,more\n5,ASPIRIN,2020,Acta\n";
    let outcome = Test::new().lenient().pubmed(rows).success();
    assert_eq!(outcome.ledger("pubmed.csv"), [5, 3, 2, 0, 0]);
    assert_eq!(outcome.rejects()[0]["raw"], "2,ATROPINE,2020");
    outcome.gave(
        &["ragged-row pubmed.csv:3", "ragged-row pubmed.csv:6"],
        &["ASPIRIN 3", "ASPIRIN 5", "ETHANOL 1"],
    );
}

#[test]
fn rows_of_nothing_are_blank_and_no_rejects() {
    let rows = "1,ETHANOL,2020,Acta\n\n,,,\n \t,, ,\n\t\n,,,,,,\n\"\",,,\n2,ATROPINE,2020,Acta\n\t";
    let outcome = Test::new().pubmed(rows).success();
    assert_eq!(outcome.ledger("pubmed.csv"), [8, 2, 0, 0, 6]);
    let mention = &outcome.output()["drugs"][0]["mentions"]["pubmed"][0];
    assert_eq!(mention["source"], "pubmed.csv:9");
    outcome.gave(&[], &["ATROPINE 2", "ETHANOL 1"]);
}

#[test]
fn a_blank_title_is_a_reject() {
    let rows = "1,\"  \",2020,Acta\n2,,2020,Acta\n3,\u{a0}\0,2020,Acta\n";
    let outcome = Test::new().lenient().pubmed(rows).success();
    assert_eq!(outcome.rejects()[0]["field"], "title");
    let rejects = [2, 3, 4].map(|line| format!("missing-title pubmed.csv:{line}"));
    outcome.gave(&rejects.each_ref().map(String::as_str), &[]);
}

#[test]
fn nul_is_removed_and_logged() {
    let outcome = Test::new().pubmed("1,ETHA\0NOL,2020,Ac\0ta\n\u{0}2,ATROPINE\0,2020\0,Acta\n").success();
    let output = outcome.output();
    assert_eq!(output["drugs"][2]["mentions"]["pubmed"][0]["title"], "ETHANOL");
    assert_eq!(output["drugs"][2]["mentions"]["pubmed"][0]["journal"], "Acta");
    let count = |wanted: &str| outcome.repair_places().iter().filter(|place| *place == wanted).count();
    assert_eq!(count("control-character pubmed.csv:2"), 2);
    assert_eq!(count("control-character pubmed.csv:3"), 2);
    outcome.gave(&[], &["ATROPINE 2", "ETHANOL 1"]);
}

#[test]
fn a_lone_cr_in_a_field_is_white_space() {
    let rows = "1,on\rETHANOL,2020,Acta\r\n2,\"on\r\nATROPINE\",2020,\"Ac\rta\"\r\n3,ASPIRIN\r,2020,Acta\n";
    let outcome = Test::new().pubmed(rows).success();
    let output = outcome.output();
    assert_eq!(output["drugs"][2]["mentions"]["pubmed"][0]["title"], "on ETHANOL");
    assert_eq!(output["drugs"][0]["mentions"]["pubmed"][0]["title"], "on ATROPINE");
    assert_eq!(output["drugs"][0]["mentions"]["pubmed"][0]["journal"], "Ac ta");
    assert_eq!(output["drugs"][1]["mentions"]["pubmed"][0]["source"], "pubmed.csv:5");
    assert_eq!(outcome.repairs().len(), 0);
    outcome.gave(&[], &["ATROPINE 2", "ASPIRIN 3", "ETHANOL 1"]);
}

#[test]
fn two_rows_glued_by_a_lone_cr_are_a_reject_and_not_lost_in_silence() {
    let outcome =
        Test::new().lenient().pubmed("1,ETHANOL,2020,Acta\r2,ATROPINE,2020,Acta\n3,ASPIRIN,2020,Acta\n");
    outcome.success().gave(&["ragged-row pubmed.csv:2"], &["ASPIRIN 3"]);
}

#[test]
fn files_whose_lines_end_in_cr_or_cr_lf_read_alike() {
    let text = format!(
        "{HEADER}1,ETHANOL,2020,Acta\n2,short\n\n3,\"two\nlines ATROPINE\",2020,Acta\n4,\"open,2020,Acta\n5,ASPIRIN,2020,Acta.,\n"
    );
    for (eol, cut) in
        [("\n", true), ("\r\n", true), ("\r", true), ("\r", false), ("\r\n", false), ("\n", false)]
    {
        let mut text = text.replace("Acta.,\n", "Acta\n").replace('\n', eol);
        if !cut {
            text.truncate(text.len() - eol.len());
        }
        let outcome = Test::new().lenient().write("pubmed.csv", text).success();
        assert_eq!(outcome.ledger("pubmed.csv"), [5, 3, 2, 0, 0], "{eol:?}");
        let sources = [(0, 5), (1, 8), (2, 2)].map(|(drug, line)| {
            let source = outcome.output()["drugs"][drug]["mentions"]["pubmed"][0]["source"].clone();
            source == format!("pubmed.csv:{line}")
        });
        assert_eq!(sources, [true; 3], "{eol:?}: {}", outcome.output());
        outcome.gave(
            &["ragged-row pubmed.csv:3", "unterminated-quote pubmed.csv:7"],
            &["ATROPINE 2", "ASPIRIN 5", "ETHANOL 1"]
                .map(|m| m.replace("ATROPINE 2", "ATROPINE 3"))
                .each_ref()
                .map(String::as_str),
        );
    }
}

#[test]
fn the_cr_of_a_line_end_is_no_part_of_what_findings_show() {
    let rows = "1,ETHANOL,2020,Acta.\r\n2,ETHANOL,2020,\r\n3,\u{e9} x,2020,\"Acta;\"\r\n";
    let outcome = Test::new().pubmed(rows).success();
    let before: Vec<_> = outcome.repairs().iter().map(|repair| repair["before"].clone()).collect();
    assert_eq!(before, ["Acta.", "", "Acta;"]);
    outcome.gave(&[], &["ETHANOL 1", "ETHANOL 2"]);
}

#[test]
fn a_quote_that_is_never_closed_costs_its_line_only() {
    let row = |n: usize| format!("{n},ETHANOL {n},2020,Acta\n");
    let behind = ["ETHANOL 8", "ETHANOL 9"];
    for (rows, rejects) in [
        // open to the end of the file
        ("1,\"x ETHANOL,2020,Acta\n".to_owned(), &[2][..]),
        ("\"1,x,2020,Acta\n".to_owned(), &[2]),
        ("1,x,2020,\"Acta\n".to_owned(), &[2]),
        ("\"\n".to_owned(), &[2]),
        // closed before something else
        ("1,\"x\" ETHANOL,2020,Acta\n".to_owned(), &[2]),
        ("1,\"the \"best\" x\",2020,Acta\n".to_owned(), &[2]),
        ("1,\"x\"\"\",\"y\"z,Acta\n".to_owned(), &[2]),
        // the next quoted field seems to close it
        ("1,\"x,2020,Acta\n2,\"y\",2020,Acta\n".to_owned(), &[2]),
        // behind fields of several lines
        ("1,\"a\nb\nc\",2020,\"d\ne\"\n2,\"x,2020,Acta\n".to_owned(), &[6]),
        // twice
        ("1,\"x,2020,Acta\n2,\"y,2020,Acta\n".to_owned(), &[2, 3]),
    ] {
        let text = format!("{rows}{}{}", row(8), row(9));
        let outcome = Test::new().lenient().pubmed(&text).success();
        let expect: Vec<String> =
            rejects.iter().map(|line| format!("unterminated-quote pubmed.csv:{line}")).collect();
        assert_eq!(outcome.reject_places(), expect, "{rows}");
        assert_eq!(outcome.mentions(), behind, "{rows}");
        let line = text.lines().nth(rejects[0] - 2).unwrap();
        assert_eq!(outcome.balanced().rejects()[0]["raw"], line, "{rows}");
    }
}

#[test]
fn a_quote_inside_a_field_is_a_character() {
    Test::new()
        .pubmed(
            "1,5\" of ETHANOL,2020,Acta\n2,ATROPINE \"pure\",2020,Acta\n3,\"an \"\"ASPIRIN\"\"\",2020,Acta\n",
        )
        .success()
        .gave(&[], &["ATROPINE 2", "ASPIRIN 3", "ETHANOL 1"]);
}

/// Blocks are half a mebibyte: here every border lies somewhere else within or beside what is broken.
#[test]
fn broken_quotes_at_block_borders_cost_their_lines_only() {
    const BLOCK: usize = 512 * 1024;
    let lost = "77,\"never closed,2020,Acta\n";
    let lines = "78,\"of\nthree\nlines ATROPINE\",2020,Acta\n";
    for shifts in [[0, 1], [2, 3], [4, 5], [13, 24], [25, 26], [27, 28], [31, 34], [45, 60]] {
        let mut text = format!("{HEADER}7777,\"a\nb\",2020,Acta\n");
        let mut filled = 0;
        let mut expect = Vec::new();
        for (border, shift) in (1..).zip(shifts) {
            while text.len() + shift + 200 < border * BLOCK {
                filled += 1;
                text += &super::rows(100_000 + filled, 1);
            }
            // One row of such a length that the broken one begins `shift` bytes before the border.
            let pad = "9,,2020,Acta\n".len();
            text +=
                &format!("{border},{},2020,Acta\n", "x".repeat(border * BLOCK - shift - text.len() - pad));
            assert_eq!(text.len(), border * BLOCK - shift);
            expect.push(format!("unterminated-quote pubmed.csv:{}", text.matches('\n').count() + 1));
            text += lost;
            text += &lines.replace("78", &format!("78{border}"));
        }
        text += &super::rows(900_000, 10);
        let outcome = Test::new().write("pubmed.csv", &text).success();
        assert_eq!(outcome.reject_places(), expect, "{shifts:?}");
        let atropine = &outcome.output()["drugs"][0]["mentions"]["pubmed"];
        for border in 1..=2 {
            let line = text[..text.find(&format!("78{border},\"of")).unwrap()].matches('\n').count() + 1;
            assert_eq!(atropine[border - 1]["source"], format!("pubmed.csv:{line}"), "{shifts:?}");
        }
        assert_eq!(outcome.counts()["ETHANOL"], filled + 10, "{shifts:?}");
        outcome.balanced();
    }
}

#[test]
fn a_quote_open_for_more_than_a_mebibyte_costs_its_line_only() {
    // The quote that would close it stands 1.3 MB further down.
    let text =
        format!("1,\"open,2020,Acta\n{}2,x,2020,\"\n{}", super::rows(100, 30_000), super::rows(50_000, 10));
    let outcome = Test::new().pubmed(&text).success();
    assert_eq!(
        outcome.reject_places(),
        ["unterminated-quote pubmed.csv:2", "unterminated-quote pubmed.csv:30003"]
    );
    assert_eq!(outcome.counts()["ETHANOL"], 30_010);
    outcome.balanced();
}

#[test]
fn a_quoted_field_of_less_than_a_mebibyte_is_a_field() {
    let long = "word\n".repeat(200_000);
    let text = format!("1,\"ATROPINE {long}\",2020,Acta\n2,\"open\n3,ETHANOL,2020,Acta\n");
    let outcome = Test::new().lenient().pubmed(&text).success();
    outcome.gave(&["unterminated-quote pubmed.csv:200003"], &["ATROPINE 1", "ETHANOL 3"]);
}

#[test]
fn a_row_of_more_than_16_mib_is_a_reject_and_not_kept() {
    let giant = format!("5,ETHANOL {},2020,Acta\n", "x".repeat(17 << 20));
    let few = |from| super::rows(from, 3);
    for (text, line) in [
        (format!("{giant}{}", few(1)), 2),
        (format!("{}{giant}{}", few(1), few(10)), 5),
        (format!("{}{giant}{giant}", few(1)), 5),
        (format!("{}{}", few(1), giant.trim_end()), 5),
    ] {
        let test = Test::new().lenient().pubmed(&text);
        let outcome = test.run_behind(&["sh", "-c", "ulimit -v 400000; exec \"$@\"", "sh"]).expect_code(0);
        let expect: Vec<String> = (0..text.matches("5,ETHANOL x").count())
            .map(|n| format!("row-too-large pubmed.csv:{}", line + n as u64))
            .collect();
        assert_eq!(outcome.reject_places(), expect);
        assert_eq!(outcome.mentions().len(), text.matches("On ETHANOL").count());
        let last = text.lines().count() as u64 + 1;
        if text.ends_with("number 12,2020-01-01,Acta\n") {
            let mentions = &outcome.output()["drugs"][2]["mentions"]["pubmed"];
            assert!(mentions.as_array().unwrap().iter().any(|m| m["source"] == format!("pubmed.csv:{last}")));
        }
        outcome.balanced();
    }
}

#[test]
fn a_row_of_15_mib_is_read() {
    let title = format!("ETHANOL {}", "x".repeat(15 << 20));
    let outcome = Test::new().pubmed(&format!("5,{title},2020,Acta\n6,ETHANOL,2020,Acta\n")).success();
    outcome.gave(&[], &["ETHANOL 5", "ETHANOL 6"]);
}

#[test]
fn a_hundred_thousand_columns_are_read_wherever_ours_stand() {
    let names =
        |from: usize| (from..from + 50_000).map(|n| format!("column_{n}")).collect::<Vec<_>>().join(",");
    let blank = ",".repeat(49_999);
    let header = format!("id,{},title,date,{},journal\n", names(0), names(50_000));
    assert!(header.len() > 1 << 20);
    let row = |n: usize| format!("{n},{blank},ETHANOL {n},2020,{blank},Acta\n");
    let text = format!("{header}{}7,short\n{}", row(1), row(2));
    let outcome = Test::new().lenient().write("pubmed.csv", text).success();
    outcome.gave(&["ragged-row pubmed.csv:3"], &["ETHANOL 1", "ETHANOL 2"]);
}

#[test]
fn a_header_behind_many_blank_lines_is_found() {
    let text = format!("{}{HEADER}1,ETHANOL,2020,Acta\n2,short\n", "\n".repeat(600_000));
    let outcome = Test::new().lenient().write("pubmed.csv", text).success();
    outcome.gave(&["ragged-row pubmed.csv:600003"], &["ETHANOL 1"]);
}

#[test]
fn rows_of_nothing_but_quotes_or_nuls_end_and_balance() {
    for junk in [
        "\"".repeat(1_200_000),
        "\"\n".repeat(60_000),
        "\"\"\n".repeat(60_000),
        "\0".repeat(1_200_000),
        "\0\n".repeat(60_000),
        "\"\"\"\n".repeat(60_001),
        "\r".repeat(100_000),
    ] {
        let test = Test::new().lenient().pubmed(&format!("1,ETHANOL,2020,Acta\n{junk}\n"));
        let outcome = test.run_behind(&[]).expect_code(0).balanced();
        assert_eq!(outcome.mentions(), ["ETHANOL 1"]);
    }
}

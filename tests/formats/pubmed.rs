//! PubMed XML: baseline and update files.

use serde_json::json;

use crate::formats::gzip;
use crate::support::{Outcome, Test};

/// A record as PubMed writes them, in the order of its DTD.
fn article(id: &str, version: u32, title: &str, journal: &str, date: &str) -> String {
    format!(
        "<PubmedArticle>\n  <MedlineCitation Status=\"MEDLINE\" Owner=\"NLM\">\n    \
         <PMID Version=\"{version}\">{id}</PMID>\n    <DateRevised><Year>2024</Year><Month>01</Month><Day>02</Day></DateRevised>\n    \
         <Article PubModel=\"Print\">\n      <Journal><ISSN IssnType=\"Print\">0006-2952</ISSN>\
         <JournalIssue CitedMedium=\"Print\"><Volume>24</Volume><PubDate>{date}</PubDate></JournalIssue>\
         <Title>{journal}</Title><ISOAbbreviation>Acta Abbr</ISOAbbreviation></Journal>\n      \
         <ArticleTitle>{title}</ArticleTitle>\n      <Abstract><AbstractText>No &lt;b&gt; here: aspirin.</AbstractText></Abstract>\n      \
         <AuthorList><Author><LastName>Who</LastName></Author></AuthorList>\n      \
         <ArticleDate DateType=\"Electronic\"><Year>2018</Year><Month>12</Month><Day>24</Day></ArticleDate>\n    </Article>\n    \
         <MedlineJournalInfo><MedlineTA>Acta TA</MedlineTA></MedlineJournalInfo>\n    \
         <CommentsCorrectionsList><CommentsCorrections RefType=\"Cites\"><PMID Version=\"1\">999</PMID></CommentsCorrections></CommentsCorrectionsList>\n  \
         </MedlineCitation>\n  <PubmedData><ReferenceList><Reference><ArticleIdList><ArticleId IdType=\"pubmed\">998</ArticleId></ArticleIdList></Reference></ReferenceList></PubmedData>\n\
         </PubmedArticle>\n"
    )
}

fn file(records: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!DOCTYPE PubmedArticleSet SYSTEM \"pubmed_240101.dtd\">\n\
         <PubmedArticleSet>\n{records}</PubmedArticleSet>\n"
    )
}

fn plain(id: &str, title: &str) -> String {
    article(id, 1, title, "Acta", "<Year>2019</Year>")
}

fn run(records: &str) -> Outcome {
    Test::new().write("pubmed.xml", file(records)).args(&["--max-rejects", "100%"]).success()
}

/// The only mention of a run: id, title, journal, date.
fn told(outcome: &Outcome) -> [String; 4] {
    let output = outcome.output();
    let mut mentions = output["drugs"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|drug| drug["mentions"]["pubmed"].as_array().unwrap().clone());
    let mention = mentions.next().expect("a mention");
    ["id", "title", "journal", "date"].map(|key| mention[key].as_str().unwrap_or("null").to_owned())
}

#[test]
fn a_record_is_told_by_its_own_elements() {
    let outcome =
        run(&article("7", 1, "On ethanol", "Acta medica", "<Year>2019</Year><Month>Mar</Month><Day>5</Day>"));
    assert_eq!(told(&outcome), ["7", "On ethanol", "Acta medica", "2019-03-05"]);
    assert_eq!(outcome.mentions(), ["ETHANOL 7"]);
    assert_eq!(outcome.ledger("pubmed.xml"), [1, 1, 0, 0, 0]);
    assert_eq!(outcome.output()["drugs"][2]["mentions"]["pubmed"][0]["source"], "pubmed.xml:4");
    assert!(outcome.repairs().is_empty());
}

#[test]
fn the_same_records_as_xml_and_as_csv_give_the_same_graph() {
    let rows = [("1", "On ethanol, &amp; more", "2019"), ("2", "Aspirin", "2020"), ("3", "Nothing", "2021")];
    let xml: String = rows
        .iter()
        .map(|(id, title, year)| article(id, 1, title, "Acta", &format!("<Year>{year}</Year>")))
        .collect();
    let csv: String = rows
        .iter()
        .map(|(id, title, year)| format!("{id},\"{}\",{year},Acta\n", title.replace("&amp;", "&")))
        .collect();
    let without_places = |outcome: Outcome| {
        let mut output = outcome.output();
        for drug in output["drugs"].as_array_mut().unwrap() {
            for mention in drug["mentions"]["pubmed"].as_array_mut().unwrap() {
                mention["source"].take();
            }
        }
        output
    };
    let from_csv = without_places(Test::new().pubmed(&csv).success());
    assert_eq!(without_places(run(&xml)), from_csv);
    let bytes = file(&xml).into_bytes();
    let zstd = zstd::encode_all(&bytes[..], 1).unwrap();
    for (name, bytes) in [("pubmed.xml.gz", gzip(&bytes)), ("pubmed.xml.zst", zstd)] {
        assert_eq!(without_places(Test::new().write(name, bytes).success()), from_csv, "{name}");
    }
}

#[test]
fn titles_are_text_whatever_is_in_them() {
    let check = |written: &str, expect: &str| {
        assert_eq!(told(&run(&plain("1", written)))[1], expect, "{written}");
    };
    check("<i>Ethanol</i> in H<sub>2</sub>O<sup>+</sup>", "Ethanol in H2O+");
    check("[Ethanol in rats].", "[Ethanol in rats].");
    check("Ethanol &lt; 5&#37; &#x3b1; &amp;beta;", "Ethanol < 5% α &beta;");
    check(
        "<![CDATA[Ethanol <b> & </ArticleTitle></PubmedArticle>]]>",
        "Ethanol <b> & </ArticleTitle></PubmedArticle>",
    );
    check("Ethanol <!-- <i> --> <mml:math xmlns:mml=\"x>y\"><mml:mi>k</mml:mi></mml:math>", "Ethanol k");
    check("Ethanol\n      of <br/>two\u{a0}lines", "Ethanol of two lines");
}

#[test]
fn a_date_is_as_precise_as_it_is_told() {
    let check = |written: &str, expect: &str| {
        assert_eq!(told(&run(&article("1", 1, "Ethanol", "Acta", written)))[3], expect, "{written}");
    };
    check("<Year>2019</Year><Month>03</Month><Day>7</Day>", "2019-03-07");
    check("<Year>2019</Year><Month>3</Month>", "2019-03");
    check("<Year>2019</Year><Month>Sep</Month>", "2019-09");
    check("<Year>2019</Year><Season>Spring</Season>", "2019");
    check("<MedlineDate>2019 Jan-Feb</MedlineDate>", "2019");
    check("<MedlineDate>2023 Spring</MedlineDate>", "2023");
    check("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", "1998");
    check("<MedlineDate>2000</MedlineDate>", "2000");
    check("<MedlineDate>2019 Mar 15-31</MedlineDate>", "2019-03");
    check("", "2018-12-24");
    check("<Year>2019</Year><Month>Feb</Month><Day>30</Day>", "null");
}

#[test]
fn what_is_missing_is_taken_from_where_the_record_has_it() {
    let record = plain("1", "");
    let outcome =
        run(&record.replace("<ArticleDate", "<VernacularTitle>Das Ethanol</VernacularTitle><ArticleDate"));
    assert_eq!(told(&outcome)[1], "Das Ethanol");
    assert_eq!(run(&record).reject_places(), ["missing-title pubmed.xml:4"]);
    let outcome = run(&plain("1", "Ethanol").replace("<Title>Acta</Title>", ""));
    assert_eq!(told(&outcome)[2], "Acta Abbr");
    let outcome = run(&plain("", "Ethanol"));
    assert_eq!(told(&outcome)[0], "null");
    assert_eq!(outcome.repair_places(), ["missing-id pubmed.xml:4"]);
    let book = "<PubmedBookArticle><BookDocument><PMID Version=\"1\">5</PMID><Book><BookTitle>Drugs</BookTitle><PubDate>\
                <Year>2012</Year></PubDate></Book><ArticleTitle>Ethanol</ArticleTitle></BookDocument></PubmedBookArticle>\n";
    assert_eq!(told(&run(book)), ["5", "Ethanol", "Drugs", "2012"]);
}

#[test]
fn a_later_revision_wins_and_a_deletion_takes_back() {
    let record = |id: &str, version, title: &str| article(id, version, title, "Acta", "<Year>2019</Year>");
    let gone =
        "<DeleteCitation>\n<PMID Version=\"1\">3</PMID>\n<PMID Version=\"1\">77</PMID></DeleteCitation>\n";
    let base = record("1", 1, "Aspirin, first")
        + &record("2", 2, "Aspirin, second version")
        + &record("3", 1, "Aspirin");
    let update = record("1", 1, "Ethanol, corrected") + &record("2", 1, "Ethanol, of an old version") + gone;
    let outcome = Test::new()
        .write("pubmed24n0001.xml.gz", gzip(file(&base).as_bytes()))
        .write("pubmed24n0002.xml", file(&update))
        .success();
    assert_eq!(outcome.mentions(), ["ASPIRIN 2", "ETHANOL 1"]);
    assert_eq!(outcome.ledger("pubmed24n0001.xml.gz"), [3, 1, 0, 2, 0]);
    assert_eq!(outcome.ledger("pubmed24n0002.xml"), [2, 1, 0, 1, 0]);
    let repairs: Vec<String> = outcome
        .repairs()
        .iter()
        .map(|r| format!("{} {} {}", r["code"], r["source"], r["after"]).replace('"', ""))
        .collect();
    let second = 4 + record("1", 1, "Aspirin, first").lines().count();
    let line = file(&update).lines().position(|line| line.contains(">3<")).unwrap() + 1;
    assert_eq!(
        repairs,
        [
            "superseded pubmed24n0001.xml.gz pubmed24n0002.xml:4".to_owned(),
            format!("deleted pubmed24n0001.xml.gz pubmed24n0002.xml:{line}"),
            format!("superseded pubmed24n0002.xml pubmed24n0001.xml.gz:{second}"),
        ]
    );
    let record = outcome.record();
    let warnings = record["warnings"].as_array().unwrap();
    let warning = warnings.iter().find(|warning| warning["code"] == "unknown-deletion").unwrap();
    assert_eq!(warning["examples"], json!([format!("pubmed24n0002.xml:{}", line + 1)]));
}

#[test]
fn a_record_that_comes_back_counts_and_within_a_file_the_rules_are_the_usual_ones() {
    let gone = "<DeleteCitation><PMID Version=\"1\">1</PMID></DeleteCitation>\n";
    let outcome = Test::new()
        .write("pubmed1.xml", file(&(gone.to_owned() + &plain("1", "Aspirin"))))
        .write("pubmed2.xml", file(&plain("1", "Ethanol")))
        .write(
            "pubmed3.xml",
            file(
                &(plain("5", "Ethanol")
                    + &plain("5", "Ethanol")
                    + &plain("6", "Ethanol")
                    + &plain("6", "Aspirin")),
            ),
        )
        .args(&["--max-rejects", "100%"])
        .success();
    assert_eq!(outcome.ledger("pubmed1.xml"), [1, 0, 0, 1, 0]);
    assert_eq!(outcome.ledger("pubmed3.xml"), [4, 2, 1, 1, 0]);
    assert_eq!(outcome.reject_places()[0].split(' ').next(), Some("conflicting-duplicate"));
    assert!(outcome.mentions().contains(&"ETHANOL 1".to_owned()));
}

#[test]
fn damage_costs_its_record_and_is_told_with_its_line() {
    let good = plain("2", "Ethanol");
    let lines = good.lines().count();
    let check = |broken: &str, expect: &str| {
        let outcome = run(&format!("{broken}\n{good}"));
        assert_eq!(outcome.mentions(), ["ETHANOL 2"], "{broken}");
        assert_eq!(outcome.reject_places(), [expect], "{broken}");
        let [read, accepted, rejected, ..] = outcome.ledger("pubmed.xml");
        assert_eq!((read, accepted, rejected), (2, 1, 1), "{broken}");
    };
    let one = plain("1", "Aspirin");
    check(one.trim_end().trim_end_matches("</PubmedArticle>"), "invalid-xml pubmed.xml:4");
    check("garbage <b>x", "invalid-xml pubmed.xml:4");
    check(&plain("1", "Aspirin <i>open"), "invalid-xml pubmed.xml:4");
    check(&plain("1", "Aspirin < 5"), "invalid-xml pubmed.xml:4");
    check(&one.replace("</PMID>\n", "</PMID><PMID>8</PMID>\n"), "duplicate-key pubmed.xml:4");
    check(&plain("1", "Aspirin <![CDATA[ open"), "invalid-xml pubmed.xml:4");
    // Two records that lost the border between them.
    check(&one.repeat(2).replacen("</PubmedArticle>\n<PubmedArticle>\n", "", 1), "invalid-xml pubmed.xml:4");
    let outcome = run(&format!("{good}\n\n<PubmedArticle><MedlineCitation>"));
    assert_eq!(outcome.reject_places(), [format!("invalid-xml pubmed.xml:{}", lines + 6)]);
}

#[test]
fn a_file_of_another_kind_is_one_reject() {
    let outcome = Test::new()
        .write("pubmed.xml", format!("<html><body>{}</body></html>", "<p>ethanol</p>\n".repeat(100_000)))
        .args(&["--max-rejects", "100%"])
        .success();
    assert_eq!(outcome.ledger("pubmed.xml"), [1, 0, 1, 0, 0]);
    assert_eq!(Test::new().write("pubmed.xml", "").success().ledger("pubmed.xml"), [0; 5]);
}

#[test]
fn entities_of_the_file_are_never_expanded() {
    let bomb: String =
        (1..30).map(|i| format!("<!ENTITY lol{i} \"{}\">", format!("&lol{};", i - 1).repeat(10))).collect();
    let text = file(&plain("1", "Ethanol &lol29; R&D"))
        .replace("SYSTEM \"pubmed_240101.dtd\">", &format!("[<!ENTITY lol0 \"aspirin\">{bomb}]>"));
    let outcome = Test::new().write("pubmed.xml", text).success();
    assert_eq!(told(&outcome)[1], "Ethanol &lol29; R&D");
    assert_eq!(outcome.repair_places(), ["unknown-entity pubmed.xml:4"]);
    assert_eq!(outcome.mentions(), ["ETHANOL 1"]);
}

#[test]
fn a_record_of_twenty_megabytes_is_passed_over_and_one_of_ten_is_read() {
    let padded =
        |id: &str, size: usize| plain(id, "Ethanol").replace("No &lt;b&gt; here", &"abc ".repeat(size / 4));
    let outcome = run(&(padded("1", 20 << 20) + &padded("2", 10 << 20) + &plain("3", "Ethanol")));
    assert_eq!(outcome.reject_places(), ["row-too-large pubmed.xml:4"]);
    assert_eq!(outcome.mentions(), ["ETHANOL 2", "ETHANOL 3"]);
    let lines = plain("1", "").lines().count();
    let sources: Vec<_> = outcome.output()["drugs"][2]["mentions"]["pubmed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["source"].clone())
        .collect();
    assert_eq!(sources, [format!("pubmed.xml:{}", 4 + lines), format!("pubmed.xml:{}", 4 + 2 * lines)]);
    // A comment that is never closed costs its record, not the file.
    let open = plain("1", "Aspirin <!-- ");
    let outcome = run(&(open + &padded("2", 10 << 20) + &padded("3", 10 << 20) + &plain("4", "Ethanol")));
    assert_eq!(outcome.reject_places(), ["invalid-xml pubmed.xml:4"]);
    assert_eq!(outcome.mentions(), ["ETHANOL 2", "ETHANOL 3", "ETHANOL 4"]);
}

#[test]
fn the_content_tells_the_encoding_not_the_declaration() {
    let text = file(&plain("1", "Ethanol für α")).replace("encoding=\"utf-8\"", "encoding=\"ISO-8859-1\"");
    assert_eq!(told(&Test::new().write("pubmed.xml", text).success())[1], "Ethanol für α");
    let mut utf16 = vec![0xff, 0xfe];
    utf16.extend(file(&plain("1", "Ethanol für α")).encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(told(&Test::new().write("pubmed.xml", utf16).success())[1], "Ethanol für α");
    let latin: Vec<u8> = file(&plain("1", "Ethanol für")).chars().map(|c| c as u32 as u8).collect();
    assert_eq!(told(&Test::new().write("pubmed.xml", latin).success())[1], "Ethanol für");
}

#[test]
fn a_packed_file_that_is_cut_off_ends_the_run() {
    let bytes = file(&plain("1", "Ethanol")).into_bytes();
    let zstd = zstd::encode_all(&bytes[..], 1).unwrap();
    for (name, packed) in [("pubmed.xml.gz", gzip(&bytes)), ("pubmed.xml.zst", zstd)] {
        Test::new().write(name, &packed[..packed.len() - 20]).failure().stderr_has(name);
    }
}

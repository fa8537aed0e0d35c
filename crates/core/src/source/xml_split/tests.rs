use proptest::prelude::*;
use quick_xml::events::Event;

use super::*;
use crate::simd::marks_in_xml;

/// The records, then what is lost in brackets.
fn check(text: &str, expect: &str) {
    let shown = |pieces: &[&str]| {
        let (mut split, mut carry) = (XmlSplit::default(), String::new());
        let (mut all_rows, mut all_faults) = (String::new(), String::new());
        for (i, piece) in pieces.iter().enumerate() {
            carry += piece;
            let (mut rows, mut faults) = (vec![], vec![]);
            let behind = if i + 1 == pieces.len() { Behind::End } else { Behind::More };
            let mut marks = Vec::new();
            marks_in_xml(carry.as_bytes(), b'\n', &mut marks);
            let done = split.split(carry.as_bytes(), &marks, behind, &mut rows, &mut faults);
            rows.into_iter().for_each(|row| all_rows += &format!("{}\n", &carry[row]));
            faults.into_iter().for_each(|fault| all_faults += &format!("[{}]\n", carry[fault.at].trim()));
            carry = carry[done..].to_owned();
        }
        assert!(carry.is_empty(), "{carry:?} is left of {text:?}");
        (all_rows, all_faults)
    };
    let (rows, faults) = shown(&[text]);
    assert_eq!((rows.clone() + &faults).trim(), expect, "{text}");
    for cut in (1..text.len()).filter(|&cut| text.is_char_boundary(cut)) {
        let (cut_rows, cut_faults) = shown(&[&text[..cut], &text[cut..]]);
        assert_eq!(cut_rows, rows, "{text} cut at {cut}");
        // What is lost may be told in two parts only where it is cut itself, and never twice.
        assert_eq!(cut_faults.is_empty(), faults.is_empty(), "{text} cut at {cut}");
    }
}

const A: &str = "<PubmedArticle>a</PubmedArticle>";

#[test]
fn records_are_found_between_what_belongs_to_the_file() {
    check(
        &format!(
            "<?xml version=\"1.0\"?>\n<!DOCTYPE x [<!ENTITY y '{A}'>]>\n<PubmedArticleSet>\n{A}\n{A}</PubmedArticleSet>"
        ),
        &format!("{A}\n{A}"),
    );
    let book = "<PubmedBookArticle x='>'>b</PubmedBookArticle >";
    check(&format!("<PubmedArticleSet>{A}{book}{A}</PubmedArticleSet>"), &format!("{A}\n{book}\n{A}"));
    let gone = "<DeleteCitation><PMID>1</PMID></DeleteCitation>";
    check(&format!("<PubmedArticleSet>{A}{gone}</PubmedArticleSet>\n"), &format!("{A}\n{gone}"));
    check("<PubmedArticleSet/><DeleteCitation/>", "");
    check("", "");
}

#[test]
fn what_looks_like_an_end_is_none_where_there_is_no_markup() {
    let cdata = "<PubmedArticle><![CDATA[</PubmedArticle>]]></PubmedArticle>";
    check(cdata, cdata);
    let comment = "<PubmedArticle><!-- </PubmedArticle> <!-- <PubmedArticle> --></PubmedArticle>";
    check(comment, comment);
    let text = "<PubmedArticle>&lt;/PubmedArticle> Pubmed PubmedArticle></PubmedArticle>";
    check(text, text);
    check(&format!("<!-- {A} --> {A} <!-- {A} -->"), A);
}

#[test]
fn damage_costs_no_more_than_its_record() {
    check(&format!("<PubmedArticle>x {A}"), &format!("{A}\n[<PubmedArticle>x]"));
    check(&format!("{A}<PubmedArticle>x"), &format!("{A}\n[<PubmedArticle>x]"));
    check(&format!("{A} x {A}"), &format!("{A}\n{A}\n[x]"));
    check(&format!("{A} <b>x</b>\n{A}"), &format!("{A}\n{A}\n[<b>x</b>]"));
    check(&format!("{A}</PubmedArticle>{A}"), &format!("{A}\n{A}\n[</PubmedArticle>]"));
    check(&format!("<PubmedArticle><![CDATA[ {A}"), &format!("{A}\n[<PubmedArticle><![CDATA[]"));
    check("<html><p>no</p></html>", "[<html><p>no</p></html>]");
    let gone = "<DeleteCitation><PMID>1</PMID></DeleteCitation>";
    check(&format!("<PubmedArticle>x {gone} {A}"), &format!("{gone}\n{A}\n[<PubmedArticle>x]"));
    check(&format!("<DeleteCitation><PMID>1 {A}"), &format!("{A}\n[<DeleteCitation><PMID>1]"));
}

#[test]
fn a_giant_ends_wherever_its_end_is_cut() {
    let text = b"xx </PubmedArticle>yy";
    for cut in 0..text.len() {
        let mut skip = XmlSplit::default().give_up(b"<PubmedArticle>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        let end = match skip.push(&text[..cut]) {
            Some(end) => end,
            None => cut + skip.push(&text[cut..]).unwrap(),
        };
        assert_eq!(end, 19, "cut at {cut}");
    }
}

/// The children of the root, by a pull parser that looks at every element.
fn oracle(text: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(text);
    let (mut depth, mut from, mut rows) = (0, 0, Vec::new());
    loop {
        let event = reader.read_event().expect("well-formed");
        let end = reader.buffer_position() as usize;
        match event {
            Event::Start(_) => {
                depth += 1;
                if depth == 2 {
                    from = text[..end].rfind('<').expect("a tag");
                }
            }
            Event::End(_) => {
                depth -= 1;
                if depth == 1 {
                    rows.push(text[from..end].to_owned());
                }
            }
            Event::Eof => return rows,
            _ => {}
        }
    }
}

/// What may stand inside a record, with much that looks like its borders.
fn content() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a Pubmed b",
        "é α &lt;PubmedArticle&gt; &amp;",
        "\n",
        "<!-- </PubmedArticle> <PubmedArticle> -- > -->",
        "<![CDATA[</PubmedArticle> ]] > <!-- ]]>",
        "<?x </PubmedArticle> ?>",
        "<b x='>' y=\"/>\"/>",
        "<PubmedData></PubmedData>",
        "<PubmedArticleX y='1'/>",
        "<DeleteCitation></DeleteCitation>",
    ]);
    let leaf = prop::collection::vec(leaf, 0..4).prop_map(|parts| parts.concat());
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop::collection::vec(inner, 0..3).prop_map(|parts| format!("<i a='>'>{}</i >", parts.concat()))
    })
}

fn child() -> impl Strategy<Value = String> {
    let tags = prop::sample::select(vec![
        ("<PubmedArticle>", "</PubmedArticle>"),
        ("<PubmedArticle x='>'\n>", "</PubmedArticle >"),
        ("<PubmedBookArticle>", "</PubmedBookArticle>"),
    ]);
    let record = (tags, content()).prop_map(|((open, close), text)| format!("{open}{text}{close}"));
    let gone = "[0-9]{1,3}".prop_map(|id| format!("<DeleteCitation><PMID>{id}</PMID></DeleteCitation>"));
    let between = prop::sample::select(vec!["\n", " <!-- <PubmedArticle> -->", "<?y <PubmedArticle> ?>"]);
    prop_oneof![4 => record, 1 => gone, 2 => between.prop_map(str::to_owned)]
}

proptest! {
    #[test]
    fn the_cut_finds_what_a_parser_finds(
        children in prop::collection::vec(child(), 0..8),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let text = format!(
            "<?xml version=\"1.0\"?>\n<!DOCTYPE x [<!ENTITY y '<PubmedArticle>'>]>\n<PubmedArticleSet>{}</PubmedArticleSet>\n",
            children.concat()
        );
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len())).collect();
        cuts.sort_unstable();
        cuts.push(text.len());
        let (mut split, mut carry, mut from, mut found) = (XmlSplit::default(), Vec::new(), 0, Vec::new());
        for (i, &to) in cuts.iter().enumerate() {
            carry.extend_from_slice(&text.as_bytes()[from..to]);
            from = to;
            let (mut rows, mut faults) = (vec![], vec![]);
            let behind = if i + 1 == cuts.len() { Behind::End } else { Behind::More };
            let mut marks = Vec::new();
            marks_in_xml(&carry, b'\n', &mut marks);
            let done = split.split(&carry, &marks, behind, &mut rows, &mut faults);
            prop_assert_eq!(faults, vec![]);
            found.extend(rows.into_iter().map(|row| String::from_utf8(carry[row].to_vec()).unwrap()));
            carry.drain(..done);
        }
        prop_assert_eq!(found, oracle(&text));
    }
}

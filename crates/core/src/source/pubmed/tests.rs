use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::simd::marks_in_xml;

/// A record as PubMed writes them; some of its parts may be missing, or come in another form.
fn record() -> impl Strategy<Value = String> {
    let indent = select(vec!["", "\n", "\n   ", "\n            ", "\r\n\t"]);
    let attributes =
        select(vec!["", " Owner=\"NLM\"", " Status=\"PubMed-not-MEDLINE\" Owner=\"NLM\"", " A='>'"]);
    let citation = select(vec![
        "<PMID Version=\"1\">123</PMID>",
        "<PMID Version=\"2\">123</PMID>",
        "<PMID Version=\"1\"> </PMID>",
        "",
    ]);
    let revised =
        select(vec!["", "<DateRevised>@<Year>2019</Year>@<Month>01</Month>@<Day>2</Day>@</DateRevised>@"]);
    let issue = select(vec![
        "<Volume>12</Volume>@<Issue>3 Suppl</Issue>@<PubDate>@<Year>2019</Year>@<Month>Mar</Month>@<Day>5</Day>@</PubDate>",
        "<PubDate><Year>2019</Year><Season>Spring</Season></PubDate>",
        "<Volume/><PubDate><MedlineDate>2019 Jan-Feb</MedlineDate></PubDate>",
        "<PubDate><Year> </Year><MedlineDate>2019</MedlineDate></PubDate>",
        "<PubDate></PubDate>",
    ]);
    let journal = select(vec![
        "<Title>Acta médica</Title>@<ISOAbbreviation>Acta</ISOAbbreviation>",
        "<Title>Acta &amp; more</Title>",
        "<Title></Title><ISOAbbreviation>Acta</ISOAbbreviation>",
        "<ISOAbbreviation>Acta</ISOAbbreviation><Title>7</Title>",
    ]);
    let title =
        select(vec!["On ethanol", "7", "", "On <i>ethanol</i>", "A &lt; b", "<![CDATA[x]]>", "α\n  β"]);
    let behind = select(vec!["", "<Abstract>no <b>markup</Abstract>", "<MedlineCitation Owner=\"NLM\">"]);
    (indent, attributes, citation, revised, issue, journal, title, behind).prop_map(
        |(indent, attributes, citation, revised, issue, journal, title, behind)| {
            let record = format!(
                "<PubmedArticle>@<MedlineCitation{attributes}>@{citation}@{revised}<Article PubModel=\"Print\">@<Journal>@\
                 <ISSN IssnType=\"Print\">1-X</ISSN>@<JournalIssue CitedMedium=\"Print\">@{issue}@</JournalIssue>@\
                 {journal}@</Journal>@<ArticleTitle>{title}</ArticleTitle>{behind}</Article></MedlineCitation>@</PubmedArticle>"
            );
            record.replace('@', indent)
        },
    )
}

/// What the reader of any record tells: id, title, journal, date, version, and what was mended.
type Told = ([String; 4], u32, usize);

fn told(raw: &[u8]) -> Result<Told, Broken> {
    let (mut record, mut marks) = (Record::default(), Vec::new());
    marks_in_xml(raw, b'\n', &mut marks);
    record.read(raw, 0..raw.len(), &marks)?;
    let [id, title, journal] =
        [Slot::Id, Slot::Title, Slot::Journal].map(|slot| record.texts[slot as usize].clone());
    let mut date = String::new();
    let [year, month, day] = [Slot::Year, Slot::Month, Slot::Day].map(|slot| record.get(slot));
    write_date([year, month, day], record.get(Slot::Medline), &mut date);
    Ok(([id, title, journal, date], record.version, record.damaged.len()))
}

/// The same of a head, if it is a usual one.
fn told_by_head(raw: &[u8]) -> Option<Result<Told, Broken>> {
    let head = head(raw)?;
    let mut marks = Vec::new();
    marks_in_xml(raw, b'\n', &mut marks);
    if citation_between(raw, &marks, head.end, raw.len()) {
        return Some(Err(Broken::Xml));
    }
    let mut date = String::new();
    write_date([head.year, head.month, head.day], head.medline, &mut date);
    let texts = [head.id, head.title, head.journal].map(str::to_owned);
    let [id, title, journal] = texts;
    Some(Ok(([id, title, journal, date], 1, 0)))
}

#[test]
fn the_usual_head_is_read_by_itself() {
    let raw = b"<PubmedArticle>\n  <MedlineCitation Status=\"MEDLINE\" IndexingMethod=\"Automated\" Owner=\"NLM\">\n    \
        <PMID Version=\"1\">123</PMID>\n    <DateCompleted>\n      <Year>2019</Year>\n      <Month>03</Month>\n      \
        <Day>05</Day>\n    </DateCompleted>\n    <Article PubModel=\"Print-Electronic\">\n      <Journal>\n        \
        <ISSN IssnType=\"Electronic\">1234-5678</ISSN>\n        <JournalIssue CitedMedium=\"Internet\">\n          \
        <Volume>12</Volume>\n          <PubDate>\n            <Year>2019</Year>\n            <Month>Mar</Month>\n          \
        </PubDate>\n        </JournalIssue>\n        <Title>Acta</Title>\n      </Journal>\n      \
        <ArticleTitle>On ethanol.</ArticleTitle>\n    </Article>\n  </MedlineCitation>\n</PubmedArticle>";
    let head = head(raw).expect("a usual head");
    assert_eq!([head.id, head.title, head.journal], ["123", "On ethanol.", "Acta"]);
    assert_eq!([head.year, head.month, head.day, head.medline], ["2019", "Mar", "", ""]);
    assert!(raw[..head.end].ends_with(b"</ArticleTitle>"));
    assert_eq!(told_by_head(raw), Some(told(raw)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever is changed in it, the head of a record says what the reader of any record says, or nothing.
    #[test]
    fn a_head_tells_what_the_whole_record_tells(
        record in record(),
        changes in prop::collection::vec((any::<Index>(), 0..3_u8, select(b"<>/&\"' =-aZ0\n\xff".to_vec())), 0..3),
    ) {
        let mut raw = record.into_bytes();
        for (at, how, byte) in changes {
            let at = at.index(raw.len());
            match how {
                0 => raw[at] = byte,
                1 => raw.insert(at, byte),
                _ => drop(raw.remove(at)),
            }
        }
        if let Some(by_head) = told_by_head(&raw) {
            prop_assert_eq!(by_head, told(&raw), "{}", String::from_utf8_lossy(&raw));
        }
    }
}

//! Records as PubMed's XML: with abstract, authors, MeSH headings and references, of which a run reads a fifth.

use std::fmt::Write;

use crate::draw::Draw;
use crate::record::{Corpus, Record};
use crate::words::title_case;

const INITIALS: &[u8] = b"ABCDEFGHJKLMPRSTW";
const PLACES: [&str; 4] = [
    "Department of Internal Medicine, University Hospital",
    "Institute of Pharmacology and Toxicology, Faculty of Medicine",
    "Division of Epidemiology, School of Public Health",
    "Laboratory of Clinical Chemistry, National Research Centre",
];
const STEPS: [&str; 4] = ["received", "accepted", "pubmed", "medline"];
const NUMBER_OF_HEADINGS: usize = 400;

/// A file of PubMed's, unpacked: so many records from `first` on. Each is of 5 KB and more.
pub(crate) fn file(corpus: &Corpus, first: u64, end: u64) -> String {
    let mut out = String::with_capacity((end - first) as usize * 7_000);
    out.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<PubmedArticleSet>\n");
    for index in first..end {
        article(corpus, index, &mut out);
    }
    out.push_str("</PubmedArticleSet>\n");
    out
}

fn article(corpus: &Corpus, index: u64, out: &mut String) {
    let Record { title, journal, .. } = corpus.record(index);
    let draw = &mut Draw::new(corpus.setting.seed ^ 0x5eed, index);
    let id = 10_000_000 + index;
    let (year, month, day) = (1990 + draw.below(36), 1 + draw.below(12), 1 + draw.below(28));
    let (title, journal) = (escaped(&title), escaped(&journal));
    let _ = write!(
        out,
        "  <PubmedArticle>\n    <MedlineCitation Status=\"MEDLINE\" IndexingMethod=\"Automated\" Owner=\"NLM\">\n      \
         <PMID Version=\"1\">{id}</PMID>\n      <DateCompleted>\n{}      </DateCompleted>\n      \
         <Article PubModel=\"Print-Electronic\">\n        <Journal>\n          \
         <ISSN IssnType=\"Electronic\">{:04}-{:04}</ISSN>\n          <JournalIssue CitedMedium=\"Internet\">\n            \
         <Volume>{}</Volume>\n            <PubDate>\n{}            </PubDate>\n          </JournalIssue>\n          \
         <Title>{journal}</Title>\n        </Journal>\n        <ArticleTitle>{title}</ArticleTitle>\n        \
         <Abstract>\n          <AbstractText>{}</AbstractText>\n        </Abstract>\n        <AuthorList CompleteYN=\"Y\">\n",
        date(year, month, day),
        draw.below(10_000),
        draw.below(10_000),
        1 + draw.below(90),
        date(year, month, day),
        escaped(&sentences(corpus, draw)),
    );
    let place = draw.pick::<&str>(&PLACES);
    for _ in 0..3 + draw.below(6) {
        let name = title_case(draw.pick::<String>(&corpus.words.words));
        let initial = char::from(*draw.pick(INITIALS));
        let _ = write!(
            out,
            "          <Author ValidYN=\"Y\">\n            <LastName>{}</LastName>\n            <ForeName>{initial}</ForeName>\n            \
             <Initials>{initial}</Initials>\n            <AffiliationInfo>\n              <Affiliation>{place}.</Affiliation>\n            \
             </AffiliationInfo>\n          </Author>\n",
            escaped(&name),
        );
    }
    out.push_str("        </AuthorList>\n        <Language>eng</Language>\n        <PublicationTypeList>\n          <PublicationType UI=\"D016428\">Journal Article</PublicationType>\n        </PublicationTypeList>\n      </Article>\n      <MeshHeadingList>\n");
    for _ in 0..6 + draw.below(8) {
        let heading = draw.below(NUMBER_OF_HEADINGS);
        let name = title_case(&corpus.words.words[100 + heading]);
        let _ = write!(
            out,
            "        <MeshHeading>\n          <DescriptorName UI=\"D{:06}\" MajorTopicYN=\"N\">{}</DescriptorName>\n        </MeshHeading>\n",
            1_000 + heading * 37,
            escaped(&name),
        );
    }
    out.push_str("      </MeshHeadingList>\n    </MedlineCitation>\n    <PubmedData>\n      <History>\n");
    for step in STEPS {
        let _ = write!(
            out,
            "        <PubMedPubDate PubStatus=\"{step}\">\n{}        </PubMedPubDate>\n",
            date(year, month, day)
        );
    }
    let _ = write!(
        out,
        "      </History>\n      <PublicationStatus>ppublish</PublicationStatus>\n      <ArticleIdList>\n        \
         <ArticleId IdType=\"pubmed\">{id}</ArticleId>\n      </ArticleIdList>\n      <ReferenceList>\n"
    );
    for _ in 0..4 + draw.below(10) {
        let _ = write!(
            out,
            "        <Reference>\n          <ArticleIdList>\n            <ArticleId IdType=\"pubmed\">{}</ArticleId>\n          \
             </ArticleIdList>\n        </Reference>\n",
            10_000_000 + draw.below(index as usize + 1)
        );
    }
    out.push_str("      </ReferenceList>\n    </PubmedData>\n  </PubmedArticle>\n");
}

fn date(year: usize, month: usize, day: usize) -> String {
    let pad = "              ";
    format!("{pad}<Year>{year}</Year>\n{pad}<Month>{month:02}</Month>\n{pad}<Day>{day:02}</Day>\n")
}

fn sentences(corpus: &Corpus, draw: &mut Draw) -> String {
    let words = &corpus.words;
    let picked: Vec<&str> =
        (0..120 + draw.below(120)).map(|_| words.words[words.frequencies.draw(draw)].as_str()).collect();
    picked.join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

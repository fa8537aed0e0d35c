//! Where in a record of PubMed the texts stand that are of use.

/// The texts of a record that are of use; which of them is, the record tells at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Id,
    Title,
    Vernacular,
    Journal,
    Abbreviation,
    Year,
    Month,
    Day,
    Medline,
    ArticleYear,
    ArticleMonth,
    ArticleDay,
}

pub(super) const SLOTS: usize = Slot::ArticleDay as usize + 1;

/// Where an element stands, as far as texts of use can be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Outside,
    Record,
    Citation,
    Article,
    Journal,
    Issue,
    PubDate,
    ArticleDate,
    JournalInfo,
    BookRecord,
    BookDocument,
    Book,
    BookDate,
    /// A text of use.
    Text(Slot),
    /// Neither it nor what is in it is of use.
    Elsewhere,
}

impl Place {
    /// Where an element of this name stands, that begins here. Of the texts of a slot, the first counts.
    pub(super) fn inside(self, name: &[u8]) -> Self {
        match (self, name) {
            (Self::Outside, b"PubmedArticle") => Self::Record,
            (Self::Record, b"MedlineCitation") => Self::Citation,
            (Self::Citation, b"PMID") => Self::Text(Slot::Id),
            (Self::Citation, b"Article") => Self::Article,
            (Self::Article, b"ArticleTitle") => Self::Text(Slot::Title),
            (Self::Article, b"VernacularTitle") => Self::Text(Slot::Vernacular),
            (Self::Article, b"Journal") => Self::Journal,
            (Self::Journal, b"Title") => Self::Text(Slot::Journal),
            (Self::Journal, b"ISOAbbreviation") => Self::Text(Slot::Abbreviation),
            (Self::Journal, b"JournalIssue") => Self::Issue,
            (Self::Issue, b"PubDate") => Self::PubDate,
            (Self::PubDate, b"Year") => Self::Text(Slot::Year),
            (Self::PubDate, b"Month") => Self::Text(Slot::Month),
            (Self::PubDate, b"Day") => Self::Text(Slot::Day),
            (Self::PubDate, b"MedlineDate") => Self::Text(Slot::Medline),
            (Self::Article, b"ArticleDate") => Self::ArticleDate,
            (Self::ArticleDate, b"Year") => Self::Text(Slot::ArticleYear),
            (Self::ArticleDate, b"Month") => Self::Text(Slot::ArticleMonth),
            (Self::ArticleDate, b"Day") => Self::Text(Slot::ArticleDay),
            (Self::Citation, b"MedlineJournalInfo") => Self::JournalInfo,
            (Self::JournalInfo, b"MedlineTA") => Self::Text(Slot::Abbreviation),
            (Self::Outside, b"PubmedBookArticle") => Self::BookRecord,
            (Self::BookRecord, b"BookDocument") => Self::BookDocument,
            (Self::BookDocument, b"PMID") => Self::Text(Slot::Id),
            (Self::BookDocument, b"ArticleTitle") => Self::Text(Slot::Title),
            (Self::BookDocument, b"VernacularTitle") => Self::Text(Slot::Vernacular),
            (Self::BookDocument, b"Book") => Self::Book,
            (Self::Book, b"BookTitle") => Self::Text(Slot::Journal),
            (Self::Book, b"PubDate") => Self::BookDate,
            (Self::BookDate, b"Year") => Self::Text(Slot::Year),
            (Self::BookDate, b"Month") => Self::Text(Slot::Month),
            _ => Self::Elsewhere,
        }
    }
}

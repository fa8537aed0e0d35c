//! Questions and their answers, one file a question.
//!
//! Questions count names: one name under two codes is two drugs in the graph, and one in an answer's count.

mod related;
mod top_journals;

pub use related::{Reading, Related, RelatedAnswer, RelatedDrug, UnknownDrug};
pub use top_journals::{Limit, TopJournal, TopJournals, TopJournalsAnswer};

use crate::graph::MentionGraph;

/// Something that can be asked of a graph.
pub trait Question {
    /// What comes back.
    type Answer;

    /// Answers it; [`MentionGraph::ask`] is the usual way to call this.
    fn answer(&self, graph: &MentionGraph) -> Self::Answer;
}

impl MentionGraph {
    /// Answers a question.
    #[must_use]
    pub fn ask<Q: Question>(&self, question: &Q) -> Q::Answer {
        question.answer(self)
    }
}

#[cfg(test)]
mod example {
    use std::collections::HashMap;

    use crate::graph::{Evidence, MentionGraph, NewPublication};
    use crate::record::Kind;

    /// A graph of drugs (code, name) and publications (kind, journal, the places of their drugs in `drugs`).
    pub(super) fn graph(
        drugs: &[(Option<&str>, &str)],
        publications: &[(Kind, Option<&str>, &[usize])],
    ) -> MentionGraph {
        let mut builder = MentionGraph::builder();
        let mut journals = HashMap::new();
        let drugs: Vec<_> = drugs.iter().map(|(code, name)| builder.drug(*code, name)).collect();
        for &(kind, journal, mentioned) in publications {
            let new = NewPublication { kind, id: None, title: "a title", date: None, source: "file:2" };
            let publication = builder.publication(&new);
            if let Some(title) = journal {
                // The builder takes each title for a journal of its own.
                let journal = *journals.entry(title).or_insert_with(|| builder.journal(title));
                builder.published_in(publication, journal);
            }
            for &drug in mentioned {
                builder.mention(drugs[drug], publication, Evidence { span: (0, 1), occurrences: 1 });
            }
        }
        builder.build()
    }
}

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

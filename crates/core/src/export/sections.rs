//! How a large output is divided: what is rendered together, and what one after the other.

use std::ops::Range;

use crate::graph::{DrugId, MentionGraph};

/// Mentions rendered at a time by one thread.
pub(super) const CHUNK: usize = 512;

/// Mentions above which a drug is rendered by all threads: else the others would wait for the one that has it.
pub(super) const LARGE: usize = 8192;

/// Drugs that are rendered in parallel, before the next section is.
#[derive(Debug, PartialEq)]
pub(super) enum Section {
    /// Runs of drugs with enough mentions to be worth a hand-over.
    Drugs(Vec<Range<usize>>),
    /// One drug, of which mentions are rendered in parallel.
    Large(usize),
}

pub(super) fn sections(graph: &MentionGraph, ids: &[DrugId]) -> Vec<Section> {
    let (mut sections, mut chunks, mut from, mut mentions) = (Vec::new(), Vec::new(), 0, 0);
    for (i, &id) in ids.iter().enumerate() {
        if graph.degree(id) > LARGE {
            if from < i {
                chunks.push(from..i);
            }
            sections.extend([Section::Drugs(std::mem::take(&mut chunks)), Section::Large(i)]);
            (from, mentions) = (i + 1, 0);
            continue;
        }
        mentions += 1 + graph.degree(id);
        if mentions >= CHUNK || i + 1 == ids.len() {
            chunks.push(from..i + 1);
            (from, mentions) = (i + 1, 0);
        }
    }
    sections.push(Section::Drugs(chunks));
    sections
}

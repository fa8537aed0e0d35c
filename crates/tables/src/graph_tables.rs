//! A graph as tables, so that SQL answers what no question of ours does.
//!
//! `drugs`, `publications`, `journals` and `mentions` say what `output.json` says, `rejects` what is in
//! `rejects.jsonl`: publications without a mention are in none of them. Dates are texts, as precise as they were given.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema};

use crate::export::{Finding, RunRecord};
use crate::graph::{MentionGraph, PublicationId};

/// A table of a name.
pub(super) type NamedBatch = (&'static str, RecordBatch);

type Column = (&'static str, ArrayRef);

/// The tables of a graph: `drugs`, `publications`, `journals`, `mentions`.
///
/// Complexity: linear in mentions, but for one sort of them.
#[must_use]
pub fn graph_tables(graph: &MentionGraph) -> Vec<NamedBatch> {
    let mut mentions: Vec<_> = graph.drugs().flat_map(|(id, _)| graph.mentions(id)).collect();
    mentions.sort_by_key(|mention| (mention.drug, mention.id));
    let drugs: Vec<_> = graph.drugs().collect();
    let publications: Vec<_> = graph.publications().collect();
    let journal = |id: PublicationId| graph.journal_of(id).map(|journal| graph.journal(journal));

    let mut of_journal: BTreeMap<&str, (BTreeSet<&str>, BTreeSet<PublicationId>)> = BTreeMap::new();
    for mention in &mentions {
        if let Some(title) = journal(mention.id) {
            let (drugs, publications) = of_journal.entry(title).or_default();
            drugs.insert(graph.drug(mention.drug).name.as_str());
            publications.insert(mention.id);
        }
    }
    let date = |date: Option<crate::clean::Date>| date.map(|date| date.to_string());
    let source = |file: &str, line: u64| Some(format!("{file}:{line}"));
    vec![
        (
            "drugs",
            table(vec![
                ("atccode", texts(drugs.iter().map(|(_, drug)| drug.atccode.clone()))),
                ("drug", texts(drugs.iter().map(|(_, drug)| Some(drug.name.clone())))),
                ("mentions", counts(drugs.iter().map(|(id, _)| graph.degree(*id)))),
            ]),
        ),
        (
            "publications",
            table(vec![
                ("key", texts(publications.iter().map(|(_, p)| Some(p.key())))),
                ("kind", texts(publications.iter().map(|(_, p)| Some(p.kind.name())))),
                ("id", texts(publications.iter().map(|(_, p)| p.id))),
                ("title", texts(publications.iter().map(|(_, p)| Some(p.title)))),
                ("journal", texts(publications.iter().map(|(id, _)| journal(*id)))),
                ("date", texts(publications.iter().map(|(_, p)| date(p.date)))),
                ("source", texts(publications.iter().map(|(_, p)| source(p.file, p.line)))),
            ]),
        ),
        (
            "journals",
            table(vec![
                ("title", texts(graph.journals().map(|(_, title)| Some(title)))),
                (
                    "drugs",
                    counts(
                        graph.journals().map(|(_, title)| of_journal.get(title).map_or(0, |(d, _)| d.len())),
                    ),
                ),
                (
                    "publications",
                    counts(
                        graph.journals().map(|(_, title)| of_journal.get(title).map_or(0, |(_, p)| p.len())),
                    ),
                ),
            ]),
        ),
        (
            "mentions",
            table(vec![
                ("atccode", texts(mentions.iter().map(|m| graph.drug(m.drug).atccode.clone()))),
                ("drug", texts(mentions.iter().map(|m| Some(graph.drug(m.drug).name.clone())))),
                ("publication", texts(mentions.iter().map(|m| Some(m.publication.key())))),
                ("kind", texts(mentions.iter().map(|m| Some(m.publication.kind.name())))),
                ("id", texts(mentions.iter().map(|m| m.publication.id))),
                ("title", texts(mentions.iter().map(|m| Some(m.publication.title)))),
                ("journal", texts(mentions.iter().map(|m| journal(m.id)))),
                ("date", texts(mentions.iter().map(|m| date(m.date())))),
                ("matched", texts(mentions.iter().map(|m| Some(m.matched())))),
                ("span_start", counts(mentions.iter().map(|m| m.evidence.span.0 as usize))),
                ("span_end", counts(mentions.iter().map(|m| m.evidence.span.1 as usize))),
                ("occurrences", counts(mentions.iter().map(|m| m.evidence.occurrences as usize))),
                ("source", texts(mentions.iter().map(|m| source(m.publication.file, m.publication.line)))),
            ]),
        ),
    ]
}

/// The rejects of a run as the table `rejects` of every pipeline: one row a record, `codes` has all its reasons.
#[must_use]
pub fn rejects_table(findings: &[Finding], record: Option<&RunRecord>) -> RecordBatch {
    /// Its codes, its fields, the row as it was.
    type Row<'a> = (Vec<&'a str>, Vec<&'a str>, &'a str);
    let mut rows: BTreeMap<(&str, u64), Row<'_>> = BTreeMap::new();
    for finding in findings {
        let Finding::Reject(reject) = finding else { continue };
        let (codes, fields, _) = rows
            .entry((&reject.source, reject.line))
            .or_insert_with(|| (Vec::new(), Vec::new(), &reject.raw));
        codes.push(&reject.code);
        fields.extend(reject.field.as_deref());
    }
    let source = |file: &str| {
        let sources = record.map(|record| record.sources.as_slice()).unwrap_or_default();
        sources.iter().find(|source| source.file == file).map(|source| source.name.clone())
    };
    table(vec![
        ("source", texts(rows.keys().map(|(file, _)| source(file)))),
        ("file", texts(rows.keys().map(|(file, _)| Some(*file)))),
        ("line", Arc::new(UInt64Array::from_iter_values(rows.keys().map(|(_, line)| *line)))),
        ("codes", lists(rows.values().map(|(codes, _, _)| codes.as_slice()))),
        ("fields", lists(rows.values().map(|(_, fields, _)| fields.as_slice()))),
        ("raw", texts(rows.values().map(|(_, _, raw)| Some(*raw)))),
        ("record", texts(rows.values().map(|_| None::<&str>))),
    ])
}

fn table(columns: Vec<Column>) -> RecordBatch {
    let fields = columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    RecordBatch::try_new(schema, columns).expect("all columns have one value a row")
}

fn texts<S: AsRef<str>>(values: impl Iterator<Item = Option<S>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn counts(values: impl Iterator<Item = usize>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values.map(|value| value as i64)))
}

fn lists<'a>(values: impl Iterator<Item = &'a [&'a str]>) -> ArrayRef {
    let item = Field::new_list_field(DataType::Utf8, true);
    let mut list = ListBuilder::new(StringBuilder::new()).with_field(item);
    for value in values {
        value.iter().for_each(|text| list.values().append_value(text));
        list.append(true);
    }
    Arc::new(list.finish())
}

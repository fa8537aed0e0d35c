//! The stages of a run by themselves, each on the same 20,000 records: `cargo bench`, or `just bench-stages`.
//!
//! For finding out where time goes; what users feel is whole processes, which `just bench` measures.

#[path = "corpus/draw.rs"]
mod draw;
#[path = "corpus/record.rs"]
mod record;
#[path = "corpus/words.rs"]
mod words;
#[path = "corpus/write.rs"]
#[expect(dead_code, reason = "of the formats of corpora some are read here")]
mod write;

use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pipeline_core::clean::Folded;
use pipeline_core::export::write_graph;
use pipeline_core::graph::{Evidence, MentionGraph, NewPublication};
use pipeline_core::mention::{Drug, Overlap, Search, Vocabulary};
use pipeline_core::record::{Field, Kind, Reject, Repair};
use pipeline_core::source::{Block, Feed, Layout, Row, RowSink, read_block};
use pipeline_core::store::InputFile;

use crate::record::{Corpus, Setting};
use crate::write::{Sheet, Style};

const ROWS: u64 = 20_000;

fn corpus(names: usize) -> Corpus {
    Corpus::new(Setting { rows: ROWS, names, seed: 1, held: false, dirt: 0.01 })
}

fn titles(corpus: &Corpus) -> Vec<String> {
    (0..corpus.setting.rows).map(|index| corpus.record(index).title).collect()
}

fn vocabulary(corpus: &Corpus) -> Vocabulary {
    let drug = |name: &String| Drug { atccode: None, name: name.clone() };
    Vocabulary::new(corpus.words.names.iter().map(drug).collect())
}

/// Counts what it is given.
#[derive(Default)]
struct Count(usize);

impl RowSink for Count {
    fn row(&mut self, row: &Row<'_>) {
        self.0 += row.fields.iter().map(|field| field.len()).sum::<usize>();
    }
    fn blank(&mut self) {}
    fn reject(&mut self, _: Reject) {}
    fn repair(&mut self, _: Repair) {}
}

/// A file's bytes -> rows.
fn parse(c: &mut Criterion) {
    let corpus = corpus(1_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut group = c.benchmark_group("parse");
    for (name, style) in
        [("pubmed.csv", Style::Csv), ("pubmed.json", Style::List), ("pubmed.ndjson", Style::Lines)]
    {
        let sheet = Sheet { name, style };
        let mut bytes = sheet.head().into_bytes();
        for index in 0..ROWS {
            if index > 0 {
                bytes.extend_from_slice(sheet.between().as_bytes());
            }
            sheet.write(&corpus.record(index), &mut bytes);
        }
        bytes.extend_from_slice(sheet.foot().as_bytes());
        let path = folder.path().join(name);
        std::fs::write(&path, &bytes).expect("the file is written");
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |b| b.iter(|| black_box(read(&path, name))));
    }
}

fn read(path: &Path, name: &str) -> usize {
    let size = std::fs::metadata(path).expect("the file is there").len();
    let file = InputFile { path: path.to_owned(), name: name.to_owned(), size };
    let columns = Field::PUBLICATION.map(|field| (field, field.name().to_owned()));
    let mut feed = Feed::open(&file, &Layout::new(columns.to_vec(), None, None)).expect("the file opens");
    let (mut block, mut count) = (Block::default(), Count::default());
    while feed.next(&mut block).expect("the file is read") {
        read_block(feed.shape(), &block, &mut count);
    }
    assert!(count.0 > 0);
    count.0
}

/// Titles -> names in them.
fn find(c: &mut Criterion) {
    let mut group = c.benchmark_group("match");
    group.throughput(Throughput::Elements(ROWS));
    for names in [7, 10_000, 50_000] {
        let corpus = corpus(names);
        let (titles, matcher) = (titles(&corpus), vocabulary(&corpus).matcher(Overlap::All));
        // Sixteen at a time, as in a run.
        let (mut folded, mut search) = (vec![Folded::default(); 16], Search::default());
        group.bench_function(BenchmarkId::from_parameter(names), |b| {
            b.iter(|| {
                let mut found = 0;
                for titles in titles.chunks(folded.len()) {
                    folded.iter_mut().zip(titles).for_each(|(folded, title)| folded.fill(title));
                    matcher.find_all(&folded[..titles.len()], &mut search);
                    found += (0..titles.len()).map(|title| search.of(title).len()).sum::<usize>();
                }
                black_box(found)
            });
        });
    }
}

/// A graph -> the bytes of `output.json`.
fn write(c: &mut Criterion) {
    let corpus = corpus(1_000);
    let vocabulary = vocabulary(&corpus);
    let matcher = vocabulary.matcher(Overlap::All);
    let mut builder = MentionGraph::builder();
    let drugs: Vec<_> = vocabulary.drugs().iter().map(|drug| builder.drug(None, &drug.name)).collect();
    let journals: Vec<_> = corpus.words.journals.iter().map(|name| builder.journal(name)).collect();
    let (mut folded, mut found) = (Folded::default(), Vec::new());
    for (index, title) in titles(&corpus).iter().enumerate() {
        folded.fill(title);
        found.clear();
        matcher.find(&folded, &mut found);
        found.sort_unstable();
        let id = index.to_string();
        let new =
            NewPublication { kind: Kind::Pubmed, id: Some(&id), title, date: None, source: "pubmed.csv:2" };
        let publication = builder.publication(&new);
        builder.published_in(publication, journals[index % journals.len()]);
        for of_name in found.chunk_by(|a, b| a.name == b.name) {
            let span = folded.span(of_name[0].start as usize, of_name[0].end as usize);
            let evidence = Evidence { span, occurrences: of_name.len() as u32 };
            for &drug in vocabulary.drugs_of(of_name[0].name) {
                builder.mention(drugs[drug as usize], publication, evidence);
            }
        }
    }
    let graph = builder.build();
    let mut group = c.benchmark_group("write");
    group.throughput(Throughput::Elements(graph.mention_count() as u64));
    group.bench_function("output.json", |b| {
        b.iter(|| {
            let mut bytes = 0;
            write_graph(&graph, |piece| {
                bytes += piece.len();
                Ok(())
            })
            .expect("memory takes everything");
            black_box(bytes)
        });
    });
}

criterion_group!(stages, parse, find, write);
criterion_main!(stages);

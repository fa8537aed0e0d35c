//! The drugs pipeline from files to files.

use std::collections::HashMap;
use std::time::Instant;

use crate::error::{Error, Result, Setting};
use crate::export::{
    AmbiguousTerm, Durations, OutputFile, RunRecord, State, write_graph, write_record, write_rejects,
    write_repairs,
};
use crate::graph::MentionGraph;
use crate::record::{Field, RowPlace, Warnings};
use crate::run::drugs::assemble::assemble;
use crate::run::drugs::fetch::Fetched;
use crate::run::drugs::inputs::{Inputs, inputs};
use crate::run::drugs::outputs::Outputs;
use crate::run::drugs::recall::{Recall, Recalled};
use crate::run::drugs::report::{Sheet, record};
use crate::run::drugs::scan::{Reading, Scanned, Task, scan};
use crate::run::drugs::vocabulary;
use crate::run::{Progress, RunOptions};
use crate::spec::{DrugsSpec, MaxRejects};

/// How much of the pipeline is run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Check,
    Stage,
    Whole,
}

/// Runs the whole pipeline: the result goes to its place, whether it passed or not.
///
/// All outputs are written aside first; then the record, the rejects and the repairs are put in place, the graph
/// last: a run that is killed leaves the former graph whole.
pub fn run(spec: &DrugsSpec, options: &RunOptions, progress: &dyn Progress) -> Result<RunRecord> {
    execute(spec, options, progress, Scope::Whole)
}

/// Runs the pipeline and writes nothing: the record tells whether the data passes.
pub fn check(spec: &DrugsSpec, options: &RunOptions, progress: &dyn Progress) -> Result<RunRecord> {
    execute(spec, options, progress, Scope::Check)
}

/// Runs the pipeline; the result goes to [`Site::staged`], for [`publish`] to put it in its place.
///
/// [`Site::staged`]: crate::store::Site::staged
/// [`publish`]: crate::run::drugs::publish
pub fn stage(spec: &DrugsSpec, options: &RunOptions, progress: &dyn Progress) -> Result<RunRecord> {
    execute(spec, options, progress, Scope::Stage)
}

fn execute(
    undated: &DrugsSpec,
    options: &RunOptions,
    progress: &dyn Progress,
    scope: Scope,
) -> Result<RunRecord> {
    let started = jiff::Timestamp::now();
    let clock = Instant::now();
    let spec = &undated.on(options.date)?;
    let mut warnings = Warnings::default();
    let Some(inputs) = inputs(undated, spec, &options.data, &mut warnings)? else {
        return Ok(skipped(spec, options, started, warnings));
    };
    let outputs = match scope {
        Scope::Check => None,
        Scope::Stage => Some(Outputs::prepare(undated, options, &inputs, &options.out.staged())?),
        Scope::Whole => Some(Outputs::prepare(undated, options, &inputs, &options.out)?),
    };
    let cache = outputs.as_ref().filter(|_| options.incremental).map(Outputs::cache).transpose()?;
    let Inputs { drugs: drug_files, tasks } = inputs;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build().map_err(|e| {
        Error::Resources {
            message: format!("cannot start the threads: {e}"),
            hint: format!("ask for fewer with {}", Setting::Threads),
        }
    })?;

    let (vocabulary, drug_reports) =
        pool.install(|| vocabulary::read(&drug_files, &spec.drugs, &mut warnings))?;
    let matcher = vocabulary.matcher(spec.overlap);
    progress.start(tasks.iter().map(|task| task.file.size).sum());
    let mut recall = cache.map(|cache| Recall::new(cache, &tasks, &vocabulary, spec.overlap));
    let reading = Reading { matcher: &matcher, vocabulary: &vocabulary, spelled: recall.is_some() };
    let (scanned, known, unchanged) = read(&tasks, reading, recall.as_mut(), &pool, progress, &mut warnings)?;
    progress.finish();
    let read_ms = clock.elapsed().as_millis() as u64;
    tracing::debug!(read_ms, "read");

    let (graph, reports, fetched) =
        pool.install(|| assemble(scanned, &tasks, &vocabulary, &known, &mut warnings))?;
    if let Some(recall) = &recall {
        recall.keep_rows(&fetched, &known, &mut warnings);
    }
    let graph_ms = clock.elapsed().as_millis() as u64 - read_ms;
    tracing::debug!(graph_ms, "graph built");

    let mut sheet = Sheet::default();
    for (file, report) in drug_files.iter().zip(drug_reports) {
        sheet.add("drugs", file, &spec.drugs, report, &mut warnings)?;
    }
    for (task, report) in tasks.iter().zip(reports) {
        sheet.add(task.kind.name(), &task.file, task.spec, report, &mut warnings)?;
    }

    let limits: Vec<(&str, MaxRejects)> =
        spec.sources().map(|(name, source)| (name, source.max_rejects)).collect();
    let mut record = record(spec, &graph, &sheet, &limits, options, warnings);
    record.ambiguous_terms = vocabulary.ambiguous().iter().map(AmbiguousTerm::new).collect();
    record.unchanged = unchanged;
    record.started = started.to_string();
    record.threads = pool.current_num_threads();
    record.durations = Durations { read_ms, graph_ms, write_ms: 0 };
    let Some(outputs) = outputs else { return Ok(record) };

    let mut output = outputs.graph()?;
    pool.install(|| write_graph(&graph, |bytes| output.write(bytes)))?;
    pool.spawn(|| drop((graph, matcher, vocabulary))); // takes a while
    let (hash, bytes) = output.digest();
    record.durations.write_ms = clock.elapsed().as_millis() as u64 - read_ms - graph_ms;
    // The place that was named, wherever the result waits until then.
    record.output = Some(OutputFile { file: options.out.to_string(), bytes, hash: format!("xxh3:{hash}") });
    let (mut rejects, mut repairs) = (Vec::new(), Vec::new());
    for (file, source, report) in &sheet.files {
        let column = |field: Field| source.column(field);
        write_rejects(&mut rejects, &file.name, &report.rejects, column);
        write_repairs(&mut repairs, &file.name, &report.repairs, column);
    }
    outputs.publish(output, [&write_record(&record), &rejects, &repairs])?;
    Ok(record)
}

/// Reads the files, but for those of which all is known from a former run; gives their rows that it fetched, and
/// the number of these files, too.
fn read(
    tasks: &[Task<'_>],
    reading: Reading<'_>,
    recall: Option<&mut Recall>,
    pool: &rayon::ThreadPool,
    progress: &dyn Progress,
    warnings: &mut Warnings,
) -> Result<(Scanned, HashMap<RowPlace, Fetched>, u64)> {
    let told = |bytes| progress.read(bytes);
    let all: Vec<usize> = (0..tasks.len()).collect();
    let Some(recall) = recall else {
        return Ok((scan(tasks, &all, reading, pool, &told)?, HashMap::new(), 0));
    };
    let Recalled { scanned: recalled, found, rows } = recall.look_up(tasks, pool, &told)?;
    let rest: Vec<usize> = all.into_iter().filter(|file| found.binary_search(file).is_err()).collect();
    let scanned = scan(tasks, &rest, reading, pool, &told)?;
    recall.keep(&scanned, &rest, pool, warnings);
    Ok((scanned.join(&rest, recalled, &found), rows, found.len() as u64))
}

/// The record of a run for a day on which there is nothing to run on.
pub(super) fn skipped(
    spec: &DrugsSpec,
    options: &RunOptions,
    started: jiff::Timestamp,
    warnings: Warnings,
) -> RunRecord {
    let mut record = record(spec, &MentionGraph::default(), &Sheet::default(), &[], options, warnings);
    record.state = State::Skipped;
    record.started = started.to_string();
    record
}

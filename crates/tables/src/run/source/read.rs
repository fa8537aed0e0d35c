//! Reads sources beside each other, and enters what came of their rows.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::export::{Exceeded, TableSourceRecord, write_repairs};
use crate::record::{Field, Warning};
use crate::run::report::add_warnings;
use crate::run::scheduler::{TaskRunner, Verdict};
use crate::run::source::Found;
use crate::run::state::Run;
use crate::run::threads::blocking;
use crate::sink::files::{TableWrite, write_table};
use crate::spec::tables::{TableFormat, TableSource, WriteMode};
use crate::table::{Correction, QueryResult, SourceTable, read_source, rejects_batch, rejects_schema};

/// Reads the sources of a run.
pub(in crate::run) struct Reader {
    run: Arc<Run>,
    sources: Vec<(TableSource, Arc<Found>)>,
    corrections: Arc<Vec<Correction>>,
    read: Mutex<BTreeMap<String, Sheet>>,
}

/// What came of one source.
struct Sheet {
    files: Vec<TableSourceRecord>,
    repairs: Vec<u8>,
    warnings: Vec<Warning>,
}

/// What came of all of them.
#[derive(Default)]
pub(in crate::run) struct Sources {
    pub(in crate::run) files: Vec<TableSourceRecord>,
    pub(in crate::run) repairs: Vec<u8>,
    pub(in crate::run) warnings: Vec<Warning>,
    pub(in crate::run) exceeded: Vec<Exceeded>,
}

impl Reader {
    pub(in crate::run) fn new(
        run: &Arc<Run>,
        sources: Vec<(TableSource, Found)>,
        corrections: Vec<Correction>,
    ) -> Self {
        let sources = sources.into_iter().map(|(source, found)| (source, Arc::new(found))).collect();
        Self { run: Arc::clone(run), sources, corrections: Arc::new(corrections), read: Mutex::default() }
    }

    /// What came of all that were read, in the order of the pipeline file.
    pub(in crate::run) fn sheet(&self) -> Sources {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = Sources::default();
        for (source, _) in &self.sources {
            let Some(sheet) = read.remove(&source.name) else { continue };
            let limit = self.run.options.max_rejects.unwrap_or(source.max_rejects);
            all.exceeded.extend(limit.exceeded(&source.name, sheet.files.iter().map(|file| &file.ledger)));
            all.files.extend(sheet.files);
            all.repairs.extend(sheet.repairs);
            add_warnings(&mut all.warnings, sheet.warnings);
        }
        all
    }
}

impl TaskRunner for Reader {
    type Output = ();

    async fn run(&self, at: usize, _: u32) -> Result<Verdict<()>> {
        let (source, found) = self.sources[at].clone();
        let (run, corrections) = (Arc::clone(&self.run), Arc::clone(&self.corrections));
        run.progress.begins(&source.name);
        let name = source.name.clone();
        let sheet = blocking(move || read(&run, &source, &found, &corrections)).await?;
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(name, sheet);
        Ok(Verdict::Go(()))
    }

    fn waits(&self, at: usize, error: &Error, wait: std::time::Duration) {
        let name = &self.sources[at].0.name;
        tracing::warn!("reading `{name}` has failed, and is tried again in {wait:?}: {error}");
        self.run.progress.waits(name, &error.to_string(), wait);
    }

    fn ended(&self, at: usize, _: &crate::run::scheduler::Ended<()>) {
        self.run.progress.ended(&self.sources[at].0.name);
    }
}

fn read(run: &Run, source: &TableSource, found: &Found, corrections: &[Correction]) -> Result<Sheet> {
    let threads = run.options.thread_count();
    let table = read_source(source, &found.files, &run.params, threads, corrections)?;
    let mut files = Vec::new();
    let mut repairs = Vec::new();
    for file in &table.files {
        let ledger = &file.ledger;
        if !ledger.balances() || ledger.rejected != file.rejects.len() as u64 {
            let (read, accounted) = (ledger.read, ledger.accounted());
            return Err(Error::Ledger { file: file.name.clone(), read, accounted });
        }
        let mut codes = BTreeMap::new();
        for code in file.rejects.iter().flat_map(|reject| &reject.codes) {
            *codes.entry(code.clone()).or_default() += 1;
        }
        let mut mended = BTreeMap::new();
        for repair in &file.repairs {
            *mended.entry(repair.code.as_str().to_owned()).or_default() += 1;
        }
        let column = |field: Field| match field {
            Field::Column(at) => {
                source.columns.get(usize::from(at)).map(|column| column.from.clone()).unwrap_or_default()
            }
            other => other.name().to_owned(),
        };
        write_repairs(&mut repairs, &file.name, &file.repairs, column);
        let entry = TableSourceRecord {
            name: source.name.clone(),
            file: file.name.clone(),
            ledger: ledger.clone(),
            bytes: file.bytes,
            hash: format!("xxh3:{}", file.hash),
            encoding: file.encoding.map(|encoding| encoding.name().to_owned()),
            rejects: codes,
            repairs: mended,
        };
        run.progress.read(&entry);
        files.push(entry);
    }
    write_rejects(run, source, &table)?;
    let SourceTable { schema, batches, warnings, .. } = table;
    run.results.keep(&source.name, QueryResult { schema, batches });
    Ok(Sheet { files, repairs, warnings: warnings.into_list() })
}

/// Writes the rejects of a source, none too: those of its day, if it has a file a day.
fn write_rejects(run: &Run, source: &TableSource, table: &SourceTable) -> Result<()> {
    run.home.check_ours()?;
    let name = match run.options.date.filter(|_| super::is_dated(&run.spec, source)) {
        Some(date) => format!("{}-{date}.parquet", source.name),
        None => format!("{}.parquet", source.name),
    };
    let how = TableWrite {
        format: TableFormat::Parquet,
        mode: WriteMode::Replace,
        key: Vec::new(),
        partition_by: Vec::new(),
        file: Some(name),
        date: None,
    };
    let batch = rejects_batch(&source.name, &table.files)?;
    let _moment = run.home.moment()?;
    write_table(&how, &rejects_schema(), [Ok(batch)], &run.home.rejects()?)?;
    Ok(())
}

//! A source read by all threads.

use std::collections::HashMap;

use rayon::prelude::*;

use crate::error::{Error, Result, Setting};
use crate::record::{RowPlace, Warnings};
use crate::source::{Block, BlockSink, Digest, Feed, ReadAll, Shape, read_all, read_block};
use crate::spec::tables::{Resolved, TableSource};
use crate::store::InputFile;
use crate::table::contract::Contract;
use crate::table::correct::{Correction, assign};
use crate::table::found::SourceTable;
use crate::table::parquet;
use crate::table::rows::{BlockRows, Room, Rows};
use crate::table::scanned::{Facts, Scanned};
use crate::table::settle::{Settled, settle};

/// Reads the files of a source: rows that keep its contract become its table, all others rejects.
///
/// The table and the rejects depend on the rows alone, not on `threads` (0 for one a core); their order is that of the
/// files. `params` are bound to `$name` in the source's reject conditions. A correction replaces the row at its place, if
/// that is a reject. Errors: a file that cannot be read, or that lacks a column; a condition that cannot be planned.
///
/// Complexity: linear in the bytes, and that of sorting the rows where the source has a key. With corrections, files are
/// read twice.
pub fn read_source(
    spec: &TableSource,
    files: &[InputFile],
    params: &Resolved,
    threads: usize,
    corrections: &[Correction],
) -> Result<SourceTable> {
    read_source_telling(spec, files, params, threads, corrections, &|_| {})
}

/// [`read_source`], and `progress` is told how many bytes were read since it was called last.
pub fn read_source_telling(
    spec: &TableSource,
    files: &[InputFile],
    params: &Resolved,
    threads: usize,
    corrections: &[Correction],
    progress: &(dyn Fn(u64) + Sync),
) -> Result<SourceTable> {
    if files.len() > RowPlace::FILES {
        return Err(Error::Input {
            message: format!(
                "{} files are too many for the source `{}`: at most {}",
                files.len(),
                spec.name,
                RowPlace::FILES
            ),
            hint: "join them into fewer files: rows, not files, cost time".into(),
        });
    }
    let contract = Contract::new(spec, params)?;
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|e| Error::Resources {
            message: format!("cannot start the threads for the source `{}`: {e}", spec.name),
            hint: format!("ask for fewer with {}", Setting::Threads),
        })?;
    let mut warnings = Warnings::default();
    let run = |corrections: &HashMap<RowPlace, &Correction>,
               progress: &(dyn Fn(u64) + Sync),
               warnings: &mut Warnings| {
        let scanned = scan(&contract, files, &pool, corrections, progress)?;
        settle(&contract, files, scanned, &pool, corrections, warnings)
    };
    let mut assigned = HashMap::new();
    if corrections.iter().any(|correction| correction.source == spec.name) {
        let Settled { files: read, .. } = run(&assigned, &|_| {}, &mut Warnings::default())?;
        let rejects: Vec<_> = read.into_iter().map(|(file, rejects)| (file.name, rejects)).collect();
        assigned = assign(&spec.name, corrections, &rejects, &mut warnings);
    }
    let settled = run(&assigned, progress, &mut warnings)?;
    let files = settled.files.into_iter().map(|(mut file, rejects)| {
        file.rejects = rejects.into_iter().map(|(_, reject)| reject).collect();
        file
    });
    Ok(SourceTable { schema: contract.schema, batches: settled.batches, files: files.collect(), warnings })
}

fn scan(
    contract: &Contract<'_>,
    files: &[InputFile],
    pool: &rayon::ThreadPool,
    corrections: &HashMap<RowPlace, &Correction>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Scanned> {
    let (packed, text): (Vec<usize>, Vec<usize>) =
        (0..files.len()).partition(|&i| contract.is_parquet(&files[i]));
    let open = |i: usize| Feed::open(&files[i], &contract.layout);
    let make = |_| Worker { contract, corrections, room: Room::default(), blocks: Vec::new() };
    let read = read_all(&text, &open, pool, progress, make);
    let read_packed = |&i: &usize| {
        parquet::read(contract, RowPlace::block(i, 0), &files[i], corrections, progress).map_err(|e| (i, e))
    };
    let packed_results: Vec<_> = match read {
        Err(_) => Vec::new(),
        Ok(_) => pool.install(|| packed.par_iter().map(read_packed).collect()),
    };
    let mut facts: Vec<Option<Facts>> = files.iter().map(|_| None).collect();
    let (mut blocks, mut errors) = (Vec::new(), Vec::new());
    match read {
        Err(error) => errors.push(error),
        Ok(ReadAll { sinks, digests }) => {
            blocks.extend(sinks.into_iter().flat_map(|worker| worker.blocks));
            for (Digest { shape, hash, bytes }, i) in digests.into_iter().zip(text) {
                facts[i] = Some(Facts { shape: Some(shape), hash, bytes });
            }
        }
    }
    for (result, i) in packed_results.into_iter().zip(&packed) {
        match result {
            Ok((of_file, of)) => {
                blocks.extend(of_file);
                facts[*i] = Some(of);
            }
            Err(error) => errors.push(error),
        }
    }
    // Of several failures the one in the first file is told, whoever came first.
    if let Some((_, error)) = errors.into_iter().min_by_key(|(file, _)| *file) {
        return Err(error);
    }
    blocks.sort_unstable_by_key(|block: &BlockRows| block.at);
    Ok(Scanned { blocks, facts: facts.into_iter().flatten().collect() })
}

/// What one thread reads.
struct Worker<'a> {
    contract: &'a Contract<'a>,
    corrections: &'a HashMap<RowPlace, &'a Correction>,
    room: Room,
    blocks: Vec<BlockRows>,
}

impl BlockSink for Worker<'_> {
    fn block(&mut self, at: RowPlace, shape: &Shape, block: &Block) -> Result<()> {
        let mut rows = Rows::new(self.contract, at, self.corrections, &mut self.room);
        let lines = read_block(shape, block, &mut rows);
        self.blocks.push(rows.finish(lines, &mut self.room)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests;

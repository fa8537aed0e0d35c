//! A source read by all threads.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::error::{Error, Result, Setting};
use crate::record::Warnings;
use crate::source::{Block, Digest, Feed, Queue, Reader, Shape, read_block};
use crate::spec::tables::{Resolved, TableSource};
use crate::store::InputFile;
use crate::table::contract::Contract;
use crate::table::correct::{Correction, assign};
use crate::table::found::SourceTable;
use crate::table::merge::Place;
use crate::table::parquet;
use crate::table::rows::{BlockRows, Room, Rows};
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
    if files.len() > Place::FILES {
        return Err(Error::Input {
            message: format!(
                "{} files are too many for the source `{}`: at most {}",
                files.len(),
                spec.name,
                Place::FILES
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
    let run = |corrections: &HashMap<Place, &Correction>,
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

/// What reading a file told, apart from its rows.
#[derive(Debug)]
pub(super) struct Facts {
    /// None where it is no text.
    pub(super) shape: Option<Shape>,
    pub(super) hash: String,
    pub(super) bytes: u64,
}

/// What is kept of all files.
pub(super) struct Scanned {
    /// In the order of files and blocks.
    pub(super) blocks: Vec<BlockRows>,
    /// One for each file.
    pub(super) facts: Vec<Facts>,
}

fn scan(
    contract: &Contract<'_>,
    files: &[InputFile],
    pool: &rayon::ThreadPool,
    corrections: &HashMap<Place, &Correction>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Scanned> {
    let (packed, text): (Vec<usize>, Vec<usize>) =
        (0..files.len()).partition(|&i| contract.is_parquet(&files[i]));
    let open = |i: usize| Feed::open(&files[text[i]], &contract.layout);
    let queue = Queue::new(text.len(), &open, progress);
    let failed = AtomicBool::new(false);
    let results = pool.broadcast(|_| {
        let mut blocks = Vec::new();
        let result = take_blocks(contract, &text, &queue, corrections, &failed, &mut blocks);
        if result.is_err() {
            failed.store(true, Ordering::Relaxed);
        }
        (result.err(), blocks)
    });
    let read_packed = |&i: &usize| {
        parquet::read(contract, Place::block(i, 0), &files[i], corrections, progress).map_err(|e| (i, e))
    };
    let packed_results: Vec<_> = match results.iter().any(|(error, _)| error.is_some()) {
        true => Vec::new(),
        false => pool.install(|| packed.par_iter().map(read_packed).collect()),
    };
    let (mut blocks, mut errors) = (Vec::new(), Vec::new());
    let mut facts: Vec<Option<Facts>> = files.iter().map(|_| None).collect();
    for (error, of_thread) in results {
        errors.extend(error);
        blocks.extend(of_thread);
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
    for (Digest { shape, hash, bytes }, i) in queue.into_digests().into_iter().zip(text) {
        facts[i] = Some(Facts { shape: Some(shape), hash, bytes });
    }
    blocks.sort_unstable_by_key(|block: &BlockRows| block.at);
    Ok(Scanned { blocks, facts: facts.into_iter().flatten().collect() })
}

/// Takes blocks until there are no more; an error comes with the number of its file.
fn take_blocks(
    contract: &Contract<'_>,
    files: &[usize],
    queue: &Queue<'_>,
    corrections: &HashMap<Place, &Correction>,
    failed: &AtomicBool,
    blocks: &mut Vec<BlockRows>,
) -> std::result::Result<(), (usize, Error)> {
    let (mut block, mut room, mut reader) = (Block::default(), Room::default(), Reader::default());
    while let Some((i, shape)) = queue.take(&mut reader, &mut block).map_err(|(i, e)| (files[i], e))? {
        if failed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut rows = Rows::new(contract, Place::block(files[i], block.seq), corrections, &mut room);
        let lines = read_block(&shape, &block, &mut rows);
        blocks.push(rows.finish(lines, &mut room).map_err(|e| (files[i], e))?);
    }
    Ok(())
}

#[cfg(test)]
mod tests;

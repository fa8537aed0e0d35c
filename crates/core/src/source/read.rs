//! Reads many files with all threads, and some of their blocks again: the one way in for rows of every pipeline.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};
use crate::record::RowPlace;
use crate::source::queue::{Queue, Reader};
use crate::source::{Block, Digest, Feed, Shape};

/// What one thread makes of the blocks that it takes.
pub trait BlockSink: Send {
    /// Takes a block of the file of this number, at this place. An error ends the reading of all files.
    fn block(&mut self, at: RowPlace, shape: &Shape, block: &Block) -> Result<()>;
}

/// What came of reading some files.
#[derive(Debug)]
pub struct ReadAll<S> {
    /// One for each thread, in their order. Who took which block is chance.
    pub sinks: Vec<S>,
    /// One for each file, in the order in which they were named.
    pub digests: Vec<Digest>,
}

/// Reads the files of these numbers with all threads of `pool`.
///
/// `open` opens the file of a number. `make` makes the sink of the thread of a number. `progress` gets the number of
/// bytes that were read since its last call.
///
/// Errors: a file that cannot be opened or read, or a sink's own; it comes with the number of its file. Of several
/// failures it is that of the first file, whoever came first.
///
/// Complexity: linear in the bytes of the files.
pub fn read_all<S: BlockSink>(
    files: &[usize],
    open: &(dyn Fn(usize) -> Result<Feed> + Sync),
    pool: &rayon::ThreadPool,
    progress: &(dyn Fn(u64) + Sync),
    make: impl Fn(usize) -> S + Sync,
) -> std::result::Result<ReadAll<S>, (usize, Error)> {
    let open_nth = |n: usize| open(files[n]);
    let queue = Queue::new(files.len(), &open_nth, progress);
    let failed = AtomicBool::new(false);
    let results = pool.broadcast(|context| {
        let mut sink = make(context.index());
        let result = take_blocks(files, &queue, &failed, &mut sink);
        if result.is_err() {
            failed.store(true, Ordering::Relaxed);
        }
        (result, sink)
    });
    let (mut sinks, mut errors) = (Vec::with_capacity(results.len()), Vec::new());
    for (result, sink) in results {
        errors.extend(result.err());
        sinks.push(sink);
    }
    match errors.into_iter().min_by_key(|(file, _)| *file) {
        Some(error) => Err(error),
        None => Ok(ReadAll { sinks, digests: queue.into_digests() }),
    }
}

/// Takes blocks until there are no more, or another thread has failed.
fn take_blocks(
    files: &[usize],
    queue: &Queue<'_>,
    failed: &AtomicBool,
    sink: &mut impl BlockSink,
) -> std::result::Result<(), (usize, Error)> {
    let (mut block, mut reader) = (Block::default(), Reader::default());
    while let Some((n, shape)) = queue.take(&mut reader, &mut block).map_err(|(n, e)| (files[n], e))? {
        if failed.load(Ordering::Relaxed) {
            break;
        }
        let file = files[n];
        sink.block(RowPlace::block(file, block.start), &shape, &block).map_err(|e| (file, e))?;
    }
    Ok(())
}

/// Some rows of one block that is read again.
pub struct Again<'a> {
    /// The rows that are wanted, in their order.
    pub places: &'a [RowPlace],
    /// The place of the block.
    pub at: RowPlace,
    /// The line at which the block begins, from 1.
    pub first_line: u64,
    /// What its file turned out to be.
    pub shape: &'a Shape,
    /// The block.
    pub block: &'a Block,
}

/// Reads the files of these rows again, each up to the last of its rows; `take` is given the blocks that hold one.
///
/// `places` must be sorted; `open` opens a file by its number. A place that is not found any more, since its file has
/// changed meanwhile, may be given with a block that lacks it, or with none.
///
/// Complexity: linear in the bytes read.
pub fn read_again(
    places: &[RowPlace],
    open: impl Fn(usize) -> Result<Feed>,
    mut take: impl FnMut(&Again<'_>),
) -> Result<()> {
    for of_file in places.chunk_by(|a, b| a.file() == b.file()) {
        let file = of_file[0].file();
        let mut feed = open(file)?;
        let (mut block, mut first_line, mut rest) = (Block::default(), 1, of_file);
        while !rest.is_empty() && feed.next(&mut block)? {
            let (here, behind) = rest.split_at(rest.partition_point(|at| at.within() < block.end()));
            if !here.is_empty() {
                let at = RowPlace::block(file, block.start);
                take(&Again { places: here, at, first_line, shape: feed.shape(), block: &block });
            }
            rest = behind;
            first_line += block.lines();
        }
    }
    Ok(())
}

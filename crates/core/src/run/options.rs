//! How a run behaves.

use std::path::PathBuf;

use crate::spec::{LogicalDate, MaxRejects};
use crate::store::Site;

/// How this run behaves; what defines the data is in the specification.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The folder of the inputs.
    pub data: PathBuf,
    /// Where the graph goes; the other outputs go beside it.
    pub out: Site,
    /// Number of threads; 0 for one a core.
    pub threads: usize,
    /// A limit on rejects for all sources, in place of their own.
    pub max_rejects: Option<MaxRejects>,
    /// The day that the run is for.
    pub date: Option<LogicalDate>,
    /// Whether files that have not changed since the last such run are not read again. What was kept of them is in the
    /// folder `.NAME.cache` beside the output, which must be a local file.
    pub incremental: bool,
}

impl RunOptions {
    /// From a folder to a file, as many threads as there are cores, the specification's limits, no day, every file read.
    pub fn new(data: impl Into<PathBuf>, out: impl Into<Site>) -> Self {
        Self {
            data: data.into(),
            out: out.into(),
            threads: 0,
            max_rejects: None,
            date: None,
            incremental: false,
        }
    }
}

/// What is told while a run goes on.
pub trait Progress: Sync {
    /// So many bytes will be read.
    fn start(&self, bytes: u64);
    /// So many bytes were read since the last call.
    fn read(&self, bytes: u64);
    /// Reading is over.
    fn finish(&self);
}

/// Tells nobody.
impl Progress for () {
    fn start(&self, _: u64) {}
    fn read(&self, _: u64) {}
    fn finish(&self) {}
}

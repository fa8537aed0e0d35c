//! How a run of a pipeline of tables behaves.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::export::{TableSourceRecord, TaskRecord};
use crate::spec::tables::Given;
use crate::spec::{LogicalDate, MaxRejects};
use crate::store::Connect;

/// A variable of the environment, which only the binary reads.
pub type Env = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// How this run behaves; what defines the data is in the pipeline file.
#[derive(Clone)]
pub struct TableRunOptions {
    /// The data folder: a path or a URL.
    pub data: String,
    /// Whether somebody named it. Else what is done with an earlier run takes the folder of that run.
    pub data_named: bool,
    /// The output folder: a path or a URL, without a slash at its end.
    pub out: String,
    /// The day that the run is for.
    pub date: Option<LogicalDate>,
    /// Parameters that were set.
    pub set: BTreeMap<String, String>,
    /// The environment.
    pub env: Env,
    /// Connects places.
    pub connect: Arc<dyn Connect>,
    /// A local folder in which the run may make a private one.
    pub scratch: PathBuf,
    /// Number of threads; 0 for one a core.
    pub threads: usize,
    /// A limit on rejects for all sources, in place of their own.
    pub max_rejects: Option<MaxRejects>,
    /// Only this task, and the audits of its table.
    pub task: Option<String>,
    /// Ends the run early, once it is set.
    pub stop: Stop,
    /// Whether a webhook is called when the run fails.
    pub webhook: bool,
}

impl TableRunOptions {
    /// From a folder to a folder, with all threads, no day, no parameters, an empty environment.
    pub fn new(data: impl Into<String>, out: impl Into<String>, connect: Arc<dyn Connect>) -> Self {
        Self {
            data: data.into(),
            data_named: false,
            out: out.into(),
            date: None,
            set: BTreeMap::new(),
            env: Arc::new(|_| None),
            connect,
            scratch: PathBuf::from("."),
            threads: 0,
            max_rejects: None,
            task: None,
            stop: Stop::default(),
            webhook: true,
        }
    }

    /// What parameters are made of.
    pub(super) fn given(&self) -> Given<'_> {
        Given {
            data: self.data.clone(),
            out: self.out.clone(),
            date: self.date,
            set: self.set.clone(),
            env: &*self.env,
        }
    }

    /// Threads to use.
    pub(super) fn thread_count(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }
}

/// Asks a run to end. Copies of it are one.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks for the end.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// The flag itself: what handles a signal can do no more than set one.
    #[must_use]
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }

    /// Whether the end was asked for.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Ends once the end was asked for.
    pub(super) async fn asked(&self) {
        while !self.is_asked() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// What is told while a run goes on, from any thread.
pub trait TableProgress: Send + Sync {
    /// Something begins: a source is read, a task or an audit is executed. Names of both may be the same.
    fn begins(&self, _name: &str) {}
    /// It failed, and is tried again after a wait.
    fn waits(&self, _name: &str, _message: &str, _wait: Duration) {}
    /// It has ended.
    fn ended(&self, _name: &str) {}
    /// A file was read.
    fn read(&self, _source: &TableSourceRecord) {}
    /// A task has ended.
    fn done(&self, _task: &TaskRecord) {}
}

/// Tells nobody.
impl TableProgress for () {}

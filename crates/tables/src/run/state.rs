//! What the tasks of one run share.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::run::home::Home;
use crate::run::options::{TableProgress, TableRunOptions};
use crate::run::plan::unknown_task;
use crate::spec::tables::{Resolved, TableFormat, TableTask, TablesSpec};
use crate::store::Scratch;
use crate::table::{QueryResult, Schemas};

/// One run. Whatever still writes holds it, and with it the locks of the output folder.
pub(super) struct Run {
    pub(super) spec: TablesSpec,
    pub(super) params: Resolved,
    pub(super) options: TableRunOptions,
    /// The columns of each table, as far as they can be told from the pipeline file.
    pub(super) schemas: Schemas,
    pub(super) scratch: Scratch,
    pub(super) home: Home,
    pub(super) progress: Arc<dyn TableProgress>,
    tables: Mutex<BTreeMap<String, Arc<QueryResult>>>,
    /// Tables that were written, kept or not.
    written: Mutex<BTreeSet<String>>,
    /// Numbers for names of folders.
    last: AtomicUsize,
}

impl Run {
    pub(super) fn new(
        spec: &TablesSpec,
        params: Resolved,
        options: &TableRunOptions,
        home: Home,
        progress: Arc<dyn TableProgress>,
    ) -> Result<Self> {
        Ok(Self {
            spec: spec.clone(),
            params,
            options: options.clone(),
            schemas: crate::table::schemas(spec),
            scratch: Scratch::new(&options.scratch)?,
            home,
            progress,
            tables: Mutex::default(),
            written: Mutex::default(),
            last: AtomicUsize::new(0),
        })
    }

    fn tables(&self) -> MutexGuard<'_, BTreeMap<String, Arc<QueryResult>>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a table for those that read it.
    pub(super) fn keep(&self, name: &str, table: QueryResult) {
        self.tables().insert(name.to_owned(), Arc::new(table));
    }

    /// A table that was kept.
    pub(super) fn kept(&self, name: &str) -> Option<Arc<QueryResult>> {
        self.tables().get(name).cloned()
    }

    /// Notes that a table was written.
    pub(super) fn note_written(&self, name: &str) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
    }

    /// Whether this run has written a table.
    pub(super) fn wrote(&self, name: &str) -> bool {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    /// A number that was not given before.
    pub(super) fn next(&self) -> usize {
        self.last.fetch_add(1, Ordering::Relaxed)
    }

    /// The task of a name, the fallback among them.
    pub(super) fn task(&self, name: &str) -> Result<&TableTask> {
        let named = self.spec.all_tasks().find(|task| task.name == name);
        named.ok_or_else(|| unknown_task(&self.spec, name))
    }

    /// Where a task writes, without a slash at the end.
    pub(super) fn place(&self, task: &TableTask) -> Result<String> {
        Ok(trimmed(&self.params.text(&task.write.to)?).to_owned())
    }

    /// Where a task reads a table from, if that is another place than where its task writes it.
    pub(super) fn elsewhere(&self, reader: &TableTask, table: &str) -> Result<Option<String>> {
        let Some(template) = reader.inputs.get(table) else { return Ok(None) };
        let named = self.params.text(template)?;
        let named = trimmed(&named);
        let own = self.spec.task(table).map(|task| self.place(task)).transpose()?;
        Ok((!named.is_empty() && own.as_deref() != Some(named)).then(|| named.to_owned()))
    }

    /// The database to which the table of a task goes, if it goes to one.
    pub(super) fn database(&self, task: &TableTask) -> Option<&str> {
        let url = self.params.get("database").filter(|url| !url.trim().is_empty())?;
        (task.write.format == TableFormat::Parquet).then_some(url)
    }
}

fn trimmed(place: &str) -> &str {
    match place.trim_end_matches('/') {
        "" => place,
        trimmed => trimmed,
    }
}

/// Computes where it holds up no other task: a query may compute for minutes without a pause.
///
/// Whoever does not wait for it any more, because the time is up or the run ends, goes on at once; the work itself ends
/// at its next pause, or with the process.
pub(super) async fn computing<T: Send + 'static, F: Future<Output = Result<T>>>(
    work: impl FnOnce() -> F + Send + 'static,
) -> Result<T> {
    let (waited_for, left) = tokio::sync::oneshot::channel::<()>();
    let runtime = tokio::runtime::Handle::current();
    let done = blocking(move || {
        runtime.block_on(async {
            tokio::select! {
                biased;
                _ = left => Err(Error::Interrupted),
                done = work() => done,
            }
        })
    })
    .await;
    drop(waited_for);
    done
}

/// Does what waits for files or a network where it holds up no other task.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        Err(_) => Err(Error::Interrupted),
    }
}

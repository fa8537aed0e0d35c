//! The threads of a run: those that see to time and signals, and those on which queries compute and files are waited for.

use std::future::Future;
use std::panic::resume_unwind;

use tokio::runtime::{Builder, Runtime};

use crate::error::{Error, Result};

/// The runtime of a run.
pub(super) fn runtime(threads: usize) -> Result<Runtime> {
    Builder::new_multi_thread().worker_threads(threads).enable_all().build().map_err(|source| Error::Remote {
        message: "cannot start the threads of the run".into(),
        hint: "see how many files and threads this process may have (`ulimit -a`)".into(),
        source: Some(Box::new(source)),
    })
}

/// Waits for something on a runtime made for it: for a question between runs.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| Error::Remote {
        message: "cannot start a runtime".into(),
        hint: "see how many files and threads this process may have (`ulimit -a`)".into(),
        source: Some(Box::new(source)),
    })?;
    runtime.block_on(work)
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

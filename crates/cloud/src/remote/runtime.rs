//! A small async runtime for one client, used from code that is not async.

use std::future::Future;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{Error, Result};

/// A runtime of one thread, which is the thread that waits.
///
/// It can be used from many threads at a time, and, unlike tokio's own, from within another runtime, too.
pub struct OwnRuntime(Option<Runtime>);

impl OwnRuntime {
    /// Starts it; no thread is made.
    pub fn start() -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build();
        Ok(Self(Some(runtime.map_err(Error::io("start the network for", "."))?)))
    }

    /// Runs the work of a call to its end.
    pub fn block_on<T: Send>(&self, work: impl Future<Output = T> + Send) -> T {
        let runtime = self.0.as_ref().expect("there until dropped");
        if Handle::try_current().is_err() {
            return runtime.block_on(work);
        }
        // A thread that belongs to a runtime must not wait for another one: a thread of its own may.
        let joined = std::thread::scope(|scope| scope.spawn(|| runtime.block_on(work)).join());
        joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        // Waits for nothing, so that it can be dropped from within another runtime.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_within_another_runtime_and_from_many_threads() {
        let outer = Builder::new_current_thread().build().unwrap();
        outer.block_on(async {
            let own = OwnRuntime::start().unwrap();
            let wait = || async { tokio::time::sleep(std::time::Duration::from_millis(1)).await };
            own.block_on(wait());
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| own.block_on(wait()));
                }
            });
            drop(own);
        });
    }
}

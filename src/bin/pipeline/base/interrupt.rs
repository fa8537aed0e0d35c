//! Ctrl-C, or a request to end, while something goes on that should hear of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Ends when Ctrl-C is pressed. A second one ends the process as always.
pub(crate) async fn pressed() {
    #[cfg(unix)]
    let signals = [signal_hook::consts::SIGINT];
    #[cfg(not(unix))]
    let signals = [];
    first_of(&signals).await;
}

/// Ends when the process is asked to end, and says by which signal. A second one ends it as always.
pub(crate) async fn asked_to_end() -> i32 {
    #[cfg(unix)]
    let signals = [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM];
    #[cfg(not(unix))]
    let signals = [];
    first_of(&signals).await
}

/// Ends this process as the signal would have.
pub(crate) fn end_by(signal: i32) {
    #[cfg(unix)]
    if let Err(error) = signal_hook::low_level::emulate_default_handler(signal) {
        tracing::debug!(%error, "the process goes on after a signal");
    }
    #[cfg(not(unix))]
    let _ = signal;
}

async fn first_of(signals: &[i32]) -> i32 {
    let taken: Vec<(i32, Arc<AtomicBool>)> = signals.iter().map(|signal| (*signal, take(*signal))).collect();
    loop {
        if let Some((signal, _)) = taken.iter().find(|(_, asked)| asked.load(Ordering::Relaxed)) {
            return *signal;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A flag that the first such signal sets.
fn take(signal: i32) -> Arc<AtomicBool> {
    let asked = Arc::new(AtomicBool::new(false));
    #[cfg(unix)]
    {
        // In this order: the first signal finds the flag unset, and sets it.
        let first = signal_hook::flag::register_conditional_default(signal, Arc::clone(&asked));
        let second = first.and_then(|_| signal_hook::flag::register(signal, Arc::clone(&asked)));
        if let Err(error) = second {
            tracing::debug!(%error, signal, "a signal is not taken");
        }
    }
    #[cfg(not(unix))]
    let _ = signal;
    asked
}

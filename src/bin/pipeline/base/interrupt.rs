//! Ctrl-C while something is watched that goes on without us.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Ends when Ctrl-C is pressed. A second one ends the process as always.
pub(crate) async fn pressed() {
    let pressed = Arc::new(AtomicBool::new(false));
    #[cfg(unix)]
    {
        use signal_hook::consts::SIGINT;
        // In this order: the first press finds the flag unset, and sets it.
        let first = signal_hook::flag::register_conditional_default(SIGINT, Arc::clone(&pressed));
        let second = first.and_then(|_| signal_hook::flag::register(SIGINT, Arc::clone(&pressed)));
        if let Err(error) = second {
            tracing::debug!(%error, "SIGINT is not taken");
        }
    }
    while !pressed.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

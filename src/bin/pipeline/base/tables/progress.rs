//! A line for each task that runs, on a terminal; elsewhere only what makes it wait, as an event.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use pipeline::run::tables::TableProgress;

/// Lines that come and go.
pub(crate) struct Lines {
    shown: Option<MultiProgress>,
    lines: Mutex<BTreeMap<String, ProgressBar>>,
}

impl Lines {
    /// Lines on a terminal, if they are wanted.
    pub(crate) fn new(wanted: bool) -> Self {
        let shown = (wanted && std::io::stderr().is_terminal())
            .then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        Self { shown, lines: Mutex::default() }
    }

    fn line(&self, name: &str, message: String) {
        let Some(shown) = &self.shown else { return };
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let line = lines.entry(name.to_owned()).or_insert_with(|| {
            let line = shown.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} {msg} {elapsed}") {
                line.set_style(style);
            }
            line.set_prefix(name.to_owned());
            line.enable_steady_tick(Duration::from_millis(200));
            line
        });
        line.set_message(message);
    }
}

impl TableProgress for Lines {
    fn begins(&self, name: &str) {
        self.line(name, String::new());
    }

    fn waits(&self, name: &str, message: &str, wait: Duration) {
        if self.shown.is_none() {
            tracing::warn!("`{name}` has failed, and is tried again in {wait:?}: {message}");
        }
        self.line(name, format!("has failed; tried again in {wait:?}"));
    }

    fn ended(&self, name: &str) {
        if self.shown.is_some()
            && let Some(line) = self.lines.lock().unwrap_or_else(PoisonError::into_inner).remove(name)
        {
            line.finish_and_clear();
        }
    }
}

//! A bar on long work; nothing where stderr is no terminal.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pipeline::run::Progress;

/// Work shorter than this many bytes is over before a bar could be read.
const WORTH_A_BAR: u64 = 64 << 20;

/// A bar of bytes.
pub(crate) struct Bar {
    bar: Mutex<Option<ProgressBar>>,
    shown: bool,
    doing: &'static str,
}

impl Bar {
    pub(crate) fn new(quiet: bool, doing: &'static str) -> Self {
        Self { bar: Mutex::new(None), doing, shown: !quiet && std::io::stderr().is_terminal() }
    }

    fn with(&self, f: impl FnOnce(&mut Option<ProgressBar>)) {
        if self.shown
            && let Ok(mut bar) = self.bar.lock()
        {
            f(&mut bar);
        }
    }
}

impl Bar {
    pub(crate) fn start(&self, bytes: u64) {
        self.with(|bar| {
            if bytes < WORTH_A_BAR {
                return;
            }
            let new = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
            let style = "{msg} [{bar:40}] {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
            if let Ok(style) = ProgressStyle::with_template(style) {
                new.set_style(style.progress_chars("=> "));
            }
            new.set_message(self.doing);
            new.enable_steady_tick(Duration::from_millis(200));
            *bar = Some(new);
        });
    }

    pub(crate) fn moved(&self, bytes: u64) {
        self.with(|bar| {
            if let Some(bar) = bar {
                bar.inc(bytes);
            }
        });
    }

    pub(crate) fn finish(&self) {
        self.with(|bar| {
            if let Some(bar) = bar.take() {
                bar.finish_and_clear();
            }
        });
    }
}

impl Progress for Bar {
    fn start(&self, bytes: u64) {
        self.start(bytes);
    }

    fn read(&self, bytes: u64) {
        self.moved(bytes);
    }

    fn finish(&self) {
        self.finish();
    }
}

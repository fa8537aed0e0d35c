//! The options of a run of a pipeline of tables: from what was typed, the environment and signals.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use pipeline::run::tables::{Stop, TableProgress, TableRunOptions};

use crate::base::options::{Common, LogFormat};
use crate::base::place::Places;
use crate::base::summary::quoted;
use crate::base::tables::progress::Lines;

/// Where the tables of a pipeline go unless told otherwise.
pub(crate) fn default_out(name: &str) -> String {
    format!("result/{name}")
}

/// The options of a run, from what was typed and what the environment says.
pub(crate) fn options(
    name: &str,
    data: Option<&Path>,
    out: Option<&Path>,
    set: BTreeMap<String, String>,
) -> TableRunOptions {
    let shown = |path: &Path| path.to_string_lossy().into_owned();
    let data_named = data.is_some();
    let data = data.map_or_else(|| format!("data/{name}"), shown);
    let out = out.map_or_else(|| default_out(name), shown);
    let out = match out.trim_end_matches('/') {
        "" => out,
        trimmed => trimmed.to_owned(),
    };
    TableRunOptions {
        data_named,
        set,
        env: Arc::new(|name| std::env::var(name).ok()),
        scratch: std::env::temp_dir(),
        stop: stop(),
        ..TableRunOptions::new(data, out, Arc::new(Places::default()))
    }
}

/// Asked for by Ctrl-C, or by whoever ends the process politely. A second time ends it as always.
fn stop() -> Stop {
    let stop = Stop::default();
    #[cfg(unix)]
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // In this order: the first one finds the flag unset, and sets it.
        let first = signal_hook::flag::register_conditional_default(signal, stop.flag());
        let second = first.and_then(|_| signal_hook::flag::register(signal, stop.flag()));
        if let Err(error) = second {
            tracing::debug!(%error, signal, "the signal is not taken");
        }
    }
    stop
}

/// Whoever is told how a run goes on.
pub(crate) fn progress(common: &Common) -> Arc<dyn TableProgress> {
    Arc::new(Lines::new(!common.quiet && common.log_format == LogFormat::Text))
}

/// The option that names an output, unless it is where everybody looks.
pub(crate) fn out_option(name: &str, out: &str) -> String {
    if out == default_out(name) { String::new() } else { format!(" --out {}", quoted(out)) }
}

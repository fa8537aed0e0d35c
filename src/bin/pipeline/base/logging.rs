//! Events -> stderr, as text for people or as JSON for Google Cloud Logging.

use std::fmt;
#[cfg(feature = "composer")]
use std::io::Write;
use std::sync::OnceLock;
use std::time::SystemTime as SystemClock;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::base::options::{Common, LogFormat};

/// Starts logging; nothing is logged before.
pub(crate) fn start(common: &Common) {
    let level = match (common.quiet, common.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) if common.log_format == LogFormat::Json => LevelFilter::INFO,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::DEBUG,
        (false, _) => LevelFilter::TRACE,
    };
    let ours = ours(level);
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        // Its own word on a write that failed would go to the same stderr, and panic there.
        .log_internal_errors(false);
    match common.log_format {
        LogFormat::Text => {
            let color = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
                && std::io::IsTerminal::is_terminal(&std::io::stderr());
            let layer = layer.with_ansi(color).with_target(false).without_time();
            tracing_subscriber::registry().with(layer.with_filter(ours)).init();
        }
        LogFormat::Json => {
            let layer = layer.event_format(CloudLogging);
            tracing_subscriber::registry().with(layer.with_filter(ours)).init();
        }
    }
}

/// The target of what `--quiet` does not hide.
pub(crate) const NEVER_QUIET: &str = "pipeline_never_quiet";

/// Our own events only: the clients below us tell headers, and with them tokens, at the finer levels.
fn ours(level: LevelFilter) -> Targets {
    Targets::new().with_target("pipeline", level).with_target(NEVER_QUIET, level.max(LevelFilter::WARN))
}

/// What every entry from here on belongs to.
pub(crate) fn label(pipeline: &str, task: &str) {
    let since = SystemClock::now().duration_since(SystemClock::UNIX_EPOCH).unwrap_or_default();
    let run = format!("{pipeline}-{}-{}", since.as_millis(), std::process::id());
    let labels = [("run", run.as_str()), ("pipeline", pipeline), ("task", task)];
    let _ = EVERY.set(labels.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect());
}

/// Reports on stderr how the work goes: a line for people, an event in a log.
#[cfg(feature = "composer")]
pub(crate) fn say(common: &Common, message: &str) {
    if common.log_format == LogFormat::Json {
        tracing::info!("{message}");
    } else if !common.quiet {
        // Nobody may be left to hear it.
        let _ = writeln!(std::io::stderr(), "{message}");
    }
}

static EVERY: OnceLock<Map<String, Value>> = OnceLock::new();

/// One JSON object an event, with the fields that Cloud Logging knows.
struct CloudLogging;

/// Labels rather than fields of the payload.
const LABELS: [&str; 3] = ["run", "pipeline", "task"];

impl<S, N> FormatEvent<S, N> for CloudLogging
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let severity = match *event.metadata().level() {
            Level::ERROR => "ERROR",
            Level::WARN => "WARNING",
            Level::INFO => "INFO",
            Level::DEBUG | Level::TRACE => "DEBUG",
        };
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut fields = Fields { labels: EVERY.get().cloned().unwrap_or_default(), ..Fields::default() };
        event.record(&mut fields);
        let mut entry = Map::new();
        entry.insert("severity".into(), severity.into());
        entry.insert("message".into(), fields.message.into());
        entry.insert("time".into(), time.into());
        if !fields.labels.is_empty() {
            entry.insert("logging.googleapis.com/labels".into(), Value::Object(fields.labels));
        }
        entry.extend(fields.rest);
        writeln!(writer, "{}", Value::Object(entry))
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    labels: Map<String, Value>,
    rest: Map<String, Value>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        let text = || value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match field.name() {
            "message" => self.message = text(),
            name if LABELS.contains(&name) => {
                self.labels.insert(name.to_owned(), text().into());
            }
            name => {
                self.rest.insert(name.to_owned(), value);
            }
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_events_are_told() {
        let ours = ours(LevelFilter::TRACE);
        assert!(ours.would_enable("pipeline", &Level::TRACE));
        assert!(ours.would_enable("pipeline::remote::http", &Level::TRACE));
        assert!(super::ours(LevelFilter::ERROR).would_enable(NEVER_QUIET, &Level::WARN));
        for theirs in ["hyper", "hyper_util::client", "h2::codec", "gcp_auth", "reqwest::connect", "rustls"] {
            assert!(!ours.would_enable(theirs, &Level::ERROR), "{theirs}");
        }
    }
}

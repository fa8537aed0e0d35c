//! A backfill: a range of days, one run a day.

use std::sync::Arc;

use crate::error::{Error, Result, Setting};
use crate::export::{Failure, RunState, TableRunRecord};
use crate::run::execute::run;
use crate::run::options::{TableProgress, TableRunOptions};
use crate::run::source;
use crate::spec::LogicalDate;
use crate::spec::tables::TablesSpec;

/// One day of a backfill.
#[derive(Debug)]
pub struct Day {
    /// The day.
    pub date: LogicalDate,
    /// The record of its run, or why there was none.
    pub run: std::result::Result<TableRunRecord, Failure>,
}

/// The days from one to another, both included.
///
/// ```
/// use pipeline_tables::run::days_between;
/// let day = |text: &str| text.parse().unwrap();
/// let days: Vec<String> =
///     days_between(day("2024-02-28"), day("2024-03-01")).unwrap().iter().map(ToString::to_string).collect();
/// assert_eq!(days, ["2024-02-28", "2024-02-29", "2024-03-01"]);
/// assert!(days_between(day("2024-03-01"), day("2024-02-28")).is_err());
/// ```
pub fn days_between(from: LogicalDate, to: LogicalDate) -> Result<Vec<LogicalDate>> {
    if from > to {
        return Err(Error::Call {
            message: format!("there is no day from {from} to {to}"),
            hint: format!("name the earlier day with {}, the later one with {}", Setting::From, Setting::To),
        });
    }
    let mut days = vec![from];
    let mut last = from;
    while last < to {
        let Some(next) = last.tomorrow() else { break };
        days.push(next);
        last = next;
    }
    Ok(days)
}

/// Runs a pipeline for each day of a range, one after another; `each` is told of every day as it ends.
///
/// A day that fails does not keep the next ones from running. An interrupt does.
///
/// # Errors
///
/// What would be the same on each day: a pipeline without a `{date}` in its paths, a wrong parameter.
pub fn backfill(
    spec: &TablesSpec,
    options: &TableRunOptions,
    days: &[LogicalDate],
    progress: &Arc<dyn TableProgress>,
    each: &mut dyn FnMut(&Day),
) -> Result<Vec<Day>> {
    if !spec.sources.iter().any(|source| source::is_dated(spec, source)) {
        return Err(Error::Input {
            message: format!(
                "the pipeline `{}` has no file a day: no path of a source has `{{date}}` in it",
                spec.name
            ),
            hint: format!("run it once, without {} and {}", Setting::From, Setting::To),
        });
    }
    let mut done = Vec::new();
    for &date in days {
        let options = TableRunOptions { date: Some(date), ..options.clone() };
        if done.is_empty() {
            spec.resolve(&options.given())?;
        }
        let run = run(spec, &options, Arc::clone(progress)).map_err(|error| Failure::from(&error));
        let day = Day { date, run };
        each(&day);
        let ended = matches!(&day.run, Ok(record) if record.state == RunState::Interrupted);
        done.push(day);
        if ended || options.stop.is_asked() {
            break;
        }
    }
    Ok(done)
}

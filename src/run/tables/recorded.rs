//! The options of a run that is on record, for what is done with it later: a retry, a replay, a question.
//!
//! What is secret in a parameter is not on record, so that it comes from where it came from before, or has to be given
//! again.

use crate::error::{Error, Result};
use crate::export::TableRunRecord;
use crate::run::tables::options::TableRunOptions;
use crate::run::tables::redact;
use crate::spec::LogicalDate;
use crate::spec::tables::{Param, TablesSpec};

/// The day of a run.
pub(super) fn date_of(record: &TableRunRecord) -> Option<LogicalDate> {
    record.date.as_ref().and_then(|date| date.parse().ok())
}

/// Gives options the parameters of a run on record, and its data folder; what is given already stays.
///
/// # Errors
///
/// A parameter that is secret, needed, and neither given nor the same in the file or the environment.
pub(super) fn recall(
    spec: &TablesSpec,
    options: &mut TableRunOptions,
    record: &TableRunRecord,
    needed: &dyn Fn(&Param) -> bool,
) -> Result<()> {
    if let Some(data) = record.params.get("data").filter(|_| !options.data_named) {
        options.data.clone_from(data);
    }
    let secret = |value: &str| value.contains(redact::HIDDEN);
    let given = options.set.clone();
    for Param { name, value: template, .. } in &spec.params {
        // What is made of a parameter that is given now follows it.
        let follows = spec.made_of(template).into_iter().any(|of| given.contains_key(of));
        if let Some(value) = record.params.get(name).filter(|value| !secret(value) && !follows) {
            options.set.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    // The rest comes from the file and the environment: is it the same, as far as it is shown?
    let shown = redact::params(spec, &spec.resolve(&options.given())?);
    let differs = |param: &&Param| {
        let value = record.params.get(&param.name).filter(|value| secret(value));
        value.is_some_and(|value| shown.get(&param.name) != Some(value))
            && !options.set.contains_key(&param.name)
    };
    let missing: Vec<&Param> = spec.params.iter().filter(differs).filter(|param| needed(param)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let again: Vec<String> = missing.iter().map(|param| format!("--set {}=...", param.name)).collect();
    let names: Vec<String> = missing.iter().map(|param| format!("`{}`", param.name)).collect();
    Err(Error::Input {
        message: format!("{} of the last run is secret, and not on record", names.join(", ")),
        hint: format!("give it again: {}", again.join(" ")),
    })
}

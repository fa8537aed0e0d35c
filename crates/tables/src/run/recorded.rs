//! The options of a run that is on record, for what is done with it later: a retry, a replay, a question.
//!
//! What is secret in a parameter is not on record, so that it comes from where it came from before, or has to be given
//! again.

use crate::error::{Error, Result, Setting};
use crate::export::TableRunRecord;
use crate::run::options::TableRunOptions;
use crate::run::redact;
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
    let secret = |value: &str| value.contains(redact::HIDDEN);
    let of_record = |name: &str| record.params.get(name).filter(|value| !secret(value));
    // What a parameter is by itself, the others being what they were: such a one is made of what is given now.
    let by_itself = |name: &str| {
        let mut then = options.clone();
        then.date = date_of(record);
        then.out = of_record("out").unwrap_or(&then.out).clone();
        then.data = of_record("data").unwrap_or(&then.data).clone();
        let others = spec.params.iter().map(|param| &param.name).filter(|other| *other != name);
        then.set = others.filter_map(|other| Some((other.clone(), of_record(other)?.clone()))).collect();
        spec.resolve(&then.given()).ok().and_then(|params| params.get(name).map(str::to_owned))
    };
    let recalled: Vec<(String, String)> = spec
        .params
        .iter()
        .filter(|param| !options.set.contains_key(&param.name))
        .filter_map(|param| Some((param.name.clone(), of_record(&param.name)?.clone())))
        .filter(|(name, value)| by_itself(name).as_ref() != Some(value))
        .collect();
    options.set.extend(recalled);
    if let Some(data) = record.params.get("data").filter(|_| !options.data_named) {
        options.data.clone_from(data);
    }
    // The rest came from the file and the environment. Is it there again? Of what is hidden as a whole that cannot be
    // told, and what was given is nowhere else.
    let shown = redact::params(spec, &spec.resolve(&options.given())?);
    let lost = |param: &&Param| {
        let hidden = record.params.get(&param.name).filter(|value| secret(value));
        let was_given = record.given.contains(&param.name);
        hidden.is_some_and(|value| was_given || shown.get(&param.name) != Some(value))
            && !options.set.contains_key(&param.name)
    };
    let missing: Vec<&Param> = spec.params.iter().filter(lost).filter(|param| needed(param)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let again: Vec<String> =
        missing.iter().map(|param| Setting::Param(&param.name, "...").to_string()).collect();
    let names: Vec<String> = missing.iter().map(|param| format!("`{}`", param.name)).collect();
    Err(Error::Input {
        message: format!("{} of the last run is secret, and not on record", names.join(", ")),
        hint: format!("give it again: {}", again.join(" ")),
    })
}

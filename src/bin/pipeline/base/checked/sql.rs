//! What only a build with SQL can say of a pipeline file.

#[cfg(not(feature = "tables"))]
use pipeline::error::Error;
use pipeline::error::Result;
use pipeline::spec::Problem;
use pipeline::spec::tables::TablesSpec;

/// The problems of a pipeline's SQL; nothing if this build cannot tell. `toml` is the text of the pipeline file.
#[cfg(feature = "tables")]
pub(crate) fn problems(spec: &TablesSpec, toml: &str) -> Option<Vec<Problem>> {
    Some(pipeline::table::check(spec, toml))
}

/// Runs the tests of a pipeline file: their names, and what is not as expected.
#[cfg(feature = "tables")]
pub(crate) fn run_tests(spec: &TablesSpec) -> Result<Vec<(String, Vec<String>)>> {
    let outcomes = pipeline::run::tables::run_tests(spec, &std::env::temp_dir())?;
    Ok(outcomes.into_iter().map(|outcome| (outcome.name, outcome.problems)).collect())
}

/// This build cannot tell.
#[cfg(not(feature = "tables"))]
pub(crate) fn problems(_: &TablesSpec, _: &str) -> Option<Vec<Problem>> {
    None
}

/// This build cannot run them.
#[cfg(not(feature = "tables"))]
pub(crate) fn run_tests(spec: &TablesSpec) -> Result<Vec<(String, Vec<String>)>> {
    if spec.tests.is_empty() {
        return Ok(Vec::new());
    }
    Err(Error::Input {
        message: format!("the tests of `{}` cannot be run: this build has no SQL", spec.file),
        hint: "build with `cargo build --release --features tables`".into(),
    })
}

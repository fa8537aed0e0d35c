//! Texts with parameters in them: `{date}`, `{lake}`, and in `[params]` also `${VAR:-default}` and `${VAR:?why}`.

use std::collections::BTreeMap;

use crate::spec::LogicalDate;

/// A text with parameters, as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The text.
    pub text: String,
    /// Byte offset in the pipeline file.
    pub at: usize,
}

impl Template {
    /// Tells whether `{name}` stands in it.
    #[must_use]
    pub fn uses(&self, name: &str) -> bool {
        self.text.contains(&format!("{{{name}}}"))
    }
}

/// A parameter: a name, what it is unless `--set` says otherwise, and its type, which is that of the value in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Its name: letters, digits and `_`, no digit first.
    pub name: String,
    /// Its value unless it is set.
    pub value: Template,
    /// What its values are.
    pub kind: ParamType,
}

/// The types that a parameter can have: bound to `$name` in SQL as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamType {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Float,
    /// True or false.
    Boolean,
}

/// What a run gives to a pipeline file.
pub struct Given<'a> {
    /// The data folder: `{data}`.
    pub data: String,
    /// The output folder or URL, without a slash at its end: `{out}`.
    pub out: String,
    /// The logical date: `{date}`.
    pub date: Option<LogicalDate>,
    /// Parameters that were set.
    pub set: BTreeMap<String, String>,
    /// The environment, which only the binary reads.
    pub env: &'a (dyn Fn(&str) -> Option<String> + Sync),
}

/// The parameters of one run: `data`, `out`, `date` and those of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolved {
    /// Name -> type and value; `date` only if there is one.
    pub values: BTreeMap<String, (ParamType, String)>,
    /// The logical date, which is bound to `$date` as a day.
    pub date: Option<LogicalDate>,
}

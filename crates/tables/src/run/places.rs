//! Where the tables of a run are: the places that tasks write to, and those that they read from.

use std::sync::Arc;

use crate::error::Result;
use crate::spec::tables::{Resolved, TableFormat, TableTask, TablesSpec};

/// The places of tables, with the values of the run's parameters.
pub(super) struct Places {
    spec: Arc<TablesSpec>,
    params: Arc<Resolved>,
}

impl Places {
    pub(super) fn new(spec: &Arc<TablesSpec>, params: &Arc<Resolved>) -> Self {
        Self { spec: Arc::clone(spec), params: Arc::clone(params) }
    }

    /// Where a task writes, without a slash at the end.
    pub(super) fn of(&self, task: &TableTask) -> Result<String> {
        Ok(trimmed(&self.params.text(&task.write.to)?).to_owned())
    }

    /// Where a task reads a table from, if that is another place than where its task writes it.
    pub(super) fn elsewhere(&self, reader: &TableTask, table: &str) -> Result<Option<String>> {
        let Some(template) = reader.inputs.get(table) else { return Ok(None) };
        let named = self.params.text(template)?;
        let named = trimmed(&named);
        let own = self.spec.task(table).map(|task| self.of(task)).transpose()?;
        Ok((!named.is_empty() && own.as_deref() != Some(named)).then(|| named.to_owned()))
    }

    /// The database to which the table of a task goes, if it goes to one.
    pub(super) fn database(&self, task: &TableTask) -> Option<&str> {
        let url = self.params.get("database").filter(|url| !url.trim().is_empty())?;
        (task.write.format == TableFormat::Parquet).then_some(url)
    }
}

fn trimmed(place: &str) -> &str {
    match place.trim_end_matches('/') {
        "" => place,
        trimmed => trimmed,
    }
}

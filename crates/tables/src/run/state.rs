//! What the tasks of one run share. It is handed on, and does nothing itself.

use std::sync::Arc;

use crate::error::Result;
use crate::run::home::Home;
use crate::run::options::{TableProgress, TableRunOptions};
use crate::run::places::Places;
use crate::run::results::Results;
use crate::spec::tables::{Resolved, TablesSpec};
use crate::store::Scratch;
use crate::table::Schemas;

/// One run. Whatever still writes holds it, and with it the locks of the output folder.
pub(super) struct Run {
    pub(super) spec: Arc<TablesSpec>,
    pub(super) params: Arc<Resolved>,
    pub(super) options: TableRunOptions,
    /// The columns of each table, as far as they can be told from the pipeline file.
    pub(super) schemas: Schemas,
    pub(super) places: Places,
    pub(super) results: Results,
    pub(super) scratch: Scratch,
    pub(super) home: Home,
    pub(super) progress: Arc<dyn TableProgress>,
}

impl Run {
    pub(super) fn new(
        spec: &TablesSpec,
        params: Resolved,
        options: &TableRunOptions,
        home: Home,
        progress: Arc<dyn TableProgress>,
    ) -> Result<Self> {
        let (spec, params) = (Arc::new(spec.clone()), Arc::new(params));
        Ok(Self {
            schemas: crate::table::schemas(&spec),
            places: Places::new(&spec, &params),
            results: Results::default(),
            scratch: Scratch::new(&options.scratch)?,
            options: options.clone(),
            spec,
            params,
            home,
            progress,
        })
    }
}

//! A pipeline of either kind.

use crate::spec::tables::TablesSpec;
use crate::spec::{DrugsSpec, Schedule};

/// What a pipeline file declares.
#[allow(clippy::large_enum_variant)] // there is one a run, and it is not moved about
#[derive(Debug, Clone)]
pub enum Pipeline {
    /// Drugs and publications become a graph.
    Drugs(DrugsSpec),
    /// Sources become tables.
    Tables(Box<TablesSpec>),
}

impl Pipeline {
    /// Its name: the file's.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Drugs(spec) => &spec.name,
            Self::Tables(spec) => &spec.name,
        }
    }

    /// What it does, in one sentence.
    #[must_use]
    pub fn description(&self) -> &str {
        match self {
            Self::Drugs(spec) => &spec.description,
            Self::Tables(spec) => &spec.description,
        }
    }

    /// When it runs, and how often a task is tried.
    #[must_use]
    pub fn schedule(&self) -> &Schedule {
        match self {
            Self::Drugs(spec) => &spec.schedule,
            Self::Tables(spec) => &spec.schedule,
        }
    }
}

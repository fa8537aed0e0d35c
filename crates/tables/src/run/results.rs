//! The tables that a run has made, kept in memory for the tasks that read them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::table::QueryResult;

/// What a run has made so far.
#[derive(Default)]
pub(super) struct Results {
    tables: Mutex<BTreeMap<String, Arc<QueryResult>>>,
    /// Tables that were written, kept or not.
    written: Mutex<BTreeSet<String>>,
}

impl Results {
    fn tables(&self) -> MutexGuard<'_, BTreeMap<String, Arc<QueryResult>>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a table for those that read it.
    pub(super) fn keep(&self, name: &str, table: QueryResult) {
        self.tables().insert(name.to_owned(), Arc::new(table));
    }

    /// A table that was kept.
    pub(super) fn kept(&self, name: &str) -> Option<Arc<QueryResult>> {
        self.tables().get(name).cloned()
    }

    /// Notes that a table was written.
    pub(super) fn note_written(&self, name: &str) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
    }

    /// Whether this run has written a table.
    pub(super) fn wrote(&self, name: &str) -> bool {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }
}

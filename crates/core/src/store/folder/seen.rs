//! Which versions of a bucket's objects were seen: what a write may replace.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::store::{Listed, ObjectPlace, Version};

#[derive(Default)]
pub(super) struct Seen(Mutex<State>);

#[derive(Default)]
struct State {
    /// By key; none where no object was.
    versions: BTreeMap<String, Option<Version>>,
    /// Beginnings of names of which all objects were seen.
    listed: Vec<String>,
}

impl Seen {
    /// Notes a list of all objects whose names begin with `start`, and hands it on.
    pub(super) fn listed(&self, start: &str, objects: Vec<Listed>) -> Vec<Listed> {
        let mut state = self.state();
        state.versions.retain(|key, _| !key.starts_with(start));
        for object in &objects {
            state.versions.insert(object.key.clone(), Some(object.version.clone()));
        }
        if !state.listed.iter().any(|listed| start.starts_with(listed)) {
            state.listed.push(start.to_owned());
        }
        objects
    }

    /// Notes what was found, written or removed.
    pub(super) fn note(&self, key: &str, version: Option<Version>) {
        self.state().versions.insert(key.to_owned(), version);
    }

    /// The version that was seen; looks now if it never was.
    pub(super) fn version(&self, place: &dyn ObjectPlace, key: &str) -> Result<Option<Version>> {
        {
            let state = self.state();
            if let Some(version) = state.versions.get(key) {
                return Ok(version.clone());
            }
            if state.listed.iter().any(|listed| key.starts_with(listed)) {
                return Ok(None);
            }
        }
        let version = place.stat(key)?;
        self.note(key, version.clone());
        Ok(version)
    }

    /// Forgets everything after a conflict: whoever tries again looks again.
    pub(super) fn unless_conflict<T>(&self, result: Result<T>) -> Result<T> {
        if matches!(result, Err(Error::Conflict { .. })) {
            *self.state() = State::default();
        }
        result
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

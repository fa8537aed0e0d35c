//! A bucket in memory: for tests, here and in programs built on this library.
//!
//! It holds every promise of [`ObjectPlace`], and breaks down where it is told to.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::store::{Listed, Object, ObjectPlace, Version};

/// A bucket in memory.
///
/// ```
/// use pipeline_core::store::{MemoryPlace, ObjectPlace};
/// let bucket = MemoryPlace::default();
/// bucket.put("data/a", b"text");
/// assert_eq!(bucket.read("data/a").unwrap().unwrap().bytes, b"text");
/// assert_eq!(bucket.stat("data/b").unwrap(), None);
/// ```
#[derive(Debug, Default)]
pub struct MemoryPlace(Mutex<State>);

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The service cannot be reached: nothing changes.
    Unreachable,
    /// Somebody else writes `theirs` to the object in the last moment.
    Overtaken,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, Object>,
    last: i64,
    changes: usize,
    fault: Option<(usize, Fault)>,
}

impl MemoryPlace {
    /// Writes an object, whatever was there.
    pub fn put(&self, key: &str, bytes: &[u8]) {
        self.state().put(key, bytes.to_vec());
    }

    /// The keys of all objects, in order.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.state().objects.keys().cloned().collect()
    }

    /// Lets the `nth` change from now on (a write, a copy or a removal; the first is 1) meet a fault.
    pub fn fail_at(&self, nth: usize, fault: Fault) {
        let mut state = self.state();
        state.fault = Some((state.changes + nth, fault));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a change of `key`, which must have this version still.
    fn change(&self, key: &str, expected: Option<&Version>) -> Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        state.changes += 1;
        match state.fault.filter(|(at, _)| *at == state.changes) {
            Some((_, Fault::Unreachable)) => {
                return Err(Error::Remote {
                    message: format!("cannot reach `{}`", self.url(key)),
                    hint: "run again".into(),
                    source: None,
                });
            }
            Some((_, Fault::Overtaken)) => {
                state.put(key, b"theirs".to_vec());
            }
            None => {}
        }
        if state.objects.get(key).map(|object| &object.version) == expected {
            return Ok(state);
        }
        Err(Error::Conflict { url: self.url(key) })
    }
}

impl State {
    fn put(&mut self, key: &str, bytes: Vec<u8>) -> Version {
        self.last += 1;
        let version = Version::new(self.last.to_string());
        self.objects.insert(key.to_owned(), Object { bytes, version: version.clone() });
        version
    }
}

impl ObjectPlace for MemoryPlace {
    fn url(&self, key: &str) -> String {
        format!("memory://bucket/{key}")
    }

    fn list(&self, prefix: &str) -> Result<Vec<Listed>> {
        let state = self.state();
        let from_there = state.objects.range(prefix.to_owned()..);
        let found = from_there.take_while(|(key, _)| key.starts_with(prefix)).map(|(key, object)| Listed {
            key: key.clone(),
            size: object.bytes.len() as u64,
            version: object.version.clone(),
        });
        Ok(found.collect())
    }

    fn stat(&self, key: &str) -> Result<Option<Version>> {
        Ok(self.state().objects.get(key).map(|object| object.version.clone()))
    }

    fn read(&self, key: &str) -> Result<Option<Object>> {
        Ok(self.state().objects.get(key).cloned())
    }

    fn write(&self, key: &str, file: &Path, over: Option<&Version>) -> Result<Version> {
        let bytes = fs::read(file).map_err(Error::io("read", file))?;
        Ok(self.change(key, over)?.put(key, bytes))
    }

    fn copy(&self, from: (&str, &Version), to: &str, over: Option<&Version>) -> Result<Version> {
        let mut state = self.change(to, over)?;
        match state.objects.get(from.0).filter(|object| object.version == *from.1) {
            Some(object) => {
                let bytes = object.bytes.clone();
                Ok(state.put(to, bytes))
            }
            None => Err(Error::Conflict { url: self.url(from.0) }),
        }
    }

    fn remove(&self, key: &str, version: &Version) -> Result<()> {
        if self.stat(key)?.is_some() {
            self.change(key, Some(version))?.objects.remove(key);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_that_was_seen_is_changed() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "new").unwrap();
        let bucket = MemoryPlace::default();
        let first = bucket.write("a", &file, None).unwrap();
        let conflict =
            |error: Error| assert!(matches!(&error, Error::Conflict { url } if url.ends_with("/a")));
        conflict(bucket.write("a", &file, None).unwrap_err());
        bucket.put("a", b"theirs");
        conflict(bucket.write("a", &file, Some(&first)).unwrap_err());
        conflict(bucket.remove("a", &first).unwrap_err());
        conflict(bucket.copy(("a", &first), "b", None).unwrap_err());
        assert_eq!(bucket.read("a").unwrap().unwrap().bytes, b"theirs");
        let second = bucket.stat("a").unwrap().unwrap();
        bucket.copy(("a", &second), "b", None).unwrap();
        bucket.remove("a", &second).unwrap();
        bucket.remove("a", &second).unwrap();
        assert_eq!(bucket.keys(), ["b"]);
    }
}

//! Objects and their versions.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use serde_json::{Value, json};

use super::BUCKET;

/// A version of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) name: String,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) generation: i64,
    pub(crate) metadata: BTreeMap<String, String>,
    /// What is reported; not always that of the bytes ([`super::Fault::OtherChecksum`]).
    pub(crate) crc32c: u32,
}

/// Four bytes, the highest first, in base64.
pub(super) fn base64_of(crc32c: u32) -> String {
    base64::engine::general_purpose::STANDARD.encode(crc32c.to_be_bytes())
}

impl Stored {
    /// The object resource.
    pub(super) fn json(&self) -> Value {
        let time = format!("2026-01-01T00:00:00.{:03}Z", self.generation % 1000);
        let mut json = json!({
            "kind": "storage#object",
            "id": format!("{BUCKET}/{}/{}", self.name, self.generation),
            "name": self.name, "bucket": BUCKET,
            "generation": self.generation.to_string(), "metageneration": "1",
            "contentType": "application/octet-stream", "storageClass": "STANDARD",
            "size": self.bytes.len().to_string(),
            "crc32c": base64_of(self.crc32c),
            "etag": format!("etag{}", self.generation),
            "timeCreated": time, "updated": time,
        });
        if !self.metadata.is_empty() {
            json["metadata"] = json!(self.metadata);
        }
        json
    }
}

/// Why a request is refused: a status and a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) u16, pub(super) String);

impl Refusal {
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self(400, message.into())
    }

    pub(super) fn no_object(name: &str) -> Self {
        Self(404, format!("No such object: {BUCKET}/{name}"))
    }

    pub(super) fn precondition() -> Self {
        Self(412, "At least one of the pre-conditions you specified did not hold.".into())
    }
}

/// One bucket.
#[derive(Default)]
pub(super) struct Objects {
    /// The versions of each name, the live one last.
    versions: BTreeMap<String, Vec<Stored>>,
    /// Names without a live version: all of theirs are former ones.
    archived: BTreeMap<String, ()>,
    written: i64,
    history: Vec<(String, Arc<[u8]>)>,
    keeps: bool,
}

impl Objects {
    pub(super) fn keep_versions(&mut self) {
        self.keeps = true;
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.versions.keys().filter(|name| !self.archived.contains_key(*name)).cloned().collect()
    }

    /// The version that shows.
    pub(super) fn live(&self, name: &str) -> Option<&Stored> {
        if self.archived.contains_key(name) {
            return None;
        }
        self.versions.get(name)?.last()
    }

    /// The version that shows, to change what is noted on it.
    pub(super) fn live_mut(&mut self, name: &str) -> Option<&mut Stored> {
        if self.archived.contains_key(name) {
            return None;
        }
        self.versions.get_mut(name)?.last_mut()
    }

    /// Every write so far, in order: the name and the content.
    pub(super) fn history(&self) -> &[(String, Arc<[u8]>)] {
        &self.history
    }

    /// The live version, or the one of a generation.
    pub(super) fn find(&self, name: &str, generation: Option<i64>) -> Result<&Stored, Refusal> {
        let found = match generation {
            None => self.live(name),
            Some(generation) => {
                self.versions.get(name).and_then(|all| all.iter().find(|one| one.generation == generation))
            }
        };
        found.ok_or_else(|| Refusal::no_object(name))
    }

    /// `ifGenerationMatch`: 0 is for no live version.
    pub(super) fn check(&self, name: &str, condition: Option<i64>) -> Result<(), Refusal> {
        let live = self.live(name).map_or(0, |object| object.generation);
        match condition {
            Some(wanted) if wanted != live => Err(Refusal::precondition()),
            _ => Ok(()),
        }
    }

    pub(super) fn write(
        &mut self,
        name: &str,
        bytes: Vec<u8>,
        metadata: BTreeMap<String, String>,
    ) -> &mut Stored {
        self.written += 1;
        self.archived.remove(name);
        let all = self.versions.entry(name.to_owned()).or_default();
        if !self.keeps {
            all.clear();
        }
        let crc32c = crc32c::crc32c(&bytes);
        let bytes: Arc<[u8]> = bytes.into();
        self.history.push((name.to_owned(), bytes.clone()));
        all.push(Stored {
            name: name.to_owned(),
            crc32c,
            bytes,
            generation: 1_700_000_000_000_000 + self.written,
            metadata,
        });
        all.last_mut().expect("one was just pushed")
    }

    /// Removes the live version, or makes it a former one.
    pub(super) fn remove(&mut self, name: &str) {
        if self.keeps && self.versions.contains_key(name) {
            self.archived.insert(name.to_owned(), ());
        } else {
            self.versions.remove(name);
        }
    }

    /// Removes one version for good.
    pub(super) fn erase(&mut self, name: &str, generation: i64) {
        let live = self.live(name).map(|object| object.generation);
        if let Some(all) = self.versions.get_mut(name) {
            all.retain(|one| one.generation != generation);
            if all.is_empty() {
                self.versions.remove(name);
                self.archived.remove(name);
            } else if live == Some(generation) {
                self.archived.insert(name.to_owned(), ());
            }
        }
    }

    /// What a list shows, in its order.
    pub(super) fn select(&self, prefix: &str, from: &str, to: Option<&str>, versions: bool) -> Vec<&Stored> {
        let names = self.versions.iter().filter(|(name, _)| {
            name.starts_with(prefix) && name.as_str() >= from && to.is_none_or(|to| name.as_str() < to)
        });
        let mut all: Vec<&Stored> = match versions {
            true => names.flat_map(|(_, all)| all).collect(),
            false => names.filter_map(|(name, _)| self.live(name)).collect(),
        };
        all.sort_by(|a, b| (&a.name, a.generation).cmp(&(&b.name, b.generation)));
        all
    }
}

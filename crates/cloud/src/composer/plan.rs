//! What has to change in a bucket, worked out from two lists and a manifest; nothing is sent from here.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::composer::manifest::{DIGEST, Entry, MANIFEST, Manifest, Ownership, STATE, Unfinished};
use crate::composer::sources::{Source, Sources};
use crate::remote::gcs::{Object, Over};
use crate::remote::tree::Measure;

/// What has to change.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Objects to write, in this order: data and binary, then what DAGs need, then DAGs.
    pub writes: Vec<Change>,
    /// Objects to delete, once all is written.
    pub deletes: Vec<Change>,
    /// Objects that are there, are not ours, and differ from what is to be written: nothing is done while there are any.
    pub conflicts: Vec<String>,
    /// Objects that were ours and are not wanted any more, but were written by somebody else since.
    pub left_alone: Vec<String>,
    /// Objects that are as they should be.
    pub unchanged: usize,
    /// How many of these were not uploaded by this tool, and so will never be deleted by it.
    pub not_owned: usize,
    /// Objects that are owned now.
    pub owned: usize,
    /// Whether a former upload did not come to its end.
    pub unfinished: bool,
    /// Objects that stay as they are and are, or become, ours.
    pub(crate) keep: Vec<Entry>,
    /// The manifest that was seen.
    pub(crate) manifest: Option<Object>,
    /// What is owned now, for the pending manifest.
    pub(crate) before: Vec<Entry>,
    /// What uploads before have left undone.
    pub(crate) takes_up: Option<Unfinished>,
    /// Whether the manifest is to be written, whatever else is.
    pub(crate) manifest_differs: bool,
}

/// An object that is to be written or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its name.
    pub name: String,
    /// Bytes, before the delete or after the write.
    pub bytes: u64,
    /// The generation that is there, if any is.
    #[serde(skip)]
    pub seen: Option<i64>,
    /// Whether somebody else has changed it since we wrote it.
    pub changed_by_others: bool,
    #[serde(skip)]
    pub(crate) source: Option<Source>,
}

impl Change {
    pub(crate) fn over(&self) -> Over {
        Over::seen(self.seen)
    }
}

/// Whether so many of the owned objects are deleted only when told so.
pub(crate) fn is_much(deletes: usize, owned: usize) -> bool {
    deletes * 5 > owned
}

impl Plan {
    /// Works out what has to change. `there` is all that the bucket has below `dags/` and `data/`; the manifest is not
    /// needed when [`Plan::is_settled`] said so. With `adopt`, what differs and is not ours is written over.
    #[must_use]
    pub fn new(sources: &Sources, there: &[Object], manifest: Option<&Manifest>, adopt: bool) -> Self {
        let by_name: BTreeMap<&str, &Object> =
            there.iter().map(|object| (object.name.as_str(), object)).collect();
        let owned = manifest.map(|manifest| manifest.owned(&by_name)).unwrap_or_default();
        let mut plan = Self {
            manifest: by_name.get(MANIFEST).map(|object| (*object).clone()),
            unfinished: manifest.is_some_and(|manifest| !manifest.complete),
            owned: owned.len(),
            ..Self::default()
        };
        for source in &sources.files {
            let object = by_name.get(source.name.as_str());
            let ownership = owned.get(source.name.as_str());
            match object {
                Some(object) if is_same(source, object) => {
                    plan.unchanged += 1;
                    if ownership.is_some() || adopt {
                        plan.keep.push(Entry::of(object));
                    } else {
                        plan.not_owned += 1;
                    }
                }
                Some(_) if ownership.is_none() && !adopt => plan.conflicts.push(source.name.clone()),
                _ => plan.writes.push(Change {
                    name: source.name.clone(),
                    bytes: source.size,
                    seen: object.map(|object| object.generation),
                    changed_by_others: ownership == Some(&Ownership::Replaced),
                    source: Some(source.clone()),
                }),
            }
        }
        let wanted: BTreeSet<&str> = sources.files.iter().map(|source| source.name.as_str()).collect();
        for (name, ownership) in &owned {
            let object = by_name[name];
            match ownership {
                _ if wanted.contains(name) => {}
                Ownership::Ours => plan.deletes.push(Change {
                    name: object.name.clone(),
                    bytes: object.size,
                    seen: Some(object.generation),
                    changed_by_others: false,
                    source: None,
                }),
                Ownership::Replaced => plan.left_alone.push(object.name.clone()),
            }
        }
        plan.before = manifest.map(|manifest| manifest.still_owned(&by_name)).unwrap_or_default();
        plan.takes_up = manifest.and_then(Manifest::unfinished);
        plan.manifest_differs =
            manifest.is_none_or(|manifest| !manifest.complete || manifest.objects != plan.keep);
        plan.writes.sort_by(|a, b| (turn(&a.name), &a.name).cmp(&(turn(&b.name), &b.name)));
        plan
    }

    /// Whether a list alone shows that nothing has to change: every source is there, and the manifest's note says that
    /// exactly these objects are owned.
    #[must_use]
    pub fn is_settled(sources: &Sources, there: &[Object]) -> bool {
        let by_name: BTreeMap<&str, &Object> =
            there.iter().map(|object| (object.name.as_str(), object)).collect();
        let Some(manifest) = by_name.get(MANIFEST) else { return false };
        let mut entries = Vec::with_capacity(sources.files.len());
        for source in &sources.files {
            match by_name.get(source.name.as_str()) {
                Some(object) if is_same(source, object) => entries.push(Entry::of(object)),
                _ => return false,
            }
        }
        manifest.metadata.get(STATE).is_some_and(|state| state == "complete")
            && manifest.metadata.get(DIGEST) == Some(&Manifest::digest(&entries))
    }

    /// Whether anything at all has to be sent.
    #[must_use]
    pub fn changes(&self) -> bool {
        !(self.writes.is_empty() && self.deletes.is_empty()) || self.manifest_differs
    }

    /// Bytes to send.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.writes.iter().map(|change| change.bytes).sum()
    }

    /// Whether so much would be deleted that somebody should have a look first.
    #[must_use]
    pub fn deletes_much(&self) -> bool {
        is_much(self.deletes.len(), self.owned)
    }

    /// The number of writes that can go on at the same time before the next group begins.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &[Change]> {
        self.writes.chunk_by(|a, b| turn(&a.name) == turn(&b.name))
    }
}

fn is_same(source: &Source, object: &Object) -> bool {
    Measure { size: source.size, crc32c: source.crc32c }
        == Measure { size: object.size, crc32c: object.crc32c }
}

/// Airflow reads DAGs whenever it likes: what they need has to be there before them.
fn turn(name: &str) -> u8 {
    match name {
        _ if !name.starts_with("dags/") => 0,
        _ if !name.ends_with(".py") => 1,
        _ => 2,
    }
}

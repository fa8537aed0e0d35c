//! The DAGs of the manifest before, put back from the versions that the bucket keeps.
//!
//! The binary goes with them: a DAG calls it with arguments that it has to know. Data stays as it is. Each complete
//! manifest is a version of one object, so the history is in the bucket and nowhere else.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::composer::manifest::{Entry, MANIFEST, Manifest, Ownership, RESTORES, STATE, UPLOAD, new_upload};
use crate::composer::parallel::in_parallel;
use crate::composer::sources::BINARY;
use crate::composer::upload::{RANGE, verify};
use crate::error::{Error, Result};
use crate::store::gcs::{Bucket, Object, Over};

/// What a rollback has to do.
#[derive(Debug, Clone, Serialize)]
pub struct Rollback {
    /// When the manifest that is gone back to was written.
    pub to: String,
    /// The objects that get an older content.
    pub restore: Vec<String>,
    /// The objects that did not exist then.
    pub delete: Vec<String>,
    #[serde(skip)]
    copies: Vec<(Object, Over)>,
    #[serde(skip)]
    deletes: Vec<Object>,
    #[serde(skip)]
    stay: Vec<Entry>,
    #[serde(skip)]
    before: Vec<Entry>,
    #[serde(skip)]
    manifest: Object,
    #[serde(skip)]
    restores: i64,
}

fn is_deployed_code(name: &str) -> bool {
    name.starts_with("dags/") || name == BINARY
}

impl Rollback {
    /// Looks which manifest was before the present one, and what has to change.
    pub async fn make(bucket: &Bucket) -> Result<Self> {
        let manifests = bucket.versions(MANIFEST).await?;
        let Some(latest) = manifests.last() else {
            return Err(Error::Input {
                message: format!("nothing to go back from: there is no `{}`", bucket.url(MANIFEST)),
                hint: "a rollback undoes a `pipeline upload`; there was none to this bucket".into(),
            });
        };
        let target = before(&manifests).ok_or_else(|| Error::Input {
            message: format!("there is no upload to go back to: `{}` has no complete version before this one", bucket.url(MANIFEST)),
            hint: "either this is the first upload, or the bucket keeps no versions (terraform/ turns that on): check out the \
                former state of the files and upload it"
                .into(),
        })?;
        let present = Manifest::read(bucket, latest).await?;
        let former = Manifest::read(bucket, target).await?;
        let there = bucket.list(RANGE.0, RANGE.1).await?;
        let by_name: BTreeMap<&str, &Object> =
            there.iter().map(|object| (object.name.as_str(), object)).collect();
        let owned = present.owned(&by_name);

        let mut this = Self {
            to: former.time.clone(),
            restore: Vec::new(),
            delete: Vec::new(),
            copies: Vec::new(),
            deletes: Vec::new(),
            stay: Vec::new(),
            before: Vec::new(),
            manifest: latest.clone(),
            restores: target.generation,
        };
        let then: BTreeMap<&str, &Entry> =
            former.objects.iter().map(|entry| (entry.name.as_str(), entry)).collect();
        for (name, ownership) in &owned {
            let entry = Entry::of(by_name[name]);
            if *ownership == Ownership::Ours {
                this.before.push(entry.clone());
                if is_deployed_code(name) && !then.contains_key(name) {
                    this.deletes.push(by_name[name].clone());
                } else if !is_deployed_code(name) {
                    this.stay.push(entry);
                }
            }
        }
        for entry in former.objects.iter().filter(|entry| is_deployed_code(&entry.name)) {
            let now = by_name.get(entry.name.as_str());
            match now {
                Some(now) if Entry::of(now).crc32c == entry.crc32c && now.size == entry.size => {
                    this.stay.push(Entry::of(now));
                }
                _ => {
                    let over = Over::seen(now.map(|object| object.generation));
                    this.copies.push((kept(bucket, entry).await?, over));
                }
            }
        }
        this.restore = this.copies.iter().map(|(object, _)| object.name.clone()).collect();
        this.delete = this.deletes.iter().map(|object| object.name.clone()).collect();
        Ok(this)
    }

    /// Whether anything has to change.
    #[must_use]
    pub fn changes(&self) -> bool {
        !(self.copies.is_empty() && self.deletes.is_empty())
    }

    /// Puts the objects back, and looks whether they are.
    pub async fn apply(&self, bucket: &Bucket) -> Result<()> {
        let upload = new_upload();
        let seen = Over::Generation(self.manifest.generation);
        let pending = Manifest::pending(&upload, self.before.clone(), self.restore.clone());
        let pending = pending.write(bucket, seen, None).await?;
        let restored = in_parallel(self.copies.iter().cloned(), 8, |(object, over)| {
            let (bucket, upload) = (bucket.clone(), upload.clone());
            async move { bucket.copy(&object, &object.name, over, &[(UPLOAD, &upload)]).await }
        })
        .await?;
        let mut owned = self.stay.clone();
        owned.extend(restored.iter().map(Entry::of));
        verify(bucket, &owned).await?;
        for object in &self.deletes {
            bucket.delete(&object.name, object.generation).await?;
        }
        let complete = Manifest::complete(&upload, owned);
        complete.write(bucket, Over::Generation(pending.generation), Some(self.restores)).await?;
        Ok(())
    }
}

/// The complete manifest before the last complete one. A manifest that a rollback wrote stands for the one that it
/// went back to, so that a second rollback goes further back and not forth again.
fn before(manifests: &[Object]) -> Option<&Object> {
    let complete = || {
        manifests.iter().rev().filter(|object| object.metadata.get(STATE).is_some_and(|s| s == "complete"))
    };
    let last = complete().next()?;
    let unfinished = manifests.last().is_some_and(|latest| latest.generation != last.generation);
    if unfinished {
        return Some(last);
    }
    let stands_for =
        last.metadata.get(RESTORES).and_then(|text| text.parse().ok()).unwrap_or(last.generation);
    complete().find(|object| object.generation < stands_for)
}

/// The version of an object that a manifest names, if the bucket has kept it.
async fn kept(bucket: &Bucket, entry: &Entry) -> Result<Object> {
    let versions = bucket.versions(&entry.name).await?;
    versions.into_iter().find(|object| object.generation == entry.generation()).ok_or_else(|| Error::Input {
        message: format!(
            "`{}` is not kept in the version {} any more",
            bucket.url(&entry.name),
            entry.generation
        ),
        hint: "nothing was changed; check out the former state of the files and upload it".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(generation: i64, state: &str, restores: Option<i64>) -> Object {
        let mut metadata = BTreeMap::from([(STATE.to_owned(), state.to_owned())]);
        metadata.extend(restores.map(|generation| (RESTORES.to_owned(), generation.to_string())));
        Object { name: MANIFEST.into(), size: 0, crc32c: 0, generation, metadata, updated: String::new() }
    }

    fn target(manifests: &[Object]) -> Option<i64> {
        before(manifests).map(|object| object.generation)
    }

    #[test]
    fn each_rollback_goes_one_upload_further_back() {
        let mut history = vec![
            manifest(1, "pending", None),
            manifest(2, "complete", None),
            manifest(3, "pending", None),
            manifest(4, "complete", None),
            manifest(5, "pending", None),
            manifest(6, "complete", None),
        ];
        assert_eq!(target(&history[..2]), None);
        assert_eq!(target(&history), Some(4));
        history.extend([manifest(7, "pending", None), manifest(8, "complete", Some(4))]);
        assert_eq!(target(&history), Some(2));
        history.push(manifest(9, "complete", None));
        assert_eq!(target(&history), Some(8));
    }

    #[test]
    fn what_did_not_come_to_its_end_is_undone_first() {
        let history = [manifest(2, "complete", None), manifest(3, "pending", None)];
        assert_eq!(target(&history), Some(2));
        assert_eq!(target(&history[1..]), None);
    }
}

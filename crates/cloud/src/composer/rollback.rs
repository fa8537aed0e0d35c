//! The DAGs of the manifest before, put back from the versions that the bucket keeps.
//!
//! The binary goes with them: a DAG calls it with arguments that it has to know. Data stays as it is. Each complete
//! manifest is a version of one object, so the history is in the bucket and nowhere else.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::composer::lease::{Holder, Lease};
use crate::composer::manifest::{
    Entry, MANIFEST, Manifest, Ownership, RESTORES, STATE, UPLOAD, Unfinished, new_upload,
};
use crate::composer::only::BINARY;
use crate::composer::parallel::in_parallel;
use crate::composer::plan::is_much;
use crate::composer::upload::{RANGE, verify};
use crate::error::{Action, Error, Result};
use crate::remote::gcs::{Bucket, Object, Over};

/// What a rollback has to do.
#[derive(Debug, Clone, Serialize)]
pub struct Rollback {
    /// When the manifest that is gone back to was written.
    pub to: String,
    /// The objects that get an older content.
    pub restore: Vec<String>,
    /// The objects that did not exist then.
    pub delete: Vec<String>,
    /// Objects that somebody else has written since, and that would get an older content: nothing is done while there
    /// are any.
    pub conflicts: Vec<String>,
    /// Objects that are not in that upload, but were there before it or are somebody else's: they stay.
    pub left_alone: Vec<String>,
    /// Whether the last upload did not come to its end.
    pub unfinished: bool,
    /// Who is uploading at this moment, or was until it was killed.
    pub holder: Option<Holder>,
    #[serde(skip)]
    copies: Vec<(Object, Over)>,
    #[serde(skip)]
    deletes: Vec<Object>,
    #[serde(skip)]
    stay: Vec<Entry>,
    #[serde(skip)]
    before: Vec<Entry>,
    #[serde(skip)]
    takes_up: Option<Unfinished>,
    #[serde(skip)]
    manifest: Object,
    #[serde(skip)]
    restores: i64,
}

fn is_deployed_code(name: &str) -> bool {
    name.starts_with("dags/") || name == BINARY
}

impl Rollback {
    /// Looks which upload was before the present one, and what has to change. With `adopt`, what somebody else has
    /// written since is written over.
    pub async fn make(bucket: &Bucket, adopt: bool) -> Result<Self> {
        let manifests = bucket.versions(MANIFEST).await?;
        let Some(latest) = manifests.last() else {
            return Err(Error::Input {
                message: format!("nothing to go back from: there is no `{}`", bucket.url(MANIFEST)),
                hint: format!("a rollback undoes {}; there was none to this bucket", Action::Upload),
            });
        };
        let present = Manifest::read(bucket, latest).await?;
        let there = bucket.list(RANGE.0, RANGE.1).await?;
        let by_name: BTreeMap<&str, &Object> =
            there.iter().map(|object| (object.name.as_str(), object)).collect();
        let owned = present.owned(&by_name);
        let (target, former) = Self::target(bucket, &manifests, &by_name, &owned).await?;
        let mut this = Self {
            to: former.time.clone(),
            restore: Vec::new(),
            delete: Vec::new(),
            conflicts: Vec::new(),
            left_alone: Vec::new(),
            unfinished: !present.complete,
            holder: Holder::of(latest),
            copies: Vec::new(),
            deletes: Vec::new(),
            stay: Vec::new(),
            before: present.still_owned(&by_name),
            takes_up: present.unfinished(),
            manifest: latest.clone(),
            restores: target.generation,
        };
        let then: BTreeMap<&str, &Entry> =
            former.objects.iter().map(|entry| (entry.name.as_str(), entry)).collect();
        for entry in &this.before {
            let name = entry.name.as_str();
            if !is_deployed_code(name) {
                this.stay.push(entry.clone());
            } else if !then.contains_key(name) {
                let object = by_name[name];
                match owned.get(name) {
                    Some(Ownership::Ours) if is_new_since(bucket, object, target).await? => {
                        this.deletes.push(object.clone());
                    }
                    _ => {
                        this.left_alone.push(name.to_owned());
                        this.stay.push(entry.clone());
                    }
                }
            }
        }
        let mut wanted = Vec::new();
        for entry in former.objects.iter().filter(|entry| is_deployed_code(&entry.name)) {
            match by_name.get(entry.name.as_str()) {
                Some(now) if is_same(now, entry) => match owned.contains_key(entry.name.as_str()) {
                    true => this.stay.push(Entry::of(now)),
                    false => this.left_alone.push(entry.name.clone()),
                },
                Some(now) if owned.get(entry.name.as_str()) != Some(&Ownership::Ours) && !adopt => {
                    this.conflicts.push(now.name.clone());
                }
                now => wanted.push((entry.clone(), Over::seen(now.map(|object| object.generation)))),
            }
        }
        this.copies = in_parallel(wanted, 16, |(entry, over)| {
            let bucket = bucket.clone();
            async move { Ok((kept(&bucket, &entry).await?, over)) }
        })
        .await?;
        this.restore = this.copies.iter().map(|(object, _)| object.name.clone()).collect();
        this.delete = this.deletes.iter().map(|object| object.name.clone()).collect();
        Ok(this)
    }

    /// The upload to go back to: the last one before the present whose DAGs or binary are others than those that are
    /// there. What did not come to its end goes back to the last that did.
    async fn target<'a>(
        bucket: &Bucket,
        manifests: &'a [Object],
        there: &BTreeMap<&str, &Object>,
        owned: &BTreeMap<&str, Ownership>,
    ) -> Result<(&'a Object, Manifest)> {
        let Candidates { manifests, certain } = candidates(manifests);
        for object in manifests {
            let former = Manifest::read(bucket, object).await?;
            let names = || {
                former.objects.iter().map(|entry| entry.name.as_str()).filter(|name| is_deployed_code(name))
            };
            let differs = former
                .objects
                .iter()
                .filter(|entry| is_deployed_code(&entry.name))
                .any(|entry| there.get(entry.name.as_str()).is_none_or(|now| !is_same(now, entry)))
                || owned.keys().any(|name| is_deployed_code(name) && !names().any(|other| other == *name));
            if certain || differs {
                return Ok((object, former));
            }
        }
        Err(Error::Input {
            message: format!(
                "there is no upload to go back to: `{}` has no complete version before this one with other DAGs",
                bucket.url(MANIFEST)
            ),
            hint: "either this is the first upload, or the bucket keeps no versions (terraform/ turns that on): check \
                out the former state of the files and upload it"
                .into(),
        })
    }

    /// Whether so much would be deleted that somebody should have a look first.
    #[must_use]
    pub fn deletes_much(&self) -> bool {
        is_much(self.deletes.len(), self.before.len())
    }

    /// How many objects are owned.
    #[must_use]
    pub fn owned(&self) -> usize {
        self.before.len()
    }

    /// Whether anything has to change.
    #[must_use]
    pub fn changes(&self) -> bool {
        !(self.copies.is_empty() && self.deletes.is_empty() && !self.unfinished)
    }

    /// Puts the objects back, and looks whether they are.
    ///
    /// # Errors
    ///
    /// As those of [`crate::composer::upload`].
    pub async fn apply(&self, bucket: &Bucket, lease: &Lease) -> Result<()> {
        let upload = new_upload();
        let planned = self.restore.clone();
        let pending = Manifest::pending(&upload, self.before.clone(), planned, self.takes_up.as_ref());
        // With a word on where it goes: whoever takes it up has to go to the same place.
        lease.take(bucket, &pending, Some(&self.manifest), Some(self.restores)).await?;
        lease.hold(bucket, self.carry_out(bucket, lease, &upload)).await
    }

    async fn carry_out(&self, bucket: &Bucket, lease: &Lease, upload: &str) -> Result<()> {
        let restored = in_parallel(self.copies.iter().cloned(), 8, |(object, over)| {
            let (bucket, lease, upload) = (bucket.clone(), lease.clone(), upload.to_owned());
            async move {
                lease.check(&bucket)?;
                bucket.copy(&object, &object.name, over, &[(UPLOAD, &upload)]).await
            }
        })
        .await?;
        let restored: Vec<Entry> = restored.iter().map(Entry::of).collect();
        verify(bucket, &restored).await?;
        let mut owned = self.stay.clone();
        owned.extend(restored);
        for object in &self.deletes {
            lease.check(bucket)?;
            bucket.delete(&object.name, object.generation).await?;
        }
        lease.end(bucket, &Manifest::complete(upload, owned), Some(self.restores)).await
    }
}

fn is_same(object: &Object, entry: &Entry) -> bool {
    let now = Entry::of(object);
    (now.size, &now.crc32c) == (entry.size, &entry.crc32c)
}

/// Whether an object came after a manifest and has never been anybody else's.
async fn is_new_since(bucket: &Bucket, object: &Object, manifest: &Object) -> Result<bool> {
    if object.generation < manifest.generation {
        return Ok(false); // it was there already, only not owned
    }
    let versions = bucket.versions(&object.name).await?;
    Ok(versions.iter().all(|version| version.metadata.contains_key(UPLOAD)))
}

/// The manifests that a rollback may go back to.
struct Candidates<'a> {
    /// The last one first.
    manifests: Vec<&'a Object>,
    /// Whether the first is meant, whatever is in it.
    certain: bool,
}

/// The complete manifests before the last complete one. A manifest that a rollback wrote stands for the one that it went
/// back to, so that a second rollback goes further back and not forth again; and a rollback that did not come to its
/// end goes where it was going.
fn candidates(manifests: &[Object]) -> Candidates<'_> {
    let restores = |object: &Object| object.metadata.get(RESTORES).and_then(|text| text.parse::<i64>().ok());
    let complete: Vec<&Object> = manifests
        .iter()
        .rev()
        .filter(|object| object.metadata.get(STATE).is_some_and(|state| state == "complete"))
        .collect();
    let (Some(last), Some(latest)) = (complete.first().copied(), manifests.last()) else {
        return Candidates { manifests: Vec::new(), certain: false };
    };
    if latest.generation != last.generation {
        let going = restores(latest).and_then(|to| complete.iter().find(|object| object.generation == to));
        return Candidates { manifests: vec![going.copied().unwrap_or(last)], certain: true };
    }
    let stands_for = restores(last).unwrap_or(last.generation);
    let manifests = complete.into_iter().filter(|object| object.generation < stands_for).collect();
    Candidates { manifests, certain: false }
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
        candidates(manifests).manifests.first().map(|object| object.generation)
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

    #[test]
    fn a_rollback_that_was_cut_off_goes_where_it_was_going() {
        let history = [
            manifest(2, "complete", None),
            manifest(4, "complete", None),
            manifest(6, "complete", None),
            manifest(7, "pending", Some(4)),
        ];
        assert_eq!(target(&history), Some(4));
    }
}

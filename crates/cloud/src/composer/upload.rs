//! Plan, upload, verify.
//!
//! The order is what makes a kill harmless: pending manifest, data and binary, pipeline files, DAGs, a look at what is
//! there, deletes, final manifest. Each step is bound to what the plan saw.

use std::collections::BTreeMap;

use crate::composer::manifest::{Entry, Manifest, UPLOAD, new_upload};
use crate::composer::parallel::in_parallel;
use crate::composer::plan::{Change, Plan};
use crate::composer::sources::Sources;
use crate::error::{Error, Result};
use crate::remote::gcs::{Body, Bucket, Object, OnBytes, Over};

/// Everything below `dags/` and `data/`: the names stand side by side, so that one list has both.
pub(crate) const RANGE: (&str, &str) = ("dags/", "data0");

/// Transfers at a time.
const PARALLEL: usize = 32;

/// What an upload did.
#[derive(Debug, Clone, Default)]
pub struct Uploaded {
    /// Objects written.
    pub written: usize,
    /// Bytes in them.
    pub bytes: u64,
    /// Objects deleted.
    pub deleted: usize,
}

impl Plan {
    /// Looks into the bucket and works out what has to change there.
    pub async fn make(sources: &Sources, bucket: &Bucket, adopt: bool) -> Result<Self> {
        let there = bucket.list(RANGE.0, RANGE.1).await?;
        if Self::is_settled(sources, &there) {
            let unchanged = sources.files.len();
            return Ok(Self { unchanged, owned: unchanged, ..Self::default() });
        }
        let manifest = match there.iter().find(|object| object.name == super::MANIFEST) {
            Some(object) => Some(Manifest::read(bucket, object).await?),
            None => None,
        };
        Ok(Self::new(sources, &there, manifest.as_ref(), adopt))
    }
}

/// Carries out a plan, and looks whether the bucket is then as it should be.
///
/// # Errors
///
/// [`Error::Conflict`] when somebody else changed what the plan saw. Whatever fails leaves a pending manifest behind, from
/// which the next upload goes on.
pub async fn upload(plan: &Plan, bucket: &Bucket, on_bytes: OnBytes) -> Result<Uploaded> {
    if !plan.changes() {
        return Ok(Uploaded::default());
    }
    let upload = new_upload();
    let planned = plan.writes.iter().map(|change| change.name.clone()).collect();
    let seen = Over::seen(plan.manifest.as_ref().map(|object| object.generation));
    let pending = Manifest::pending(&upload, plan.before.clone(), planned, plan.takes_up.as_ref());
    let pending = pending.write(bucket, seen, None).await?;

    let mut written: Vec<Object> = Vec::with_capacity(plan.writes.len());
    for group in plan.groups() {
        let objects = in_parallel(group.iter().cloned(), PARALLEL, |change| {
            let (bucket, upload, on_bytes) = (bucket.clone(), upload.clone(), on_bytes.clone());
            async move { write(&bucket, &change, &upload, on_bytes).await }
        });
        written.extend(objects.await?);
    }
    let mut owned: Vec<Entry> = plan.keep.clone();
    owned.extend(written.iter().map(Entry::of));
    verify(bucket, &owned).await?;

    in_parallel(plan.deletes.iter().cloned(), PARALLEL, |change| {
        let bucket = bucket.clone();
        async move { bucket.delete(&change.name, change.seen.unwrap_or_default()).await }
    })
    .await?;
    Manifest::complete(&upload, owned).write(bucket, Over::Generation(pending.generation), None).await?;
    Ok(Uploaded { written: written.len(), bytes: plan.bytes(), deleted: plan.deletes.len() })
}

async fn write(bucket: &Bucket, change: &Change, upload: &str, on_bytes: OnBytes) -> Result<Object> {
    let Some(source) = &change.source else {
        return Err(Error::Input {
            message: format!("there is no source for `{}`", change.name),
            hint: "this is a bug: please report it".into(),
        });
    };
    let body = Body::File { path: source.path.clone(), size: source.size, crc32c: source.crc32c };
    bucket.put(&change.name, &body, change.over(), &[(UPLOAD, upload)], on_bytes).await
}

/// Lists the bucket again: every object has to be there as it was written.
pub(crate) async fn verify(bucket: &Bucket, expected: &[Entry]) -> Result<()> {
    let there = bucket.list(RANGE.0, RANGE.1).await?;
    let by_name: BTreeMap<&str, &Object> =
        there.iter().map(|object| (object.name.as_str(), object)).collect();
    let wrong: Vec<&str> = expected
        .iter()
        .filter(|entry| by_name.get(entry.name.as_str()).is_none_or(|object| Entry::of(object) != **entry))
        .map(|entry| entry.name.as_str())
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let some = wrong.iter().take(5).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Err(Error::Remote {
        message: format!(
            "after the upload {} of {} objects are not as they were written: {some}",
            wrong.len(),
            expected.len()
        ),
        hint: "somebody else writes to the bucket at the same time: see who, then run the upload again"
            .into(),
        source: None,
    })
}

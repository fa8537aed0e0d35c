//! Plan, upload, verify.
//!
//! The order is what makes a kill harmless: pending manifest, data and binary, a look at what is there, pipeline files,
//! another look, DAGs, a last look, deletes, final manifest. Each step is bound to what the plan saw, and the pending
//! manifest keeps others from beginning meanwhile ([`crate::composer::lease`]).

use std::collections::BTreeMap;

use crate::composer::lease::Lease;
use crate::composer::manifest::{Entry, MANIFEST, Manifest, UPLOAD, new_upload};
use crate::composer::parallel::in_parallel;
use crate::composer::plan::{Change, Plan};
use crate::composer::sources::Sources;
use crate::error::{Error, Result};
use crate::remote::gcs::{Body, Bucket, Object, OnBytes};

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
        let manifest = match there.iter().find(|object| object.name == MANIFEST) {
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
/// [`Error::Conflict`] when somebody else changed what the plan saw; [`Error::Remote`] when somebody else is uploading,
/// and nothing was changed. Whatever else fails leaves a pending manifest behind, from which the next upload goes on.
pub async fn upload(plan: &Plan, bucket: &Bucket, lease: &Lease, on_bytes: OnBytes) -> Result<Uploaded> {
    if !plan.changes() {
        return Ok(Uploaded::default());
    }
    let upload = new_upload();
    let planned = plan.writes.iter().map(|change| change.name.clone()).collect();
    let pending = Manifest::pending(&upload, plan.before.clone(), planned, plan.takes_up.as_ref());
    lease.take(bucket, &pending, plan.manifest.as_ref(), None).await?;
    lease.hold(bucket, carry_out(plan, bucket, lease, &upload, on_bytes)).await
}

async fn carry_out(
    plan: &Plan,
    bucket: &Bucket,
    lease: &Lease,
    upload: &str,
    on_bytes: OnBytes,
) -> Result<Uploaded> {
    let mut written: Vec<Object> = Vec::with_capacity(plan.writes.len());
    for group in plan.groups() {
        if !written.is_empty() || is_read_by_airflow(group) {
            look_again(bucket, lease, plan, &written).await?;
        }
        let objects = in_parallel(group.iter().cloned(), PARALLEL, |change| {
            let (bucket, lease) = (bucket.clone(), lease.clone());
            let (upload, on_bytes) = (upload.to_owned(), on_bytes.clone());
            async move {
                lease.check(&bucket)?;
                write(&bucket, &change, &upload, on_bytes).await
            }
        });
        written.extend(objects.await?);
    }
    let mut owned: Vec<Entry> = plan.keep.clone();
    owned.extend(written.iter().map(Entry::of));
    let ours: Vec<Entry> = owned.iter().filter(|entry| plan.only.covers(&entry.name)).cloned().collect();
    verify(bucket, &ours).await?;

    in_parallel(plan.deletes.iter().cloned(), PARALLEL, |change| {
        let (bucket, lease) = (bucket.clone(), lease.clone());
        async move {
            lease.check(&bucket)?;
            bucket.delete(&change.name, change.seen.unwrap_or_default()).await
        }
    })
    .await?;
    lease.end(bucket, &Manifest::complete(upload, owned), None).await?;
    Ok(Uploaded { written: written.len(), bytes: plan.bytes(), deleted: plan.deletes.len() })
}

fn is_read_by_airflow(group: &[Change]) -> bool {
    group.first().is_some_and(|change| change.name.starts_with("dags/"))
}

/// Airflow reads what comes next at any moment: all that it needs has to be there, and the upload still ours.
async fn look_again(bucket: &Bucket, lease: &Lease, plan: &Plan, written: &[Object]) -> Result<()> {
    let there = bucket.list(RANGE.0, RANGE.1).await?;
    let manifest = there.iter().find(|object| object.name == MANIFEST);
    if manifest.map(|object| object.generation) != lease.generation() {
        return Err(Error::Conflict { url: bucket.url(MANIFEST) });
    }
    let expected: Vec<Entry> = plan.same.iter().cloned().chain(written.iter().map(Entry::of)).collect();
    compare(bucket, &there, &expected)
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
    compare(bucket, &bucket.list(RANGE.0, RANGE.1).await?, expected)
}

fn compare(bucket: &Bucket, there: &[Object], expected: &[Entry]) -> Result<()> {
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
            "{} of {} objects in gs://{} are not as this upload wrote or saw them: {some}",
            wrong.len(),
            expected.len(),
            bucket.name()
        ),
        hint: "somebody else writes to the bucket at the same time: see who, then run the upload again"
            .into(),
        source: None,
    })
}

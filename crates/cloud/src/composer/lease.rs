//! One upload at a time: who writes to a bucket holds its pending manifest, and says again and again that it is alive.
//!
//! The pending manifest is the lease. It is written over the generation that the plan saw, so that of two uploads that
//! saw the same one gets it. A sign of life changes only the metadata of that generation; it fails once somebody else has
//! taken over, and the work ends. No clock is compared with another machine's: whoever wants to take over watches the
//! signs for as long as the holder may go without one. A lease that was given back, by an upload that failed and could
//! still say so, is free.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;

use crate::composer::manifest::{BEAT, MANIFEST, Manifest, OWNER, SINCE, STATE};
use crate::error::{Error, Result, Setting};
use crate::remote::gcs::{Bucket, Object, Over};

/// Who is writing to a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// Who it is, as it called itself.
    pub owner: String,
    /// Since when, as RFC 3339, by its own clock.
    pub since: String,
}

impl Holder {
    /// Who holds the lease, as the metadata of the manifest tell.
    pub(crate) fn of(manifest: &Object) -> Option<Self> {
        // An emulator keeps a note that was removed, without a text.
        let note = |key: &str| manifest.metadata.get(key).filter(|text| !text.is_empty()).cloned();
        (note(STATE)? == "pending").then_some(())?;
        Some(Self { owner: note(OWNER)?, since: note(SINCE).unwrap_or_default() })
    }

    fn refused(&self, bucket: &Bucket, alive: bool) -> Error {
        let hint = match alive {
            true => "it is alive: wait until it has ended".into(),
            false => format!(
                "wait until it has ended; if it was killed, {} goes on from where it was",
                Setting::TakeOver
            ),
        };
        Error::Remote {
            message: format!(
                "`{}` is uploading to gs://{} since {}; nothing was changed",
                self.owner,
                bucket.name(),
                self.since
            ),
            hint,
            source: None,
        }
    }
}

/// The right to write to a bucket: taken by [`crate::composer::upload`] and [`crate::composer::Rollback::apply`].
#[derive(Debug, Clone)]
pub struct Lease {
    owner: String,
    beat: Duration,
    dead: Option<Sign>,
    held: Arc<Mutex<Option<Held>>>,
}

/// A sign of life: while it is the same, there was no other.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sign {
    generation: i64,
    beat: Option<String>,
}

impl Sign {
    fn of(manifest: &Object) -> Self {
        Self { generation: manifest.generation, beat: manifest.metadata.get(BEAT).cloned() }
    }
}

#[derive(Debug, Clone)]
struct Held {
    manifest: Object,
    /// When the last sign of life that arrived was begun: by a clock that never goes back, and by one that goes on while
    /// the machine sleeps.
    last: (Instant, SystemTime),
}

impl Held {
    fn new(manifest: Object) -> Self {
        Self { manifest, last: (Instant::now(), SystemTime::now()) }
    }

    fn silence(&self) -> Duration {
        self.last.0.elapsed().max(self.last.1.elapsed().unwrap_or_default())
    }
}

/// After so many pauses without a sign of life that arrived, a holder stops by itself; after one more it counts as dead.
const PATIENCE: u32 = 4;

impl Lease {
    /// A lease that is still to be taken. `owner` is how others see who holds it, `beat` the pause between two signs of
    /// life.
    #[must_use]
    pub fn new(owner: &str, beat: Duration) -> Self {
        Self { owner: owner.to_owned(), beat, dead: None, held: Arc::default() }
    }

    /// Watches a holder until it is certain that it is dead, so that this lease may be taken over from it.
    ///
    /// # Errors
    /// The holder is alive.
    pub async fn watch_the_holder(&mut self, bucket: &Bucket) -> Result<()> {
        let Some(first) = bucket.stat(MANIFEST).await? else { return Ok(()) };
        let Some(holder) = Holder::of(&first) else { return Ok(()) };
        tracing::warn!(
            "`{}` has the right to write to gs://{} since {}: watching it for {:?}",
            holder.owner,
            bucket.name(),
            holder.since,
            self.beat * (PATIENCE + 1)
        );
        for _ in 0..=PATIENCE {
            tokio::time::sleep(self.beat).await;
            let Some(now) = bucket.stat(MANIFEST).await? else { return Ok(()) };
            match Holder::of(&now) {
                Some(holder) if Sign::of(&now) != Sign::of(&first) => {
                    return Err(holder.refused(bucket, true));
                }
                Some(_) => {}
                None => return Ok(()),
            }
        }
        self.dead = Some(Sign::of(&first));
        Ok(())
    }

    /// Takes the lease by writing a pending manifest over the one that was seen.
    pub(crate) async fn take(
        &self,
        bucket: &Bucket,
        pending: &Manifest,
        seen: Option<&Object>,
        restores: Option<i64>,
    ) -> Result<()> {
        if let Some(manifest) = seen
            && let Some(holder) = Holder::of(manifest)
            && self.dead.as_ref() != Some(&Sign::of(manifest))
        {
            return Err(holder.refused(bucket, false));
        }
        let over = Over::seen(seen.map(|object| object.generation));
        let since = jiff::Timestamp::now().to_string();
        let notes = [(OWNER, self.owner.as_str()), (SINCE, since.as_str()), (BEAT, since.as_str())];
        let before = Held::new(Object::default());
        match pending.write(bucket, over, restores, &notes).await {
            Ok(manifest) => {
                *self.held() = Some(Held { manifest, ..before });
                Ok(())
            }
            // Whoever was faster may be at work.
            Err(conflict @ Error::Conflict { .. }) => {
                let now = bucket.stat(MANIFEST).await?;
                Err(now
                    .as_ref()
                    .and_then(Holder::of)
                    .map_or(conflict, |holder| holder.refused(bucket, false)))
            }
            Err(other) => Err(other),
        }
    }

    /// The generation of the pending manifest.
    pub(crate) fn generation(&self) -> Option<i64> {
        self.held().as_ref().map(|held| held.manifest.generation)
    }

    /// Whether another write may be begun: not when nobody has heard of us for so long that somebody may have taken over.
    pub(crate) fn check(&self, bucket: &Bucket) -> Result<()> {
        match &*self.held() {
            Some(held) if held.silence() < self.beat * PATIENCE => Ok(()),
            _ => Err(silent(bucket)),
        }
    }

    /// Does the work while it gives signs of life; ends it when the lease is lost. If the work fails, gives it back.
    pub(crate) async fn hold<T>(&self, bucket: &Bucket, work: impl Future<Output = Result<T>>) -> Result<T> {
        let done = tokio::select! {
            done = work => done,
            lost = self.signs_of_life(bucket) => Err(lost),
        };
        if done.is_err() {
            self.give_back(bucket).await;
        }
        done
    }

    /// Writes the final manifest over the pending one, which ends the lease.
    pub(crate) async fn end(&self, bucket: &Bucket, done: &Manifest, restores: Option<i64>) -> Result<()> {
        let generation = self.generation().ok_or_else(|| silent(bucket))?;
        done.write(bucket, Over::Generation(generation), restores, &[]).await?;
        *self.held() = None;
        Ok(())
    }

    /// Gives the lease back, if it is held: the next upload goes on without waiting. That it fails harms nobody.
    pub async fn give_back(&self, bucket: &Bucket) {
        let Some(held) = self.held().take() else { return };
        let notes = [(OWNER, None), (BEAT, None)];
        let given = tokio::time::timeout(self.beat, bucket.note(&held.manifest, &notes)).await;
        if !matches!(given, Ok(Ok(_))) {
            tracing::debug!("the right to write could not be given back");
        }
    }

    async fn signs_of_life(&self, bucket: &Bucket) -> Error {
        loop {
            tokio::time::sleep(self.beat).await;
            let Some(mut held) = self.held().clone() else { return silent(bucket) };
            let begun = (Instant::now(), SystemTime::now());
            let sign = jiff::Timestamp::now().to_string();
            let notes = [(BEAT, Some(sign.as_str()))];
            match tokio::time::timeout(self.beat, bucket.note(&held.manifest, &notes)).await {
                Ok(Ok(_)) => {
                    held.last = begun;
                    *self.held() = Some(held);
                }
                Ok(Err(Error::Conflict { .. })) => {
                    *self.held() = None;
                    return taken_over(bucket);
                }
                Ok(Err(error)) => tracing::debug!("a sign of life did not arrive: {error}"),
                Err(_) => tracing::debug!("a sign of life takes too long"),
            }
            if let Err(silent) = self.check(bucket) {
                return silent;
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        // Nothing in here is ever left half done.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn taken_over(bucket: &Bucket) -> Error {
    Error::Remote {
        message: format!("somebody else has taken over the upload to gs://{}", bucket.name()),
        hint: format!("nothing more was sent; see who it was with {}", Setting::DryRun),
        source: None,
    }
}

fn silent(bucket: &Bucket) -> Error {
    Error::Remote {
        message: format!(
            "gs://{} has not heard of this upload for too long: somebody may have taken over",
            bucket.name()
        ),
        hint: "check the network, then run again".into(),
        source: None,
    }
}

//! What this tool owns in a bucket, written down in the bucket itself.
//!
//! A pending manifest, written before the first object, names the upload; each object that the upload writes carries
//! that name as a note. So an upload that was killed can be told from somebody else's objects: what carries the name
//! is ours, whatever else is there is not. The final manifest, written last, names every object with its generation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::remote::gcs::{Body, Bucket, Object, Over};

/// The manifest's object.
pub const MANIFEST: &str = "data/.pipeline/manifest.json";
/// The note on each object that says which upload wrote it.
pub(crate) const UPLOAD: &str = "pipeline-upload";
/// Notes on the manifest itself, so that a list tells what is in it.
pub(crate) const STATE: &str = "pipeline-state";
pub(crate) const DIGEST: &str = "pipeline-digest";
pub(crate) const RESTORES: &str = "pipeline-restores";

/// What this tool owns in a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format; 1.
    pub version: u32,
    /// The version of the tool that wrote it.
    pub tool: String,
    /// When it was written, as RFC 3339.
    pub time: String,
    /// Which upload wrote it.
    pub upload: String,
    /// Whether that upload came to its end.
    pub complete: bool,
    /// The objects that are owned, sorted by name; while pending, those from before.
    pub objects: Vec<Entry>,
    /// While pending: the names that the upload is going to write, and those of the uploads that it takes up.
    pub planned: Vec<String>,
    /// While pending: the uploads before it that did not come to their end.
    #[serde(default)]
    pub taken_up: Vec<String>,
}

/// An object that is owned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// CRC32C, eight hexadecimal digits.
    pub crc32c: String,
    /// The generation that was written; as text, since it does not fit a JSON number everywhere.
    pub generation: String,
}

impl Entry {
    pub(crate) fn of(object: &Object) -> Self {
        Self {
            name: object.name.clone(),
            size: object.size,
            crc32c: format!("{:08x}", object.crc32c),
            generation: object.generation.to_string(),
        }
    }

    pub(crate) fn generation(&self) -> i64 {
        self.generation.parse().unwrap_or_default()
    }
}

impl Manifest {
    /// The manifest of an upload that begins, over the manifest that is there.
    pub(crate) fn pending(
        upload: &str,
        objects: Vec<Entry>,
        mut planned: Vec<String>,
        over: Option<&Unfinished>,
    ) -> Self {
        let mut taken_up = Vec::new();
        if let Some(Unfinished { uploads, planned: theirs }) = over {
            taken_up.clone_from(uploads);
            planned.extend(theirs.iter().cloned());
            planned.sort();
            planned.dedup();
        }
        Self { complete: false, objects, planned, taken_up, ..Self::complete(upload, Vec::new()) }
    }

    /// What an upload that did not come to its end leaves to the next one.
    pub(crate) fn unfinished(&self) -> Option<Unfinished> {
        let uploads = || std::iter::once(&self.upload).chain(&self.taken_up).cloned().collect();
        (!self.complete).then(|| Unfinished { uploads: uploads(), planned: self.planned.clone() })
    }

    /// The manifest of an upload that is done.
    pub(crate) fn complete(upload: &str, mut objects: Vec<Entry>) -> Self {
        objects.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            version: 1,
            tool: env!("CARGO_PKG_VERSION").into(),
            time: jiff::Timestamp::now().to_string(),
            upload: upload.into(),
            complete: true,
            objects,
            planned: Vec::new(),
            taken_up: Vec::new(),
        }
    }

    /// A short text that differs when anything owned differs.
    pub(crate) fn digest(objects: &[Entry]) -> String {
        let mut hash = xxhash_rust::xxh3::Xxh3Default::new();
        for Entry { name, size, crc32c, generation } in objects {
            hash.update(format!("{name}\0{size}\0{crc32c}\0{generation}\n").as_bytes());
        }
        format!("{:016x}", hash.digest())
    }

    /// Reads the manifest of this generation.
    pub(crate) async fn read(bucket: &Bucket, object: &Object) -> Result<Self> {
        let wrong = |what: String| {
            Error::Input {
            message: format!("cannot use `{}`: {what}", bucket.url(MANIFEST)),
            hint: "a manifest that is damaged or from a newer version of this tool is left alone; restore an older version of it, \
                or remove it: then nothing in the bucket is owned any more"
                .into(),
        }
        };
        let bytes = bucket.get(object).await?;
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        match manifest.version {
            1 => Ok(manifest),
            other => Err(wrong(format!("its format has the version {other}, this tool knows 1"))),
        }
    }

    /// Writes it over what was seen.
    pub(crate) async fn write(&self, bucket: &Bucket, over: Over, restores: Option<i64>) -> Result<Object> {
        let text = serde_json::to_vec_pretty(self).map_err(|error| Error::Input {
            message: format!("cannot write the manifest: {error}"),
            hint: "this is a bug: please report it".into(),
        })?;
        let digest = Self::digest(&self.objects);
        let restores = restores.map(|generation| generation.to_string());
        let mut notes = vec![
            (UPLOAD, self.upload.as_str()),
            (STATE, if self.complete { "complete" } else { "pending" }),
            (DIGEST, digest.as_str()),
        ];
        notes.extend(restores.as_deref().map(|generation| (RESTORES, generation)));
        bucket.put(MANIFEST, &Body::Bytes(text.into()), over, &notes, std::sync::Arc::new(|_| ())).await
    }

    /// What is owned, for the next pending manifest: what somebody else has replaced keeps the generation that was ours,
    /// so that it stays known as replaced.
    pub(crate) fn still_owned(&self, there: &BTreeMap<&str, &Object>) -> Vec<Entry> {
        let owned = self.owned(there);
        let replaced =
            self.objects.iter().filter(|e| owned.get(e.name.as_str()) == Some(&Ownership::Replaced));
        let ours = owned.iter().filter(|(_, ownership)| **ownership == Ownership::Ours);
        let mut entries: Vec<Entry> = ours.map(|(name, _)| Entry::of(there[name])).collect();
        entries.extend(replaced.cloned());
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    }

    /// What is owned of what is there, with the generations that are there: what the manifest names, and what its
    /// upload wrote before it was killed.
    pub(crate) fn owned<'a>(&self, there: &'a BTreeMap<&str, &'a Object>) -> BTreeMap<&'a str, Ownership> {
        let mut owned = BTreeMap::new();
        for entry in &self.objects {
            if let Some(object) = there.get(entry.name.as_str()) {
                let same = object.generation == entry.generation();
                owned.insert(object.name.as_str(), if same { Ownership::Ours } else { Ownership::Replaced });
            }
        }
        for name in &self.planned {
            if let Some(object) = there.get(name.as_str())
                && let Some(upload) = object.metadata.get(UPLOAD)
                && (*upload == self.upload || self.taken_up.contains(upload))
            {
                owned.insert(object.name.as_str(), Ownership::Ours);
            }
        }
        owned
    }
}

/// Uploads that did not come to their end, and the names that they were going to write.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unfinished {
    pub(crate) uploads: Vec<String>,
    pub(crate) planned: Vec<String>,
}

/// Whose an object is that the manifest names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// It is as we wrote it.
    Ours,
    /// Somebody else has written it since.
    Replaced,
}

/// A name for an upload that no other has: the time, and a number that differs between processes.
pub(crate) fn new_upload() -> String {
    let now = jiff::Timestamp::now();
    format!(
        "{}-{:08x}",
        now.strftime("%Y%m%dT%H%M%SZ"),
        xxhash_rust::xxh3::xxh3_64(format!("{now}{}", std::process::id()).as_bytes()) as u32
    )
}

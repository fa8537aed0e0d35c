//! Writes a table into its folder.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::SchemaRef;
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::sink::files::encode::encode;
use crate::sink::files::merge::{Body, Merged, OldFile, merge, touched};
use crate::sink::files::partition::{Splitter, arrow, day_column, missing, parse_folders};
use crate::sink::files::plan::TableWrite;
use crate::spec::tables::WriteMode;
use crate::store::{Draft, Folder};

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Rows that went in: all of them, but for those that `insert` found there already.
    pub rows: u64,
    /// Files that were written.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that are gone, because their partitions have no rows any more.
    pub removed: u64,
}

/// Writes a table: each partition is as it was or as it should be at any moment, also if this is killed.
///
/// # Errors
///
/// What the rows bring, what cannot be written, [`Error::Conflict`] where somebody else wrote into a bucket meanwhile.
/// A key that two new rows have is an [`Error::Input`]. What was written by then stays: the same call again finishes it.
pub fn write_table(
    plan: &TableWrite,
    schema: &SchemaRef,
    batches: impl IntoIterator<Item = Result<RecordBatch>>,
    folder: &Folder,
) -> Result<Written> {
    let splitter = Splitter::new(schema, &plan.partition_by)?;
    if plan.file.is_some() && !plan.partition_by.is_empty() {
        return Err(Error::Output {
            message: "one file cannot have partitions".into(),
            hint: "write to a folder, or leave `partition_by` out".into(),
        });
    }
    if let Some(name) = plan.key.iter().find(|name| schema.index_of(name).is_err()) {
        return Err(missing(name, "key"));
    }
    let place = Place { plan, folder, schema: &splitter.schema };
    // Looked at before anything is written: a bucket holds us to what was seen here.
    let there = place.there()?;
    let mut batches = batches.into_iter();
    match plan.mode {
        WriteMode::Upsert | WriteMode::Insert => {
            let rows = batches.collect::<Result<Vec<_>>>()?;
            let new = concat_batches(schema, &rows).map_err(|error| arrow(&error))?;
            place.merge(&splitter, &new, &there)
        }
        WriteMode::Replace | WriteMode::ReplacePartitions if plan.partition_by.is_empty() => {
            let mut written = place.write("", &mut batches)?;
            written.removed = place.remove(there.iter().filter(|name| **name != place.name("")))?;
            Ok(written)
        }
        WriteMode::Replace | WriteMode::ReplacePartitions => {
            let mut parts = BTreeMap::new();
            for batch in batches {
                splitter.add(&batch?, &mut parts)?;
            }
            let names: BTreeSet<String> = parts.keys().map(|folder| place.name(folder)).collect();
            let write = |(folder, rows): (String, Vec<RecordBatch>)| {
                place.write(&folder, &mut rows.into_iter().map(Ok))
            };
            let written = parts.into_par_iter().map(write).collect::<Result<Vec<_>>>()?;
            let mut written = written.into_iter().fold(Written::default(), sum);
            let day = day_column(schema, &plan.partition_by).zip(plan.date.map(|date| date.to_string()));
            let stale = |name: &&String| match (&day, plan.mode) {
                (_, WriteMode::Replace) => true,
                (Some((column, day)), _) => {
                    parse_folders(name).contains(&((*column).clone(), Some(day.clone())))
                }
                (None, _) => false,
            };
            let stale = there.iter().filter(|name| !names.contains(*name)).filter(stale);
            written.removed = place.remove(stale)?;
            Ok(written)
        }
    }
}

fn sum(one: Written, other: Written) -> Written {
    Written {
        rows: one.rows + other.rows,
        files: one.files + other.files,
        bytes: one.bytes + other.bytes,
        removed: one.removed + other.removed,
    }
}

/// The table's place, and what is written there.
struct Place<'a> {
    plan: &'a TableWrite,
    folder: &'a Folder,
    /// The columns of the files.
    schema: &'a SchemaRef,
}

impl Place<'_> {
    /// The name of a partition's file.
    fn name(&self, partition: &str) -> String {
        match &self.plan.file {
            Some(file) => file.clone(),
            None => format!("{partition}part-0.{}", self.plan.format.name()),
        }
    }

    /// The table's files that are there.
    fn there(&self) -> Result<Vec<String>> {
        if self.plan.file.is_some() {
            return Ok(Vec::new());
        }
        let own = self.name("");
        let is_ours = |name: &String| {
            let mut parts = name.rsplit('/');
            parts.next() == Some(&own) && parts.all(|part| part.contains('='))
        };
        Ok(self.folder.list("")?.into_iter().map(|entry| entry.name).filter(is_ours).collect())
    }

    fn write(
        &self,
        partition: &str,
        batches: &mut dyn Iterator<Item = Result<RecordBatch>>,
    ) -> Result<Written> {
        let mut draft = Draft::create(self.folder, &self.name(partition))?;
        let rows = encode(self.plan.format, self.schema, batches, &mut draft)?;
        Ok(Written { rows, files: 1, bytes: draft.publish()?, removed: 0 })
    }

    fn write_text(&self, partition: &str, text: &[u8]) -> Result<Written> {
        let mut draft = Draft::create(self.folder, &self.name(partition))?;
        draft.write_all(text).map_err(|error| draft.failed(error))?;
        Ok(Written { rows: 0, files: 1, bytes: draft.publish()?, removed: 0 })
    }

    fn remove<'n>(&self, names: impl Iterator<Item = &'n String>) -> Result<u64> {
        let mut removed = 0;
        for name in names {
            self.folder.remove(name)?;
            removed += 1;
        }
        Ok(removed)
    }

    fn merge(&self, splitter: &Splitter, new: &RecordBatch, there: &[String]) -> Result<Written> {
        let mut old = Vec::new();
        // Where the key tells the partition, other partitions have nothing to do with the new rows.
        let only = self.plan.partition_by.iter().all(|column| self.plan.key.contains(column));
        let only = only.then(|| touched(splitter, new));
        let names = if self.plan.file.is_some() { vec![self.name("")] } else { there.to_vec() };
        for name in names {
            let folder = name.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
            if only.as_ref().is_some_and(|only| !only.contains(&folder)) {
                continue;
            }
            if let Some(bytes) = self.folder.read(&name)? {
                old.push(OldFile { folder, name, bytes });
            }
        }
        let Merged { files, rows } = merge(self.plan, splitter, new, &old)?;
        let mut gone = Vec::new();
        let mut written = Written::default();
        for (folder, body) in files {
            written = sum(
                written,
                match body {
                    Body::Rows(rows) => self.write(&folder, &mut rows.into_iter().map(Ok))?,
                    Body::Text(text) => self.write_text(&folder, &text)?,
                    Body::Gone => {
                        gone.push(self.name(&folder));
                        Written::default()
                    }
                },
            );
        }
        // A table without rows is a file without rows.
        if old.is_empty() && written.files == 0 && self.plan.partition_by.is_empty() {
            written = self.write("", &mut std::iter::empty())?;
        }
        Ok(Written { rows, removed: self.remove(gone.iter())?, ..written })
    }
}

//! The output folder of a pipeline: its run records, rejects, repairs and corrections, and who may write there.
//!
//! A whole run holds the folder's lock alone, a task that runs alone shares it and holds its own. In a bucket there is
//! no lock: there the version of the record is one, as for every output of this program. A run looks at the record
//! before it begins and again before each table that it writes, and its own record replaces only the one that it saw.

use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, Result, Setting};
use crate::export::{TableRunRecord, read_table_record, write_table_record};
use crate::run::options::TableRunOptions;
use crate::spec::LogicalDate;
use crate::store::{Connect, Folder, FolderLock, Hold};

const RECORD: &str = "run.json";
pub(super) const REPAIRS: &str = "repairs.jsonl";
pub(super) const CORRECTIONS: &str = "corrections.jsonl";
/// The record of a run that goes on: what is left of it tells of a run that was killed.
const GOING_ON: &str = ".running.json";

/// How often a record is merged anew because somebody else wrote one meanwhile.
const MERGES: u32 = 20;

/// An output folder, and the right to write there.
pub(super) struct Home {
    url: String,
    folder: Folder,
    connect: Arc<dyn Connect>,
    /// Dropped in this order: the task's own lock before the folder's.
    locks: Vec<FolderLock>,
    /// The record in a bucket when the run began, if it is the lock.
    seen: Option<Option<Vec<u8>>>,
    /// Whether the course of the run is noted: nobody else writes here.
    noting: bool,
}

impl Home {
    /// Opens the folder to read in it.
    pub(super) fn look(options: &TableRunOptions) -> Result<Self> {
        let folder = options.connect.folder(&options.out)?;
        let (url, connect) = (options.out.clone(), options.connect.clone());
        let home = Self { url, folder, connect, locks: Vec::new(), seen: None, noting: false };
        match home.path() {
            Some(path) if path.exists() && !path.is_dir() => Err(Error::Output {
                message: format!("cannot use `{}`: it is no folder", path.display()),
                hint: format!("name a folder with {}", Setting::Out),
            }),
            _ => Ok(home),
        }
    }

    /// Opens the folder to write in it: all of it, or what a task writes.
    pub(super) fn open(options: &TableRunOptions, task: Option<&str>) -> Result<Self> {
        let mut home = Self::look(options)?;
        let Some(path) = home.path() else {
            if task.is_none() {
                home.seen = Some(home.folder.read(RECORD)?);
            }
            return Ok(home);
        };
        home.locks = match task {
            None => {
                home.noting = true;
                vec![FolderLock::take(&path, ".run.lock", Hold::Alone)?]
            }
            Some(task) => {
                let shared = FolderLock::take(&path, ".run.lock", Hold::Shared)?;
                vec![FolderLock::take(&path, &format!(".{task}.lock"), Hold::Alone)?, shared]
            }
        };
        Ok(home)
    }

    /// The folder on this machine, if it is on this machine.
    fn path(&self) -> Option<PathBuf> {
        // Without the slash at its end, with which a file would seem not to be there.
        self.folder.local_path("").map(|path| path.components().collect())
    }

    /// What messages call a file of it.
    pub(super) fn url(&self, name: &str) -> String {
        self.folder.url(name)
    }

    /// Its own folder of rejects.
    pub(super) fn rejects(&self) -> Result<Folder> {
        self.connect.folder(&format!("{}/rejects", self.url.trim_end_matches('/')))
    }

    /// Keeps other tasks away for the moment that files take that all of them write.
    pub(super) fn moment(&self) -> Result<Option<FolderLock>> {
        self.path().map(|path| FolderLock::take(&path, ".files.lock", Hold::Wait)).transpose()
    }

    /// Fails if another run has written its record since this one began. On this machine the lock sees to that.
    pub(super) fn check_ours(&self) -> Result<()> {
        let Some(seen) = &self.seen else { return Ok(()) };
        // Not `folder`: what it saw first is what its last write is bound to.
        if self.connect.folder(&self.url)?.read(RECORD)? == *seen {
            return Ok(());
        }
        Err(Error::Conflict { url: self.url(RECORD) })
    }

    /// The record of the last run, or of a day's last run.
    pub(super) fn record(&self, date: Option<LogicalDate>) -> Result<Option<TableRunRecord>> {
        self.read_record(&self.folder, &name_of(date))
    }

    fn read_record(&self, folder: &Folder, name: &str) -> Result<Option<TableRunRecord>> {
        let Some(bytes) = folder.read(name)? else { return Ok(None) };
        read_table_record(&String::from_utf8_lossy(&bytes), &folder.url(name)).map(Some)
    }

    /// The records of days, in their order.
    pub(super) fn days(&self) -> Result<Vec<TableRunRecord>> {
        let mut records = Vec::new();
        for entry in self.folder.list("runs")? {
            if entry.name.ends_with(".json") {
                records.extend(self.read_record(&self.folder, &entry.name)?);
            }
        }
        Ok(records)
    }

    /// The record that a killed run has left.
    pub(super) fn unfinished(&self) -> Result<Option<TableRunRecord>> {
        // One that cannot be read was cut off; it tells no more than that.
        Ok(self.read_record(&self.folder, GOING_ON).unwrap_or_default())
    }

    /// Notes on this machine how far the run has come.
    pub(super) fn note(&self, record: &TableRunRecord) {
        if self.noting
            && let Err(error) = self.folder.write(GOING_ON, &write_table_record(record))
        {
            tracing::debug!(%error, "the course of the run is not noted");
        }
    }

    /// Writes the record of a run: that of its day, then the one of the last run.
    pub(super) fn write(&self, record: &TableRunRecord, date: Option<LogicalDate>) -> Result<()> {
        let bytes = write_table_record(record);
        if date.is_some() {
            self.folder.write(&name_of(date), &bytes)?;
        }
        self.folder.write(RECORD, &bytes)?;
        self.forget()
    }

    /// Removes the note: the run has its record.
    fn forget(&self) -> Result<()> {
        if self.noting { self.folder.remove(GOING_ON) } else { Ok(()) }
    }

    /// Enters what a part of a run did into the record that is there.
    pub(super) fn merge(
        &self,
        part: &TableRunRecord,
        date: Option<LogicalDate>,
        order: &[String],
    ) -> Result<TableRunRecord> {
        let _moment = self.moment()?;
        let mut tries = 0;
        loop {
            tries += 1;
            // Another one each time: it is bound to what it reads now.
            let folder = self.connect.folder(&self.url)?;
            let last = self.read_record(&folder, RECORD)?;
            let own = match date {
                Some(_) => self.read_record(&folder, &name_of(date))?,
                None => None,
            };
            let same = |record: &TableRunRecord| {
                record.pipeline == part.pipeline && record.date == part.date && !record.tasks.is_empty()
            };
            let merged = match own.filter(same).or(last.filter(same)) {
                Some(record) => record.merge(part.clone(), order),
                None => part.clone(),
            };
            let bytes = write_table_record(&merged);
            let mut written = Ok(());
            if date.is_some() {
                written = folder.write(&name_of(date), &bytes);
            }
            match written.and_then(|()| folder.write(RECORD, &bytes)) {
                Err(Error::Conflict { .. }) if tries < MERGES => {}
                other => {
                    other?;
                    self.forget()?;
                    return Ok(merged);
                }
            }
        }
    }

    /// The lines of a file of JSON lines; none where there is no file.
    pub(super) fn lines(&self, name: &str) -> Result<Vec<String>> {
        let bytes = self.folder.read(name)?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&bytes)
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(str::to_owned)
            .collect())
    }

    /// Writes a file of JSON lines.
    pub(super) fn write_lines(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.connect.folder(&self.url)?.write(name, bytes)
    }

    /// Writes the repairs: of all files, or of these files beside those of others that are there.
    pub(super) fn write_repairs(&self, bytes: &[u8], files: Option<&[String]>) -> Result<()> {
        let Some(files) = files else { return self.write_lines(REPAIRS, bytes) };
        let _moment = self.moment()?;
        let of_others = |line: &String| {
            let file = serde_json::from_str::<serde_json::Value>(line).ok();
            let file = file.as_ref().and_then(|line| line["source"].as_str());
            file.is_some_and(|file| !files.iter().any(|own| own == file))
        };
        let mut all = Vec::new();
        for line in self.lines(REPAIRS)?.iter().filter(|line| of_others(line)) {
            all.extend_from_slice(line.as_bytes());
            all.push(b'\n');
        }
        all.extend_from_slice(bytes);
        self.write_lines(REPAIRS, &all)
    }
}

fn name_of(date: Option<LogicalDate>) -> String {
    date.map_or_else(|| RECORD.to_owned(), |date| format!("runs/{date}.json"))
}

//! A result that waits, put in its place.
//!
//! The run record that waits with it says whether it passed, and the hash of what it was made of. So nothing is read
//! again and nothing is trusted: the waiting bytes are compared with the record before they become the output. They
//! are copied, and removed only when all are in place, so that a publication that was killed is finished by the next.

use std::path::Path;

use crate::error::{Error, Result, Setting};
use crate::export::{RunRecord, State, read_record};
use crate::record::Warnings;
use crate::run::drugs::inputs::inputs;
use crate::run::drugs::run::skipped;
use crate::run::{Companions, RunOptions};
use crate::spec::DrugsSpec;
use crate::store::{ObjectPlace, OutputLock, RemoteSite, Site, Staged, Version, check_output, clear, digest};

/// What came of publishing, with the record of the run that is spoken of.
#[derive(Debug, Clone, PartialEq)]
pub enum Published {
    /// The result is in its place now.
    Now(RunRecord),
    /// It was there already, and nothing waits.
    Before(RunRecord),
    /// The result that waits did not pass: what was published before stays.
    NotPassed(RunRecord),
    /// There is no data for the day, so that nothing can wait.
    Skipped(RunRecord),
}

/// Puts the result that [`stage`] wrote in its place, if it passed.
///
/// Fails where nothing waits and nothing is published, where what waits is of another pipeline or another day than
/// `options` name, and where it is not what its record says.
///
/// [`stage`]: crate::run::stage
pub fn publish(spec: &DrugsSpec, options: &RunOptions) -> Result<Published> {
    let (out, staged) = (&options.out, &options.out.staged());
    let _lock = match out {
        // The lock of the output: whoever stages a result holds it, too. Without a folder there is nothing to lock.
        Site::Local(path) if folder(path).is_dir() => Some(OutputLock::take(&check_output(path)?)?),
        _ => None,
    };
    let (bytes, record) = match read(staged)? {
        Some((bytes, record)) if is_of(&record, spec, options) => (bytes, record),
        waits => return nothing_waits(spec, options, waits.map(|(_, record)| record)),
    };
    if record.state != State::Succeeded {
        return Ok(Published::NotPassed(record));
    }
    match (out, staged) {
        (Site::Local(out), Site::Local(staged)) => local(&record, staged, out, spec)?,
        (Site::Remote(out), Site::Remote(staged)) => remote(&record, &bytes, staged, out, spec)?,
        _ => {}
    }
    Ok(Published::Now(record))
}

/// The folder of a local file.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The run record beside an output.
fn read(output: &Site) -> Result<Option<(String, RunRecord)>> {
    let site = Companions::beside(output).record;
    let Some(text) = site.read_text()? else { return Ok(None) };
    let record = read_record(&text, &site.to_string())?;
    Ok(Some((text, record)))
}

/// Tells whether a record is of this pipeline, and of the day if one is named.
fn is_of(record: &RunRecord, spec: &DrugsSpec, options: &RunOptions) -> bool {
    let date = options.date.map(|date| date.to_string());
    record.pipeline == spec.name && (date.is_none() || record.date == date)
}

/// Finds out why nothing waits: there was nothing to run on, it is published already, or the task was not run.
fn nothing_waits(spec: &DrugsSpec, options: &RunOptions, other: Option<RunRecord>) -> Result<Published> {
    let day = spec.on(options.date)?;
    if spec.sources().any(|(_, source)| source.is_dated()) {
        let mut warnings = Warnings::default();
        if inputs(spec, &day, &options.data, &mut warnings)?.is_none() {
            return Ok(Published::Skipped(skipped(&day, options, jiff::Timestamp::now(), warnings)));
        }
    }
    if let Some((_, record)) = read(&options.out)?.filter(|(_, record)| is_of(record, spec, options))
        && record.state == State::Succeeded
        && is_what_it_says(options.out.digest()?, &record)
    {
        if other.is_none() {
            tidy(&options.out.staged())?;
        }
        return Ok(Published::Before(record));
    }
    let (staged, wanted) = (options.out.staged(), of(&spec.name, options.date.map(|date| date.to_string())));
    Err(Error::Input {
        message: match other {
            Some(RunRecord { pipeline, date, .. }) => {
                format!("`{staged}` is of {}, not of {wanted}: it is not published", of(&pipeline, date))
            }
            None => {
                format!("nothing waits to be published as `{staged}`, and no result of {wanted} is published")
            }
        },
        hint: run_first(spec),
    })
}

/// A pipeline and its day.
fn of(pipeline: &str, date: Option<String>) -> String {
    let day = date.map(|date| format!(" for {date}")).unwrap_or_default();
    format!("`{pipeline}`{day}")
}

fn run_first(spec: &DrugsSpec) -> String {
    let task = spec.task_that(crate::spec::Builtin::Mentions).map_or("graph", |task| &task.name);
    format!(
        "run the task that makes it first: {}, with the same {} and {}",
        Setting::Task(task),
        Setting::Out,
        Setting::Date
    )
}

fn is_what_it_says(digest: Option<(String, u64)>, record: &RunRecord) -> bool {
    match (digest, &record.output) {
        (Some((hash, bytes)), Some(output)) => {
            (format!("xxh3:{hash}"), bytes) == (output.hash.clone(), output.bytes)
        }
        _ => false,
    }
}

/// What waits is no whole result: one that was cut off, or changed behind our back.
fn broken(site: impl std::fmt::Display, spec: &DrugsSpec) -> Error {
    Error::Input {
        message: format!("`{site}` is not what the run record beside it says: it is not published"),
        hint: run_first(spec),
    }
}

fn local(record: &RunRecord, staged: &Path, out: &Path, spec: &DrugsSpec) -> Result<()> {
    let target = check_output(out)?;
    let (from, to) = (Companions::of(staged), Companions::of(out));
    let mut files = Vec::new();
    for (from, to) in from.all().into_iter().zip(to.all()) {
        if !from.is_file() {
            return Err(broken(from.display(), spec));
        }
        check_output(to)?;
        files.push(Staged::copy_of(from, to)?);
    }
    if !staged.is_file() {
        return Err(broken(staged.display(), spec));
    }
    let graph = Staged::copy_of(staged, &target)?;
    if !is_what_it_says(Some(graph.digest()), record) {
        return Err(broken(staged.display(), spec));
    }
    for file in files {
        file.publish()?;
    }
    graph.publish()?;
    tidy(&Site::Local(staged.to_owned()))
}

fn remote(
    record: &RunRecord,
    record_text: &str,
    staged: &RemoteSite,
    out: &RemoteSite,
    spec: &DrugsSpec,
) -> Result<()> {
    let place = &*out.place;
    let keys = |site: &RemoteSite| {
        let site = Site::Remote(site.clone());
        let Companions { record, rejects, repairs } = Companions::beside(&site);
        [record, rejects, repairs, site].map(|site| match site {
            Site::Remote(site) => site.key,
            Site::Local(_) => String::new(),
        })
    };
    let (from, to) = (keys(staged), keys(out));
    let mut seen = Vec::new();
    for key in &to {
        seen.push(place.stat(key)?);
    }
    // What is copied is what was looked at: each by its version.
    let mut versions: Vec<Version> = Vec::new();
    for key in &from {
        versions.push(place.stat(key)?.ok_or_else(|| broken(place.url(key), spec))?);
    }
    let whole = |key: &str, version: &Version| match place.read(key)? {
        Some(object) if object.version == *version => Ok(object.bytes),
        _ => Err(Error::Conflict { url: place.url(key) }),
    };
    if whole(&from[0], &versions[0])? != record_text.as_bytes() {
        return Err(Error::Conflict { url: place.url(&from[0]) });
    }
    if !is_what_it_says(Some(digest(&whole(&from[3], &versions[3])?)), record) {
        return Err(broken(place.url(&from[3]), spec));
    }
    for (i, key) in to.iter().enumerate() {
        place.copy((&from[i], &versions[i]), key, seen[i].as_ref())?;
    }
    for (key, version) in from.iter().zip(&versions) {
        remove(place, key, version)?;
    }
    Ok(())
}

/// Removes what waited; the record first, because it is what tells that something waits.
fn tidy(staged: &Site) -> Result<()> {
    let companions = Companions::beside(staged);
    let mut local = Vec::new();
    for site in companions.all().into_iter().chain([staged]) {
        match site {
            Site::Local(path) => local.push(path.as_path()),
            Site::Remote(site) => {
                if let Some(version) = site.place.stat(&site.key)? {
                    remove(&*site.place, &site.key, &version)?;
                }
            }
        }
    }
    clear(&local)
}

/// Removes an object, unless somebody has written a new one there: that one waits for the next publication.
fn remove(place: &dyn ObjectPlace, key: &str, version: &Version) -> Result<()> {
    match place.remove(key, version) {
        Err(Error::Conflict { url }) => {
            tracing::debug!(url, "written anew meanwhile, and left");
            Ok(())
        }
        other => other,
    }
}

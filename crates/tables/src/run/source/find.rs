//! Where the files of a source are: in the data folder, or wherever its path resolves to.
//!
//! A path that begins with a parameter is a whole one, a path or a URL: a file, a folder, or a pattern. Any other is a
//! pattern within the data folder, which may be a URL itself. What is not on this machine is fetched into a private
//! folder.

use std::path::Path;

use crate::error::{Error, Result, Setting};
use crate::source::FileFormat;
use crate::spec::tables::{Resolved, TableSource, TablesSpec, Template};
use crate::store::{Connect, FileEntry, Folder, InputFile, Pattern};

/// The files of a source.
pub(in crate::run) struct Found {
    /// They, in the order of their names.
    pub(in crate::run) files: Vec<InputFile>,
    /// Where they were looked for.
    pub(in crate::run) places: Vec<String>,
}

/// A place in which files are looked for.
struct Place {
    /// The folder from which their names count.
    folder: String,
    /// What is looked for in it: a name, a pattern, or, if it is empty, everything that has a known format.
    wanted: String,
}

/// Whether a source has a file a day: `{date}` stands in a path, or in a parameter that stands there.
pub(in crate::run) fn is_dated(spec: &TablesSpec, source: &TableSource) -> bool {
    source.path.iter().any(|path| needs_date(spec, path, 0))
}

fn needs_date(spec: &TablesSpec, template: &Template, depth: usize) -> bool {
    let inner = |param: &&crate::spec::tables::Param| template.uses(&param.name);
    template.uses("date")
        || (depth <= spec.params.len()
            && spec.params.iter().filter(inner).any(|param| needs_date(spec, &param.value, depth + 1)))
}

/// Finds the files of a source; those of a bucket are fetched into `scratch`.
pub(in crate::run) fn find(
    source: &TableSource,
    params: &Resolved,
    connect: &dyn Connect,
    scratch: &Path,
) -> Result<Found> {
    let mut found = Found { files: Vec::new(), places: Vec::new() };
    let data = params.get("data").unwrap_or(".");
    for template in &source.path {
        let text = params.text(template)?;
        let whole = template.text.starts_with('{') && !template.text.starts_with("{date}");
        let place = if whole { split(&text, connect)? } else { within(data, &text, connect)? };
        found.places.push(match place.wanted.as_str() {
            "" => place.folder.clone(),
            wanted => format!("{}/{wanted}", place.folder.trim_end_matches('/')),
        });
        found.files.extend(list(&place, connect, &scratch.join(&source.name))?);
    }
    found.files.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    found.files.dedup(); // two patterns may match one file
    Ok(found)
}

/// A pattern within the data folder.
fn within(data: &str, pattern: &str, connect: &dyn Connect) -> Result<Place> {
    if let Some(folder) = connect.folder(data)?.local_path("")
        && !folder.is_dir()
    {
        let what = if folder.exists() { "is no folder" } else { "does not exist" };
        return Err(Error::Input {
            message: format!("the data folder `{data}` {what}"),
            hint: format!("name the folder of your files with {}", Setting::Data),
        });
    }
    Ok(Place { folder: data.to_owned(), wanted: pattern.to_owned() })
}

/// Takes a whole path apart: the folder up to the first part with a pattern in it, or up to the file.
fn split(text: &str, connect: &dyn Connect) -> Result<Place> {
    let is_pattern = |part: &str| part.contains(['*', '?', '[', '{']);
    let trimmed = text.trim_end_matches('/');
    if !trimmed.split('/').any(is_pattern) && (trimmed.len() < text.len() || is_folder(trimmed, connect)?) {
        return Ok(Place { folder: trimmed.to_owned(), wanted: String::new() });
    }
    let mut at = 0;
    let mut folder = None;
    for part in trimmed.split('/') {
        let end = at + part.len();
        if is_pattern(part) || end == trimmed.len() {
            folder = Some(at);
            break;
        }
        at = end + 1;
    }
    let at = folder.unwrap_or(0);
    let folder = match at {
        0 => ".",
        1 => "/",
        _ => &trimmed[..at - 1],
    };
    Ok(Place { folder: folder.to_owned(), wanted: trimmed[at..].to_owned() })
}

/// Whether a place is a folder: one of this machine, or one in a bucket that has anything in it.
fn is_folder(place: &str, connect: &dyn Connect) -> Result<bool> {
    let Ok(folder) = connect.folder(place) else { return Ok(false) };
    match folder.local_path("") {
        Some(path) => Ok(path.is_dir()),
        None => Ok(!folder.list("")?.is_empty()),
    }
}

fn list(place: &Place, connect: &dyn Connect, scratch: &Path) -> Result<Vec<InputFile>> {
    let folder = connect.folder(&place.folder)?;
    let is_known = |name: &str| {
        !name.contains('/') && FileFormat::of(name).is_some_and(|format| FileFormat::TABLES.contains(&format))
    };
    if place.wanted.is_empty() {
        let entries = folder.list("")?.into_iter().filter(|entry| is_known(&entry.name));
        return entries.map(|entry| fetch(&folder, entry, scratch)).collect();
    }
    let pattern = Pattern::new(&place.wanted).map_err(|message| Error::Input {
        message,
        hint: "check `path` of the source, and the parameters in it".into(),
    })?;
    if let Some(path) = folder.local_path("") {
        return pattern.list(&path);
    }
    let under = place.wanted.rsplit_once('/').map_or("", |(under, _)| under);
    let entries = folder.list(under)?.into_iter().filter(|entry| pattern.matches(&entry.name));
    entries.map(|entry| fetch(&folder, entry, scratch)).collect()
}

fn fetch(folder: &Folder, entry: FileEntry, scratch: &Path) -> Result<InputFile> {
    let path = folder.fetch(&entry.name, scratch)?;
    Ok(InputFile { path, name: entry.name, size: entry.size })
}

/// Says that a source has no file.
pub(in crate::run) fn none(source: &TableSource, found: &Found) -> Error {
    let places: Vec<String> =
        found.places.iter().map(|place| format!("`{}`", super::super::redact::url(place))).collect();
    Error::Input {
        message: format!(
            "the source `{}` has no file: there is none at {}",
            source.name,
            places.join(" or ")
        ),
        hint: format!("check {}, and `path` of the source in the pipeline file", Setting::Data),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::spec::tables::ParamType;
    use crate::store::{InMemory, LocalOnly, MemoryPlace};

    fn source(paths: &[&str]) -> TableSource {
        TableSource {
            name: "s".into(),
            path: paths.iter().map(|text| Template { text: text.to_string(), at: 0 }).collect(),
            format: None,
            encoding: None,
            columns: Vec::new(),
            key: Vec::new(),
            reject: BTreeMap::new(),
            date_order: crate::clean::DateOrder::default(),
            max_rejects: crate::spec::MaxRejects::default(),
            at: 0,
        }
    }

    fn params(data: &str, input: &str) -> Resolved {
        let text = |value: &str| (ParamType::String, value.to_owned());
        let values = [("data", data), ("input", input), ("date", "2026-01-02")];
        Resolved {
            values: values.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            date: "2026-01-02".parse().ok(),
            ..Resolved::default()
        }
    }

    fn names(found: &Found) -> Vec<&str> {
        found.files.iter().map(|file| file.name.as_str()).collect()
    }

    #[test]
    fn files_are_found_within_the_data_folder_or_where_a_parameter_says() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("more")).unwrap();
        for name in ["a.csv", "b.csv", "c.txt", "2026-01-02.csv", "more/d.csv"] {
            std::fs::write(dir.path().join(name), "x\n").unwrap();
        }
        let data = dir.path().to_str().unwrap();
        let at = |path: &str, input: &str| {
            let found = find(&source(&[path]), &params(data, input), &LocalOnly, dir.path()).unwrap();
            names(&found).join(" ")
        };
        assert_eq!(at("*.csv", ""), "2026-01-02.csv a.csv b.csv");
        assert_eq!(at("{date}.csv", ""), "2026-01-02.csv");
        assert_eq!(at("more/*.csv", ""), "more/d.csv");
        assert_eq!(at("{data}/[ab].csv", ""), "a.csv b.csv");
        assert_eq!(at("{input}", &format!("{data}/more")), "d.csv");
        assert_eq!(at("{input}", &format!("{data}/b.csv")), "b.csv");
        assert_eq!(at("{input}/a.csv", data), "a.csv");
        assert_eq!(at("gone/*.csv", ""), "");
        let error = find(&source(&["*.csv"]), &params("/gone", ""), &LocalOnly, dir.path()).map(|_| ());
        assert!(error.unwrap_err().to_string().contains("does not exist"));
    }

    #[test]
    fn files_of_a_bucket_are_fetched() {
        let dir = tempfile::tempdir().unwrap();
        let bucket = Arc::new(MemoryPlace::default());
        for key in ["in/a.csv", "in/b.csv", "in/deep/c.csv", "in/readme.txt"] {
            bucket.put(key, key.as_bytes());
        }
        let connect = InMemory { place: bucket, scratch: dir.path().to_owned() };
        let at = |path: &str, data: &str, input: &str| {
            let found = find(&source(&[path]), &params(data, input), &connect, dir.path()).unwrap();
            for file in &found.files {
                let text = std::fs::read_to_string(&file.path).unwrap();
                assert!(text.ends_with(&file.name) && file.path.starts_with(dir.path()), "{file:?}");
            }
            names(&found).join(" ")
        };
        let bucket_url = "memory://bucket/in";
        assert_eq!(at("*.csv", bucket_url, ""), "a.csv b.csv");
        assert_eq!(at("deep/*.csv", bucket_url, ""), "deep/c.csv");
        assert_eq!(at("{input}", "", bucket_url), "a.csv b.csv");
        assert_eq!(at("{input}", "", "memory://bucket/in/b.csv"), "b.csv");
        assert_eq!(at("{input}", "", "memory://bucket/in/b*.csv"), "b.csv");
        assert_eq!(at("{input}", "", "memory://bucket/gone"), "");
    }
}

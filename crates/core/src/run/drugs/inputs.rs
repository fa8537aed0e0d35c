//! The files that a run reads, and those that it must not write for that reason.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Result, Setting};
use crate::record::{WarningCode, Warnings};
use crate::run::drugs::scan::Task;
use crate::spec::{DrugsSpec, SourceSpec};
use crate::store::InputFile;

/// The files of every source.
pub(super) struct Inputs<'a> {
    pub(super) drugs: Vec<InputFile>,
    pub(super) tasks: Vec<Task<'a>>,
}

/// Finds the files of `day`, which is `spec` on a day. Gives none, and a warning that tells why, where a source that
/// has a file a day has none on this one.
pub(super) fn inputs<'a>(
    spec: &DrugsSpec,
    day: &'a DrugsSpec,
    data: &Path,
    warnings: &mut Warnings,
) -> Result<Option<Inputs<'a>>> {
    let mut missing = false;
    let mut list = |name: &str, source: &SourceSpec| -> Result<_> {
        let spec = spec.sources().find(|(other, _)| *other == name);
        let dated = spec.is_some_and(|(_, spec)| spec.is_dated());
        let files = files(data, name, source, dated)?;
        if files.is_empty() && dated && !source.optional {
            missing = true;
            warnings.add(WarningCode::MissingDay, "sources without a file for the day", || name.to_owned());
        }
        Ok(files)
    };
    let drugs = list("drugs", &day.drugs)?;
    let mut tasks = Vec::new();
    for (kind, source) in &day.publications {
        let files = list(kind.name(), source)?;
        let siblings: Arc<[InputFile]> = files.clone().into();
        let task = |file| Task { kind: *kind, spec: source, file, siblings: Arc::clone(&siblings) };
        tasks.extend(files.into_iter().map(task));
    }
    Ok(if missing { None } else { Some(Inputs { drugs, tasks }) })
}

impl Inputs<'_> {
    /// Refuses to write over an input, of this run or of the next.
    pub(super) fn refuse(&self, targets: &[&Path], spec: &DrugsSpec, data: &Path) -> Result<()> {
        refuse_inputs(targets, self.drugs.iter().chain(self.tasks.iter().map(|task| &task.file)))?;
        refuse_data(targets, spec, data)
    }
}

/// The files of a source; none at all is an error unless the source is optional, or has a file a day.
fn files(data: &Path, name: &str, source: &SourceSpec, dated: bool) -> Result<Vec<InputFile>> {
    if !data.is_dir() {
        return Err(Error::Input {
            message: format!(
                "the data folder `{}` {}",
                data.display(),
                if data.exists() { "is no folder" } else { "does not exist" }
            ),
            hint: format!("name the folder of your files with {}", Setting::Data),
        });
    }
    let mut files: Vec<InputFile> = Vec::new();
    for pattern in &source.path {
        files.extend(pattern.list(data)?);
    }
    files.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    files.dedup(); // two patterns may match one file
    if files.is_empty() && !source.optional && !dated {
        let patterns: Vec<String> = source.path.iter().map(|p| format!("`{}`", p.as_str())).collect();
        return Err(Error::Input {
            message: format!(
                "the source `{name}` has no file: nothing in `{}` matches {}",
                data.display(),
                patterns.join(" or ")
            ),
            hint: format!(
                "check {}, or set `optional = true` for the source in the pipeline file",
                Setting::Data
            ),
        });
    }
    Ok(files)
}

/// Refuses to write what the next run would read as an input.
fn refuse_data(targets: &[&Path], spec: &DrugsSpec, data: &Path) -> Result<()> {
    let patterns: Vec<_> = spec.sources().flat_map(|(_, source)| &source.path).collect();
    let Ok(data) = data.canonicalize() else { return Ok(()) };
    for target in targets {
        let folder =
            target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let (Ok(folder), Some(name)) = (folder.canonicalize(), target.file_name()) else { continue };
        let path = folder.join(name);
        let Ok(name) = path.strip_prefix(&data).map(Path::to_string_lossy) else { continue };
        if let Some(pattern) = patterns.iter().find(|pattern| pattern.matches(&name)) {
            return Err(Error::Output {
                message: format!(
                    "`{}` would be an input of the next run: it matches `{}` in the data folder",
                    target.display(),
                    pattern.as_str()
                ),
                hint: format!("write elsewhere with {}", Setting::Out),
            });
        }
    }
    Ok(())
}

/// Refuses to write over an input.
fn refuse_inputs<'a>(targets: &[&Path], inputs: impl Iterator<Item = &'a InputFile>) -> Result<()> {
    // What does not exist is no input.
    let real: Vec<(PathBuf, &Path)> =
        targets.iter().filter_map(|target| Some((target.canonicalize().ok()?, *target))).collect();
    if real.is_empty() {
        return Ok(());
    }
    for input in inputs {
        let Ok(path) = input.path.canonicalize() else { continue };
        if let Some((_, target)) = real.iter().find(|(target, _)| *target == path) {
            return Err(Error::Output {
                message: format!("`{}` is an input of this run", target.display()),
                hint: format!("write elsewhere with {}", Setting::Out),
            });
        }
    }
    Ok(())
}

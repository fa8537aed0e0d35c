//! The drugs pipeline from files to files.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::error::{Error, Result};
use crate::export::{
    OutputFile, RunRecord, Warnings, write_graph, write_record, write_rejects, write_repairs,
};
use crate::record::Field;
use crate::run::assemble::assemble;
use crate::run::report::{Sheet, record};
use crate::run::scan::{Task, scan};
use crate::run::vocabulary;
use crate::spec::{DrugsSpec, MaxRejects, SourceSpec};
use crate::store::{InputFile, OutputLock, Staged, check_output};

/// How this run behaves; what defines the data is in the specification.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The folder of the inputs.
    pub data: PathBuf,
    /// The file of the graph; the other outputs go beside it.
    pub out: PathBuf,
    /// Number of threads; 0 for one a core.
    pub threads: usize,
    /// A limit on rejects for all sources, in place of their own.
    pub max_rejects: Option<MaxRejects>,
}

/// What is told while a run goes on.
pub trait Progress: Sync {
    /// So many bytes will be read.
    fn start(&self, bytes: u64);
    /// So many bytes were read since the last call.
    fn read(&self, bytes: u64);
    /// Reading is over.
    fn finish(&self);
}

/// Tells nobody.
impl Progress for () {
    fn start(&self, _: u64) {}
    fn read(&self, _: u64) {}
    fn finish(&self) {}
}

/// The files beside an output: `run.json` beside `output.json`, `STEM.run.json` beside any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Companions {
    /// The run record.
    pub record: PathBuf,
    /// The rejects.
    pub rejects: PathBuf,
    /// The repairs.
    pub repairs: PathBuf,
}

impl Companions {
    /// The companions of an output.
    ///
    /// ```
    /// use std::path::Path;
    /// use pipeline::run::Companions;
    /// assert_eq!(Companions::of(Path::new("x/output.json")).record, Path::new("x/run.json"));
    /// assert_eq!(Companions::of(Path::new("x/a.json")).rejects, Path::new("x/a.rejects.jsonl"));
    /// ```
    #[must_use]
    pub fn of(output: &Path) -> Self {
        let stem = output.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
        let named = |name: &str| match output.file_name() {
            Some(file) if file == "output.json" => output.with_file_name(name),
            _ => output.with_file_name(format!("{stem}.{name}")),
        };
        Self { record: named("run.json"), rejects: named("rejects.jsonl"), repairs: named("repairs.jsonl") }
    }
}

/// Runs the drugs pipeline.
///
/// All outputs are staged first; then the record, the rejects and the repairs are renamed into place, the graph
/// last: a run that is killed leaves the former graph whole.
pub fn run(spec: &DrugsSpec, options: &RunOptions, progress: &dyn Progress) -> Result<RunRecord> {
    let started = jiff::Timestamp::now();
    let clock = Instant::now();
    let drug_files = inputs(&options.data, "drugs", &spec.drugs)?;
    let mut tasks = Vec::new();
    for (kind, source) in &spec.publications {
        let files = inputs(&options.data, kind.name(), source)?;
        tasks.extend(files.into_iter().map(|file| Task { kind: *kind, spec: source, file }));
    }
    let out = check_output(&options.out)?;
    // Beside the name that was given, where `out` is what a link of that name points to.
    let companions = Companions::of(&options.out);
    for companion in [&companions.record, &companions.rejects, &companions.repairs] {
        check_output(companion)?;
    }
    refuse_inputs(&out, &companions, drug_files.iter().chain(tasks.iter().map(|task| &task.file)))?;
    refuse_data(&out, &companions, spec, &options.data)?;
    let lock = OutputLock::take(&out)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .build()
        .map_err(|e| Error::io("start the threads for", &out)(std::io::Error::other(e)))?;

    let mut warnings = Warnings::default();
    let (vocabulary, drug_reports) = vocabulary::read(&drug_files, &spec.drugs, &mut warnings)?;
    let matcher = vocabulary.matcher(spec.overlap);
    progress.start(tasks.iter().map(|task| task.file.size).sum());
    let scanned = scan(&tasks, &matcher, &pool, &|bytes| progress.read(bytes))?;
    progress.finish();
    let read_ms = clock.elapsed().as_millis() as u64;
    tracing::debug!(read_ms, "read");

    let (graph, reports) = pool.install(|| assemble(scanned, &tasks, &vocabulary, &mut warnings))?;
    let graph_ms = clock.elapsed().as_millis() as u64 - read_ms;
    tracing::debug!(graph_ms, "graph built");

    let mut sheet = Sheet::default();
    for (file, report) in drug_files.iter().zip(drug_reports) {
        sheet.add("drugs", file, &spec.drugs, report, &mut warnings)?;
    }
    for (task, report) in tasks.iter().zip(reports) {
        sheet.add(task.kind.name(), &task.file, task.spec, report, &mut warnings)?;
    }

    let mut output = Staged::create(&out)?;
    pool.install(|| write_graph(&graph, |bytes| output.write(bytes)))?;
    let (hash, bytes) = output.digest();
    let write_ms = clock.elapsed().as_millis() as u64 - read_ms - graph_ms;

    let mut limits: Vec<(&str, MaxRejects)> = vec![("drugs", spec.drugs.max_rejects)];
    limits.extend(spec.publications.iter().map(|(kind, source)| (kind.name(), source.max_rejects)));
    let mut record = record(spec, &graph, &sheet, &limits, options, warnings);
    record.started = started.to_string();
    record.threads = pool.current_num_threads();
    record.durations = crate::export::Durations { read_ms, graph_ms, write_ms };
    record.output =
        OutputFile { file: options.out.display().to_string(), bytes, hash: format!("xxh3:{hash}") };

    let (mut rejects, mut repairs) = (Vec::new(), Vec::new());
    for (file, source, report) in &sheet.files {
        let column = |field: Field| source.column(field);
        write_rejects(&mut rejects, &file.name, &report.rejects, column);
        write_repairs(&mut repairs, &file.name, &report.repairs, column);
    }
    let staged = [
        stage(&companions.record, &write_record(&record))?,
        stage(&companions.rejects, &rejects)?,
        stage(&companions.repairs, &repairs)?,
    ];
    for companion in staged {
        companion.publish()?;
    }
    output.publish()?;
    drop(lock);
    Ok(record)
}

fn stage(path: &Path, bytes: &[u8]) -> Result<Staged> {
    let mut staged = Staged::create(path)?;
    staged.write(bytes)?;
    Ok(staged)
}

/// The files of a source; none at all is an error unless the source is optional.
fn inputs(data: &Path, name: &str, source: &SourceSpec) -> Result<Vec<InputFile>> {
    if !data.is_dir() {
        return Err(Error::Input {
            message: format!(
                "the data folder `{}` {}",
                data.display(),
                if data.exists() { "is no folder" } else { "does not exist" }
            ),
            hint: "name the folder of your files with --data".into(),
        });
    }
    let mut files: Vec<InputFile> = Vec::new();
    for pattern in &source.path {
        files.extend(pattern.list(data)?);
    }
    files.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    files.dedup(); // two patterns may match one file
    if files.is_empty() && !source.optional {
        let patterns: Vec<String> = source.path.iter().map(|p| format!("`{}`", p.as_str())).collect();
        return Err(Error::Input {
            message: format!(
                "the source `{name}` has no file: nothing in `{}` matches {}",
                data.display(),
                patterns.join(" or ")
            ),
            hint: "check --data, or set `optional = true` for the source in the pipeline file".into(),
        });
    }
    Ok(files)
}

/// Refuses to write what the next run would read as an input.
fn refuse_data(out: &Path, companions: &Companions, spec: &DrugsSpec, data: &Path) -> Result<()> {
    let sources = std::iter::once(&spec.drugs).chain(spec.publications.iter().map(|(_, source)| source));
    let patterns: Vec<_> = sources.flat_map(|source| &source.path).collect();
    let Ok(data) = data.canonicalize() else { return Ok(()) };
    for target in [out, &companions.record, &companions.rejects, &companions.repairs] {
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
                hint: "write elsewhere with --out".into(),
            });
        }
    }
    Ok(())
}

/// Refuses to write over an input.
fn refuse_inputs<'a>(
    out: &Path,
    companions: &Companions,
    inputs: impl Iterator<Item = &'a InputFile>,
) -> Result<()> {
    let targets = [out, &companions.record, &companions.rejects, &companions.repairs];
    // What does not exist is no input.
    let real: Vec<(PathBuf, &Path)> =
        targets.into_iter().filter_map(|target| Some((target.canonicalize().ok()?, target))).collect();
    if real.is_empty() {
        return Ok(());
    }
    for input in inputs {
        let Ok(path) = input.path.canonicalize() else { continue };
        if let Some((_, target)) = real.iter().find(|(target, _)| *target == path) {
            return Err(Error::Output {
                message: format!("`{}` is an input of this run", target.display()),
                hint: "write elsewhere with --out".into(),
            });
        }
    }
    Ok(())
}

//! `pipeline run`

use std::path::{Path, PathBuf};

use pipeline::export::{Counts, RunRecord, SourceRecord, State, Warning};
use pipeline::record::Ledger;
use pipeline::run::{Companions, RunOptions};
use pipeline::spec::MaxRejects;

use crate::args::{Common, Format, LogFormat};
use crate::exit::Outcome;
use crate::logging;
use crate::progress::Bar;
use crate::render::{self, counted, thousands};
use crate::spec_args::SpecArgs;

/// Where the graph goes unless told otherwise.
pub(crate) const DEFAULT_OUT: &str = "result/output.json";

/// Run a pipeline: read, clean, match, and write the graph
///
/// Writes the graph to --out, and beside it what was read (run.json), what was not used (rejects.jsonl) and what
/// was mended (repairs.jsonl). An output appears whole or not at all.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    /// The folder of the inputs
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The file to write
    #[arg(long, value_name = "PATH", default_value = DEFAULT_OUT)]
    out: PathBuf,
    /// Number of threads [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Rejects that each source may have: rows, or a share of its rows [default: the pipeline file's]
    #[arg(long, value_name = "N|N%")]
    max_rejects: Option<MaxRejects>,
}

pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let spec = args.spec.load()?;
    logging::label(&spec.name, "graph");
    refuse_url(&args.data)?;
    refuse_url(&args.out)?;
    let options = RunOptions {
        data: args.data.clone(),
        out: args.out.clone(),
        threads: args.threads.map_or(0, usize::from),
        max_rejects: args.max_rejects,
    };
    let record = pipeline::run::run(&spec, &options, &Bar::new(common.quiet, "reading"))?;
    log(&record, common);
    match common.format {
        Format::Json => render::print_json(&record)?,
        Format::Text if !common.quiet => render::print(&summary(&record))?,
        Format::Text => {}
    }
    match record.state {
        State::Succeeded => Ok(Outcome::Done),
        State::NotPassed => Ok(Outcome::NotPassed { why: exceeded(&record), hint: hint(args) }),
    }
}

/// Tells a log what the summary tells a person.
fn log(record: &RunRecord, common: &Common) {
    for SourceRecord { file, ledger, .. } in &record.sources {
        let Ledger { read, accepted, rejected, merged, blank } = *ledger;
        tracing::info!(file, read, accepted, rejected, merged, blank, "read `{file}`");
    }
    if common.log_format == LogFormat::Json {
        for Warning { code, message, count, examples } in &record.warnings {
            tracing::warn!(code, count, examples = examples.join("; "), "{message}");
        }
    }
    let Counts { mentions, publications, rejects, repairs, .. } = record.counts;
    tracing::info!(mentions, publications, rejects, repairs, "wrote `{}`", record.output.file);
}

fn refuse_url(path: &Path) -> anyhow::Result<()> {
    let text = path.to_string_lossy();
    if ["gs://", "s3://"].iter().any(|scheme| text.starts_with(scheme)) {
        return Err(pipeline::error::Error::Output {
            message: format!("`{text}` is a URL: this build reads and writes local files only"),
            hint: "name a local path".into(),
        }
        .into());
    }
    Ok(())
}

fn summary(record: &RunRecord) -> String {
    let mut total = Ledger::default();
    let row = |file: &str, ledger: &Ledger| {
        let Ledger { read, accepted, rejected, merged, blank } = *ledger;
        let numbers = [read, accepted, rejected, merged, blank].map(thousands);
        std::iter::once(file.to_owned()).chain(numbers).collect::<Vec<_>>()
    };
    let mut rows = Vec::new();
    for source in &record.sources {
        total += &source.ledger;
        rows.push(row(&source.file, &source.ledger));
    }
    rows.push(row("total", &total));
    let header = ["file", "read", "accepted", "rejected", "merged", "blank"];
    let mut text = render::table(&header, rows, &[1, 2, 3, 4, 5]);
    text.push_str("every row is accounted for: read = accepted + rejected + merged + blank\n");
    let list = |counts: &std::collections::BTreeMap<String, u64>| {
        let each = counts.iter().map(|(code, count)| format!("{code} {}", thousands(*count)));
        each.collect::<Vec<_>>().join(", ")
    };
    let mut sections = Vec::new();
    if !record.rejects.is_empty() {
        sections.push(format!("rejects: {}", list(&record.rejects)));
    }
    if !record.repairs.is_empty() {
        sections.push(format!("repairs: {}", list(&record.repairs)));
    }
    for warning in &record.warnings {
        let all = warning.code == "ambiguous-date" && warning.examples.len() < 5;
        let more = if !all && warning.count > warning.examples.len() as u64 { "; …" } else { "" };
        sections.push(format!(
            "warning: {} {}: {} ({}{more})",
            warning.code,
            thousands(warning.count),
            warning.message,
            warning.examples.join("; ")
        ));
    }
    if !sections.is_empty() {
        text.push('\n');
        text.push_str(&sections.join("\n"));
        text.push('\n');
    }
    let counts = &record.counts;
    text.push_str(&format!(
        "\n{} in {} of {}; {}\n",
        counted(counts.mentions, "mention"),
        counted(counts.publications, "publication"),
        counted(counts.journals, "journal"),
        counted(counts.drugs, "drug"),
    ));
    let path = PathBuf::from(&record.output.file);
    text.push_str(&format!("wrote {}\n", path.display()));
    if counts.rejects + counts.repairs > 0 {
        let out =
            if path == Path::new(DEFAULT_OUT) { String::new() } else { format!(" --out {}", quoted(&path)) };
        text.push_str(&format!("see them one by one with `pipeline rejects{out}`\n"));
    }
    text
}

/// A path as a shell wants it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

fn exceeded(record: &RunRecord) -> String {
    let each = record.exceeded.iter().map(|source| {
        format!(
            "`{}` has {} of {}, more than {}",
            source.source,
            counted(source.rejected, "reject"),
            counted(source.read, "row"),
            source.max_rejects
        )
    });
    format!("the data did not pass: {}", each.collect::<Vec<_>>().join("; "))
}

fn hint(args: &Args) -> String {
    let rejects = Companions::of(&args.out).rejects;
    format!("the outputs are written; see `{}`, or allow more with --max-rejects", rejects.display())
}

//! `pipeline run`

use std::path::PathBuf;

use pipeline::export::{RunRecord, State};
use pipeline::record::Ledger;
use pipeline::run::{Companions, RunOptions};
use pipeline::spec::{self, MaxRejects};

use crate::args::{Common, Format};
use crate::exit::Outcome;
use crate::progress::Bar;
use crate::render::{self, counted, thousands};

/// Run a pipeline: read, clean, match, and write the graph
///
/// Writes the graph to --out, and beside it what was read (run.json), what was not used (rejects.jsonl) and what
/// was mended (repairs.jsonl). An output appears whole or not at all.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The pipeline
    #[arg(default_value = "drugs")]
    name: String,
    /// The folder of the inputs
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The file to write
    #[arg(long, value_name = "PATH", default_value = "result/output.json")]
    out: PathBuf,
    /// Number of threads [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Rejects that each source may have: rows, or a share of its rows [default: the pipeline file's]
    #[arg(long, value_name = "N|N%")]
    max_rejects: Option<MaxRejects>,
    /// Where pipeline files are [default: ./dags if there is one, else the copies built in]
    #[arg(long, value_name = "DIR", env = "PIPELINE_DAGS")]
    dags: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let spec = spec::find(&args.name, dags(args.dags.as_ref())?.as_deref())?;
    refuse_url(&args.data)?;
    refuse_url(&args.out)?;
    let options = RunOptions {
        data: args.data.clone(),
        out: args.out.clone(),
        threads: args.threads.map_or(0, usize::from),
        max_rejects: args.max_rejects,
    };
    let record = pipeline::run::run(&spec, &options, &Bar::new(common.quiet))?;
    for source in &record.sources {
        let Ledger { read, accepted, rejected, merged, blank } = source.ledger;
        tracing::info!(
            pipeline = record.pipeline,
            file = source.file,
            read,
            accepted,
            rejected,
            merged,
            blank,
            "read `{}`",
            source.file
        );
    }
    tracing::info!(pipeline = record.pipeline, "wrote `{}`", record.output.file);
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

/// The folder of pipeline files: the one that was named, or `dags` here if there is one.
fn dags(named: Option<&PathBuf>) -> anyhow::Result<Option<PathBuf>> {
    match named {
        Some(folder) if !folder.is_dir() => Err(pipeline::error::Error::Input {
            message: format!("the folder of pipeline files `{}` does not exist", folder.display()),
            hint: "check --dags, or PIPELINE_DAGS".into(),
        }
        .into()),
        Some(folder) => Ok(Some(folder.clone())),
        None => Ok(Some(PathBuf::from("dags")).filter(|folder| folder.is_dir())),
    }
}

fn refuse_url(path: &std::path::Path) -> anyhow::Result<()> {
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
        text.push_str("see them one by one with `pipeline rejects`\n");
    }
    text
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

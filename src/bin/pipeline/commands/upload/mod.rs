//! `pipeline upload`

mod attestation;
mod gate;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipeline::composer::{Change, Diff, Holder, Only, Plan, PlanFile, Sources, Uploaded, upload};
use pipeline::error::{Error, Result};
use pipeline::spec::LogicalDate;
use pipeline::store::Staged;
use serde::Serialize;

use crate::base::exit::{Outcome, is_broken_pipe};
use crate::base::google::block_on;
use crate::base::lease_args::{LeaseArgs, unless_asked_to_end};
use crate::base::options::{Common, Format};
use crate::base::progress::Bar;
use crate::base::remote_args::BucketArgs;
use crate::base::render::{self, bytes, counted};
use crate::commands::upload::gate::Gate;

/// Put data, DAGs and the binary into the environment's bucket
///
/// Shows a plan, sends what differs, and looks whether it arrived. Every write and delete is bound to what the plan saw.
/// Only objects that this tool has written are ever deleted. A second upload of the same files sends nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    bucket: BucketArgs,
    /// The folder of the inputs
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The folder of the DAGs and their pipeline files [default: dags]
    #[arg(long, value_name = "DIR", env = "PIPELINE_DAGS")]
    dags: Option<PathBuf>,
    /// The Linux executable to send [default: target/dist/pipeline if there is one, else this program]
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// Upload these parts alone, with commas between them: dags, data, binary; the others stay as they are
    #[arg(long, value_name = "PARTS")]
    only: Option<Only>,
    /// Show the plan and stop
    #[arg(long)]
    dry_run: bool,
    /// Write the plan into this file, too
    #[arg(long, value_name = "FILE", requires = "dry_run")]
    out: Option<PathBuf>,
    /// Do exactly what was written into this file by --dry-run --out, or refuse
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    plan: Option<PathBuf>,
    /// Delete even more than a fifth of what was uploaded before
    #[arg(long)]
    yes: bool,
    /// Take over objects that are there, differ, and were not uploaded by this tool
    #[arg(long)]
    adopt: bool,
    /// Refuse a binary that GitHub's workflows of this repository have not built (needs `gh`)
    #[arg(long, value_name = "OWNER/NAME")]
    verify_attestation: Option<String>,
    /// Upload even what would not run: neither pipeline files nor Python files are looked at before
    #[arg(long)]
    no_check: bool,
    #[command(flatten)]
    lease: LeaseArgs,
}

/// What `just dist` builds.
const DIST: &str = "target/dist/pipeline";

pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let binary = match (&args.binary, Path::new(DIST)) {
        (Some(path), _) => path.clone(),
        (None, dist) if dist.is_file() => dist.to_owned(),
        (None, _) => std::env::current_exe().map_err(Error::io("find", "this program"))?,
    };
    let dags = args
        .dags
        .clone()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or_else(|| PathBuf::from("dags"));
    if let Some(repository) = &args.verify_attestation {
        attestation::verify(&binary, repository)?;
    }
    let sources = Sources::find(&args.data, &dags, &binary, args.only.unwrap_or_default())?;
    for warning in &sources.warnings {
        tracing::warn!("{warning}");
    }
    for flood in gate::floods(&sources, LogicalDate::today()) {
        tracing::warn!("{flood}");
    }
    let answer = block_on::<_, anyhow::Error>(async {
        let (bucket, environment) = args.bucket.open_with_environment(&args.data, !args.dry_run).await?;
        let notes = match args.no_check {
            true => sources.missed.clone(),
            false => {
                let gate = Gate::look(&sources, &dags, environment.as_ref())?;
                gate.refuse()?;
                gate.notes
            }
        };
        for note in notes {
            tracing::warn!("{note}");
        }
        let lease = args.lease.ready(&bucket, args.dry_run).await?;
        let plan = Plan::make(&sources, &bucket, args.adopt).await?;
        if !plan.behind_links.is_empty() {
            tracing::warn!(
                "{} behind links, which are not followed, stay as they were uploaded: {}",
                counted(plan.behind_links.len() as u64, "object"),
                render::some(&plan.behind_links, ", ")
            );
        }
        let mut answer = Answer::of(bucket.name(), &plan, &sources, args.dry_run);
        if common.format == Format::Text && !common.quiet {
            answer.show_plan(&plan, common)?;
        }
        if args.dry_run {
            let file = PlanFile::of(&plan, &bucket).with_diffs(&plan, &bucket).await?;
            if common.format == Format::Text && !common.quiet {
                show_diffs(&file)?;
            }
            answer.diffs = file.diffs.clone();
            if let Some(out) = &args.out {
                write_plan(&file, out)?;
            }
            return Ok(answer);
        }
        if let Some(file) = &args.plan {
            let then = PlanFile::parse(&pipeline::store::read_text(file)?, &file.display().to_string())?;
            then.is_still(&PlanFile::of(&plan, &bucket))?;
        }
        allowed(&plan, bucket.name(), args.yes)?;
        for change in plan.writes.iter().filter(|change| change.changed_by_others) {
            tracing::warn!(
                "`{}` was changed by somebody else since the last upload; yours replaces it",
                change.name
            );
        }
        let bar = Arc::new(Bar::new(common.quiet, "uploading"));
        bar.start(plan.bytes());
        let told = bar.clone();
        let work = upload(&plan, &bucket, &lease, Arc::new(move |bytes| told.moved(bytes)));
        let done = unless_asked_to_end(&bucket, &lease, work).await?;
        bar.finish();
        answer.done = Some(Done::from(&done));
        Ok(answer)
    })?;
    match common.format {
        Format::Json => render::print_json(&answer)?,
        Format::Text if !common.quiet => answer.show_done()?,
        Format::Text => {}
    }
    Ok(Outcome::Done)
}

/// What the plan must not do unasked.
fn allowed(plan: &Plan, bucket: &str, yes: bool) -> Result<()> {
    if !plan.conflicts.is_empty() {
        return Err(Error::Input {
            message: format!(
                "gs://{bucket} has {} in the way, different from yours and not uploaded by this tool: {}",
                counted(plan.conflicts.len() as u64, "object"),
                render::some(&plan.conflicts, ", ")
            ),
            hint: "nothing was changed; see whose they are, then take them over with --adopt or rename your files".into(),
        });
    }
    if plan.deletes_much() && !yes {
        return Err(Error::Input {
            message: format!(
                "this would delete {} of the {} that were uploaded to gs://{bucket}",
                plan.deletes.len(),
                counted(plan.owned as u64, "object"),
            ),
            hint: "nothing was changed; check --data and --dags, look at the plan with --dry-run, then say --yes".into(),
        });
    }
    Ok(())
}

/// How DAGs change, for people.
fn show_diffs(file: &PlanFile) -> anyhow::Result<()> {
    let text: String = file.diffs.iter().map(|diff| format!("\n{}", diff.text)).collect();
    match render::print(&text) {
        Err(error) if is_broken_pipe(&error) => Ok(()),
        shown => shown,
    }
}

fn write_plan(file: &PlanFile, out: &Path) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(file)?;
    let mut staged = Staged::create(out)?;
    staged.write(format!("{text}\n").as_bytes())?;
    Ok(staged.publish()?)
}

#[derive(Debug, Serialize)]
struct Answer {
    bucket: String,
    dry_run: bool,
    changes: bool,
    create: Vec<Change>,
    replace: Vec<Change>,
    delete: Vec<Change>,
    conflicts: Vec<String>,
    left_alone: Vec<String>,
    left_out: Vec<LeftOut>,
    unchanged: usize,
    not_owned: usize,
    bytes: u64,
    unfinished: bool,
    holder: Option<Holder>,
    diffs: Vec<Diff>,
    done: Option<Done>,
}

#[derive(Debug, Serialize)]
struct LeftOut {
    path: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct Done {
    written: usize,
    bytes: u64,
    deleted: usize,
}

impl From<&Uploaded> for Done {
    fn from(done: &Uploaded) -> Self {
        Self { written: done.written, bytes: done.bytes, deleted: done.deleted }
    }
}

impl Answer {
    fn of(bucket: &str, plan: &Plan, sources: &Sources, dry_run: bool) -> Self {
        let (create, replace) = plan.writes.iter().cloned().partition(|change| change.seen.is_none());
        let left_out = sources.left_out.iter();
        Self {
            bucket: bucket.to_owned(),
            dry_run,
            changes: plan.changes() || !plan.conflicts.is_empty(),
            create,
            replace,
            delete: plan.deletes.clone(),
            conflicts: plan.conflicts.clone(),
            left_alone: plan.left_alone.clone(),
            left_out: left_out
                .map(|left| LeftOut { path: left.path.display().to_string(), reason: left.reason.clone() })
                .collect(),
            unchanged: plan.unchanged,
            not_owned: plan.not_owned,
            bytes: plan.bytes(),
            unfinished: plan.unfinished,
            holder: plan.holder.clone(),
            diffs: Vec::new(),
            done: None,
        }
    }

    fn show_plan(&self, plan: &Plan, common: &Common) -> anyhow::Result<()> {
        let mut text = String::new();
        match &self.holder {
            Some(Holder { owner, since }) => text.push_str(&format!(
                "`{owner}` is uploading since {since}; if it was killed, --take-over goes on from where it was\n"
            )),
            None if self.unfinished => {
                text.push_str("a former upload did not come to its end: this one goes on from where it was\n");
            }
            None => {}
        }
        let shown = if common.verbose > 0 { usize::MAX } else { 20 };
        let mut rows = Vec::new();
        for (sign, changes) in
            [("create", &self.create), ("replace", &self.replace), ("delete", &self.delete)]
        {
            for change in changes.iter().take(shown) {
                let note = if change.changed_by_others { "changed by somebody else since" } else { "" };
                rows.push(vec![sign.to_owned(), change.name.clone(), bytes(change.bytes), note.to_owned()]);
            }
            if changes.len() > shown {
                rows.push(vec![
                    sign.to_owned(),
                    format!("… {} more", changes.len() - shown),
                    String::new(),
                    String::new(),
                ]);
            }
        }
        let each = |sign: &str, names: &[String], note: &str| {
            names
                .iter()
                .map(|name| vec![sign.to_owned(), name.clone(), String::new(), note.to_owned()])
                .collect::<Vec<_>>()
        };
        rows.extend(each(
            "conflict",
            &self.conflicts,
            "there already, not uploaded by this tool, and different",
        ));
        rows.extend(each(
            "leave",
            &self.left_alone,
            "no source any more, but written by somebody else since",
        ));
        let left_out = self.left_out.iter().take(shown);
        rows.extend(
            left_out.map(|left| vec!["skip".into(), left.path.clone(), String::new(), left.reason.clone()]),
        );
        if self.left_out.len() > shown {
            let more = self.left_out.len() - shown;
            rows.push(vec!["skip".into(), format!("… {more} more"), String::new(), String::new()]);
        }
        if !rows.is_empty() {
            text.push_str(&render::table(&["", "object", "size", ""], rows, &[2]));
            text.push('\n');
        }
        text.push_str(&format!(
            "gs://{}: {} to create, {} to replace, {} to delete, {} as they should be; {} to send\n",
            self.bucket,
            self.create.len(),
            self.replace.len(),
            self.delete.len(),
            self.unchanged,
            bytes(plan.bytes()),
        ));
        if self.not_owned > 0 {
            text.push_str(&format!(
                "{} of these were not uploaded by this tool, which will never delete them; --adopt takes them over\n",
                self.not_owned
            ));
        }
        if self.dry_run {
            text.push_str("nothing was changed: this was --dry-run\n");
        }
        match render::print(&text) {
            // Nobody wants to see the plan: that is no reason not to carry it out.
            Err(error) if is_broken_pipe(&error) => Ok(()),
            shown => shown,
        }
    }

    fn show_done(&self) -> anyhow::Result<()> {
        match &self.done {
            Some(Done { written: 0, deleted: 0, .. }) if self.changes => {
                render::print("nothing to send; the manifest is up to date again\n")
            }
            Some(done) if self.changes => render::print(&format!(
                "uploaded {} ({}), deleted {}; verified\n",
                counted(done.written as u64, "object"),
                bytes(done.bytes),
                done.deleted
            )),
            Some(_) => render::print("nothing to do\n"),
            None => Ok(()),
        }
    }
}

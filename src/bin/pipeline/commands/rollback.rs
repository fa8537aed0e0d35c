//! `pipeline rollback`

use std::path::PathBuf;

use pipeline::composer::Rollback;
use pipeline::error::Error;
use serde::Serialize;

use crate::base::exit::Outcome;
use crate::base::google::block_on;
use crate::base::lease_args::{LeaseArgs, unless_asked_to_end};
use crate::base::options::Common;
use crate::base::remote_args::BucketArgs;
use crate::base::render::{self, counted};

/// Put back the DAGs and the binary of the upload before
///
/// They come from the versions that the bucket keeps; data stays as it is. A second rollback goes one upload further back.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    bucket: BucketArgs,
    /// The folder of the inputs, which may name the bucket
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// Show what would be put back and stop
    #[arg(long)]
    dry_run: bool,
    /// Delete even more than a fifth of what was uploaded before
    #[arg(long)]
    yes: bool,
    /// Put back even what somebody else has written since
    #[arg(long)]
    adopt: bool,
    #[command(flatten)]
    lease: LeaseArgs,
}

#[derive(Serialize)]
struct Answer {
    bucket: String,
    dry_run: bool,
    changes: bool,
    #[serde(flatten)]
    rollback: Rollback,
}

pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let answer = block_on::<_, Error>(async {
        let bucket = args.bucket.open(&args.data, !args.dry_run).await?;
        let lease = args.lease.ready(&bucket, args.dry_run).await?;
        let rollback = Rollback::make(&bucket, args.adopt).await?;
        if !args.dry_run {
            allowed(&rollback, bucket.name(), args.yes)?;
        }
        if !args.dry_run && rollback.changes() {
            unless_asked_to_end(&bucket, &lease, rollback.apply(&bucket, &lease)).await?;
        }
        let (bucket, changes) = (bucket.name().to_owned(), rollback.changes());
        Ok(Answer { bucket, dry_run: args.dry_run, changes, rollback })
    })?;
    render::answer(common, &answer, text)?;
    Ok(Outcome::Done)
}

/// What must not be done unasked.
fn allowed(rollback: &Rollback, bucket: &str, yes: bool) -> Result<(), Error> {
    if !rollback.conflicts.is_empty() {
        return Err(Error::Input {
            message: format!(
                "somebody else has written {} in gs://{bucket} since: {}",
                counted(rollback.conflicts.len() as u64, "object"),
                render::some(&rollback.conflicts, ", ")
            ),
            hint: "nothing was changed; see whose they are, then put yours back over them with --adopt"
                .into(),
        });
    }
    if rollback.deletes_much() && !yes {
        return Err(Error::Input {
            message: format!(
                "this would delete {} of the {} that were uploaded to gs://{bucket}",
                rollback.delete.len(),
                counted(rollback.owned() as u64, "object")
            ),
            hint: "nothing was changed; look at them with --dry-run, then say --yes".into(),
        });
    }
    Ok(())
}

fn text(answer: &Answer) -> String {
    let Rollback { to, restore, delete, conflicts, left_alone, .. } = &answer.rollback;
    let each = |sign: &str, names: &[String]| {
        names.iter().map(|name| vec![sign.to_owned(), name.clone()]).collect::<Vec<_>>()
    };
    let mut rows = each("restore", restore);
    rows.extend(each("delete", delete));
    rows.extend(each("conflict", conflicts));
    rows.extend(each("leave", left_alone));
    let mut text = String::new();
    if !rows.is_empty() {
        text = format!("{}\n", render::table(&["", "object"], rows, &[]));
    }
    let verb = if answer.dry_run { "would go" } else { "went" };
    text.push_str(&match answer.changes {
        true => format!(
            "gs://{} {verb} back to the upload of {to}: {} restored, {} deleted\n",
            answer.bucket,
            counted(restore.len() as u64, "object"),
            delete.len()
        ),
        false => format!("gs://{} already has the DAGs of the upload of {to}\n", answer.bucket),
    });
    text
}

//! `pipeline fetch-result`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipeline::composer::{Download, fetch, find_all, find_one};
use pipeline::error::Error;
use pipeline::run::Companions;
use pipeline::store::{OutputLock, check_output};
use serde::Serialize;

use crate::base::exit::Outcome;
use crate::base::google::block_on;
use crate::base::options::Common;
use crate::base::progress::Bar;
use crate::base::remote_args::BucketArgs;
use crate::base::render::{self, bytes, counted};

/// Bring a result home from the environment's bucket
///
/// With a graph come the run record, the rejects and the repairs beside it, so that `analyze` and `rejects` work as if
/// it had run here. What is fetched is checked, appears whole or not at all, and goes on where it was cut off.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    bucket: BucketArgs,
    /// The folder of the inputs, which may name the bucket
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The object; with a slash at its end: all the objects below
    #[arg(long, value_name = "NAME", default_value = "data/output.json")]
    object: String,
    /// The file to write, or the folder [default: result/ and the object's last name]
    #[arg(long, value_name = "PATH")]
    to: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer {
    bucket: String,
    files: Vec<Fetched>,
}

#[derive(Serialize)]
struct Fetched {
    object: String,
    generation: String,
    bytes: u64,
    file: String,
}

pub(crate) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let answer = block_on::<_, Error>(async {
        let bucket = args.bucket.open(&args.data, true).await?;
        let mut _lock = None; // until all is in place
        let (downloads, parallel) = match args.object.ends_with('/') {
            true => {
                let folder = args.to.clone().unwrap_or_else(|| PathBuf::from("result"));
                (find_all(&bucket, &args.object, &folder).await?, 16)
            }
            false => {
                let to = args.to.clone().unwrap_or_else(|| default_target(&args.object));
                let to = check_output(&to)?;
                _lock = Some(OutputLock::take(&to)?);
                let mut downloads = Vec::new();
                for (object, file) in companions(&args.object, &to) {
                    match find_one(&bucket, &object, &file).await? {
                        Some(download) => downloads.push(download),
                        None if file.exists() => tracing::warn!(
                            "`{}` is of another run: there is no `{}`",
                            file.display(),
                            bucket.url(&object)
                        ),
                        None => {}
                    }
                }
                downloads.extend(find_one(&bucket, &args.object, &to).await?);
                (downloads, 1) // in this order: who sees the new graph finds its explanation beside it
            }
        };
        let found = |download: &Download| args.object.ends_with('/') || download.object.name == args.object;
        if !downloads.iter().any(found) {
            return Err(Error::Input {
                message: format!("there is no `{}`", bucket.url(&args.object)),
                hint:
                    "has the pipeline run there? see `pipeline status`; or name another object with --object"
                        .into(),
            });
        }
        let bar = Arc::new(Bar::new(common.quiet, "fetching"));
        bar.start(downloads.iter().map(|download| download.object.size).sum());
        let told = bar.clone();
        fetch(&bucket, &downloads, parallel, &(Arc::new(move |bytes| told.moved(bytes)) as _)).await?;
        bar.finish();
        let files = downloads.iter().map(|Download { object, to }| Fetched {
            object: object.name.clone(),
            generation: object.generation.to_string(),
            bytes: object.size,
            file: to.display().to_string(),
        });
        Ok(Answer { bucket: bucket.name().to_owned(), files: files.collect() })
    })?;
    render::answer(common, &answer, text)?;
    Ok(Outcome::Done)
}

fn default_target(object: &str) -> PathBuf {
    Path::new("result").join(object.rsplit('/').next().unwrap_or(object))
}

/// What lies beside a graph, there and here; a result of another kind has nothing beside it.
fn companions(object: &str, to: &Path) -> Vec<(String, PathBuf)> {
    if object != "output.json" && !object.ends_with("/output.json") {
        return Vec::new();
    }
    let (there, here) = (Companions::of(Path::new(object)), Companions::of(to));
    let pairs = [(there.record, here.record), (there.rejects, here.rejects), (there.repairs, here.repairs)];
    pairs.map(|(there, here)| (there.to_string_lossy().into_owned(), here)).into()
}

fn text(answer: &Answer) -> String {
    let rows = answer
        .files
        .iter()
        .map(|file| vec![file.object.clone(), bytes(file.bytes), file.file.clone()])
        .collect();
    let mut text = render::table(&["object", "size", "file"], rows, &[1]);
    text.push_str(&format!(
        "fetched {} from gs://{}; verified\n",
        counted(answer.files.len() as u64, "file"),
        answer.bucket
    ));
    text
}

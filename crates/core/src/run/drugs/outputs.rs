//! The four files that a run writes: made ready before any work, put in place at its end.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result, Setting};
use crate::run::drugs::inputs::Inputs;
use crate::run::{Companions, RunOptions};
use crate::spec::DrugsSpec;
use crate::store::{Cache, OutputLock, Shipment, Site, Staged, check_output};

/// Where a run writes, and the right to.
pub(super) struct Outputs {
    out: PathBuf,
    companions: Companions,
    right: Right,
}

/// What keeps two runs from writing one output.
enum Right {
    Lock(#[expect(dead_code, reason = "held, not looked at")] OutputLock),
    /// The files are sent only over the versions that were there before.
    Versions(Shipment),
}

impl Outputs {
    /// Refuses what cannot become the output. `target` is where this run writes: the output, or the place where it
    /// waits to be published.
    pub(super) fn prepare(
        spec: &DrugsSpec,
        options: &RunOptions,
        inputs: &Inputs<'_>,
        target: &Site,
    ) -> Result<Self> {
        match target {
            Site::Local(target) => {
                // One lock, whether the result is written, waits or is published: that of the output.
                let named = match &options.out {
                    Site::Local(named) => named,
                    Site::Remote(_) => target,
                };
                let mut files = local(spec, options, inputs, named)?;
                let lock = OutputLock::take(&files.0)?;
                if target != named {
                    files = local(spec, options, inputs, target)?;
                }
                Ok(Self { out: files.0, companions: files.1, right: Right::Lock(lock) })
            }
            Site::Remote(site) => {
                let name = target.file_name();
                let beside = Companions::of(Path::new(&name));
                let names = beside.all().map(|path| path.display().to_string());
                let names: Vec<String> = names.into_iter().chain([name]).collect();
                let shipment = Shipment::prepare(site, &names)?;
                let out = shipment.path(&names[3]);
                Ok(Self { companions: Companions::of(&out), out, right: Right::Versions(shipment) })
            }
        }
    }

    /// Where a run may keep what it learnt of its inputs, for the next run.
    pub(super) fn cache(&self) -> Result<Cache> {
        match self.right {
            Right::Lock(_) => Ok(Cache::beside(&self.out)),
            Right::Versions(_) => Err(Error::Output {
                message:
                    "an incremental run keeps what it read beside its output, which must be a local file"
                        .into(),
                hint: format!(
                    "name a local file with {}, or leave out {}",
                    Setting::Out,
                    Setting::Incremental
                ),
            }),
        }
    }

    /// Begins the graph.
    pub(super) fn graph(&self) -> Result<Staged> {
        Staged::create(&self.out)
    }

    /// Puts everything in place: the record, the rejects and the repairs first, the graph last.
    pub(super) fn publish(self, graph: Staged, companions: [&[u8]; 3]) -> Result<()> {
        let mut staged = Vec::new();
        for (path, bytes) in self.companions.all().into_iter().zip(companions) {
            let mut file = Staged::create(path)?;
            file.write(bytes)?;
            staged.push(file);
        }
        for file in staged {
            file.publish()?;
        }
        graph.publish()?;
        match self.right {
            Right::Lock(_) => Ok(()),
            Right::Versions(shipment) => shipment.send(),
        }
    }
}

/// Checks a local output and the files beside it.
fn local(
    spec: &DrugsSpec,
    options: &RunOptions,
    inputs: &Inputs<'_>,
    path: &Path,
) -> Result<(PathBuf, Companions)> {
    let out = check_output(path)?;
    // Beside the name that was given, where `out` is what a link of that name points to.
    let companions = Companions::of(path);
    for companion in companions.all() {
        check_output(companion)?;
    }
    let [record, rejects, repairs] = companions.all();
    inputs.refuse(&[&out, record, rejects, repairs], spec, &options.data)?;
    Ok((out, companions))
}

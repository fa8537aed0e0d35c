//! Which pipeline is meant: its name, and the folder of pipeline files.

use std::ffi::OsString;
use std::path::PathBuf;

use pipeline::error::Error;
use pipeline::spec::{self, Pipeline};

#[derive(Debug, clap::Args)]
pub(crate) struct SpecArgs {
    /// The pipeline
    #[arg(default_value = "drugs")]
    name: String,
    #[command(flatten)]
    dags: DagsArgs,
}

/// Where pipeline files are.
#[derive(Debug, clap::Args)]
pub(crate) struct DagsArgs {
    /// Where pipeline files are [default: ./dags if there is one, else the copies built in]
    #[arg(long, value_name = "DIR", env = "PIPELINE_DAGS", value_parser = clap::value_parser!(OsString))]
    dags: Option<OsString>,
}

impl SpecArgs {
    /// Finds the pipeline's file.
    pub(crate) fn locate(&self) -> pipeline::error::Result<spec::Found> {
        spec::locate(&self.name, self.dags.folder()?.as_deref())
    }

    /// Reads the pipeline's file.
    pub(crate) fn load(&self) -> pipeline::error::Result<Pipeline> {
        spec::find(&self.name, self.dags.folder()?.as_deref())
    }
}

impl DagsArgs {
    /// The folder of pipeline files, if there is one.
    pub(crate) fn folder(&self) -> pipeline::error::Result<Option<PathBuf>> {
        let here = PathBuf::from("dags");
        // Set but empty is not set.
        let named = self.dags.as_ref().filter(|folder| !folder.is_empty()).map(PathBuf::from);
        match named {
            Some(folder) if !folder.is_dir() => Err(Error::Input {
                message: format!("the folder of pipeline files `{}` does not exist", folder.display()),
                hint: "check --dags, or PIPELINE_DAGS".into(),
            }),
            Some(folder) => Ok(Some(folder)),
            None => Ok(Some(here).filter(|folder| folder.is_dir())),
        }
    }
}

/// Says how to get what this build lacks.
#[cfg(not(feature = "tables"))]
pub(crate) fn no_tables(name: &str) -> anyhow::Error {
    let message = format!("the pipeline `{name}` makes tables: it needs a build with tables");
    Error::Input { message, hint: "cargo build --release --features tables".into() }.into()
}

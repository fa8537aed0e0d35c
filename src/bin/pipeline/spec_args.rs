//! Which pipeline is meant: its name, and the folder of pipeline files.

use std::path::PathBuf;

use pipeline::error::Error;
use pipeline::spec::{self, DrugsSpec};

#[derive(Debug, clap::Args)]
pub(crate) struct SpecArgs {
    /// The pipeline
    #[arg(default_value = "drugs")]
    name: String,
    /// Where pipeline files are [default: ./dags if there is one, else the copies built in]
    #[arg(long, value_name = "DIR", env = "PIPELINE_DAGS")]
    dags: Option<PathBuf>,
}

impl SpecArgs {
    /// Reads the pipeline's file.
    pub(crate) fn load(&self) -> pipeline::error::Result<DrugsSpec> {
        let here = PathBuf::from("dags");
        let folder = match &self.dags {
            Some(folder) if !folder.is_dir() => {
                return Err(Error::Input {
                    message: format!("the folder of pipeline files `{}` does not exist", folder.display()),
                    hint: "check --dags, or PIPELINE_DAGS".into(),
                });
            }
            Some(folder) => Some(folder),
            None => Some(&here).filter(|folder| folder.is_dir()),
        };
        spec::find(&self.name, folder.map(PathBuf::as_path))
    }
}

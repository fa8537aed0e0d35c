//! Finds the file of a pipeline: in a folder, or among the copies in the binary.

use std::path::Path;

use crate::error::{Error, Result};
use crate::spec::problem::unknown;
use crate::spec::{DrugsSpec, parse};
use crate::store::read_text;

/// The pipelines that ship with this program: name and file.
pub const SHIPPED: [(&str, &str); 1] = [("drugs", include_str!("../../dags/drugs.toml"))];

/// Finds and reads a pipeline: `folder/NAME.toml` where there is a folder, else the shipped copy.
pub fn find(name: &str, folder: Option<&Path>) -> Result<DrugsSpec> {
    if let Some(folder) = folder {
        let path = folder.join(format!("{name}.toml"));
        if path.is_file() {
            return parse(&read_text(&path)?, &path.display().to_string(), name);
        }
    }
    let Some((_, text)) = SHIPPED.iter().find(|(shipped, _)| *shipped == name) else {
        let names = SHIPPED.map(|(name, _)| name);
        return Err(Error::Spec {
            message: unknown("pipeline", name, "", &names),
            hint: match folder {
                Some(folder) => format!("there is no `{name}.toml` in `{}` either", folder.display()),
                None => "name a folder of pipeline files with --dags".into(),
            },
        });
    };
    parse(text, &format!("{name}.toml (built in)"), name)
}

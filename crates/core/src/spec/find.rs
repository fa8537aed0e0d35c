//! Finds the file of a pipeline: in a folder, or among the copies in the binary.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result, Setting};
use crate::spec::problem::{Problems, unknown};
use crate::spec::{Pipeline, Problem, SqlFiles, inspect, shipped};
use crate::store::{names_in, read_text};

/// A pipeline file that was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The pipeline's name: the file's.
    pub name: String,
    /// What messages call the file.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Where its SQL files are.
    pub sql: SqlFiles<'static>,
}

impl Found {
    /// Reads the file.
    pub fn parse(&self) -> Result<Pipeline> {
        self.inspect().map_err(|problems| Problem::into_error(&problems))
    }

    /// Reads the file; its problems are a list.
    pub fn inspect(&self) -> Result<Pipeline, Vec<Problem>> {
        inspect(&self.text, &self.file, &self.name, &self.sql)
    }

    /// A problem at a byte offset of the file.
    #[must_use]
    pub fn problem(&self, at: usize, message: String) -> Problem {
        let mut problems = Problems::new(&self.file, &self.text);
        problems.add(at, message);
        problems.into_list().remove(0)
    }

    /// A pipeline file by its path.
    pub fn at(path: &Path) -> Result<Self> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = read_text(path)?;
        Ok(Self {
            file: path.display().to_string(),
            sql: SqlFiles::Folder(path.with_extension("")),
            text,
            name,
        })
    }
}

/// Finds and reads a pipeline: `folder/NAME.toml` where there is a folder, else the shipped copy.
pub fn find(name: &str, folder: Option<&Path>) -> Result<Pipeline> {
    locate(name, folder)?.parse()
}

/// Finds a pipeline, as [`find`] does.
pub fn locate(name: &str, folder: Option<&Path>) -> Result<Found> {
    let plain = !name.contains(['/', '\\', ':']) && !name.chars().any(char::is_control);
    if let Some(path) = folder.map(|folder| folder.join(format!("{name}.toml")))
        && plain
        && path.is_file()
    {
        return Found::at(&path);
    }
    if let Some(shipped) = shipped::SHIPPED.iter().find(|shipped| shipped.name == name) {
        return Ok(Found {
            name: name.to_owned(),
            file: format!("{name}.toml (built in)"),
            text: shipped.toml.to_owned(),
            sql: SqlFiles::Texts(shipped.sql),
        });
    }
    let names = names(folder)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Err(Error::Call {
        message: unknown("pipeline", name, "", &names),
        hint: match folder {
            Some(folder) => {
                format!("there is no `{}.toml` in `{}` either", name.escape_debug(), folder.display())
            }
            None => format!("name a folder of pipeline files with {}", Setting::Dags),
        },
    })
}

/// The names of all pipelines that [`find`] finds, in order.
pub fn names(folder: Option<&Path>) -> Result<Vec<String>> {
    let mut names: Vec<String> = shipped::SHIPPED.iter().map(|shipped| shipped.name.to_owned()).collect();
    if let Some(folder) = folder {
        let files: Vec<PathBuf> = names_in(folder, ".toml")?.into_iter().map(PathBuf::from).collect();
        names.extend(files.iter().filter_map(|file| Some(file.file_stem()?.to_string_lossy().into_owned())));
    }
    names.sort();
    names.dedup();
    Ok(names)
}

//! The files beside an output.

use std::path::{Path, PathBuf};

use crate::store::Site;

/// The files beside an output: `run.json` beside `output.json`, `STEM.run.json` beside any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Companions<P = PathBuf> {
    /// The run record.
    pub record: P,
    /// The rejects.
    pub rejects: P,
    /// The repairs.
    pub repairs: P,
}

impl Companions {
    /// The companions of a local output.
    ///
    /// ```
    /// use std::path::Path;
    /// use pipeline_core::run::Companions;
    /// assert_eq!(Companions::of(Path::new("x/output.json")).record, Path::new("x/run.json"));
    /// assert_eq!(Companions::of(Path::new("x/a.json")).rejects, Path::new("x/a.rejects.jsonl"));
    /// ```
    #[must_use]
    pub fn of(output: &Path) -> Self {
        let name = output.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        names(&name).map(|name| output.with_file_name(name))
    }
}

impl Companions<Site> {
    /// The companions of an output, wherever it is.
    #[must_use]
    pub fn beside(output: &Site) -> Self {
        names(&output.file_name()).map(|name| output.beside(&name))
    }
}

impl<P> Companions<P> {
    /// All of them, in the order in which they are put in place.
    pub fn all(&self) -> [&P; 3] {
        [&self.record, &self.rejects, &self.repairs]
    }

    fn map<Q>(self, mut f: impl FnMut(P) -> Q) -> Companions<Q> {
        Companions { record: f(self.record), rejects: f(self.rejects), repairs: f(self.repairs) }
    }
}

fn names(output: &str) -> Companions<String> {
    let stem = Path::new(output).file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    let named = |name: &str| if output == "output.json" { name.into() } else { format!("{stem}.{name}") };
    Companions { record: named("run.json"), rejects: named("rejects.jsonl"), repairs: named("repairs.jsonl") }
}

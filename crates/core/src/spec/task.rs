//! The tasks of a pipeline: what each does, and what it waits for.

use crate::error::{Error, Result, Setting};
use crate::spec::DrugsSpec;
use crate::spec::problem::unknown;

/// One task, as the pipeline file declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskSpec {
    /// Its name in the file.
    pub name: String,
    /// What it does, in one sentence.
    pub description: String,
    /// Which work it does.
    pub builtin: Builtin,
    /// Tasks that must have succeeded before.
    pub after: Vec<String>,
    /// The task whose result it takes: that one comes before it, too.
    pub from: Option<String>,
}

impl TaskSpec {
    /// The tasks that must have succeeded before: `from`, and those of `after`, each once.
    #[must_use]
    pub fn upstream(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.from.iter().chain(&self.after) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }
}

/// The works that a task can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Builtin {
    /// Reads every source and holds the limits on rejects; writes nothing.
    Check,
    /// Makes the mention graph.
    Mentions,
    /// Puts a result that passed in its place.
    Publish,
}

impl Builtin {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Check, Self::Mentions, Self::Publish];

    /// The name in pipeline files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Mentions => "mentions",
            Self::Publish => "publish",
        }
    }
}

impl DrugsSpec {
    /// The task of a name, or what may have been meant.
    pub fn task(&self, name: &str) -> Result<&TaskSpec> {
        self.tasks.iter().find(|task| task.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.tasks.iter().map(|task| task.name.as_str()).collect();
            Error::Call {
                message: unknown("task", name, &format!(" of the pipeline `{}`", self.name), &names),
                hint: format!("name a task of the pipeline file, or run without {}", Setting::Tasks),
            }
        })
    }

    /// The first task that does this work.
    #[must_use]
    pub fn task_that(&self, builtin: Builtin) -> Option<&TaskSpec> {
        self.tasks.iter().find(|task| task.builtin == builtin)
    }
}

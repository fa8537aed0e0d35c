//! The tasks of a pipeline: what each does, and what it waits for.

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

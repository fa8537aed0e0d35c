//! Text -> specification, with every problem at once.

mod order;
mod schedule;
mod source;
mod task;
mod value;

use toml::de::DeTable;

use crate::error::Result;
use crate::mention::Overlap;
use crate::record::{Field, Kind};
use crate::spec::parse::value::Reader;
use crate::spec::problem::{Problems, unknown};
use crate::spec::{DrugsSpec, Schedule, SourceSpec};

/// Reads a pipeline file; `file` is what messages call it, `name` the pipeline's name.
pub fn parse(text: &str, file: &str, name: &str) -> Result<DrugsSpec> {
    let mut reader = Reader { problems: Problems::new(file, text) };
    let mut spec = DrugsSpec {
        name: name.to_owned(),
        description: String::new(),
        schedule: Schedule::default(),
        drugs: SourceSpec::default(),
        publications: Vec::new(),
        tasks: Vec::new(),
        overlap: Overlap::default(),
    };
    match DeTable::parse(text) {
        Ok(table) => reader.file(table.get_ref(), &mut spec),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            reader.problems.add(at, error.message().to_owned());
        }
    }
    match reader.problems.into_error() {
        Some(error) => Err(error),
        None => Ok(spec),
    }
}

impl Reader<'_> {
    fn file(&mut self, table: &DeTable<'_>, spec: &mut DrugsSpec) {
        let known: Vec<&str> =
            ["description", "sources", "tasks"].into_iter().chain(schedule::KEYS).collect();
        self.problems.unknown_keys(table, "", &known);
        if let Some(value) = table.get("description") {
            spec.description = self.text(value, "description").unwrap_or_default();
        }
        spec.schedule = self.schedule(table);
        self.sources(table, spec);
        match table.get("tasks").and_then(|value| self.table(value, "tasks")) {
            Some((_, tasks)) => self.tasks(tasks, spec),
            None => self.problems.add(0, task::NONE.into()),
        }
    }

    fn sources(&mut self, table: &DeTable<'_>, spec: &mut DrugsSpec) {
        let kinds = Kind::ALL.map(Kind::name);
        let known: Vec<&str> = std::iter::once("drugs").chain(kinds).collect();
        let sources = table.get("sources").and_then(|value| self.table(value, "sources"));
        let sources = sources.map(|(_, sources)| sources);
        for (key, value) in sources.into_iter().flatten() {
            let name = key.get_ref().as_ref();
            let Some((at, table)) = self.table(value, name) else { continue };
            if name == "drugs" {
                spec.drugs = self.source(table, &at, name, &Field::DRUG);
            } else if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.name() == name) {
                spec.publications.push((kind, self.source(table, &at, name, &Field::PUBLICATION)));
            } else {
                self.problems.add(key.span().start, unknown("source", name, "", &known));
            }
        }
        spec.publications.sort_by_key(|(kind, _)| *kind);
        for name in known {
            if sources.is_none_or(|sources| sources.get(name).is_none()) {
                self.problems.add(0, format!("no source `{name}`"));
            }
        }
    }
}

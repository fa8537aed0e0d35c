//! Where a task's table goes.

use toml::de::DeTable;

use crate::spec::parse::tables::place::Place;
use crate::spec::parse::value::Reader;
use crate::spec::tables::{TableFormat, Template, Write, WriteMode};

const KEYS: [&str; 5] = ["to", "format", "mode", "key", "partition_by"];

/// A write, and where things stand in the file.
pub(super) struct DeclaredWrite {
    pub(super) write: Write,
    pub(super) key: Vec<(usize, String)>,
    pub(super) partition_by: Vec<(usize, String)>,
}

impl Reader<'_> {
    /// The `write` of a task; nothing where there is no place to write to, which is told.
    pub(super) fn write(&mut self, at: usize, task: &str, table: &DeTable<'_>) -> Option<DeclaredWrite> {
        let example = format!("`write = {{ to = \"{{out}}/{task}\", format = \"parquet\" }}`");
        let Some(value) = table.get("write") else {
            let problem = format!("the task `{task}` has no output: add {example}");
            self.problems.add(at, problem);
            return None;
        };
        let (span, table) = self.table(value, "write")?;
        let place = format!(" in `write` of the task `{task}`");
        self.problems.unknown_keys(table, &place, &KEYS);
        let to = match table.get("to") {
            Some(value) => self.place(value, "to", Place::Table),
            None => {
                self.problems.add(
                    span.start,
                    format!("the task `{task}` has no output: `write` needs `to`, as in {example}"),
                );
                None
            }
        };
        let format = self.choice(table, "format", &TableFormat::ALL.map(|f| (f.name(), f)));
        let mode = self.choice(table, "mode", &WriteMode::ALL.map(|m| (m.name(), m)));
        let named = |reader: &mut Self, key: &str| match table.get(key) {
            Some(value) => reader.text_or_texts(value, key),
            None => Vec::new(),
        };
        let (key, partition_by) = (named(self, "key"), named(self, "partition_by"));
        let at_key = |key: &str| table.get_key_value(key).map_or(span.start, |(key, _)| key.span().start);
        let one_file = to.as_ref().and_then(|to| ending(&to.text));
        if let (Some(ending), Some(format)) = (one_file, format)
            && ending != format
        {
            let problem = format!(
                "format: `{}` is not what the name of the file tells: `{}`",
                format.name(),
                ending.name()
            );
            self.problems.add(at_key("format"), problem);
        }
        let format = format.or(one_file).unwrap_or_default();
        if let (Some(to), Some(_)) = (&to, one_file)
            && !partition_by.is_empty()
        {
            let problem = format!("partition_by: `{}` is one file; partitions need a folder", to.text);
            self.problems.add(at_key("partition_by"), problem);
        }
        let known = table.get("mode").is_none() || mode.is_some();
        let mode = mode.unwrap_or_default();
        let keyed = matches!(mode, WriteMode::Upsert | WriteMode::Insert);
        if known && keyed && key.is_empty() {
            let problem = format!(
                "the mode `{}` of the task `{task}` needs `key`: the columns that tell a row from others",
                mode.name()
            );
            self.problems.add(at_key("mode"), problem);
        }
        if known && !keyed && !key.is_empty() {
            let problem =
                format!("key: it is for the modes `upsert` and `insert`, not for `{}`", mode.name());
            self.problems.add(at_key("key"), problem);
        }
        if known && mode == WriteMode::ReplacePartitions && partition_by.is_empty() {
            let problem = format!(
                "the mode `{}` of the task `{task}` needs `partition_by`: the columns that are folders",
                mode.name()
            );
            self.problems.add(at_key("mode"), problem);
        }
        let names = |columns: &[(usize, String)]| columns.iter().map(|(_, name)| name.clone()).collect();
        let write = Write {
            to: to.unwrap_or(Template { text: String::new(), at: span.start }),
            format,
            mode,
            key: names(&key),
            partition_by: names(&partition_by),
        };
        Some(DeclaredWrite { write, key, partition_by })
    }
}

/// The format that the name of a file tells; none for a folder.
fn ending(to: &str) -> Option<TableFormat> {
    let name = to.rsplit('/').next()?.to_ascii_lowercase();
    TableFormat::ALL.into_iter().find(|format| name.ends_with(&format!(".{}", format.name())))
}

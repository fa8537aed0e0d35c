//! How the rows of a source are read: its columns, which texts they are made of, its rules and its key.

use std::fmt::Write as _;

use datafusion::arrow::datatypes::SchemaRef;

use crate::error::Result;
use crate::record::Field;
use crate::source::{FileFormat, Layout, Row};
use crate::spec::tables::{Resolved, TableSource};
use crate::store::InputFile;
use crate::table::builder::{Cells, Text};
use crate::table::correct::Correction;
use crate::table::rules::Rules;
use crate::table::values::source_schema;

/// How the rows of a source are read.
pub(super) struct Contract<'a> {
    pub(super) source: &'a TableSource,
    /// Any column may hold nulls: rules see them before the rows are left out.
    pub(super) schema: SchemaRef,
    pub(super) rules: Rules,
    /// Positions of the key's columns; where there are none, each row is a record.
    pub(super) key: Vec<usize>,
    /// For each column, which of the texts of a row it reads: several columns may read the same one.
    pub(super) slots: Vec<usize>,
    /// How to read its files, where they are text.
    pub(super) layout: Layout,
}

impl<'a> Contract<'a> {
    pub(super) fn new(source: &'a TableSource, params: &Resolved) -> Result<Self> {
        let schema = source_schema(source);
        let rules = Rules::new(source, &schema, params)?;
        let place = |name: &String| source.columns.iter().position(|column| column.name == *name);
        let (mut layout, mut slots) = (Vec::<(Field, String)>::new(), Vec::new());
        for (i, column) in source.columns.iter().enumerate() {
            let known = layout.iter().position(|(_, name)| name.eq_ignore_ascii_case(&column.from));
            slots.push(known.unwrap_or(layout.len()));
            if known.is_none() {
                layout.push((Field::Column(i as u16), column.from.clone()));
            }
        }
        let layout = Layout::new(layout, source.format, source.encoding);
        Ok(Self { source, schema, rules, key: source.key.iter().filter_map(place).collect(), slots, layout })
    }

    pub(super) fn is_parquet(&self, file: &InputFile) -> bool {
        self.source.format.or_else(|| FileFormat::of(&file.name)) == Some(FileFormat::Parquet)
    }
}

impl<'a> Contract<'a> {
    pub(super) fn name(&self, field: Field) -> String {
        match field {
            Field::Column(i) => self.source.columns.get(usize::from(i)).map_or("", |c| &c.name).to_owned(),
            other => other.name().to_owned(),
        }
    }

    /// The text of each column of a row.
    pub(super) fn texts<'t>(&'t self, row: &'t Row<'_>) -> impl Fn(usize) -> Text<'t> {
        |i| {
            let slot = self.slots[i];
            Text { text: row.fields[slot], absent: row.absent.get(slot) == Some(&true) }
        }
    }

    /// The texts, or the cells, of a row that was corrected; what the correction does not name is `former`.
    pub(super) fn corrected<'t, T: From<Text<'t>>>(
        &'t self,
        correction: &'t Correction,
        former: impl Fn(usize) -> T,
    ) -> impl Fn(usize) -> T {
        move |i| match self.correction(correction, i) {
            Some(text) => Text { text, absent: false }.into(),
            None => former(i),
        }
    }

    /// What a correction says of a column: by its name, else by that of a column which reads the same text.
    fn correction<'t>(&self, correction: &'t Correction, column: usize) -> Option<&'t str> {
        let of = |i: usize| correction.record.get(&self.source.columns[i].name);
        let twins = (0..self.slots.len()).filter(|&i| self.slots[i] == self.slots[column]);
        of(column).or_else(|| twins.filter_map(of).next()).map(String::as_str)
    }

    /// Empty columns, with room for so many rows, and for so many bytes of text each.
    pub(super) fn cells(&self, rows: usize, bytes: &[usize]) -> Vec<Cells<'a>> {
        let columns = self.source.columns.iter().enumerate();
        let cells = |(i, column)| {
            Cells::new(column, self.source.date_order, rows, bytes.get(i).copied().unwrap_or_default())
        };
        columns.map(cells).collect()
    }

    /// A JSON object of the texts of a row.
    pub(super) fn record<'t>(&self, text: impl Fn(usize) -> Text<'t>) -> String {
        let mut record = String::from("{");
        for (i, column) in self.source.columns.iter().enumerate() {
            let Text { text, absent } = text(i);
            let comma = if i == 0 { "" } else { "," };
            let text = if absent { serde_json::Value::Null } else { text.into() };
            let _ = write!(record, "{comma}{}:{text}", serde_json::Value::from(&*column.name));
        }
        record.push('}');
        record
    }
}

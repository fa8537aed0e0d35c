//! Partitions: rows of equal values in some columns, in folders that are named after them, as Hive does.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use datafusion::arrow::array::{RecordBatch, UInt64Array};
use datafusion::arrow::compute::take_record_batch;
use datafusion::arrow::datatypes::{DataType, SchemaRef};

use crate::error::{Error, Result};
use crate::table::text::Cells;

/// The folder of rows that have no value in a partition column.
pub(super) const NULL_FOLDER: &str = "__HIVE_DEFAULT_PARTITION__";

/// The name of the folder of a value: `month=2020-03`.
///
/// What cannot stand in a name of a file is escaped as in a URL. A text without characters cannot be told from none,
/// as everywhere in this layout.
///
/// ```
/// use pipeline_tables::sink::files::{folder_name, parse_folders};
/// assert_eq!(folder_name("place", Some("a/b")), "place=a%2Fb");
/// assert_eq!(parse_folders("place=a%2Fb/part-0.parquet"), [("place".into(), Some("a/b".into()))]);
/// assert_eq!(folder_name("place", None), "place=__HIVE_DEFAULT_PARTITION__");
/// ```
#[must_use]
pub fn folder_name(column: &str, value: Option<&str>) -> String {
    let mut name = String::new();
    escape(column, &mut name);
    name.push('=');
    match value {
        None | Some("") => name.push_str(NULL_FOLDER),
        Some(value) => escape(value, &mut name),
    }
    name
}

fn escape(text: &str, name: &mut String) {
    for c in text.chars() {
        if !c.is_ascii() || c.is_ascii_alphanumeric() || " _-.,@!()~".contains(c) {
            name.push(c);
        } else {
            let _ = write!(name, "%{:02X}", c as u32);
        }
    }
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match hex.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(escaped) if byte == b'%' => {
                bytes.push(escaped);
                rest = &after[2..];
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The columns and values that the folders of a file's name tell.
#[must_use]
pub fn parse_folders(name: &str) -> Vec<(String, Option<String>)> {
    let folders = name.rsplit_once('/').map_or("", |(folders, _)| folders);
    let parts = folders.split('/').filter_map(|folder| folder.split_once('='));
    parts.map(|(column, value)| (unescape(column), (value != NULL_FOLDER).then(|| unescape(value)))).collect()
}

/// How rows are told apart by partition.
pub(super) struct Splitter {
    by: Vec<usize>,
    names: Vec<String>,
    keep: Vec<usize>,
    pub(super) schema: SchemaRef,
}

impl Splitter {
    /// For a table of these columns.
    pub(super) fn new(schema: &SchemaRef, partition_by: &[String]) -> Result<Self> {
        let place = |name: &String| schema.index_of(name).map_err(|_| missing(name, "partition_by"));
        let by = partition_by.iter().map(place).collect::<Result<Vec<_>>>()?;
        let keep: Vec<usize> = (0..schema.fields().len()).filter(|column| !by.contains(column)).collect();
        let inside = schema.project(&keep).map_err(|_| missing("", "partition_by"))?;
        Ok(Self { by, names: partition_by.to_vec(), keep, schema: inside.into() })
    }

    /// The folder of each row.
    pub(super) fn folders(&self, batch: &RecordBatch) -> Vec<(String, Vec<u64>)> {
        if self.by.is_empty() {
            return vec![(String::new(), (0..batch.num_rows() as u64).collect())];
        }
        let cells: Vec<Cells<'_>> =
            self.by.iter().map(|&column| Cells::of(batch.column(column).as_ref())).collect();
        let mut found: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        let mut folders: Vec<(String, Vec<u64>)> = Vec::new();
        let (mut key, mut last, mut current) = (Vec::new(), Vec::new(), 0);
        for row in 0..batch.num_rows() {
            key.clear();
            for cells in &cells {
                if !cells.is_null(row) {
                    cells.plain(row, &mut key);
                }
                key.push(0xFF); // in no text
            }
            // Neighbours are often of one partition.
            if folders.is_empty() || key != last {
                current = *found.entry(key.clone()).or_insert_with(|| {
                    folders.push((self.folder(&cells, row), Vec::new()));
                    folders.len() - 1
                });
                last.clone_from(&key);
            }
            folders[current].1.push(row as u64);
        }
        folders
    }

    fn folder(&self, cells: &[Cells<'_>], row: usize) -> String {
        let mut path = String::new();
        for (name, cells) in self.names.iter().zip(cells) {
            let mut value = Vec::new();
            if !cells.is_null(row) {
                cells.plain(row, &mut value);
            }
            let value = String::from_utf8_lossy(&value);
            path.push_str(&folder_name(name, Some(&value)));
            path.push('/');
        }
        path
    }

    /// A batch without the columns that are folders.
    pub(super) fn inside(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        batch.project(&self.keep).map_err(|error| arrow(&error))
    }

    /// Adds the rows of a batch to their partitions.
    pub(super) fn add(
        &self,
        batch: &RecordBatch,
        parts: &mut BTreeMap<String, Vec<RecordBatch>>,
    ) -> Result<()> {
        let inside = self.inside(batch)?;
        for (folder, rows) in self.folders(batch) {
            let part = if rows.len() == batch.num_rows() {
                inside.clone()
            } else {
                take_record_batch(&inside, &UInt64Array::from(rows)).map_err(|error| arrow(&error))?
            };
            parts.entry(folder).or_default().push(part);
        }
        Ok(())
    }
}

/// The column of a table's partitions that is a day.
pub(super) fn day_column<'a>(schema: &SchemaRef, partition_by: &'a [String]) -> Option<&'a String> {
    let is_day =
        |name: &&String| schema.field_with_name(name).is_ok_and(|f| f.data_type() == &DataType::Date32);
    partition_by.iter().find(is_day)
}

pub(super) fn missing(column: &str, key: &str) -> Error {
    Error::Input {
        message: format!("there is no column `{column}`, which `{key}` names"),
        hint: "name a column that the task's table has".into(),
    }
}

pub(super) fn arrow(error: &datafusion::arrow::error::ArrowError) -> Error {
    Error::Input {
        message: format!("the rows cannot be written: {error}"),
        hint: "this is a bug: please report it".into(),
    }
}

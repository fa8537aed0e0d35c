//! Rows of a key that is there already: replaced (`upsert`) or left as they are (`insert`).
//!
//! What is there keeps its order, and in formats of text its very bytes; new rows come behind. A row may move to
//! another partition: it leaves its former one. Files that nothing changes in are not written.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::compute::{cast, concat_batches, interleave_record_batch};
use datafusion::arrow::datatypes::SchemaRef;

use crate::error::{Error, Result};
use crate::sink::files::partition::{Splitter, arrow, missing, parse_folders};
use crate::sink::files::plan::TableWrite;
use crate::sink::files::rows::{Key, OldRow, add_to_key};
use crate::sink::files::{csv, json, parquet};
use crate::spec::tables::{TableFormat, WriteMode};
use crate::table::text::Cells;

/// A file that was there: its folder with a slash at its end, or nothing, and its bytes.
pub(super) struct OldFile {
    pub(super) folder: String,
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// What a file becomes.
pub(super) enum Body {
    /// These rows.
    Rows(Vec<RecordBatch>),
    /// These bytes.
    Text(Vec<u8>),
    /// Nothing is left of it.
    Gone,
}

/// What merging gives.
pub(super) struct Merged {
    /// The files that change, by their folder.
    pub(super) files: Vec<(String, Body)>,
    /// New rows that were taken.
    pub(super) rows: u64,
}

enum Rows<'a> {
    Table(RecordBatch),
    Text(Vec<OldRow<'a>>),
}

#[derive(Clone, Copy)]
enum Piece {
    Old(usize),
    New(usize),
}

/// The folders that rows belong in.
pub(super) fn touched(splitter: &Splitter, new: &RecordBatch) -> BTreeSet<String> {
    splitter.folders(new).into_iter().map(|(folder, _)| folder).collect()
}

/// Merges new rows with those of the files that are there.
pub(super) fn merge(
    plan: &TableWrite,
    splitter: &Splitter,
    new: &RecordBatch,
    old: &[OldFile],
) -> Result<Merged> {
    let keys = keys(plan, new)?;
    let mut by_key: HashMap<&Key, usize> = HashMap::with_capacity(keys.len());
    for (row, key) in keys.iter().enumerate() {
        if by_key.insert(key, row).is_some() {
            return Err(twice(plan, new, row));
        }
    }
    let mut folder_of: Vec<usize> = vec![0; new.num_rows()];
    let mut folders: Vec<String> = Vec::new();
    for (folder, rows) in splitter.folders(new) {
        for row in rows {
            folder_of[usize::try_from(row).unwrap_or(0)] = folders.len();
        }
        folders.push(folder);
    }
    let mut taken = vec![true; new.num_rows()];
    let mut parts: BTreeMap<String, (Vec<Piece>, bool)> = BTreeMap::new();
    let mut read: BTreeMap<String, Rows<'_>> = BTreeMap::new();
    for file in old {
        let (rows, old_keys) = read_old(plan, &splitter.schema, file)?;
        let mut pieces = Vec::with_capacity(old_keys.len());
        let mut changed = false;
        for (row, key) in old_keys.iter().enumerate() {
            match by_key.get(key) {
                Some(&new_row) if plan.mode == WriteMode::Insert => {
                    taken[new_row] = false;
                    pieces.push(Piece::Old(row));
                }
                Some(&new_row) => {
                    changed = true;
                    // In another partition it is added there.
                    if folders[folder_of[new_row]] == file.folder && taken[new_row] {
                        taken[new_row] = false;
                        pieces.push(Piece::New(new_row));
                    }
                }
                None => pieces.push(Piece::Old(row)),
            }
        }
        parts.insert(file.folder.clone(), (pieces, changed));
        read.insert(file.folder.clone(), rows);
    }
    let replaced =
        parts.values().flat_map(|(pieces, _)| pieces).filter(|piece| matches!(piece, Piece::New(_))).count();
    let added = taken.iter().filter(|taken| **taken).count();
    for row in (0..new.num_rows()).filter(|&row| taken[row]) {
        let (pieces, changed) = parts.entry(folders[folder_of[row]].clone()).or_default();
        pieces.push(Piece::New(row));
        *changed = true;
    }
    let inside = splitter.inside(new)?;
    let changed = parts.into_iter().filter(|(_, (_, changed))| *changed);
    let files = changed.map(|(folder, (pieces, _))| {
        let body = body(plan, &splitter.schema, read.get(&folder), &inside, &pieces)?;
        Ok((folder, body))
    });
    Ok(Merged { files: files.collect::<Result<_>>()?, rows: (replaced + added) as u64 })
}

/// The key of each row.
fn keys(plan: &TableWrite, batch: &RecordBatch) -> Result<Vec<Key>> {
    let column = |name: &String| batch.column_by_name(name).ok_or_else(|| missing(name, "key"));
    let columns = plan.key.iter().map(column).collect::<Result<Vec<_>>>()?;
    let cells: Vec<Cells<'_>> = columns.into_iter().map(|column| Cells::of(column.as_ref())).collect();
    let mut value = Vec::new();
    let key = |row| {
        let mut key = Key::new();
        for cells in &cells {
            value.clear();
            if !cells.is_null(row) {
                cells.plain(row, &mut value);
            }
            // A file cannot always tell an empty text from none.
            add_to_key((!value.is_empty()).then_some(&value), &mut key);
        }
        key
    };
    Ok((0..batch.num_rows()).map(key).collect())
}

fn twice(plan: &TableWrite, batch: &RecordBatch, row: usize) -> Error {
    let value = |name: &String| {
        let mut text = Vec::new();
        if let Some(column) = batch.column_by_name(name).filter(|column| !column.is_null(row)) {
            Cells::of(column.as_ref()).plain(row, &mut text);
        }
        format!("{name} = {}", String::from_utf8_lossy(&text))
    };
    let values: Vec<String> = plan.key.iter().map(value).collect();
    Error::Input {
        message: format!("two new rows have one key: {}", values.join(", ")),
        hint: "a key tells a row from all others: take one of them in SQL, or add a column to `key`".into(),
    }
}

/// The rows of a file that was there, and their keys.
fn read_old<'a>(plan: &TableWrite, schema: &SchemaRef, file: &'a OldFile) -> Result<(Rows<'a>, Vec<Key>)> {
    let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let damaged = |message: String| Error::Output {
        message: format!("cannot add to `{}`: {message}", file.name),
        hint: "mend or remove the file, or write to another place".into(),
    };
    let folders = parse_folders(&file.name);
    if plan.format == TableFormat::Parquet {
        let (found, batches) =
            parquet::decode(file.bytes.clone()).map_err(|error| damaged(error.to_string()))?;
        let whole = concat_batches(&found, &batches).map_err(|error| arrow(&error))?;
        let mut columns = Vec::with_capacity(names.len());
        for field in schema.fields() {
            let column = whole.column_by_name(field.name());
            let column = column.ok_or_else(|| damaged(format!("it has no column `{}`", field.name())))?;
            columns.push(cast(column, field.data_type()).map_err(|error| damaged(error.to_string()))?);
        }
        if let Some(other) = found.fields().iter().find(|field| !names.contains(field.name())) {
            return Err(damaged(format!("it has a column `{}`, which the new rows have not", other.name())));
        }
        let table = RecordBatch::try_new(schema.clone(), columns).map_err(|error| arrow(&error))?;
        let keys = keys_with_folders(plan, &folders, table.num_rows(), |name, row, value| {
            if let Some(column) = table.column_by_name(name).filter(|column| !column.is_null(row)) {
                Cells::of(column.as_ref()).plain(row, value);
            }
        });
        return Ok((Rows::Table(table), keys));
    }
    let rows = match plan.format {
        TableFormat::Csv => {
            let (header, rows) = csv::old_rows(&file.bytes).map_err(damaged)?;
            if header != names {
                return Err(damaged(format!(
                    "its columns are {}, the new ones {}",
                    header.join(","),
                    names.join(",")
                )));
            }
            rows
        }
        format => json::old_rows(&file.bytes, format == TableFormat::Json, &names).map_err(damaged)?,
    };
    let keys = keys_with_folders(plan, &folders, rows.len(), |name, row, value| {
        let place = names.iter().position(|column| column == name);
        if let Some(text) = place.and_then(|place| rows[row].values.get(place)).and_then(Option::as_ref) {
            value.extend_from_slice(text);
        }
    });
    Ok((Rows::Text(rows), keys))
}

/// The keys of rows whose partition columns stand in the names of their folders.
fn keys_with_folders(
    plan: &TableWrite,
    folders: &[(String, Option<String>)],
    rows: usize,
    value_of: impl Fn(&str, usize, &mut Vec<u8>),
) -> Vec<Key> {
    let mut value = Vec::new();
    let key = |row| {
        let mut key = Key::new();
        for name in &plan.key {
            value.clear();
            match folders.iter().find(|(column, _)| column == name) {
                Some((_, text)) => value.extend_from_slice(text.as_deref().unwrap_or_default().as_bytes()),
                None => value_of(name, row, &mut value),
            }
            add_to_key((!value.is_empty()).then_some(&value), &mut key);
        }
        key
    };
    (0..rows).map(key).collect()
}

/// A file made of pieces of the old one and of new rows.
fn body(
    plan: &TableWrite,
    schema: &SchemaRef,
    old: Option<&Rows<'_>>,
    new: &RecordBatch,
    pieces: &[Piece],
) -> Result<Body> {
    if pieces.is_empty() && !plan.partition_by.is_empty() {
        return Ok(Body::Gone);
    }
    if plan.format == TableFormat::Parquet {
        let empty = RecordBatch::new_empty(schema.clone());
        let old = match old {
            Some(Rows::Table(table)) => table,
            _ => &empty,
        };
        let places: Vec<(usize, usize)> = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Old(row) => (0, *row),
                Piece::New(row) => (1, *row),
            })
            .collect();
        let rows = interleave_record_batch(&[old, new], &places).map_err(|error| arrow(&error))?;
        return Ok(Body::Rows(vec![rows]));
    }
    let (mut rendered, mut ends) = (Vec::new(), Vec::new());
    match plan.format {
        TableFormat::Csv => csv::lines(new, &mut rendered, &mut ends),
        _ => json::lines(new, &mut rendered, &mut ends),
    }
    let line = |row: usize| {
        let start = if row == 0 { 0 } else { ends[row - 1] };
        &rendered[start..ends[row] - 1]
    };
    let mut text = match plan.format {
        TableFormat::Csv => csv::header(schema),
        TableFormat::Json => b"[".to_vec(),
        _ => Vec::new(),
    };
    for (i, piece) in pieces.iter().enumerate() {
        if plan.format == TableFormat::Json {
            text.extend_from_slice(if i == 0 { b"\n  " } else { b",\n  " });
        }
        match (piece, old) {
            (Piece::Old(row), Some(Rows::Text(rows))) => text.extend_from_slice(rows[*row].text),
            (Piece::New(row), _) => text.extend_from_slice(line(*row)),
            (Piece::Old(_), _) => {}
        }
        if plan.format != TableFormat::Json {
            text.push(b'\n');
        }
    }
    if plan.format == TableFormat::Json {
        text.extend_from_slice(if pieces.is_empty() { b"]\n" } else { b"\n]\n" });
    }
    Ok(Body::Text(text))
}

//! One load: all of it in one transaction.

use std::pin::pin;

use bytes::Bytes;
use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::datatypes::SchemaRef;
use futures::SinkExt;
use tokio_postgres::{Error as PgError, Transaction};
use xxhash_rust::xxh3::xxh3_64;

use crate::error::{Error, Result};
use crate::sink::postgres::connect::Server;
use crate::sink::postgres::encode::{HEADER, Rows, TRAILER};
use crate::sink::postgres::failure::failed;
use crate::sink::postgres::name::{list, quoted};
use crate::sink::postgres::table::{self, Kind};

/// What becomes of the rows that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadMode {
    /// The new rows replace all.
    Replace,
    /// The new rows replace those with the same values in some columns, and all those of a day.
    ReplacePartitions {
        /// The columns.
        columns: Vec<String>,
        /// A column and its day, `YYYY-MM-DD`: its rows are replaced even when there are no new ones for it.
        day: Option<(String, String)>,
    },
    /// A row of a key that is there replaces it, other rows are added.
    Upsert {
        /// The columns of the key.
        key: Vec<String>,
    },
    /// Only rows of a key that is not there are added.
    Insert {
        /// The columns of the key.
        key: Vec<String>,
    },
}

impl LoadMode {
    fn key(&self) -> &[String] {
        match self {
            Self::Upsert { key } | Self::Insert { key } => key,
            Self::Replace | Self::ReplacePartitions { .. } => &[],
        }
    }
}

/// The temporary table of the session; it ends with the transaction.
const STAGE: &str = "pg_temp.pipeline_stage";

/// Bytes that are sent at a time.
const CHUNK: usize = 1 << 18;

/// A load that is to be done.
struct Load<'a> {
    name: &'a str,
    /// The table as SQL names it.
    table: String,
    columns: Vec<(String, Kind)>,
    /// The names of the columns, for SQL.
    names: String,
    mode: &'a LoadMode,
    server: &'a str,
}

pub(super) async fn load(
    server: &Server,
    name: &str,
    schema: &SchemaRef,
    batches: &[RecordBatch],
    mode: &LoadMode,
) -> Result<u64> {
    let columns = table::columns(name, schema)?;
    let load = Load {
        name,
        table: format!("public.{}", quoted(name)),
        names: list(columns.iter().map(|(name, _)| name)),
        columns,
        mode,
        server: server.shown(),
    };
    load.check(batches)?;
    let mut session = server.session().await?;
    let rows = {
        let transaction = session.client.transaction().await.map_err(|error| load.failed(&error))?;
        let rows = load.run(&transaction, batches).await?;
        transaction.commit().await.map_err(|error| load.failed(&error))?;
        rows
    };
    session.end().await?;
    tracing::debug!(table = name, rows, "loaded");
    Ok(rows)
}

impl Load<'_> {
    fn failed(&self, error: &PgError) -> Error {
        failed(&format!("load the table `{}` into", self.name), self.server, error)
    }

    /// What can be told before anybody is asked.
    fn check(&self, batches: &[RecordBatch]) -> Result<()> {
        let (what, named): (_, Vec<&String>) = match self.mode {
            LoadMode::ReplacePartitions { columns, day } => {
                ("partition_by", columns.iter().chain(day.iter().map(|(column, _)| column)).collect())
            }
            mode => ("key", mode.key().iter().collect()),
        };
        for column in named {
            if !self.columns.iter().any(|(name, _)| name == column) {
                return Err(Error::Input {
                    message: format!(
                        "the table `{}` has no column `{column}`, which `{what}` names",
                        self.name
                    ),
                    hint: "name a column that the task's table has".into(),
                });
            }
        }
        let mut row = 0;
        for batch in batches {
            for column in self.mode.key() {
                let cells = batch.column_by_name(column).filter(|cells| cells.null_count() > 0);
                if let Some(at) = cells.and_then(|cells| (0..cells.len()).find(|row| cells.is_null(*row))) {
                    return Err(Error::Input {
                        message: format!(
                            "row {} of the table `{}` has no `{column}`, which is of its key",
                            row + at + 1,
                            self.name
                        ),
                        hint: "leave such rows out in the task's SQL, or take another column for `key`"
                            .into(),
                    });
                }
            }
            row += batch.num_rows();
        }
        Ok(())
    }

    async fn run(&self, transaction: &Transaction<'_>, batches: &[RecordBatch]) -> Result<u64> {
        let failed = |error: PgError| self.failed(&error);
        // Two loads of one table: the second waits until the first has ended, and finds its rows.
        let lock = xxh3_64(format!("pipeline\0public\0{}", self.name).as_bytes()).cast_signed();
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&lock]).await.map_err(failed)?;
        table::make_or_check(transaction, self.name, &self.columns, self.mode.key())
            .await
            .map_err(failed)??;
        let columns: Vec<String> =
            self.columns.iter().map(|(name, kind)| format!("{} {}", quoted(name), kind.sql())).collect();
        let columns = columns.join(", ");
        let make = format!("CREATE TEMPORARY TABLE pipeline_stage ({columns}) ON COMMIT DROP");
        transaction.batch_execute(&make).await.map_err(failed)?;
        self.copy(transaction, batches).await?;
        self.refuse_twice(transaction).await?;
        self.delete(transaction).await.map_err(failed)?;
        let (table, names) = (&self.table, &self.names);
        let conflict = match self.mode {
            LoadMode::Replace | LoadMode::ReplacePartitions { .. } => String::new(),
            LoadMode::Insert { key } => format!(" ON CONFLICT ({}) DO NOTHING", list(key)),
            LoadMode::Upsert { key } => {
                let others = self.columns.iter().map(|(name, _)| name).filter(|name| !key.contains(name));
                let set: Vec<String> =
                    others.map(|name| format!("{0} = EXCLUDED.{0}", quoted(name))).collect();
                let what =
                    if set.is_empty() { "NOTHING".into() } else { format!("UPDATE SET {}", set.join(", ")) };
                format!(" ON CONFLICT ({}) DO {what}", list(key))
            }
        };
        let insert = format!("INSERT INTO {table} ({names}) SELECT {names} FROM {STAGE}{conflict}");
        transaction.execute(&insert, &[]).await.map_err(failed)
    }

    /// Sends the rows to the temporary table.
    async fn copy(&self, transaction: &Transaction<'_>, batches: &[RecordBatch]) -> Result<()> {
        let failed = |error: PgError| self.failed(&error);
        let copy = format!("COPY {STAGE} ({}) FROM STDIN (FORMAT binary)", self.names);
        let sink = transaction.copy_in::<_, Bytes>(&copy).await.map_err(failed)?;
        let mut sink = pin!(sink);
        let mut chunk = HEADER.to_vec();
        let mut number = 0;
        for batch in batches {
            let rows = Rows::of(&self.columns, batch)?;
            for row in 0..batch.num_rows() {
                number += 1;
                rows.write(row, number, &mut chunk)?;
                if chunk.len() >= CHUNK {
                    let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK + CHUNK / 8));
                    sink.feed(Bytes::from(full)).await.map_err(failed)?;
                }
            }
        }
        chunk.extend_from_slice(TRAILER);
        sink.feed(Bytes::from(chunk)).await.map_err(failed)?;
        sink.finish().await.map(drop).map_err(failed)
    }

    /// Two new rows of one key: which of them should stay, nobody can tell.
    async fn refuse_twice(&self, transaction: &Transaction<'_>) -> Result<()> {
        let key = self.mode.key();
        if key.is_empty() {
            return Ok(());
        }
        let values: Vec<String> = key.iter().map(|name| format!("{}::text", quoted(name))).collect();
        let names = list(key);
        let question = format!(
            "SELECT {} FROM {STAGE} GROUP BY {names} HAVING count(*) > 1 ORDER BY {names} LIMIT 1",
            values.join(", ")
        );
        let found = transaction.query_opt(&question, &[]).await.map_err(|error| self.failed(&error))?;
        let Some(found) = found else { return Ok(()) };
        let value = |(i, name): (usize, &String)| format!("{name} = {}", found.get::<_, String>(i));
        let values: Vec<String> = key.iter().enumerate().map(value).collect();
        Err(Error::Input {
            message: format!("two new rows have one key: {}", values.join(", ")),
            hint: "a key tells a row from all others: take one of them in SQL, or add a column to `key`"
                .into(),
        })
    }

    /// Deletes what the new rows replace.
    async fn delete(&self, transaction: &Transaction<'_>) -> std::result::Result<(), PgError> {
        let table = &self.table;
        let LoadMode::ReplacePartitions { columns, day } = self.mode else {
            if *self.mode == LoadMode::Replace {
                transaction.execute(&format!("DELETE FROM {table}"), &[]).await?;
            }
            return Ok(());
        };
        if columns.is_empty() {
            transaction.execute(&format!("DELETE FROM {table}"), &[]).await?;
            return Ok(());
        }
        let names = list(columns);
        let delete = format!("DELETE FROM {table} WHERE ({names}) IN (SELECT DISTINCT {names} FROM {STAGE})");
        transaction.execute(&delete, &[]).await?;
        // That finds no NULL, and what finds them is slow: it is asked for them only.
        let missing: Vec<String> = columns.iter().map(|name| format!("{} IS NULL", quoted(name))).collect();
        let same: Vec<String> = columns
            .iter()
            .map(|name| format!("stage.{0} IS NOT DISTINCT FROM old.{0}", quoted(name)))
            .collect();
        let delete = format!(
            "DELETE FROM {table} AS old WHERE EXISTS (SELECT FROM (SELECT DISTINCT {names} FROM {STAGE} WHERE {}) AS stage WHERE {})",
            missing.join(" OR "),
            same.join(" AND ")
        );
        transaction.execute(&delete, &[]).await?;
        if let Some((column, day)) = day {
            let kind = self.columns.iter().find(|(name, _)| name == column).map(|(_, kind)| kind.sql());
            let kind = kind.unwrap_or_else(|| "date".into());
            let delete = format!("DELETE FROM {table} WHERE {} = $1::text::{kind}", quoted(column));
            transaction.execute(&delete, &[day]).await?;
        }
        Ok(())
    }
}

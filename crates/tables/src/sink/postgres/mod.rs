//! Tables in Postgres: written whole or not at all, read back, and queried.
//!
//! Rows go by COPY in its binary format into a temporary table of the session, and from there into their table with one
//! statement, all in one transaction: whatever dies in the middle leaves what was there before. An advisory lock makes
//! loads of one table wait for each other. Nothing is altered in silence: a table that does not fit is an error that
//! says which statement would make it fit. Values never become SQL, names are always quoted.

mod connect;
mod decode;
mod encode;
mod failure;
mod load;
mod name;
mod numeric;
mod query;
mod table;

pub use load::LoadMode;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, SchemaRef};

use crate::error::Result;
use crate::remote::OwnRuntime;
use crate::sink::postgres::connect::Server;
use crate::spec::LogicalDate;
use crate::spec::tables::{TableTask, WriteMode};

/// A database. Each call opens a connection of its own, so that tasks can load at the same time.
pub struct Postgres {
    runtime: OwnRuntime,
    server: Server,
}

impl Postgres {
    /// Reads a URL, `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, and looks whether the database answers.
    ///
    /// `sslmode` in it is `disable`, `prefer` (the default) or `require`; whoever answers with TLS must show a certificate
    /// that this machine trusts. On this machine itself, `prefer` is as good as `disable`.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] for a URL that cannot be read, [`Error::Remote`] for a database that cannot be reached or that
    /// refuses. The password is in none of them.
    ///
    /// [`Error::Input`]: pipeline_core::error::Error::Input
    /// [`Error::Remote`]: pipeline_core::error::Error::Remote
    pub fn connect(url: &str) -> Result<Self> {
        let (runtime, server) = (OwnRuntime::start()?, Server::parse(url)?);
        runtime.block_on(async { server.session().await?.end().await })?;
        Ok(Self { runtime, server })
    }

    /// Writes the table of a task, as its declaration says. Gives the number of rows that were written.
    pub fn write(
        &self,
        task: &TableTask,
        schema: &SchemaRef,
        batches: &[RecordBatch],
        date: Option<LogicalDate>,
    ) -> Result<u64> {
        let write = &task.write;
        let is_day = |name: &&String| {
            schema.field_with_name(name).is_ok_and(|field| field.data_type() == &DataType::Date32)
        };
        let mode = match write.mode {
            WriteMode::Replace => LoadMode::Replace,
            WriteMode::ReplacePartitions => LoadMode::ReplacePartitions {
                columns: write.partition_by.clone(),
                day: write.partition_by.iter().find(is_day).cloned().zip(date.map(|date| date.to_string())),
            },
            WriteMode::Upsert => LoadMode::Upsert { key: write.key.clone() },
            WriteMode::Insert => LoadMode::Insert { key: write.key.clone() },
        };
        self.load(&task.name, schema, batches, &mode)
    }

    /// Writes rows into a table of the schema `public`, which is made if it is not there. Gives the number of rows
    /// that were written.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] for a table that does not fit, [`Error::Input`] for rows that it cannot hold, [`Error::Remote`]
    /// when the database does not answer, refuses, or dies. Whatever it is, nothing is half loaded, and the same call
    /// can be made again.
    ///
    /// [`Error::Input`]: pipeline_core::error::Error::Input
    /// [`Error::Output`]: pipeline_core::error::Error::Output
    /// [`Error::Remote`]: pipeline_core::error::Error::Remote
    pub fn load(
        &self,
        table: &str,
        schema: &SchemaRef,
        batches: &[RecordBatch],
        mode: &LoadMode,
    ) -> Result<u64> {
        self.runtime.block_on(load::load(&self.server, table, schema, batches, mode))
    }

    /// Reads a table: with the columns of `schema`, or with all of them if there is none. None if there is no table.
    pub fn read(
        &self,
        table: &str,
        schema: Option<&SchemaRef>,
    ) -> Result<Option<(SchemaRef, Vec<RecordBatch>)>> {
        self.runtime.block_on(query::read(&self.server, table, schema))
    }

    /// Asks a question that changes nothing: one query. What has no counterpart among the types of tables comes as text.
    pub fn query(&self, sql: &str) -> Result<(SchemaRef, Vec<RecordBatch>)> {
        self.runtime.block_on(query::query(&self.server, sql))
    }
}

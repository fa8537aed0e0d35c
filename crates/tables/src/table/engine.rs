//! SQL over tables, on DataFusion.
//!
//! A query's result, floating point sums and the order of rows included, is the same whatever the number of threads:
//! its plan has several partitions only where none can tell ([`spread`]). Threads have their work all the same: tasks
//! run beside each other, sources are read and tables are written in parallel.
//!
//! Functions that answer otherwise in each run (`now`, `random`) are not there, so that a rerun writes the same rows.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::MemTable;
use datafusion::common::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};
use futures::{FutureExt, StreamExt};

use crate::error::{Action, Error, Result};
use crate::spec::tables::{Resolved, SqlText};
use crate::spec::{Problem, unknown};
use crate::table::impure::IMPURE;
use crate::table::problem::{self, into_error, plain};
use crate::table::query::{Allowed, NamedTable, Parsed, parse, reference};
use crate::table::scan::TableFiles;
use crate::table::{bind, scan, spread, sums, values};

/// Tables, and queries over them. It is cheap to make: one a task, so that tables of one name can differ.
pub struct Engine {
    pub(super) context: SessionContext,
    allowed: Allowed,
}

/// The rows of a query.
#[derive(Debug, Clone)]
pub struct QueryResult {
    /// Its columns.
    pub schema: SchemaRef,
    /// Its rows.
    pub batches: Vec<RecordBatch>,
}

/// The rows of a query, batch by batch.
pub struct QueryStream {
    /// Its columns.
    pub schema: SchemaRef,
    rows: SendableRecordBatchStream,
    text: SqlText,
}

impl Engine {
    /// An engine for tasks: what it answers depends on its tables and parameters alone.
    ///
    /// `memory` is a limit in bytes; sorts and groups that need more go to temporary files.
    pub fn new(memory: Option<usize>) -> Result<Self> {
        let engine = Self::with(memory, Allowed::Query)?;
        for name in IMPURE {
            engine.context.deregister_udf(name);
        }
        Ok(engine)
    }

    /// An engine for questions by hand: `now` and `EXPLAIN` are there, too.
    pub fn interactive(memory: Option<usize>) -> Result<Self> {
        Self::with(memory, Allowed::Explain)
    }

    fn with(memory: Option<usize>, allowed: Allowed) -> Result<Self> {
        let mut config = SessionConfig::new().with_target_partitions(1).with_information_schema(false);
        let options = config.options_mut();
        options.sql_parser.collect_spans = true;
        // One type for texts, so that it does not matter whether rows come from memory or from files.
        options.sql_parser.map_string_types_to_utf8view = false;
        options.execution.parquet.schema_force_view_types = false;
        options.execution.time_zone = Some("UTC".into());
        let mut runtime = RuntimeEnvBuilder::new();
        if let Some(memory) = memory {
            runtime = runtime.with_memory_limit(memory, 1.0);
        }
        let runtime = runtime.build_arc().map_err(|error| internal(&error))?;
        let state =
            SessionStateBuilder::new_with_default_features().with_config(config).with_runtime_env(runtime);
        let context = SessionContext::new_with_state(state.build());
        for function in sums::functions() {
            context.register_udaf(function);
        }
        Ok(Self { context, allowed })
    }

    /// Makes rows in memory a table; one of the same name is replaced.
    pub fn register_batches(&self, name: &str, schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<()> {
        let table = MemTable::try_new(schema, vec![batches]).map_err(|error| internal(&error))?;
        self.register(name, Arc::new(table))
    }

    /// Makes files a table; one of the same name is replaced.
    pub async fn register_files(&self, name: &str, files: TableFiles) -> Result<()> {
        let table = scan::table(&self.context, files).await?;
        self.register(name, table)
    }

    fn register(&self, name: &str, table: Arc<dyn datafusion::catalog::TableProvider>) -> Result<()> {
        let name = reference(name);
        let _ = self.context.deregister_table(name.clone());
        self.context.register_table(name, table).map_err(|error| internal(&error))?;
        Ok(())
    }

    /// The tables that are there, by name, and their columns.
    #[must_use]
    pub fn tables(&self) -> Vec<(String, SchemaRef)> {
        let schema = self.context.catalog("datafusion").and_then(|catalog| catalog.schema("public"));
        let Some(schema) = schema else { return Vec::new() };
        let mut names = schema.table_names();
        names.sort_unstable();
        let columns = |name: String| {
            let table = schema.table(&name).now_or_never()?.ok()??;
            Some((name, table.schema()))
        };
        names.into_iter().filter_map(columns).collect()
    }

    /// The tables that a text names, in the order in which they stand there.
    pub fn tables_named(&self, text: &SqlText) -> Result<Vec<NamedTable>> {
        let parsed = parse(text, self.allowed).map_err(|problem| into_error(vec![problem]))?;
        Ok(parsed.tables)
    }

    /// Runs a query and keeps its rows.
    pub async fn query(&self, text: &SqlText, params: &Resolved) -> Result<QueryResult> {
        let mut stream = self.stream(text, params).await?;
        let mut batches = Vec::new();
        while let Some(batch) = stream.next().await {
            batches.push(batch?);
        }
        Ok(QueryResult { schema: stream.schema, batches })
    }

    /// Runs a query, whose rows come as they are made.
    pub async fn stream(&self, text: &SqlText, params: &Resolved) -> Result<QueryStream> {
        let (plan, schema) = self.plan(text, params).map_err(into_error)?;
        let frame = self
            .context
            .execute_logical_plan(plan)
            .await
            .map_err(|error| into_error(problem::all_of(text, &error)))?;
        let (state, plan) = frame.into_parts();
        let rows = match spread::physical(&state, &plan).await {
            Ok(plan) => execute_stream(plan, state.task_ctx()),
            Err(error) => Err(error),
        };
        let rows = rows.map_err(|error| failed(text, &error))?;
        Ok(QueryStream { schema, rows, text: text.clone() })
    }

    /// Plans a query without running it, and tells its columns.
    pub(super) fn plan(
        &self,
        text: &SqlText,
        params: &Resolved,
    ) -> std::result::Result<(LogicalPlan, SchemaRef), Vec<Problem>> {
        let mut parsed = parse(text, self.allowed).map_err(|problem| vec![problem])?;
        self.known_tables(text, &parsed)?;
        bind::bind(text, &mut parsed.statement, params).map_err(|problem| vec![problem])?;
        let state = self.context.state();
        // Every table is known by now, so that there is nothing to wait for.
        let planned = state.statement_to_plan(parsed.statement).now_or_never();
        let planned = planned.unwrap_or_else(|| Err(DataFusionError::Internal("planning waits".into())));
        let wrong = |error: DataFusionError| problem::all_of(text, &error);
        let plan = planned.map_err(wrong)?;
        let read_only =
            SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        read_only.verify_plan(&plan).map_err(wrong)?;
        // Types are settled here, so that a sum of texts is found before anything runs.
        let analyzed = state.analyzer().execute_and_check(plan.clone(), state.config_options(), |_, _| {});
        let schema = values::table_schema(analyzed.map_err(wrong)?.schema().as_arrow());
        let schema = schema.map_err(|message| vec![problem::at(text, (1, 1), message)])?;
        Ok((plan, schema))
    }

    fn known_tables(&self, text: &SqlText, parsed: &Parsed) -> std::result::Result<(), Vec<Problem>> {
        let tables = self.tables();
        let names: Vec<&str> = tables.iter().map(|(name, _)| name.as_str()).collect();
        let unknown = parsed.tables.iter().filter(|table| !names.contains(&table.name.as_str()));
        let problems: Vec<Problem> =
            unknown.map(|table| problem::at(text, table.place, unknown_table(&table.name, &names))).collect();
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

/// Says that a table is unknown, and what may have been meant.
pub(crate) fn unknown_table(name: &str, known: &[&str]) -> String {
    match known.iter().find(|known| known.eq_ignore_ascii_case(name)) {
        // SQL reads a name without quotes in lower case.
        Some(same) => format!("unknown table `{name}`; the name `{same}` needs quotes: \"{same}\""),
        None if known.is_empty() => format!("unknown table `{name}`: there is none"),
        None => unknown("table", name, "", known),
    }
}

impl QueryStream {
    /// The next rows; none at the end.
    pub async fn next(&mut self) -> Option<Result<RecordBatch>> {
        let batch = self.rows.next().await?;
        let batch = batch.map_err(|error| failed(&self.text, &error)).and_then(|batch| {
            values::to_table(&batch, &self.schema).map_err(|error| failed(&self.text, &error.into()))
        });
        Some(batch)
    }
}

/// A query that failed on the data that it met.
pub(super) fn failed(text: &SqlText, error: &DataFusionError) -> Error {
    let told = |message: &str| format!("{}:{}: the query failed: {}", text.file, text.line, plain(message));
    let (message, hint) = match error.find_root() {
        DataFusionError::ResourcesExhausted(message) => {
            return Error::Resources {
                message: told(message),
                hint: "it needs more memory than it may have: group or sort fewer rows".into(),
            };
        }
        DataFusionError::ArrowError(arrow, _) => (
            arrow.to_string(),
            format!("look at the rows with {}, and guard the expression (NULLIF, TRY_CAST)", Action::Sql),
        ),
        root => (root.message().into_owned(), format!("look at the rows with {}", Action::Sql)),
    };
    Error::Input { message: told(&message), hint }
}

/// What cannot be, unless there is a defect.
pub(super) fn internal(error: &DataFusionError) -> Error {
    Error::Input {
        message: format!("the tables cannot be set up: {}", plain(&error.message())),
        hint: "this is a bug: please report it".into(),
    }
}

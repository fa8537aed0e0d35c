//! Files as tables: what a pipeline wrote, read back.
//!
//! The files are given, not listed: a table is what its folder held when the run looked, and each file brings the
//! values of its partition. All are one partition in one order, so that rows come in the order of the files.

use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result as FusionResult, ScalarValue};
use datafusion::datasource::TableType;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::csv::CsvFormat;
use datafusion::datasource::file_format::json::JsonFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::object_store::local::LocalFileSystem;
use datafusion::object_store::path::Path as StorePath;
use datafusion::object_store::{Error as StoreError, ObjectMeta, ObjectStore, ObjectStoreExt};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;

use crate::error::{Error, Result};
use crate::spec::tables::TableFormat;
use crate::table::problem::plain;
use crate::table::values::table_type;

/// A file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFile {
    /// Where it is.
    pub path: PathBuf,
    /// The values of the partition columns, in their order: texts, as folders are named, or none for null.
    pub partition: Vec<Option<String>>,
}

/// Files that are a table.
#[derive(Debug, Clone)]
pub struct TableFiles {
    /// The files, in the order of their rows.
    pub files: Vec<TableFile>,
    /// What they are.
    pub format: TableFormat,
    /// The columns that are folders.
    pub partition_by: Vec<String>,
    /// All columns; without, they are read from the first file, and partition columns are texts.
    pub schema: Option<SchemaRef>,
}

/// The table that files are.
pub(super) async fn table(context: &SessionContext, files: TableFiles) -> Result<Arc<dyn TableProvider>> {
    let format = file_format(files.format);
    let mut metas = Vec::with_capacity(files.files.len());
    for file in &files.files {
        metas.push(meta(file).await?);
    }
    let schema = match &files.schema {
        Some(schema) => schema.clone(),
        None => {
            let store: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new());
            let first = &metas[..metas.len().min(1)];
            let found = format.infer_schema(&context.state(), &store, first).await;
            let found = found.map_err(|error| unreadable(&files.files[0], &error))?;
            let partition =
                files.partition_by.iter().map(|name| Arc::new(Field::new(name, DataType::Utf8, true)));
            // What is guessed from CSV may be too coarse: moments in seconds, where other rows have fractions.
            let inside = found.fields().iter().filter(|field| !files.partition_by.contains(field.name()));
            let inside = inside.map(|field| match table_type(field.data_type()) {
                Some(kind) => Arc::new(Field::new(field.name(), kind, true)),
                None => field.clone(),
            });
            Arc::new(Schema::new(inside.chain(partition).collect::<Vec<_>>()))
        }
    };
    let partition_fields: Vec<FieldRef> = files
        .partition_by
        .iter()
        .filter_map(|name| schema.fields().iter().find(|field| field.name() == name).cloned())
        .collect();
    let mut parts = Vec::with_capacity(metas.len());
    for (file, meta) in files.files.iter().zip(metas) {
        let values = file.partition.iter().zip(&partition_fields).map(|(text, field)| match text {
            None => ScalarValue::try_from(field.data_type()),
            Some(text) => ScalarValue::try_from_string(text.clone(), field.data_type()),
        });
        let values = values.collect::<FusionResult<Vec<_>>>().map_err(|error| unreadable(file, &error))?;
        parts.push(PartitionedFile::new_from_meta(meta).with_partition_values(values));
    }
    let inside = schema.fields().iter().filter(|field| !files.partition_by.contains(field.name())).cloned();
    let inside = Arc::new(Schema::new(inside.collect::<Vec<_>>()));
    Ok(Arc::new(Files {
        schema: TableSchema::builder(inside).with_table_partition_cols(partition_fields).build(),
        format,
        parts,
    }))
}

fn file_format(format: TableFormat) -> Arc<dyn FileFormat> {
    match format {
        TableFormat::Parquet => Arc::new(ParquetFormat::default().with_force_view_types(false)),
        TableFormat::Csv => {
            Arc::new(CsvFormat::default().with_has_header(true).with_newlines_in_values(true))
        }
        TableFormat::Json => Arc::new(JsonFormat::default().with_newline_delimited(false)),
        TableFormat::Ndjson => Arc::new(JsonFormat::default()),
    }
}

async fn meta(file: &TableFile) -> Result<ObjectMeta> {
    let unreadable = |error: StoreError| unreadable(file, &error.into());
    let path = StorePath::from_filesystem_path(&file.path).map_err(|error| unreadable(error.into()))?;
    LocalFileSystem::new().head(&path).await.map_err(unreadable)
}

fn unreadable(file: &TableFile, error: &DataFusionError) -> Error {
    Error::Input {
        message: format!(
            "cannot read the table's file `{}`: {}",
            file.path.display(),
            plain(&error.message())
        ),
        hint: "the file is gone or damaged: run the pipeline again".into(),
    }
}

/// A table made of files.
#[derive(Debug)]
struct Files {
    schema: TableSchema,
    format: Arc<dyn FileFormat>,
    parts: Vec<PartitionedFile>,
}

#[async_trait::async_trait]
impl TableProvider for Files {
    fn schema(&self) -> SchemaRef {
        self.schema.table_schema().clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> FusionResult<Vec<TableProviderFilterPushDown>> {
        // What the files' statistics rule out is not read; the rows that are read are still looked at.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> FusionResult<Arc<dyn ExecutionPlan>> {
        let source = self.format.file_source(self.schema.clone());
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), source)
            .with_file_group(FileGroup::new(self.parts.clone()))
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        self.format.create_physical_plan(state, config).await
    }
}

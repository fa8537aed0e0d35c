//! The rejects of a source as a table.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, ListBuilder, RecordBatch, StringBuilder, UInt64Builder};

use crate::error::Result;
use crate::table::found::ReadFile;
use crate::table::plan::rejects_schema;
use crate::table::rows::defect;

/// The rejects of the files of one source, in their order.
pub fn rejects_batch(source: &str, files: &[ReadFile]) -> Result<RecordBatch> {
    let [mut sources, mut names, mut raws, mut records] = std::array::from_fn(|_| StringBuilder::new());
    let [mut codes, mut fields] = std::array::from_fn(|_| ListBuilder::new(StringBuilder::new()));
    let mut lines = UInt64Builder::new();
    for file in files {
        for reject in &file.rejects {
            sources.append_value(source);
            names.append_value(&file.name);
            lines.append_value(reject.line);
            codes.append_value(reject.codes.iter().map(Some));
            fields.append_value(reject.fields.iter().map(Some));
            raws.append_value(&reject.raw);
            records.append_value(&reject.record);
        }
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(sources.finish()),
        Arc::new(names.finish()),
        Arc::new(lines.finish()),
        Arc::new(codes.finish()),
        Arc::new(fields.finish()),
        Arc::new(raws.finish()),
        Arc::new(records.finish()),
    ];
    RecordBatch::try_new(rejects_schema(), columns).map_err(defect)
}

//! Graph and record -> bytes, and back. One file a format; nothing here knows of files.

mod compact;
mod entry;
mod findings;
mod output;
mod read;
mod record;
mod sections;
mod table_record;
mod table_state;
mod turns;

pub use findings::{Finding, read_findings, write_rejects, write_repairs};
pub use output::write_graph;
pub use read::read_graph;
pub use record::{
    AmbiguousTerm, Counts, DrugName, Durations, Exceeded, OutputFile, RunRecord, SourceRecord, State,
    read_record, write_record,
};
pub use table_record::{
    AuditRecord, Failure, TableDurations, TableRunRecord, TableSourceRecord, TaskRecord, WrittenTable,
    read_table_record, write_table_record,
};
pub use table_state::{AuditState, RunState, TaskState};

//! Tests that stand in the pipeline file: rows in, rows expected.

use std::collections::BTreeMap;

use crate::spec::LogicalDate;

/// One test.
#[derive(Debug, Clone)]
pub struct SpecTest {
    /// What it shows.
    pub name: String,
    /// The logical date.
    pub date: Option<LogicalDate>,
    /// Parameters that are set.
    pub set: BTreeMap<String, String>,
    /// The text of each source's one file, by source. Sources that are not named have a file without rows.
    pub given: BTreeMap<String, String>,
    /// The rows that each table must have, in any order; `rejects` is a table too. Columns that are not named may hold
    /// anything.
    pub expect: BTreeMap<String, Vec<TestRow>>,
    /// Byte offset in the pipeline file.
    pub at: usize,
}

/// The values that a row must have, as JSON, by column.
pub type TestRow = BTreeMap<String, serde_json::Value>;

//! The conditions under which a row is a reject, in SQL over the columns of its source.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::Schema;

use crate::error::Result;
use crate::spec::Problem;
use crate::spec::tables::{Resolved, TableSource};
use crate::table::{Condition, Engine};

/// The conditions of a source, ready to look at rows, by code.
#[derive(Debug, Default)]
pub(super) struct Rules(Vec<(String, Condition)>);

impl Rules {
    /// Plans the conditions; the problems of all of them are told at once.
    pub(super) fn new(source: &TableSource, schema: &Schema, params: &Resolved) -> Result<Self> {
        if source.reject.is_empty() {
            return Ok(Self::default());
        }
        let engine = Engine::new(None)?;
        let (mut rules, mut problems) = (Vec::new(), Vec::new());
        for (code, sql) in &source.reject {
            match engine.condition(sql, schema, params) {
                Ok(condition) => rules.push((code.clone(), condition)),
                Err(of_rule) => problems.extend(of_rule),
            }
        }
        if problems.is_empty() { Ok(Self(rules)) } else { Err(Problem::into_error(&problems)) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rows for which each condition is true, by code.
    pub(super) fn check(&self, batch: &RecordBatch) -> Result<Vec<(&str, Vec<usize>)>> {
        let mut broken = Vec::with_capacity(self.0.len());
        for (code, condition) in &self.0 {
            let holds = condition.holds(batch)?;
            broken.push((code.as_str(), holds.values().set_indices().collect()));
        }
        Ok(broken)
    }
}

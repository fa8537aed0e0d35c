//! A condition over the columns of one table: true or false for each of its rows.

use std::sync::Arc;

use datafusion::arrow::array::{Array, BooleanArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::common::{DFSchema, DataFusionError};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::sql::parser::DFParserBuilder;

use crate::error::Result;
use crate::spec::Problem;
use crate::spec::tables::{Resolved, SqlText};
use crate::table::bind;
use crate::table::engine::{Engine, failed};
use crate::table::problem;

/// A condition that is ready to look at rows.
#[derive(Debug)]
pub struct Condition {
    expr: Arc<dyn PhysicalExpr>,
    text: SqlText,
}

impl Engine {
    /// Plans a condition over the columns of a table, with the values of parameters.
    ///
    /// It can name no table: a subquery is refused.
    pub fn condition(
        &self,
        text: &SqlText,
        schema: &Schema,
        params: &Resolved,
    ) -> std::result::Result<Condition, Vec<Problem>> {
        let wrong = |error: DataFusionError| problem::all_of(text, &error);
        let parsed =
            DFParserBuilder::new(text.text.as_str()).build().and_then(|mut parser| parser.parse_into_expr());
        let mut parsed = parsed.map_err(wrong)?;
        bind::bind_expr(text, &mut parsed.expr, params).map_err(|problem| vec![problem])?;
        let columns = DFSchema::try_from(schema.clone()).map_err(wrong)?;
        let state = self.context.state();
        let expr = state.create_logical_expr_from_sql_expr(parsed, &columns).map_err(wrong)?;
        let expr = state.create_physical_expr(expr, &columns).map_err(wrong)?;
        match expr.data_type(schema).map_err(wrong)? {
            DataType::Boolean | DataType::Null => Ok(Condition { expr, text: text.clone() }),
            kind => Err(vec![problem::at(
                text,
                (1, 1),
                format!("a condition is true or false, this is a {kind}"),
            )]),
        }
    }
}

impl Condition {
    /// The rows for which it is true; where it cannot be told (null), it is not.
    pub fn holds(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        let failed = |error: DataFusionError| failed(&self.text, &error);
        let value =
            self.expr.evaluate(batch).and_then(|value| value.into_array(batch.num_rows())).map_err(failed)?;
        Ok(match value.as_any().downcast_ref::<BooleanArray>() {
            Some(flags) => {
                (0..flags.len()).map(|row| Some(flags.is_valid(row) && flags.value(row))).collect()
            }
            None => vec![false; batch.num_rows()].into(), // NULL, for every row
        })
    }
}

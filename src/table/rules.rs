//! The conditions under which a row is a reject, in SQL over the columns of its source.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, AsArray as _, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::clean::{DateOrder, day};
use crate::error::{Error, Result};
use crate::spec::tables::{ParamType, Resolved, SqlText, TableSource};

/// The conditions of a source, ready to be evaluated.
#[derive(Debug, Default)]
pub(super) struct Rules {
    conditions: Vec<Condition>,
}

#[derive(Debug)]
struct Condition {
    code: String,
    /// `file:line` of the SQL.
    place: String,
    condition: Arc<dyn PhysicalExpr>,
}

impl Rules {
    /// Plans the conditions; every one that cannot be planned is told.
    pub(super) fn new(source: &TableSource, schema: &Schema, params: &Resolved) -> Result<Self> {
        let config = SessionConfig::new().set_bool("datafusion.sql_parser.enable_ident_normalization", false);
        let context = SessionContext::new_with_config(config);
        let (mut conditions, mut problems) = (Vec::new(), Vec::new());
        for (code, sql) in &source.reject {
            let place = format!("{}:{}", sql.file, sql.line);
            match plan(&context, sql, schema, params) {
                Ok(condition) => conditions.push(Condition { code: code.clone(), place, condition }),
                Err(problem) => problems.push(format!("{place}: the rule `{code}`: {problem}")),
            }
        }
        if problems.is_empty() { Ok(Self { conditions }) } else { Err(wrong(problems.join("\n"))) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// The rows for which each condition is true, by code.
    pub(super) fn check(&self, batch: &RecordBatch) -> Result<Vec<(&str, Vec<usize>)>> {
        let check = |condition: &Condition| {
            let of = |e: DataFusionError| {
                wrong(format!("{}: the rule `{}`: {}", condition.place, condition.code, shown(&e)))
            };
            let values = condition.condition.evaluate(batch).map_err(of)?;
            let values = values.into_array(batch.num_rows()).map_err(of)?;
            let broken = match values.as_boolean_opt() {
                Some(values) => {
                    (0..values.len()).filter(|&i| values.is_valid(i) && values.value(i)).collect()
                }
                None => Vec::new(), // NULL alone has no type
            };
            Ok((condition.code.as_str(), broken))
        };
        self.conditions.iter().map(check).collect()
    }
}

fn plan(
    context: &SessionContext,
    sql: &SqlText,
    schema: &Schema,
    params: &Resolved,
) -> Result<Arc<dyn PhysicalExpr>, String> {
    let columns = DFSchema::try_from(schema.clone()).map_err(|e| shown(&e))?;
    let condition = context.parse_sql_expr(&sql.text, &columns).map_err(|e| shown(&e))?;
    let mut unknown = None;
    let bound = condition.transform(|part| {
        let Expr::Placeholder(placeholder) = &part else { return Ok(Transformed::no(part)) };
        match scalar(params, placeholder.id.trim_start_matches('$')) {
            Some(value) => Ok(Transformed::yes(Expr::Literal(value, None))),
            None => {
                unknown.get_or_insert(placeholder.id.clone());
                Ok(Transformed::no(part))
            }
        }
    });
    let condition = bound.map_err(|e| shown(&e))?.data;
    if let Some(id) = unknown {
        return Err(format!("there is no parameter `{id}`"));
    }
    let condition = context.create_physical_expr(condition, &columns).map_err(|e| shown(&e))?;
    match condition.data_type(schema).map_err(|e| shown(&e))? {
        DataType::Boolean | DataType::Null => Ok(condition),
        other => Err(format!("it is {other}, neither true nor false")),
    }
}

/// The value of a parameter.
fn scalar(params: &Resolved, name: &str) -> Option<ScalarValue> {
    if let ("date", Some(date)) = (name, params.date) {
        return Some(ScalarValue::Date32(day(&date.to_string(), DateOrder::Dmy)));
    }
    let (kind, text) = params.values.get(name)?;
    Some(match kind {
        ParamType::String => ScalarValue::Utf8(Some(text.clone())),
        ParamType::Integer => ScalarValue::Int64(Some(text.parse().ok()?)),
        ParamType::Float => ScalarValue::Float64(Some(text.parse().ok()?)),
        ParamType::Boolean => ScalarValue::Boolean(Some(text.parse().ok()?)),
    })
}

/// The message of an error, without the ways it came.
fn shown(error: &DataFusionError) -> String {
    error.strip_backtrace().trim().to_owned()
}

fn wrong(message: String) -> Error {
    Error::Spec { message, hint: "mend the condition; it is SQL over the columns of its source".into() }
}

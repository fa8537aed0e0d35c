//! Parameters in SQL: `$name` becomes a typed literal in the parsed text.
//!
//! A value never becomes text that is parsed, so that whatever stands in it stays a value. Placeholders that are
//! bound after planning were rejected: their types are not known to functions and casts at that time.

use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    DataType, Expr, TypedString, Value, ValueWithSpan, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use crate::spec::tables::{ParamType, Resolved, SqlText};
use crate::spec::{Problem, unknown};
use crate::table::problem;

/// Puts the values of parameters into a statement.
pub(super) fn bind(text: &SqlText, statement: &mut Statement, params: &Resolved) -> Result<(), Problem> {
    let inner = match statement {
        Statement::Statement(statement) => statement,
        Statement::Explain(explain) => return bind(text, &mut explain.statement, params),
        _ => return Ok(()),
    };
    match inner.visit(&mut Binder { text, params }) {
        ControlFlow::Break(problem) => Err(*problem),
        ControlFlow::Continue(()) => Ok(()),
    }
}

/// Puts the values of parameters into an expression.
pub(super) fn bind_expr(text: &SqlText, expr: &mut Expr, params: &Resolved) -> Result<(), Problem> {
    match expr.visit(&mut Binder { text, params }) {
        ControlFlow::Break(problem) => Err(*problem),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct Binder<'a> {
    text: &'a SqlText,
    params: &'a Resolved,
}

impl VisitorMut for Binder<'_> {
    type Break = Box<Problem>;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        let Expr::Value(ValueWithSpan { value: Value::Placeholder(placeholder), span }) = expr else {
            return ControlFlow::Continue(());
        };
        match self.literal(placeholder, *span) {
            Ok(literal) => {
                *expr = literal;
                ControlFlow::Continue(())
            }
            Err(message) => {
                let place = (span.start.line, span.start.column);
                ControlFlow::Break(Box::new(problem::at(self.text, place, message)))
            }
        }
    }
}

impl Binder<'_> {
    fn literal(&self, placeholder: &str, span: Span) -> Result<Expr, String> {
        let name = placeholder.trim_start_matches(['$', ':', '@']);
        if !placeholder.starts_with('$') || name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit())
        {
            return Err(format!("`{placeholder}` is no parameter: they are written `$name`"));
        }
        if name == "date" {
            let Some(date) = self.params.date else {
                return Err("`$date` needs a logical date, and there is none".into());
            };
            let value = Value::SingleQuotedString(date.to_string()).with_span(span);
            return Ok(Expr::TypedString(TypedString {
                data_type: DataType::Date,
                value,
                uses_odbc_syntax: false,
            }));
        }
        let Some((kind, text)) = self.params.values.get(name) else {
            let mut known: Vec<&str> = self.params.values.keys().map(String::as_str).collect();
            if !known.contains(&"date") {
                known.push("date");
            }
            return Err(unknown("parameter", name, "", &known));
        };
        let value = match kind {
            ParamType::String => Value::SingleQuotedString(text.clone()),
            ParamType::Boolean => Value::Boolean(text == "true"),
            ParamType::Integer => {
                let number: i64 =
                    text.trim().parse().map_err(|_| format!("`{name}` is no whole number: `{text}`"))?;
                Value::Number(number.to_string(), false)
            }
            ParamType::Float => {
                let number: f64 =
                    text.trim().parse().map_err(|_| format!("`{name}` is no number: `{text}`"))?;
                if !number.is_finite() {
                    return Err(format!("`{name}` is no finite number: `{text}`"));
                }
                // With a point or an exponent, so that it is no whole number.
                Value::Number(format!("{number:?}"), false)
            }
        };
        Ok(Expr::Value(value.with_span(span)))
    }
}

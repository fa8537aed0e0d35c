//! Tables read back, and questions that change nothing.

use std::pin::pin;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use futures::TryStreamExt;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error as PgError, Statement, Transaction};

use crate::error::{Error, Result};
use crate::sink::postgres::connect::{Server, Session};
use crate::sink::postgres::decode::{Column, Raw};
use crate::sink::postgres::failure::{arrow, failed};
use crate::sink::postgres::name::quoted;
use crate::sink::postgres::table::{self, Kind};

/// Rows of a batch.
const BATCH: usize = 8192;

/// What is asked, and how messages say so.
struct Question<'a> {
    doing: String,
    server: &'a str,
}

impl Question<'_> {
    /// Begins a transaction that cannot write.
    async fn begin<'a>(&self, session: &'a mut Session) -> Result<Transaction<'a>> {
        let begun = session.client.build_transaction().read_only(true).start().await;
        begun.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &PgError) -> Error {
        failed(&self.doing, self.server, error)
    }
}

type Answer = (SchemaRef, Vec<RecordBatch>);

pub(super) async fn query(server: &Server, sql: &str) -> Result<Answer> {
    let question = Question { doing: "ask".into(), server: server.shown() };
    let mut session = server.session().await?;
    let given = {
        let transaction = question.begin(&mut session).await?;
        let asked = transaction.prepare(sql).await.map_err(|error| question.failed(&error))?;
        answer(&transaction, &question, sql, &asked).await?
    };
    session.end().await?;
    Ok(given)
}

pub(super) async fn read(server: &Server, name: &str, schema: Option<&SchemaRef>) -> Result<Option<Answer>> {
    let question = Question { doing: format!("read the table `{name}` of"), server: server.shown() };
    let mut session = server.session().await?;
    let given = {
        let transaction = question.begin(&mut session).await?;
        read_table(&transaction, &question, name, schema).await?
    };
    session.end().await?;
    Ok(given)
}

async fn read_table(
    transaction: &Transaction<'_>,
    question: &Question<'_>,
    name: &str,
    schema: Option<&SchemaRef>,
) -> Result<Option<Answer>> {
    let failed = |error: PgError| question.failed(&error);
    let table = format!("public.{}", quoted(name));
    let there = transaction.query_one("SELECT to_regclass($1) IS NOT NULL", &[&table]).await;
    if !there.map_err(failed)?.get::<_, bool>(0) {
        return Ok(None);
    }
    let Some(schema) = schema else {
        let sql = format!("SELECT * FROM {table}");
        let asked = transaction.prepare(&sql).await.map_err(failed)?;
        return answer(transaction, question, &sql, &asked).await.map(Some);
    };
    let columns = table::columns(name, schema)?;
    // A column of another type is an error, not something to be bent.
    table::check(transaction, name, &columns, None).await.map_err(failed)??;
    let casts: Vec<String> =
        columns.iter().map(|(name, kind)| format!("{}::{}", quoted(name), kind.sql())).collect();
    let sql = format!("SELECT {} FROM {table}", casts.join(", "));
    let asked = transaction.prepare(&sql).await.map_err(failed)?;
    let kinds = columns.into_iter().map(|(_, kind)| kind).collect();
    rows(transaction, question, &asked, kinds, schema.clone()).await.map(Some)
}

/// The rows of a query. Where a column has a type that no table has, the query is put into another one that casts it.
/// It has been prepared by itself before: so it is one statement, whose brackets close.
async fn answer(
    transaction: &Transaction<'_>,
    question: &Question<'_>,
    sql: &str,
    asked: &Statement,
) -> Result<Answer> {
    let refuse = |message: &str| {
        Err(Error::Input { message: message.into(), hint: "ask with one query: SELECT ...".into() })
    };
    if asked.columns().is_empty() {
        return refuse("that is no question: it gives no columns");
    }
    if !asked.params().is_empty() {
        return refuse("the question has parameters, such as $1, and none are given");
    }
    let (mut fields, mut kinds, mut casts, mut names) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut casts_any = false;
    for (i, column) in asked.columns().iter().enumerate() {
        let (kind, cast) = held(column.type_(), column.type_modifier());
        let alias = format!("c{i}");
        casts_any |= cast.is_some();
        casts.push(cast.map_or_else(|| alias.clone(), |cast| format!("{alias}::{cast}")));
        names.push(alias);
        fields.push(Field::new(column.name(), kind.arrow(), true));
        kinds.push(kind);
    }
    let schema = Arc::new(Schema::new(fields));
    if !casts_any {
        return rows(transaction, question, asked, kinds, schema).await;
    }
    let inner = sql.trim_end().trim_end_matches(';');
    let sql = format!("SELECT {} FROM ({inner}\n) AS q ({})", casts.join(", "), names.join(", "));
    let asked = transaction.prepare(&sql).await.map_err(|error| question.failed(&error))?;
    rows(transaction, question, &asked, kinds, schema).await
}

/// How a column of a type is held: as it comes, or after a cast.
fn held(kind: &Type, modifier: i32) -> (Kind, Option<&'static str>) {
    let array = |item| Kind::Array(Box::new(item));
    match *kind {
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => (Kind::Text, None),
        Type::INT8 => (Kind::Bigint, None),
        Type::INT2 | Type::INT4 | Type::OID => (Kind::Bigint, Some("bigint")),
        Type::FLOAT8 => (Kind::Double, None),
        Type::FLOAT4 => (Kind::Double, Some("double precision")),
        Type::BOOL => (Kind::Boolean, None),
        Type::DATE => (Kind::Date, None),
        // Without a time zone: taken as UTC, and the bytes are the same.
        Type::TIMESTAMPTZ | Type::TIMESTAMP => (Kind::Timestamptz, None),
        Type::NUMERIC => match precision(modifier) {
            Some((precision, scale)) => (Kind::Numeric { precision, scale }, None),
            None => (Kind::Double, Some("double precision")),
        },
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY => (array(Kind::Text), None),
        Type::INT8_ARRAY => (array(Kind::Bigint), None),
        Type::INT2_ARRAY | Type::INT4_ARRAY => (array(Kind::Bigint), Some("bigint[]")),
        Type::FLOAT8_ARRAY => (array(Kind::Double), None),
        Type::FLOAT4_ARRAY | Type::NUMERIC_ARRAY => (array(Kind::Double), Some("double precision[]")),
        Type::BOOL_ARRAY => (array(Kind::Boolean), None),
        Type::DATE_ARRAY => (array(Kind::Date), None),
        Type::TIMESTAMPTZ_ARRAY | Type::TIMESTAMP_ARRAY => (array(Kind::Timestamptz), None),
        _ => (Kind::Text, Some("text")),
    }
}

/// The digits of a `numeric(precision, scale)`, where it says them and Arrow has room for them.
fn precision(modifier: i32) -> Option<(u8, u8)> {
    let both = modifier.checked_sub(4).filter(|both| *both >= 0)?;
    let (precision, scale) = (u8::try_from(both >> 16).ok()?, both & 0x7ff);
    let scale = u8::try_from(scale).ok()?;
    (precision <= 38 && scale <= precision).then_some((precision, scale))
}

async fn rows(
    transaction: &Transaction<'_>,
    question: &Question<'_>,
    asked: &Statement,
    kinds: Vec<Kind>,
    schema: SchemaRef,
) -> Result<Answer> {
    let none: [&(dyn ToSql + Sync); 0] = [];
    let stream = transaction.query_raw(asked, none).await.map_err(|error| question.failed(&error))?;
    let mut stream = pin!(stream);
    let fresh = || kinds.iter().map(Column::new).collect::<Vec<_>>();
    let (mut columns, mut held, mut batches) = (fresh(), 0, Vec::new());
    while let Some(row) = stream.try_next().await.map_err(|error| question.failed(&error))? {
        for (i, column) in columns.iter_mut().enumerate() {
            let Raw(raw) = row.try_get(i).map_err(|error| question.failed(&error))?;
            if column.push(raw).is_none() {
                return Err(Error::Input {
                    message: format!(
                        "a value of the column `{}` cannot be held by a table: infinity, NaN, or too many digits",
                        schema.field(i).name()
                    ),
                    hint: "cast it in the SQL, for example to TEXT".into(),
                });
            }
        }
        held += 1;
        if held == BATCH {
            batches.push(batch(&schema, std::mem::replace(&mut columns, fresh()), held)?);
            held = 0;
        }
    }
    if held > 0 {
        batches.push(batch(&schema, columns, held)?);
    }
    Ok((schema, batches))
}

fn batch(schema: &SchemaRef, columns: Vec<Column>, rows: usize) -> Result<RecordBatch> {
    let columns =
        columns.into_iter().map(Column::finish).collect::<Result<Vec<ArrayRef>, _>>().map_err(arrow)?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options).map_err(arrow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_of_a_numeric_stand_in_its_modifier() {
        let modifier = |precision: i32, scale: i32| (precision << 16 | scale) + 4;
        assert_eq!(precision(modifier(12, 2)), Some((12, 2)));
        assert_eq!(precision(modifier(38, 0)), Some((38, 0)));
        for none in [-1, 0, modifier(39, 2), modifier(1000, 2), modifier(3, 2047)] {
            assert_eq!(precision(none), None, "{none}");
        }
    }
}

//! The table that is written to: made if it is not there, else compared with what is to be written.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, SchemaRef, TimeUnit};
use tokio_postgres::types::Type;
use tokio_postgres::{Error as PgError, GenericClient};

use crate::error::{Error, Result};
use crate::sink::postgres::name::{list, quoted};

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Bigint,
    Double,
    Boolean,
    Date,
    Timestamptz,
    Numeric { precision: u8, scale: u8 },
    Array(Box<Kind>),
}

impl Kind {
    /// The kind of a column of a table.
    pub(super) fn of(arrow: &DataType) -> Option<Self> {
        Some(match arrow {
            DataType::Utf8 => Self::Text,
            DataType::Int64 => Self::Bigint,
            DataType::Float64 => Self::Double,
            DataType::Boolean => Self::Boolean,
            DataType::Date32 => Self::Date,
            DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => Self::Timestamptz,
            DataType::Decimal128(precision, scale) => {
                Self::Numeric { precision: *precision, scale: u8::try_from(*scale).ok()? }
            }
            DataType::List(item) => match Self::of(item.data_type())? {
                Self::Array(_) => return None,
                item => Self::Array(Box::new(item)),
            },
            _ => return None,
        })
    }

    /// What it is in Arrow.
    pub(super) fn arrow(&self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Bigint => DataType::Int64,
            Self::Double => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Date => DataType::Date32,
            Self::Timestamptz => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Numeric { precision, scale } => DataType::Decimal128(*precision, scale.cast_signed()),
            Self::Array(item) => DataType::List(Arc::new(Field::new_list_field(item.arrow(), true))),
        }
    }

    /// Its name, as Postgres writes it.
    pub(super) fn sql(&self) -> String {
        match self {
            Self::Text => "text".into(),
            Self::Bigint => "bigint".into(),
            Self::Double => "double precision".into(),
            Self::Boolean => "boolean".into(),
            Self::Date => "date".into(),
            Self::Timestamptz => "timestamp with time zone".into(),
            Self::Numeric { precision, scale } => format!("numeric({precision},{scale})"),
            Self::Array(item) => format!("{}[]", item.sql()),
        }
    }

    /// Its number, which stands in arrays.
    pub(super) fn oid(&self) -> u32 {
        match self {
            Self::Text => Type::TEXT.oid(),
            Self::Bigint => Type::INT8.oid(),
            Self::Double => Type::FLOAT8.oid(),
            Self::Boolean => Type::BOOL.oid(),
            Self::Date => Type::DATE.oid(),
            Self::Timestamptz => Type::TIMESTAMPTZ.oid(),
            Self::Numeric { .. } => Type::NUMERIC.oid(),
            Self::Array(_) => 0,
        }
    }

    /// Whether a column of that type holds all values of this kind, as they are.
    fn fits(&self, there: &str) -> bool {
        match self {
            Self::Text => ["text", "character varying"].contains(&there),
            Self::Numeric { .. } => there == "numeric" || there == self.sql(),
            Self::Array(item) if **item == Self::Text => ["text[]", "character varying[]"].contains(&there),
            _ => there == self.sql(),
        }
    }
}

/// The columns of what is to be written.
pub(super) fn columns(table: &str, schema: &SchemaRef) -> Result<Vec<(String, Kind)>> {
    let refuse = |what: String, hint: &str| {
        Err(Error::Input {
            message: format!("the table `{table}` cannot be in Postgres: {what}"),
            hint: hint.into(),
        })
    };
    let mut columns = Vec::new();
    for name in schema.fields().iter().map(|field| field.name()).chain([&table.to_owned()]) {
        if name.is_empty() || name.len() > 63 || name.contains('\0') {
            return refuse(
                format!("`{}` is no name that it takes", name.escape_debug()),
                "names have 1 to 63 bytes there",
            );
        }
    }
    for field in schema.fields() {
        let Some(kind) = Kind::of(field.data_type()) else {
            return refuse(
                format!("its column `{}` is a {}", field.name(), field.data_type()),
                "cast it in the task's SQL, for example to TEXT",
            );
        };
        columns.push((field.name().clone(), kind));
    }
    Ok(columns)
}

/// Makes the table if it is not there; else looks whether it fits. `key` tells rows from each other, if it is not empty.
pub(super) async fn make_or_check(
    client: &impl GenericClient,
    table: &str,
    columns: &[(String, Kind)],
    key: &[String],
) -> Result<Result<(), Error>, PgError> {
    let name = format!("public.{}", quoted(table));
    if client.query_one("SELECT to_regclass($1) IS NOT NULL", &[&name]).await?.get(0) {
        return check(client, table, columns, Some(key)).await;
    }
    let mut parts: Vec<String> =
        columns.iter().map(|(name, kind)| format!("{} {}", quoted(name), kind.sql())).collect();
    if !key.is_empty() {
        parts.push(format!("PRIMARY KEY ({})", list(key)));
    }
    client.batch_execute(&format!("CREATE TABLE {name} ({})", parts.join(", "))).await?;
    Ok(Ok(()))
}

/// Looks whether a table that is there has these columns; if it is to be written to with a key, whether it can be.
pub(super) async fn check(
    client: &impl GenericClient,
    table: &str,
    columns: &[(String, Kind)],
    written: Option<&[String]>,
) -> Result<Result<(), Error>, PgError> {
    let name = format!("public.{}", quoted(table));
    let question = "SELECT c.oid, c.relkind::text FROM pg_class c WHERE c.oid = to_regclass($1)";
    let found = client.query_one(question, &[&name]).await?;
    let (oid, kind): (u32, String) = (found.get(0), found.get(1));
    if written.is_some() && !["r", "p"].contains(&kind.as_str()) {
        return Ok(Err(Error::Output {
            message: format!("`{table}` is no table in the database, but a view or the like"),
            hint: "drop it, or load into another database".into(),
        }));
    }
    let there = client
        .query(
            "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), \
             a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' \
             FROM pg_attribute a WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
            &[&oid],
        )
        .await?;
    let there: Vec<(String, String, bool)> =
        there.iter().map(|row| (row.get(0), row.get(1), written.is_some() && row.get(2))).collect();
    let (mut problems, mut remedies) = problems(&name, columns, &there);
    let key = written.unwrap_or_default();
    if !key.is_empty() && problems.is_empty() && !has_key(client, oid, key).await? {
        problems.push(format!("no unique index on {} tells its rows from each other", list(key)));
        remedies.push(format!("ALTER TABLE {name} ADD PRIMARY KEY ({})", list(key)));
    }
    if problems.is_empty() {
        return Ok(Ok(()));
    }
    Ok(Err(Error::Output {
        message: format!("the table `{table}` of the database does not fit: {}", problems.join("; ")),
        hint: format!("nothing was changed; change it yourself: {}", remedies.join("; ")),
    }))
}

/// What keeps the columns from fitting, and the statements that would make them fit.
fn problems(
    table: &str,
    columns: &[(String, Kind)],
    there: &[(String, String, bool)],
) -> (Vec<String>, Vec<String>) {
    let (mut problems, mut remedies) = (Vec::new(), Vec::new());
    for (name, kind) in columns {
        match there.iter().find(|(there, ..)| there == name) {
            None => {
                problems.push(format!("it has no column `{name}`"));
                remedies.push(format!("ALTER TABLE {table} ADD COLUMN {} {}", quoted(name), kind.sql()));
            }
            Some((_, found, _)) if !kind.fits(found) => {
                problems.push(format!("its column `{name}` is {found}, not {}", kind.sql()));
                let (name, kind) = (quoted(name), kind.sql());
                remedies.push(format!(
                    "ALTER TABLE {table} ALTER COLUMN {name} TYPE {kind} USING {name}::{kind}"
                ));
            }
            Some(_) => {}
        }
    }
    for (name, _, needed) in there {
        if *needed && !columns.iter().any(|(column, _)| column == name) {
            problems.push(format!("its column `{name}` must have a value, and gets none"));
            remedies.push(format!("ALTER TABLE {table} ALTER COLUMN {} DROP NOT NULL", quoted(name)));
        }
    }
    (problems, remedies)
}

/// Whether a unique index is on just these columns.
async fn has_key(client: &impl GenericClient, oid: u32, key: &[String]) -> Result<bool, PgError> {
    let found = client
        .query(
            "SELECT array_agg(a.attname::text ORDER BY a.attname::text) FROM pg_index i \
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) \
             WHERE i.indrelid = $1 AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indisvalid \
             GROUP BY i.indexrelid",
            &[&oid],
        )
        .await?;
    let mut key = key.to_vec();
    key.sort();
    Ok(found.iter().any(|row| row.get::<_, Vec<String>>(0) == key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_named_with_its_remedy() {
        let columns = [("a".to_owned(), Kind::Bigint), ("b".to_owned(), Kind::Text)];
        let there = |columns: &[(&str, &str, bool)]| -> Vec<(String, String, bool)> {
            columns.iter().map(|(a, b, c)| ((*a).into(), (*b).into(), *c)).collect()
        };
        let fit = [("a", "bigint", true), ("b", "character varying", false), ("c", "integer", false)];
        assert_eq!(problems("t", &columns, &there(&fit)), (vec![], vec![]));
        let (found, remedies) =
            problems("t", &columns, &there(&[("a", "integer", false), ("c", "text", true)]));
        assert_eq!(
            found,
            [
                "its column `a` is integer, not bigint",
                "it has no column `b`",
                "its column `c` must have a value, and gets none"
            ]
        );
        assert_eq!(
            remedies,
            [
                "ALTER TABLE t ALTER COLUMN \"a\" TYPE bigint USING \"a\"::bigint",
                "ALTER TABLE t ADD COLUMN \"b\" text",
                "ALTER TABLE t ALTER COLUMN \"c\" DROP NOT NULL"
            ]
        );
    }

    #[test]
    fn every_type_of_a_table_has_a_kind_and_back() {
        let list = |item| DataType::List(Arc::new(Field::new_list_field(item, true)));
        for arrow in [
            DataType::Utf8,
            DataType::Int64,
            DataType::Float64,
            DataType::Boolean,
            DataType::Date32,
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            DataType::Decimal128(12, 2),
            list(DataType::Utf8),
            list(DataType::Int64),
        ] {
            assert_eq!(Kind::of(&arrow).map(|kind| kind.arrow()), Some(arrow));
        }
        assert_eq!(Kind::of(&list(list(DataType::Utf8))), None);
        assert_eq!(Kind::of(&DataType::Binary), None);
    }
}

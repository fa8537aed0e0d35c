//! What Postgres answers, in its binary format, as Arrow columns.

use std::error::Error as StdError;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Array, Float64Builder, Int64Builder, ListArray,
    StringBuilder, TimestampMicrosecondBuilder,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::datatypes::Field;
use datafusion::arrow::error::ArrowError;
use tokio_postgres::types::{FromSql, Type};

use crate::sink::postgres::encode::{EPOCH_DAYS, EPOCH_MICROS};
use crate::sink::postgres::numeric;
use crate::sink::postgres::table::Kind;

/// The bytes of a field, whatever its type; none for NULL.
pub(super) struct Raw<'a>(pub(super) Option<&'a [u8]>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A column that grows.
pub(super) enum Column {
    Text(StringBuilder),
    Bigint(Int64Builder),
    Double(Float64Builder),
    Boolean(BooleanBuilder),
    Date(Date32Builder),
    Timestamptz(TimestampMicrosecondBuilder),
    Numeric { values: Vec<Option<i128>>, precision: u8, scale: u8 },
    Array { offsets: Vec<i32>, valid: Vec<bool>, items: Box<Column>, kind: Kind },
}

impl Column {
    pub(super) fn new(kind: &Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Bigint => Self::Bigint(Int64Builder::new()),
            Kind::Double => Self::Double(Float64Builder::new()),
            Kind::Boolean => Self::Boolean(BooleanBuilder::new()),
            Kind::Date => Self::Date(Date32Builder::new()),
            Kind::Timestamptz => Self::Timestamptz(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
            Kind::Numeric { precision, scale } => {
                Self::Numeric { values: Vec::new(), precision: *precision, scale: *scale }
            }
            Kind::Array(item) => Self::Array {
                offsets: vec![0],
                valid: Vec::new(),
                items: Box::new(Self::new(item)),
                kind: (**item).clone(),
            },
        }
    }

    /// Adds a value; none if no such column can hold it.
    pub(super) fn push(&mut self, raw: Option<&[u8]>) -> Option<()> {
        match self {
            Self::Text(cells) => {
                cells.append_option(raw.map(std::str::from_utf8).transpose().ok()?);
            }
            Self::Bigint(cells) => cells.append_option(value(raw, i64::from_be_bytes)?),
            Self::Double(cells) => cells.append_option(value(raw, f64::from_be_bytes)?),
            Self::Boolean(cells) => cells.append_option(value(raw, |[byte]: [u8; 1]| byte != 0)?),
            Self::Date(cells) => {
                let days = value(raw, i32::from_be_bytes)?;
                cells
                    .append_option(days.map(|days| finite(days.checked_add(EPOCH_DAYS))).transpose_option()?);
            }
            Self::Timestamptz(cells) => {
                let micros = value(raw, i64::from_be_bytes)?;
                let shift = |micros: i64| (micros != i64::MIN).then(|| micros.checked_add(EPOCH_MICROS))?;
                cells.append_option(micros.map(shift).transpose_option()?);
            }
            Self::Numeric { values, scale, .. } => {
                values.push(raw.map(|raw| numeric::decode(raw, *scale)).transpose_option()?);
            }
            Self::Array { offsets, valid, items, .. } => {
                let last = offsets.last().copied()?;
                valid.push(raw.is_some());
                let added = raw.map_or(Some(0), |raw| push_items(raw, items))?;
                offsets.push(last.checked_add(added)?);
            }
        }
        Some(())
    }

    pub(super) fn finish(self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Text(mut cells) => Arc::new(cells.finish()),
            Self::Bigint(mut cells) => Arc::new(cells.finish()),
            Self::Double(mut cells) => Arc::new(cells.finish()),
            Self::Boolean(mut cells) => Arc::new(cells.finish()),
            Self::Date(mut cells) => Arc::new(cells.finish()),
            Self::Timestamptz(mut cells) => Arc::new(cells.finish()),
            Self::Numeric { values, precision, scale } => Arc::new(
                Decimal128Array::from(values).with_precision_and_scale(precision, scale.cast_signed())?,
            ),
            Self::Array { offsets, valid, items, kind } => {
                let field = Arc::new(Field::new_list_field(kind.arrow(), true));
                let (offsets, nulls) = (OffsetBuffer::new(offsets.into()), NullBuffer::from(valid));
                Arc::new(ListArray::try_new(field, offsets, items.finish()?, Some(nulls))?)
            }
        })
    }
}

/// `Some(None)` where a value cannot be held becomes `None`.
trait TransposeOption<T> {
    fn transpose_option(self) -> Option<Option<T>>;
}

impl<T> TransposeOption<T> for Option<Option<T>> {
    fn transpose_option(self) -> Option<Option<T>> {
        match self {
            None => Some(None),
            Some(None) => None,
            Some(value) => Some(value),
        }
    }
}

/// `infinity` and `-infinity` are no days: the ends of the range stand for them.
fn finite(days: Option<i32>) -> Option<i32> {
    days.filter(|days| *days != i32::MIN + EPOCH_DAYS)
}

/// A value of fixed length.
fn value<const N: usize, T>(raw: Option<&[u8]>, read: impl Fn([u8; N]) -> T) -> Option<Option<T>> {
    match raw {
        None => Some(None),
        Some(raw) => Some(Some(read(raw.try_into().ok()?))),
    }
}

/// Adds the items of an array; gives their number. More dimensions than one are read as one.
fn push_items(mut raw: &[u8], items: &mut Column) -> Option<i32> {
    let mut word = || {
        let (first, rest) = raw.split_first_chunk::<4>()?;
        raw = rest;
        Some(i32::from_be_bytes(*first))
    };
    let dimensions = word()?;
    word()?; // whether there are nulls
    word()?; // the type of the items
    let mut count: i32 = i32::from(dimensions > 0);
    for _ in 0..dimensions {
        count = count.checked_mul(word()?)?;
        word()?; // the first index
    }
    for _ in 0..count {
        let (length, rest) = raw.split_first_chunk::<4>()?;
        raw = rest;
        match usize::try_from(i32::from_be_bytes(*length)) {
            Err(_) => items.push(None)?,
            Ok(length) => {
                items.push(Some(raw.get(..length)?))?;
                raw = raw.get(length..)?;
            }
        }
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Array, AsArray};
    use datafusion::arrow::datatypes::Date32Type;

    use super::*;

    #[test]
    fn what_no_column_holds_is_refused() {
        for (kind, raw) in [
            (Kind::Bigint, &[0_u8; 4][..]),
            (Kind::Text, b"\xff"),
            (Kind::Date, &i32::MAX.to_be_bytes()),
            (Kind::Date, &i32::MIN.to_be_bytes()),
            (Kind::Timestamptz, &i64::MAX.to_be_bytes()),
            (Kind::Timestamptz, &i64::MIN.to_be_bytes()),
            (Kind::Numeric { precision: 9, scale: 2 }, &[0, 0, 0, 0, 0xc0, 0, 0, 0]),
            (Kind::Array(Box::new(Kind::Text)), &[0, 0, 0, 1]),
        ] {
            assert_eq!(Column::new(&kind).push(Some(raw)), None, "{kind:?}");
        }
    }

    #[test]
    fn null_is_null_and_a_day_is_a_day() {
        let mut days = Column::new(&Kind::Date);
        days.push(Some(&1_i32.to_be_bytes())).unwrap();
        days.push(None).unwrap();
        let days = days.finish().unwrap();
        assert_eq!(days.as_primitive::<Date32Type>().value(0), EPOCH_DAYS + 1);
        assert!(days.is_null(1));
    }
}

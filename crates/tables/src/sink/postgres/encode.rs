//! Rows in the binary format of COPY.
//!
//! The format is Postgres' own and has not changed since version 8: a header, for each row the number of its fields, for
//! each field its length and its bytes, the highest first. Moments count from the year 2000.

use datafusion::arrow::array::{
    Array, AsArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, ListArray,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{
    Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType,
};

use crate::error::{Error, Result};
use crate::sink::postgres::failure::arrow;
use crate::sink::postgres::numeric;
use crate::sink::postgres::table::Kind;

/// What a COPY begins with: a signature, no flags, no extension.
pub(super) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What a COPY ends with.
pub(super) const TRAILER: &[u8] = &[0xff, 0xff];

/// 2000-01-01 in days, and in microseconds, since 1970.
pub(super) const EPOCH_DAYS: i32 = 10_957;
pub(super) const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// The columns of a batch, to be written row by row.
pub(super) struct Rows<'a> {
    columns: Vec<(&'a str, Cells<'a>)>,
}

enum Cells<'a> {
    Text(&'a StringArray),
    Bigint(&'a Int64Array),
    Double(&'a Float64Array),
    Boolean(&'a BooleanArray),
    Date(&'a Date32Array),
    Timestamptz(&'a TimestampMicrosecondArray),
    Numeric(&'a Decimal128Array, u8),
    Array { list: &'a ListArray, items: Box<Cells<'a>>, oid: u32 },
}

/// Why a value cannot be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unfit {
    Nul,
    Range,
    Long,
}

impl<'a> Rows<'a> {
    pub(super) fn of(columns: &'a [(String, Kind)], batch: &'a RecordBatch) -> Result<Self> {
        let mut all = Vec::with_capacity(columns.len());
        for (name, kind) in columns {
            let column = batch.column_by_name(name).ok_or_else(|| arrow(format!("no column `{name}`")))?;
            let cells = Cells::of(kind, column.as_ref());
            all.push((name.as_str(), cells.ok_or_else(|| arrow(format!("`{name}` is of another type")))?));
        }
        Ok(Self { columns: all })
    }

    /// Writes a row of the batch; `number` is what a message calls it.
    pub(super) fn write(&self, row: usize, number: u64, out: &mut Vec<u8>) -> Result<()> {
        out.extend_from_slice(&(self.columns.len() as u16).to_be_bytes());
        for (name, cells) in &self.columns {
            cells.write(row, out).map_err(|unfit| unfit.told(name, number))?;
        }
        Ok(())
    }
}

impl Unfit {
    fn told(self, column: &str, row: u64) -> Error {
        let (what, code, hint) = match self {
            Self::Nul => (
                "a NUL character, which Postgres does not store",
                "nul-in-text",
                "take it out in the task's SQL, as in replace(column, chr(0), '')",
            ),
            Self::Range => {
                ("a moment that Postgres does not know", "out-of-range", "its days end in the year 5874897")
            }
            Self::Long => {
                ("more than Postgres stores in one value", "too-long", "one value has less than 1 GB")
            }
        };
        Error::Input {
            message: format!("the column `{column}` of row {row} holds {what} ({code})"),
            hint: format!("{hint}; nothing was loaded"),
        }
    }
}

impl<'a> Cells<'a> {
    fn of(kind: &Kind, column: &'a dyn Array) -> Option<Self> {
        Some(match kind {
            Kind::Text => Self::Text(column.as_string_opt()?),
            Kind::Bigint => Self::Bigint(column.as_primitive_opt::<Int64Type>()?),
            Kind::Double => Self::Double(column.as_primitive_opt::<Float64Type>()?),
            Kind::Boolean => Self::Boolean(column.as_boolean_opt()?),
            Kind::Date => Self::Date(column.as_primitive_opt::<Date32Type>()?),
            Kind::Timestamptz => Self::Timestamptz(column.as_primitive_opt::<TimestampMicrosecondType>()?),
            Kind::Numeric { scale, .. } => {
                Self::Numeric(column.as_primitive_opt::<Decimal128Type>()?, *scale)
            }
            Kind::Array(item) => {
                let list = column.as_list_opt::<i32>()?;
                let items = Box::new(Self::of(item, list.values().as_ref())?);
                Self::Array { list, items, oid: item.oid() }
            }
        })
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Text(cells) => cells.is_null(row),
            Self::Bigint(cells) => cells.is_null(row),
            Self::Double(cells) => cells.is_null(row),
            Self::Boolean(cells) => cells.is_null(row),
            Self::Date(cells) => cells.is_null(row),
            Self::Timestamptz(cells) => cells.is_null(row),
            Self::Numeric(cells, _) => cells.is_null(row),
            Self::Array { list, .. } => list.is_null(row),
        }
    }

    /// Writes a value behind its length.
    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Unfit> {
        if self.is_null(row) {
            out.extend_from_slice(&(-1_i32).to_be_bytes());
            return Ok(());
        }
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        match self {
            Self::Text(cells) => {
                let text = cells.value(row).as_bytes();
                if memchr::memchr(0, text).is_some() {
                    return Err(Unfit::Nul);
                }
                out.extend_from_slice(text);
            }
            Self::Bigint(cells) => out.extend_from_slice(&cells.value(row).to_be_bytes()),
            Self::Double(cells) => out.extend_from_slice(&cells.value(row).to_be_bytes()),
            Self::Boolean(cells) => out.push(u8::from(cells.value(row))),
            Self::Date(cells) => {
                let days = cells.value(row).checked_sub(EPOCH_DAYS).ok_or(Unfit::Range)?;
                out.extend_from_slice(&days.to_be_bytes());
            }
            Self::Timestamptz(cells) => {
                let micros = cells.value(row).checked_sub(EPOCH_MICROS).ok_or(Unfit::Range)?;
                out.extend_from_slice(&micros.to_be_bytes());
            }
            Self::Numeric(cells, scale) => numeric::encode(cells.value(row), *scale, out),
            Self::Array { list, items, oid } => {
                let offsets = list.value_offsets();
                let (from, to) = (offsets[row] as usize, offsets[row + 1] as usize);
                let nulls = (from..to).any(|item| items.is_null(item));
                // An empty array has no dimension.
                out.extend_from_slice(&i32::from(to > from).to_be_bytes());
                out.extend_from_slice(&i32::from(nulls).to_be_bytes());
                out.extend_from_slice(&oid.to_be_bytes());
                if to > from {
                    out.extend_from_slice(&(offsets[row + 1] - offsets[row]).to_be_bytes());
                    out.extend_from_slice(&1_i32.to_be_bytes());
                }
                for item in from..to {
                    items.write(item, out)?;
                }
            }
        }
        let length = i32::try_from(out.len() - start - 4).map_err(|_| Unfit::Long)?;
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{ArrayRef, ListBuilder, StringBuilder};
    use datafusion::arrow::datatypes::{Field, Schema};

    use super::*;

    fn encoded(kind: Kind, column: ArrayRef) -> Vec<Result<Vec<u8>, String>> {
        let rows = column.len();
        let schema = Arc::new(Schema::new(vec![Field::new("c", column.data_type().clone(), true)]));
        let batch = RecordBatch::try_new(schema, vec![column]).unwrap();
        let columns = [("c".to_owned(), kind)];
        let written = Rows::of(&columns, &batch).unwrap();
        (0..rows)
            .map(|row| {
                let mut out = Vec::new();
                written.write(row, row as u64 + 1, &mut out).map_err(|error| error.to_string())?;
                assert_eq!(out[..2], [0, 1]);
                Ok(out.split_off(2))
            })
            .collect()
    }

    #[test]
    fn a_field_is_its_length_and_its_bytes() {
        let text = encoded(Kind::Text, Arc::new(StringArray::from(vec![Some("é"), None, Some("")])));
        assert_eq!(text[0], Ok(vec![0, 0, 0, 2, 0xc3, 0xa9]));
        assert_eq!(text[1], Ok(vec![0xff; 4]));
        assert_eq!(text[2], Ok(vec![0; 4]));
        let numbers = encoded(Kind::Bigint, Arc::new(Int64Array::from(vec![-2])));
        assert_eq!(numbers[0], Ok([vec![0, 0, 0, 8], vec![0xff; 7], vec![0xfe]].concat()));
        let truth = encoded(Kind::Boolean, Arc::new(BooleanArray::from(vec![true])));
        assert_eq!(truth[0], Ok(vec![0, 0, 0, 1, 1]));
    }

    #[test]
    fn moments_count_from_the_year_2000() {
        let days = encoded(Kind::Date, Arc::new(Date32Array::from(vec![EPOCH_DAYS + 1, i32::MIN])));
        assert_eq!(days[0], Ok(vec![0, 0, 0, 4, 0, 0, 0, 1]));
        assert!(days[1].as_ref().unwrap_err().contains("`c` of row 2"), "{days:?}");
        let moments = TimestampMicrosecondArray::from(vec![EPOCH_MICROS]).with_timezone("UTC");
        let moments = encoded(Kind::Timestamptz, Arc::new(moments));
        assert_eq!(moments[0], Ok([vec![0, 0, 0, 8], vec![0; 8]].concat()));
    }

    #[test]
    fn a_list_is_an_array_of_one_dimension() {
        let mut lists = ListBuilder::new(StringBuilder::new());
        lists.append_value([Some("a"), None]);
        lists.append_value(Vec::<Option<&str>>::new());
        lists.append_null();
        let lists = encoded(Kind::Array(Box::new(Kind::Text)), Arc::new(lists.finish()));
        let two = [
            vec![0, 0, 0, 29],
            vec![0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25],
            vec![0, 0, 0, 2, 0, 0, 0, 1],
            vec![0, 0, 0, 1, b'a', 0xff, 0xff, 0xff, 0xff],
        ];
        assert_eq!(lists[0], Ok(two.concat()));
        assert_eq!(lists[1], Ok(vec![0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25]));
        assert_eq!(lists[2], Ok(vec![0xff; 4]));
    }

    #[test]
    fn a_nul_is_told_with_its_place() {
        let text = encoded(Kind::Text, Arc::new(StringArray::from(vec!["fine", "a\0b"])));
        let error = text[1].as_ref().unwrap_err();
        assert!(error.contains("`c` of row 2") && error.contains("nul-in-text"), "{error}");
    }
}

//! Values of a table as text, for CSV and JSON.
//!
//! Numbers have the shortest form that reads back as the same number, days and moments are ISO 8601
//! (`2023-01-01T10:00:00Z`), lists are JSON, in CSV too. What JSON has no number for (NaN, infinity) is null there.

use std::io::Write as _;

use datafusion::arrow::array::{
    Array, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, ListArray, StringArray,
    TimestampMicrosecondArray, UInt64Array,
};
use datafusion::arrow::datatypes::{Decimal128Type, DecimalType};

/// A column, seen as what it holds.
pub(crate) enum Cells<'a> {
    Text(&'a StringArray),
    Integer(&'a Int64Array),
    Count(&'a UInt64Array),
    Float(&'a Float64Array),
    Boolean(&'a BooleanArray),
    Date(&'a Date32Array),
    Timestamp(&'a TimestampMicrosecondArray),
    Decimal(&'a Decimal128Array),
    List(&'a ListArray),
    /// Of no type that a table has.
    Other,
}

impl<'a> Cells<'a> {
    pub(crate) fn of(column: &'a dyn Array) -> Self {
        let any = column.as_any();
        if let Some(column) = any.downcast_ref() {
            Self::Text(column)
        } else if let Some(column) = any.downcast_ref() {
            Self::Integer(column)
        } else if let Some(column) = any.downcast_ref() {
            Self::Count(column)
        } else if let Some(column) = any.downcast_ref() {
            Self::Float(column)
        } else if let Some(column) = any.downcast_ref() {
            Self::Boolean(column)
        } else if let Some(column) = any.downcast_ref() {
            Self::Date(column)
        } else if let Some(column) = any.downcast_ref() {
            Self::Timestamp(column)
        } else if let Some(column) = any.downcast_ref() {
            Self::Decimal(column)
        } else if let Some(column) = any.downcast_ref() {
            Self::List(column)
        } else {
            Self::Other
        }
    }

    fn array(&self) -> Option<&dyn Array> {
        Some(match self {
            Self::Text(a) => *a,
            Self::Integer(a) => *a,
            Self::Count(a) => *a,
            Self::Float(a) => *a,
            Self::Boolean(a) => *a,
            Self::Date(a) => *a,
            Self::Timestamp(a) => *a,
            Self::Decimal(a) => *a,
            Self::List(a) => *a,
            Self::Other => return None,
        })
    }

    /// Tells whether there is no value.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.array().is_none_or(|array| array.is_null(row))
    }

    /// Appends the plain text of a value, which must not be null.
    pub(crate) fn plain(&self, row: usize, out: &mut Vec<u8>) {
        match self {
            Self::Text(a) => out.extend_from_slice(a.value(row).as_bytes()),
            Self::Integer(a) => number(a.value(row), out),
            Self::Count(a) => number(a.value(row), out),
            Self::Float(a) => match a.value(row) {
                value if value.is_finite() => number(value, out),
                value if value.is_nan() => out.extend_from_slice(b"NaN"),
                value => out.extend_from_slice(if value > 0.0 { b"inf" } else { b"-inf" }),
            },
            Self::Boolean(a) => out.extend_from_slice(if a.value(row) { b"true" } else { b"false" }),
            Self::Date(a) => date(i64::from(a.value(row)), out),
            Self::Timestamp(a) => timestamp(a.value(row), out),
            Self::Decimal(a) => {
                out.extend_from_slice(
                    Decimal128Type::format_decimal(a.value(row), a.precision(), a.scale()).as_bytes(),
                );
            }
            Self::List(_) => self.json(row, out),
            Self::Other => {}
        }
    }

    /// Appends a value as JSON.
    pub(crate) fn json(&self, row: usize, out: &mut Vec<u8>) {
        if self.is_null(row) {
            return out.extend_from_slice(b"null");
        }
        match self {
            Self::Text(a) => json_text(a.value(row), out),
            Self::Float(a) if !a.value(row).is_finite() => out.extend_from_slice(b"null"),
            Self::Date(_) | Self::Timestamp(_) => {
                out.push(b'"');
                self.plain(row, out);
                out.push(b'"');
            }
            Self::List(a) => {
                let items = a.value(row);
                let cells = Cells::of(items.as_ref());
                out.push(b'[');
                for item in 0..items.len() {
                    if item > 0 {
                        out.push(b',');
                    }
                    cells.json(item, out);
                }
                out.push(b']');
            }
            _ => self.plain(row, out),
        }
    }
}

/// Appends a text as a JSON string.
pub(crate) fn json_text(text: &str, out: &mut Vec<u8>) {
    // A vector takes whatever is written to it.
    let _ = serde_json::to_writer(out, text);
}

fn number(value: impl serde::Serialize, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, &value);
}

/// Appends the day that is so many days after 1970-01-01.
fn date(days: i64, out: &mut Vec<u8>) {
    // Howard Hinnant's civil_from_days: years begin in March, so that the odd month is the last.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let _ = write!(out, "{year:04}-{month:02}-{day:02}");
}

/// Appends the moment that is so many microseconds after 1970-01-01T00:00:00Z; digits of a second as far as needed.
fn timestamp(micros: i64, out: &mut Vec<u8>) {
    let (seconds, fraction) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let of_day = seconds.rem_euclid(86_400);
    date(seconds.div_euclid(86_400), out);
    let _ = write!(out, "T{:02}:{:02}:{:02}", of_day / 3_600, of_day / 60 % 60, of_day % 60);
    if fraction > 0 {
        let digits = format!("{fraction:06}");
        let _ = write!(out, ".{}", digits.trim_end_matches('0'));
    }
    out.push(b'Z');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(column: &dyn Array) -> (String, String) {
        let cells = Cells::of(column);
        let (mut plain, mut json) = (Vec::new(), Vec::new());
        if !cells.is_null(0) {
            cells.plain(0, &mut plain);
        }
        cells.json(0, &mut json);
        (String::from_utf8(plain).unwrap(), String::from_utf8(json).unwrap())
    }

    #[test]
    fn a_value_has_one_text_in_csv_and_one_in_json() {
        let list =
            ListArray::from_iter_primitive::<datafusion::arrow::datatypes::Int64Type, _, _>([Some(vec![
                Some(1),
                None,
            ])]);
        let utc = |micros| TimestampMicrosecondArray::from(vec![micros]).with_timezone("UTC");
        let cases: [(&dyn Array, &str, &str); 15] = [
            (&StringArray::from(vec!["a\"b"]), "a\"b", r#""a\"b""#),
            (&StringArray::from(vec![None::<&str>]), "", "null"),
            (&Int64Array::from(vec![i64::MIN]), "-9223372036854775808", "-9223372036854775808"),
            (&Float64Array::from(vec![0.1 + 0.2]), "0.30000000000000004", "0.30000000000000004"),
            (&Float64Array::from(vec![1.0]), "1.0", "1.0"),
            (&Float64Array::from(vec![f64::NAN]), "NaN", "null"),
            (&Float64Array::from(vec![f64::NEG_INFINITY]), "-inf", "null"),
            (&BooleanArray::from(vec![true]), "true", "true"),
            (&Date32Array::from(vec![18_321]), "2020-02-29", r#""2020-02-29""#),
            (&Date32Array::from(vec![-1]), "1969-12-31", r#""1969-12-31""#),
            (&utc(1_672_567_200_000_000), "2023-01-01T10:00:00Z", r#""2023-01-01T10:00:00Z""#),
            (&utc(1_672_567_200_120_000), "2023-01-01T10:00:00.12Z", r#""2023-01-01T10:00:00.12Z""#),
            (&utc(-1), "1969-12-31T23:59:59.999999Z", r#""1969-12-31T23:59:59.999999Z""#),
            (&list, "[1,null]", "[1,null]"),
            (&Decimal128Array::from(vec![-150]).with_precision_and_scale(10, 2).unwrap(), "-1.50", "-1.50"),
        ];
        for (column, plain, json) in cases {
            assert_eq!(shown(column), (plain.to_owned(), json.to_owned()), "{column:?}");
        }
    }
}

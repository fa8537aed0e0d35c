//! Texts, and values that are typed already -> the cells of one Arrow column.

use std::cell::OnceCell;

use datafusion::arrow::array::{
    Array, ArrayBuilder, ArrayRef, ArrowPrimitiveType, AsArray as _, BooleanBuilder, Date32Builder,
    Float64Builder, Int64Builder, ListBuilder, PrimitiveBuilder, StringBuilder, TimestampMicrosecondBuilder,
};
use datafusion::arrow::datatypes::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use xxhash_rust::xxh3::xxh3_64;

use crate::clean::number::{float, integer};
use crate::clean::{DateOrder, boolean, day, is_day, is_moment, list, mojibake, price, timestamp};
use crate::record::RejectCode;
use crate::spec::tables::{Column, ColumnType};
use crate::table::values::arrow_type;

/// The text of a column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'t> {
    pub(super) text: &'t str,
    /// There is not even an empty one.
    pub(super) absent: bool,
}

impl Text<'_> {
    pub(super) const NONE: Self = Self { text: "", absent: true };

    /// That of an owned text, if there is one.
    pub(super) fn of(text: Option<&String>) -> Text<'_> {
        text.map_or(Text::NONE, |text| Text { text, absent: false })
    }
}

/// What a cell is made of.
pub(super) enum Given<'t> {
    Text(Text<'t>),
    /// A row of a column that has the type of the cells.
    Typed(&'t ArrayRef, usize),
}

impl<'t> From<Text<'t>> for Given<'t> {
    fn from(text: Text<'t>) -> Self {
        Self::Text(text)
    }
}

/// What a text turned out to be. Whatever it is, the column has one cell more.
#[derive(Debug, PartialEq)]
pub(super) enum Cell {
    /// A value.
    Value,
    /// No value.
    Null,
    /// No value, because a text says so that the column declares.
    NullText,
    /// A text that was read in a wrong encoding once, as it was meant.
    Mojibake(String),
    /// No value of the column's type.
    Wrong(RejectCode),
}

/// The cells of one column, and how texts become them.
pub(super) struct Cells<'a> {
    column: &'a Column,
    order: DateOrder,
    builder: Builder,
    /// Hashes of the values that stand for none.
    nulls: OnceCell<Vec<u64>>,
}

enum Builder {
    String(StringBuilder),
    Integer(Int64Builder),
    Float(Float64Builder),
    Price(Float64Builder),
    Boolean(BooleanBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Integers(ListBuilder<Int64Builder>),
    Strings(ListBuilder<StringBuilder>),
}

impl<'a> Cells<'a> {
    /// Cells with room for so many, and for so many bytes of text.
    pub(super) fn new(column: &'a Column, order: DateOrder, rows: usize, bytes: usize) -> Self {
        let builder = match column.kind {
            ColumnType::String => Builder::String(StringBuilder::with_capacity(rows, bytes)),
            ColumnType::Integer => Builder::Integer(Int64Builder::with_capacity(rows)),
            ColumnType::Float => Builder::Float(Float64Builder::with_capacity(rows)),
            ColumnType::Price => Builder::Price(Float64Builder::with_capacity(rows)),
            ColumnType::Boolean => Builder::Boolean(BooleanBuilder::with_capacity(rows)),
            ColumnType::Date => Builder::Date(Date32Builder::with_capacity(rows)),
            ColumnType::Timestamp => {
                let cells = TimestampMicrosecondBuilder::with_capacity(rows);
                Builder::Timestamp(cells.with_data_type(arrow_type(column.kind)))
            }
            ColumnType::Integers => Builder::Integers(ListBuilder::with_capacity(Int64Builder::new(), rows)),
            ColumnType::Strings => Builder::Strings(ListBuilder::with_capacity(StringBuilder::new(), rows)),
        };
        Self { column, order, builder, nulls: OnceCell::new() }
    }

    /// Bytes of text so far.
    pub(super) fn text_len(&self) -> usize {
        match &self.builder {
            Builder::String(cells) => cells.values_slice().len(),
            _ => 0,
        }
    }

    /// Appends a cell. Where rows are told apart, eight bytes that tell this cell from others go to `hashes`: they
    /// depend on its value alone, not on how it was given.
    pub(super) fn push(&mut self, given: &Given<'_>, hashes: Option<&mut Vec<u8>>) -> Cell {
        let (cell, hash) = match given {
            Given::Text(text) => self.push_text(text.text, text.absent, hashes.is_some()),
            Given::Typed(array, row) if array.is_null(*row) => self.push_text("", true, false),
            Given::Typed(array, row) => match &self.builder {
                Builder::String(_) => {
                    self.push_text(array.as_string::<i32>().value(*row), false, hashes.is_some())
                }
                _ => self.push_typed(array, *row),
            },
        };
        if let Some(hashes) = hashes {
            hashes.extend_from_slice(&hash.to_le_bytes());
        }
        cell
    }

    fn push_text(&mut self, text: &str, absent: bool, hashed: bool) -> (Cell, u64) {
        let column = self.column;
        let trimmed = text.trim();
        let null_text = !column.nulls.is_empty() && column.nulls.iter().any(|null| null.trim() == trimmed);
        let none = || if null_text && !trimmed.is_empty() { Cell::NullText } else { Cell::Null };
        if let Builder::String(cells) = &mut self.builder {
            if absent || null_text || column.required && trimmed.is_empty() {
                cells.append_null();
                return (none(), 0);
            }
            if let Some(meant) = mojibake(text) {
                cells.append_value(&meant);
                let hash = of_bytes(meant.as_bytes());
                return (Cell::Mojibake(meant), hash);
            }
            cells.append_value(text);
            return (Cell::Value, if hashed { of_bytes(text.as_bytes()) } else { 0 });
        }
        if absent || null_text || trimmed.is_empty() {
            self.push_null();
            return (none(), 0);
        }
        match self.push_value(trimmed) {
            Ok(hash) => (Cell::Value, hash),
            Err(code) => {
                self.push_null();
                (Cell::Wrong(code), !of_bytes(text.as_bytes()))
            }
        }
    }

    fn push_typed(&mut self, array: &ArrayRef, row: usize) -> (Cell, u64) {
        if self.stands_for_none(array, row) {
            self.push_null();
            return (Cell::NullText, 0);
        }
        match self.append(array, row) {
            Ok(hash) => (Cell::Value, hash),
            Err(code) => {
                self.push_null();
                // Not the hash of any value.
                (Cell::Wrong(code), !of_bytes(format!("{:?}", array.slice(row, 1)).as_bytes()))
            }
        }
    }

    /// Whether a value is one of those that stand for none: as they are read here, or as a number that is no value.
    fn stands_for_none(&self, array: &ArrayRef, row: usize) -> bool {
        let nulls = &self.column.nulls;
        if nulls.is_empty() {
            return false;
        }
        if let Some(number) = array.as_primitive_opt::<Float64Type>().map(|numbers| numbers.value(row)) {
            let same = |null: f64| null == number || null.is_nan() && number.is_nan();
            if nulls.iter().any(|null| null.trim().parse().is_ok_and(same)) {
                return true;
            }
        }
        let nulls = self.nulls.get_or_init(|| {
            let mut cells = Self::new(self.column, self.order, 0, 0);
            nulls.iter().filter_map(|null| cells.push_value(null.trim()).ok()).collect()
        });
        let mut cell = Self::new(self.column, self.order, 1, 0);
        cell.append(array, row).is_ok_and(|hash| nulls.contains(&hash))
    }

    /// Appends a value that is typed already and returns its hash, or why it is none.
    fn append(&mut self, array: &ArrayRef, row: usize) -> Result<u64, RejectCode> {
        Ok(match &mut self.builder {
            Builder::String(cells) => {
                let text = array.as_string::<i32>().value(row);
                cells.append_value(text);
                of_bytes(text.as_bytes())
            }
            Builder::Integer(cells) => put(cells, array.as_primitive::<Int64Type>().value(row)),
            Builder::Float(cells) => {
                let value = finite(array, row).ok_or(RejectCode::InvalidNumber)?;
                put(cells, value)
            }
            Builder::Price(cells) => {
                let value = finite(array, row).filter(|n| *n >= 0.0).ok_or(RejectCode::InvalidPrice)?;
                put(cells, value)
            }
            Builder::Boolean(cells) => put_boolean(cells, array.as_boolean().value(row)),
            Builder::Date(cells) => {
                let value = array.as_primitive::<Date32Type>().value(row);
                put(cells, Some(value).filter(|day| is_day(*day)).ok_or(RejectCode::InvalidDate)?)
            }
            Builder::Timestamp(cells) => {
                let value = array.as_primitive::<TimestampMicrosecondType>().value(row);
                put(cells, Some(value).filter(|at| is_moment(*at)).ok_or(RejectCode::InvalidTimestamp)?)
            }
            Builder::Integers(cells) => {
                let items = array.as_list::<i32>().value(row);
                let items = items.as_primitive::<Int64Type>().iter().collect::<Option<Vec<i64>>>();
                put_integers(cells, &items.ok_or(RejectCode::InvalidList)?)
            }
            Builder::Strings(cells) => {
                let items = array.as_list::<i32>().value(row);
                let items = items.as_string::<i32>().iter().map(|item| item.map(str::to_owned));
                put_strings(cells, &items.collect::<Option<Vec<String>>>().ok_or(RejectCode::InvalidList)?)
            }
        })
    }

    fn push_null(&mut self) {
        match &mut self.builder {
            Builder::String(cells) => cells.append_null(),
            Builder::Integer(cells) => cells.append_null(),
            Builder::Float(cells) | Builder::Price(cells) => cells.append_null(),
            Builder::Boolean(cells) => cells.append_null(),
            Builder::Date(cells) => cells.append_null(),
            Builder::Timestamp(cells) => cells.append_null(),
            Builder::Integers(cells) => cells.append_null(),
            Builder::Strings(cells) => cells.append_null(),
        }
    }

    /// Appends a value and returns its hash, or why there is none.
    fn push_value(&mut self, text: &str) -> Result<u64, RejectCode> {
        let style = self.column.number;
        Ok(match &mut self.builder {
            Builder::String(cells) => {
                cells.append_value(text);
                of_bytes(text.as_bytes())
            }
            Builder::Integer(cells) => put(cells, integer(text, style).ok_or(RejectCode::InvalidNumber)?),
            Builder::Float(cells) => put(cells, float(text, style).ok_or(RejectCode::InvalidNumber)?),
            Builder::Price(cells) => put(cells, price(text, style).ok_or(RejectCode::InvalidPrice)?),
            Builder::Boolean(cells) => put_boolean(cells, boolean(text).ok_or(RejectCode::InvalidBoolean)?),
            Builder::Date(cells) => put(cells, day(text, self.order).ok_or(RejectCode::InvalidDate)?),
            Builder::Timestamp(cells) => put(cells, timestamp(text).ok_or(RejectCode::InvalidTimestamp)?),
            Builder::Integers(cells) => {
                put_integers(cells, &list::integers(text).ok_or(RejectCode::InvalidList)?)
            }
            Builder::Strings(cells) => {
                put_strings(cells, &list::strings(text).ok_or(RejectCode::InvalidList)?)
            }
        })
    }

    /// The column; the cells begin anew.
    pub(super) fn finish(&mut self) -> ArrayRef {
        let builder: &mut dyn ArrayBuilder = match &mut self.builder {
            Builder::String(cells) => cells,
            Builder::Integer(cells) => cells,
            Builder::Float(cells) | Builder::Price(cells) => cells,
            Builder::Boolean(cells) => cells,
            Builder::Date(cells) => cells,
            Builder::Timestamp(cells) => cells,
            Builder::Integers(cells) => cells,
            Builder::Strings(cells) => cells,
        };
        builder.finish()
    }
}

/// Never 0, which stands for no value.
pub(super) fn of_bytes(bytes: &[u8]) -> u64 {
    xxh3_64(bytes).max(1)
}

/// Apart from 0, which stands for no value; what is hashed again needs no more.
fn of_bits(bits: u64) -> u64 {
    bits ^ 0x8ebc_6af0_9c88_c6e3
}

/// A number as texts give it: finite, and 0 without a sign.
fn finite(array: &ArrayRef, row: usize) -> Option<f64> {
    let number = array.as_primitive::<Float64Type>().value(row);
    number.is_finite().then_some(number + 0.0)
}

/// A value that has bits.
trait Bits: Copy {
    fn bits(self) -> u64;
}

impl Bits for i64 {
    fn bits(self) -> u64 {
        self as u64
    }
}

impl Bits for i32 {
    fn bits(self) -> u64 {
        self as u64
    }
}

impl Bits for f64 {
    fn bits(self) -> u64 {
        self.to_bits()
    }
}

// Each appends a value and returns its hash.

fn put<T: ArrowPrimitiveType<Native: Bits>>(cells: &mut PrimitiveBuilder<T>, value: T::Native) -> u64 {
    cells.append_value(value);
    of_bits(value.bits())
}

fn put_boolean(cells: &mut BooleanBuilder, value: bool) -> u64 {
    cells.append_value(value);
    of_bits(u64::from(value))
}

fn put_integers(cells: &mut ListBuilder<Int64Builder>, items: &[i64]) -> u64 {
    cells.values().append_slice(items);
    cells.append(true);
    of_bytes(format!("{items:?}").as_bytes())
}

fn put_strings(cells: &mut ListBuilder<StringBuilder>, items: &[String]) -> u64 {
    items.iter().for_each(|item| cells.values().append_value(item));
    cells.append(true);
    of_bytes(format!("{items:?}").as_bytes())
}

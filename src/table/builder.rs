//! Texts -> the cells of one Arrow column.

use datafusion::arrow::array::{
    ArrayBuilder, ArrayRef, BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, ListBuilder,
    StringBuilder, TimestampMicrosecondBuilder,
};
use xxhash_rust::xxh3::xxh3_64;

use crate::clean::number::{float, integer};
use crate::clean::{DateOrder, boolean, day, list, mojibake, price, timestamp};
use crate::record::RejectCode;
use crate::spec::tables::{Column, ColumnType};
use crate::table::values::arrow_type;

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
        Self { column, order, builder }
    }

    /// Bytes of text so far.
    pub(super) fn text_len(&self) -> usize {
        match &self.builder {
            Builder::String(cells) => cells.values_slice().len(),
            _ => 0,
        }
    }

    /// Appends the cell that a text is; `absent` says that there is not even an empty text. Where rows are told
    /// apart, eight bytes that tell this cell from others go to `hashes`.
    pub(super) fn push(&mut self, text: &str, absent: bool, hashes: Option<&mut Vec<u8>>) -> Cell {
        let column = self.column;
        let trimmed = text.trim();
        let null_text = !column.nulls.is_empty() && column.nulls.iter().any(|null| null.trim() == trimmed);
        let mut hash = 0;
        let cell = if let Builder::String(cells) = &mut self.builder {
            if absent || null_text || column.required && trimmed.is_empty() {
                cells.append_null();
                Cell::Null
            } else if let Some(meant) = mojibake(text) {
                cells.append_value(&meant);
                hash = of_bytes(meant.as_bytes());
                Cell::Mojibake(meant)
            } else {
                cells.append_value(text);
                if hashes.is_some() {
                    hash = of_bytes(text.as_bytes());
                }
                Cell::Value
            }
        } else if absent || null_text || trimmed.is_empty() {
            self.push_null();
            if null_text && !trimmed.is_empty() { Cell::NullText } else { Cell::Null }
        } else {
            match self.push_value(trimmed) {
                Ok(value) => {
                    hash = value;
                    Cell::Value
                }
                Err(code) => {
                    self.push_null();
                    hash = !of_bytes(text.as_bytes());
                    Cell::Wrong(code)
                }
            }
        };
        if let Some(hashes) = hashes {
            hashes.extend_from_slice(&hash.to_le_bytes());
        }
        cell
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
            Builder::Integer(cells) => {
                let value = integer(text, style).ok_or(RejectCode::InvalidNumber)?;
                cells.append_value(value);
                of_bits(value as u64)
            }
            Builder::Float(cells) => {
                let value = float(text, style).ok_or(RejectCode::InvalidNumber)?;
                cells.append_value(value);
                of_bits(value.to_bits())
            }
            Builder::Price(cells) => {
                let value = price(text, style).ok_or(RejectCode::InvalidPrice)?;
                cells.append_value(value);
                of_bits(value.to_bits())
            }
            Builder::Boolean(cells) => {
                let value = boolean(text).ok_or(RejectCode::InvalidBoolean)?;
                cells.append_value(value);
                of_bits(u64::from(value))
            }
            Builder::Date(cells) => {
                let value = day(text, self.order).ok_or(RejectCode::InvalidDate)?;
                cells.append_value(value);
                of_bits(value as u64)
            }
            Builder::Timestamp(cells) => {
                let value = timestamp(text).ok_or(RejectCode::InvalidTimestamp)?;
                cells.append_value(value);
                of_bits(value as u64)
            }
            Builder::Integers(cells) => {
                let items = list::integers(text).ok_or(RejectCode::InvalidList)?;
                let hash = of_bytes(format!("{items:?}").as_bytes());
                cells.values().append_slice(&items);
                cells.append(true);
                hash
            }
            Builder::Strings(cells) => {
                let items = list::strings(text).ok_or(RejectCode::InvalidList)?;
                let hash = of_bytes(format!("{items:?}").as_bytes());
                items.iter().for_each(|item| cells.values().append_value(item));
                cells.append(true);
                hash
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

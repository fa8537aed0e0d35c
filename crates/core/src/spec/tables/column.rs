//! The contract of one column.

pub use crate::clean::NumberStyle;

/// One column of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name in the table.
    pub name: String,
    /// Its name in the files; several columns may read the same one.
    pub from: String,
    /// What its values are.
    pub kind: ColumnType,
    /// Whether a row without a value is a reject.
    pub required: bool,
    /// Texts that mean: no value. They are logged as a repair where the type is no string.
    pub nulls: Vec<String>,
    /// How its numbers are typed.
    pub number: NumberStyle,
    /// Byte offset of its name in the pipeline file.
    pub at: usize,
}

/// The types that a column can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Text, as it stands there (Arrow `Utf8`).
    String,
    /// A whole number (`Int64`).
    Integer,
    /// A number (`Float64`); never infinite, never NaN.
    Float,
    /// `True`, `false`, `1`, `no`, ... (`Boolean`).
    Boolean,
    /// A day (`Date32`).
    Date,
    /// A moment in UTC (`Timestamp(Microsecond, "UTC")`); ISO 8601.
    Timestamp,
    /// An amount of money with whatever people put around it: `530 000€/mo.` (`Float64`).
    Price,
    /// A list of whole numbers in text: `[1, 2]` (`List<Int64>`).
    Integers,
    /// A list of texts: `['a', "b"]` (`List<Utf8>`).
    Strings,
}

impl ColumnType {
    /// Every type.
    pub const ALL: [Self; 9] = [
        Self::String,
        Self::Integer,
        Self::Float,
        Self::Boolean,
        Self::Date,
        Self::Timestamp,
        Self::Price,
        Self::Integers,
        Self::Strings,
    ];

    /// The name in pipeline files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Price => "price",
            Self::Integers => "list<integer>",
            Self::Strings => "list<string>",
        }
    }
}

//! The functions that a task cannot use: a rerun must write the same rows.

/// Functions whose value is another one in each run.
pub(super) const IMPURE: [&str; 10] = [
    "now",
    "current_timestamp",
    "current_date",
    "today",
    "current_time",
    "random",
    "uuid",
    "rand",
    "version",
    "getdate",
];

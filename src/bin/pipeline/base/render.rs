//! Values -> text on stdout.

use std::io::{self, Write};

use anyhow::Context;
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use serde::Serialize;

#[cfg(feature = "composer")]
use crate::base::options::{Common, Format};

/// Prints to stdout; a reader that went away is told by the error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("cannot write to stdout")
}

/// Prints one JSON document.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    print(&text)
}

/// Prints an answer in the form that was asked for.
#[cfg(feature = "composer")]
pub(crate) fn answer<T: Serialize>(
    common: &Common,
    value: &T,
    text: impl FnOnce(&T) -> String,
) -> anyhow::Result<()> {
    match common.format {
        Format::Json => print_json(value),
        Format::Text if !common.quiet => print(&text(value)),
        Format::Text => Ok(()),
    }
}

/// A table without lines: a header, rows, numbers to the right.
pub(crate) fn table(header: &[&str], rows: Vec<Vec<String>>, numbers: &[usize]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(header.iter().map(ToString::to_string).collect::<Vec<_>>());
    for row in rows {
        // Names come from anywhere: nothing in them shall move the cursor.
        let shown = |cell: String| {
            cell.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect::<String>()
        };
        table.add_row(row.into_iter().map(shown));
    }
    for (i, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if numbers.contains(&i) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The first few of a list; the JSON answer has all of them.
pub(crate) fn some(list: &[String], separator: &str) -> String {
    const SHOWN: usize = 10;
    match list.get(SHOWN..) {
        Some(rest) if !rest.is_empty() => {
            format!("{}{separator}… {} more", list[..SHOWN].join(separator), thousands(rest.len() as u64))
        }
        _ => list.join(separator),
    }
}

/// A number with a comma between thousands.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of bytes in the unit that suits it, in powers of 1,000.
#[cfg(feature = "composer")]
pub(crate) fn bytes(number: u64) -> String {
    indicatif::DecimalBytes(number).to_string()
}

/// A number and a noun in the right form.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(counted(1, "drug"), "1 drug");
        assert_eq!(counted(2000, "drug"), "2,000 drugs");
    }
}

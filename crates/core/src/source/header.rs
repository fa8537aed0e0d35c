//! The header line of a CSV file: which separator, which column where.

use crate::record::Field;
use crate::source::csv_parser::builder;

/// The separators that are tried, the usual one first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The place of a column that the file's kind does not have.
pub(super) const ABSENT: usize = usize::MAX;

/// What ClinicalTrials.gov's download calls our columns; it has no journal.
const REGISTRY: [(Field, &str); 3] =
    [(Field::Id, "NCT Number"), (Field::Title, "Study Title"), (Field::Date, "Start Date")];

/// What the header line told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) separator: u8,
    /// Position of each wanted column.
    pub(super) columns: Vec<usize>,
    /// Number of columns.
    pub(super) width: usize,
    /// Bytes up to the first row.
    pub(super) len: usize,
}

/// What is wrong with a header line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HeaderFault {
    pub(super) message: String,
    pub(super) hint: String,
}

/// Reads the header at the start of `bytes`; none where there is nothing but white space.
///
/// The separator is the one that finds most of the wanted columns. Names are compared without regard to
/// case and surrounding white space.
pub(super) fn read(bytes: &[u8], eol: u8, wanted: &[(Field, String)]) -> Result<Option<Header>, HeaderFault> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let parsed = SEPARATORS.map(|separator| (separator, first_row(bytes, eol, separator)));
    let count = |names: &[String], want: &str| usize::from(names.iter().any(|n| same(n, want)));
    let found = |names: &[String]| {
        let wanted = wanted.iter().map(|(_, want)| count(names, want)).sum::<usize>();
        wanted.max(REGISTRY.iter().map(|(_, want)| count(names, want)).sum())
    };
    // `max_by_key` gives the last of equals: the usual separator must come last.
    let Some((separator, (names, len))) = parsed.into_iter().rev().max_by_key(|(_, (names, _))| found(names))
    else {
        return Ok(None);
    };
    let mut columns = Vec::with_capacity(wanted.len());
    let mut missing = Vec::new();
    for (field, want) in wanted {
        let places: Vec<usize> = (0..names.len()).filter(|&i| same(&names[i], want)).collect();
        match places[..] {
            [] if field.is_optional() => columns.push(ABSENT),
            [] => missing.push(want.as_str()),
            [place] => columns.push(place),
            [..] => {
                return Err(HeaderFault {
                    message: format!("the column `{want}` stands {} times in the header", places.len()),
                    hint: "keep one of them, or rename the others: which one is meant cannot be told".into(),
                });
            }
        }
    }
    if !missing.is_empty()
        && let Some(columns) = registry(&names, wanted)
    {
        return Ok(Some(Header { separator, columns, width: names.len(), len }));
    }
    if missing.is_empty() {
        return Ok(Some(Header { separator, columns, width: names.len(), len }));
    }
    let listed = |names: &[&str]| names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    let have: Vec<String> = names.iter().take(20).map(|name| short(name)).collect();
    let close = missing.iter().find_map(|want| {
        let near = have.iter().find(|name| strsim::jaro_winkler(&name.to_lowercase(), want) > 0.85)?;
        Some(format!("did you mean `{near}` for `{want}`? "))
    });
    let plural = if missing.len() == 1 { "column" } else { "columns" };
    let more = if names.len() > have.len() { ", …" } else { "" };
    if names.iter().any(|name| name.as_bytes().contains(&eol)) {
        return Err(HeaderFault {
            message: format!("no {plural} {}: a quote in the header is never closed", listed(&missing)),
            hint: "close the quote in the first line of the file, or remove it".into(),
        });
    }
    let have: Vec<&str> = have.iter().map(String::as_str).collect();
    let of_table = wanted.iter().any(|(field, _)| matches!(field, Field::Column(_)));
    let place = if of_table { "with `from`" } else { "under `rename`" };
    Err(HeaderFault {
        message: format!("no {plural} {}; the header has {}{more}", listed(&missing), listed(&have)),
        hint: format!(
            "{}rename the column in the file, or name it {place} in the pipeline file",
            close.unwrap_or_default()
        ),
    })
}

/// The places of the columns in a download of ClinicalTrials.gov; none where the header is of another kind.
fn registry(names: &[String], wanted: &[(Field, String)]) -> Option<Vec<usize>> {
    let place = |name: &str| names.iter().position(|n| same(n, name));
    let place_of = |field: &Field| {
        let name = REGISTRY.iter().find(|(known, _)| known == field).map(|(_, name)| name);
        name.and_then(|name| place(name)).unwrap_or(ABSENT)
    };
    let is_one = wanted.iter().any(|(field, _)| *field == Field::Title)
        && place("NCT Number").is_some()
        && place("Study Title").is_some();
    is_one.then(|| wanted.iter().map(|(field, _)| place_of(field)).collect())
}

/// Tells whether a file begins with a row of ClinicalTrials.gov's download where its header should stand: the later
/// pages of a download have none.
pub(super) fn is_page(bytes: &[u8]) -> bool {
    let begin = bytes.trim_ascii_start();
    let id = begin.strip_prefix(b"\"").unwrap_or(begin);
    id.len() > 11
        && id.starts_with(b"NCT")
        && id[3..11].iter().all(u8::is_ascii_digit)
        && !id[11].is_ascii_alphanumeric()
}

/// A name as it can be shown, whatever stands there.
fn short(name: &str) -> String {
    let mut shown = String::new();
    for c in name.trim().chars().take(40) {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    if name.trim().chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}

fn same(name: &str, want: &str) -> bool {
    let name = name.trim();
    name.eq_ignore_ascii_case(want) || name.to_lowercase() == want.to_lowercase()
}

/// The names of the first row that is not blank, and where the next row begins.
fn first_row(bytes: &[u8], eol: u8, separator: u8) -> (Vec<String>, usize) {
    // Blank lines before it are passed over, but not what its own line begins with: that may be a separator.
    let text = bytes.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(bytes.len());
    let start = memchr::memrchr(eol, &bytes[..text]).map_or(0, |end| end + 1);
    let mut reader = builder(separator, eol).from_reader(&bytes[start..]);
    let mut record = ::csv::ByteRecord::new();
    let read = reader.read_byte_record(&mut record).unwrap_or(false);
    let names = record.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    (names, start + if read { reader.position().byte() as usize } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Result<Option<Header>, HeaderFault> {
        read(text.as_bytes(), b'\n', &[(Field::Id, "id".into()), (Field::Title, "title".into())])
    }

    #[test]
    fn separator_and_columns_are_found() {
        let check = |text: &str, separator: u8, columns: &[usize], len: usize| {
            let header = header(text).unwrap().unwrap();
            assert_eq!(
                (header.separator, &header.columns[..], header.len),
                (separator, columns, len),
                "{text:?}"
            );
        };
        check("id,title\n1,a\n", b',', &[0, 1], 9);
        check("Title; ID ;x\r\n", b';', &[1, 0], 14);
        check("\n\nid\ttitle\n", b'\t', &[0, 1], 11);
        check("\n\tid\ttitle\n", b'\t', &[1, 2], 11);
        check("\"id\",\"ti\"\"\",\"TITLE\"", b',', &[0, 2], 19);
        assert_eq!(header("\n \n"), Ok(None));
    }

    #[test]
    fn a_missing_or_doubled_column_is_a_fault() {
        let fault = header("id,titel\n").unwrap_err();
        assert_eq!(fault.message, "no column `title`; the header has `id`, `titel`");
        assert!(fault.hint.starts_with("did you mean `titel` for `title`?"), "{}", fault.hint);
        let fault = header("id,\"title\n1,x\n").unwrap_err();
        assert_eq!(fault.message, "no column `title`: a quote in the header is never closed");
        let fault = header(&format!("{}\0,title\n", "x".repeat(39))).unwrap_err();
        assert_eq!(
            fault.message,
            format!("no column `id`; the header has `{}\\u{{0}}`, `title`", "x".repeat(39))
        );
        assert_eq!(
            header("id,title,Title\n").unwrap_err().message,
            "the column `title` stands 2 times in the header"
        );
    }
}

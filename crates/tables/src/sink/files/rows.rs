//! Rows that are there already, read back to be merged with new ones.

/// A row of a file of text: as it stands there, and the values of all its columns.
pub(super) struct OldRow<'a> {
    /// Its text, without the end of its line.
    pub(super) text: &'a [u8],
    /// Its values as plain text; none for null.
    pub(super) values: Vec<Option<Vec<u8>>>,
}

/// What tells a row from others: the values of its key columns, as text.
pub(super) type Key = Vec<u8>;

/// Appends a value to a key. Its length stands before it, so that no two keys run together.
pub(super) fn add_to_key(value: Option<&[u8]>, key: &mut Key) {
    match value {
        None => key.push(0),
        Some(value) => {
            key.push(1);
            key.extend_from_slice(&(value.len() as u64).to_le_bytes());
            key.extend_from_slice(value);
        }
    }
}

//! Where a row is among all rows of a run, in eight bytes.

use serde::{Deserialize, Serialize};

/// Where a row is, or a block of rows: rises in the order of files, and of rows within a file.
///
/// The upper 22 bits are the file's number. The others say where in its file the row is: the block's
/// [`start`](crate::source::Block::start), and the row's number within its block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RowPlace(u64);

/// Bits for the place within the file.
const WITHIN: u32 = 42;

impl RowPlace {
    /// The most files that places can tell apart: four million.
    pub const FILES: usize = 1 << (u64::BITS - WITHIN);

    /// Where each file must end: 4 TiB, unpacked.
    pub const END: u64 = 1 << WITHIN;

    /// The place of the block that starts at `start`, and of its first row. The bounds are [`RowPlace::FILES`] and
    /// [`RowPlace::END`].
    #[must_use]
    pub fn block(file: usize, start: u64) -> Self {
        debug_assert!(file < Self::FILES && start < Self::END, "file {file}, block at {start}");
        Self((file as u64) << WITHIN | start)
    }

    /// The row of this number, from 0, in the block at this place.
    #[must_use]
    pub fn row(self, number: u32) -> Self {
        Self(self.0 + u64::from(number))
    }

    /// The number of the file.
    #[must_use]
    pub fn file(self) -> usize {
        (self.0 >> WITHIN) as usize
    }

    /// Where in its file: at or behind the start of its block, and before that of the next one.
    #[must_use]
    pub fn within(self) -> u64 {
        self.0 & (Self::END - 1)
    }

    /// The same place in the file of another number.
    #[must_use]
    pub fn in_file(self, file: usize) -> Self {
        Self::block(file, self.within())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_tells_its_file_and_where_in_it() {
        for file in [0, 1, 65_535, 65_536, RowPlace::FILES - 1] {
            for start in [0, 1, 1 << 40, RowPlace::END - 8] {
                let place = RowPlace::block(file, start).row(7);
                assert_eq!((place.file(), place.within()), (file, start + 7));
                assert_eq!(place.in_file(3), RowPlace::block(3, start).row(7));
            }
        }
    }

    #[test]
    fn places_rise_with_files_then_with_rows() {
        let rising = [
            RowPlace::block(0, 0),
            RowPlace::block(0, 0).row(1),
            RowPlace::block(0, RowPlace::END - 1),
            RowPlace::block(1, 0),
            RowPlace::block(65_536, 0),
        ];
        assert!(rising.is_sorted_by(|a, b| a < b));
    }
}

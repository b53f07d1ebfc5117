//! How many seats the rows of a group have.

use super::spec::{Block, RowsSpec};

impl RowsSpec {
    /// The seats of a row, unless something that decides on them is not known.
    pub(super) fn n_seats(&self, row: usize) -> Option<u32> {
        let n_rows = self.labels.is_whole.then_some(self.labels.labels.len());
        let blocks = self.blocks.iter();
        blocks
            .map(|block| block.as_ref()?.certain(row, n_rows))
            .sum()
    }

    /// The seats of each row as far as they are written, also where it is not known how many rows
    /// there are.
    pub(super) fn written_counts(&self) -> Vec<u64> {
        let n_rows = self.labels.is_whole.then_some(self.labels.labels.len());
        let longest = self.blocks.iter().flatten().map(|block| match block {
            Block::Each(each) => each.len(),
            _ => 1,
        });
        let n_written = longest.max().unwrap_or(1).max(n_rows.unwrap_or(1));
        (0..n_written)
            .filter_map(|row| {
                let blocks = self.blocks.iter();
                blocks
                    .map(|block| block.as_ref()?.written(row, n_rows).map(u64::from))
                    .sum()
            })
            .collect()
    }
}

impl Block {
    pub(super) fn certain(&self, row: usize, n_rows: Option<usize>) -> Option<u32> {
        match self {
            Self::Each(each) if Some(each.len()) != n_rows => None,
            _ => self.written(row, n_rows),
        }
    }

    fn written(&self, row: usize, n_rows: Option<usize>) -> Option<u32> {
        match self {
            Self::Same(n) => Some(*n),
            Self::Each(each) => each.get(row).copied().flatten(),
            Self::Between(first, _) if row == 0 => *first,
            Self::Between(_, last) if Some(row + 1) == n_rows => *last,
            Self::Between(first, last) => Some(between((*first)?, (*last)?, row, n_rows?)),
        }
    }
}

/// A count on the way from the first to the last, in whole numbers.
fn between(first: u32, last: u32, row: usize, n_rows: usize) -> u32 {
    let (first, last) = (i64::from(first), i64::from(last));
    let small = |n: usize| i64::try_from(n).unwrap_or(i64::MAX / 1_000_000);
    let (row, n_steps) = (small(row), small(n_rows) - 1);
    let count = match n_steps {
        0 => first,
        _ => first + ((last - first) * row * 2 + n_steps * (last - first).signum()) / (n_steps * 2),
    };
    u32::try_from(count).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(first: u32, last: u32, n_rows: usize) -> Vec<u32> {
        let block = Block::Between(Some(first), Some(last));
        (0..n_rows)
            .map(|row| block.certain(row, Some(n_rows)).unwrap())
            .collect()
    }

    #[test]
    fn counts_grow_evenly_from_the_first_row_to_the_last() {
        assert_eq!(counts(10, 20, 6), [10, 12, 14, 16, 18, 20]);
        assert_eq!(counts(10, 12, 5), [10, 11, 11, 12, 12]);
        assert_eq!(counts(9, 6, 4), [9, 8, 7, 6]);
        assert_eq!(counts(7, 9, 1), [7]);
    }

    #[test]
    fn a_count_that_hangs_on_unread_rows_is_not_known() {
        let growing = Block::Between(Some(4), Some(8));

        assert_eq!(growing.certain(0, None), Some(4));
        assert_eq!(growing.certain(1, None), None);
        assert_eq!(Block::Between(None, Some(8)).certain(3, Some(4)), Some(8));
        assert_eq!(Block::Each(vec![Some(4), None]).certain(0, Some(3)), None);
        assert_eq!(Block::Same(4).certain(7, None), Some(4));
    }

    proptest! {
        #[test]
        fn counts_run_from_the_first_to_the_last_and_never_turn_back(
            first in 1_u32..=500, last in 1_u32..=500, n_rows in 2_usize..=200,
        ) {
            let counts = counts(first, last, n_rows);

            prop_assert_eq!((counts[0], counts[n_rows - 1]), (first, last));
            let (mut up, down) = (counts.clone(), counts.iter().rev().copied().collect::<Vec<_>>());
            up.sort_unstable();
            prop_assert!(up == counts || up == down);
        }
    }
}

//! Finding seats for a wish among those that can be had.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Range;

use super::house::{Block, House};
use super::wish::Wanted;

/// Limit: seats collected for one person, as a multiple of what they want: several places to hope
/// for, so that not everything hangs on one pair of neighbours.
const COLLECTED_PER_WANTED: usize = 4;

/// The seats that can be had, taken away one offer after the other.
pub struct Pool<'a> {
    house: &'a House,
    /// By index.
    is_free: Vec<bool>,
    /// Blocks with any.
    blocks: BTreeSet<usize>,
}

/// How good seats are, the least first: without special seats, leaving no single seat over, near
/// the stage, and in the end by index.
#[derive(PartialEq, PartialOrd)]
struct Rank {
    n_special: usize,
    leaves_single: bool,
    distance: f64,
    first: u32,
}

impl<'a> Pool<'a> {
    pub fn new(house: &'a House, seats: impl IntoIterator<Item = u32>) -> Self {
        let mut pool = Self {
            house,
            is_free: vec![false; house.n_seats() as usize],
            blocks: BTreeSet::new(),
        };
        for seat in seats.into_iter().filter(|seat| *seat < house.n_seats()) {
            pool.is_free[seat as usize] = true;
            pool.blocks.insert(house.block_of(seat));
        }
        pool
    }

    pub fn has(&self, seat: u32) -> bool {
        self.is_free
            .get(seat as usize)
            .is_some_and(|is_free| *is_free)
    }

    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    pub fn take(&mut self, seats: &[u32]) {
        for seat in seats {
            self.is_free[*seat as usize] = false;
        }
        for seat in seats {
            let block = self.house.block_of(*seat);
            if !self.house.blocks[block]
                .seats
                .clone()
                .any(|seat| self.has(seat))
            {
                self.blocks.remove(&block);
            }
        }
    }

    /// How many there are that fit, side by side or not.
    pub fn n_fitting(&self, wanted: &Wanted) -> usize {
        let blocks = self.blocks.iter().map(|at| &self.house.blocks[*at]);
        let seats = blocks.flat_map(|block| block.seats.clone());
        seats.filter(|seat| self.is_for(wanted, *seat)).count()
    }

    /// The best seats for the wish, in index order; none where it cannot be met.
    pub fn find(&self, wanted: &Wanted) -> Option<Vec<u32>> {
        let together = self.find_together(wanted);
        if wanted.is_together {
            return together.map(|(_, seats)| seats);
        }
        match together {
            Some((rank, seats)) if !rank.leaves_single => Some(seats),
            // Whoever can sit apart takes what nobody else can use.
            _ => self.find_apart(wanted),
        }
    }

    fn is_for(&self, wanted: &Wanted, seat: u32) -> bool {
        self.has(seat) && wanted.fits(self.house, seat)
    }

    fn find_together(&self, wanted: &Wanted) -> Option<(Rank, Vec<u32>)> {
        let blocks = self.blocks.iter().map(|at| &self.house.blocks[*at]);
        let found = blocks.filter_map(|block| self.best_of_block(block, wanted));
        found.min_by(|(one, _), (other, _)| {
            one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal)
        })
    }

    fn best_of_block(&self, block: &Block, wanted: &Wanted) -> Option<(Rank, Vec<u32>)> {
        if block.is_loose {
            return self.nearest(block, wanted);
        }
        let mut best: Option<(Rank, Range<u32>)> = None;
        let quantity = u32::try_from(wanted.quantity).ok()?;
        for run in self.runs(block) {
            let mut from = run.start;
            for seat in run.clone() {
                if !wanted.fits(self.house, seat) {
                    from = seat + 1;
                }
                if seat + 1 < from + quantity {
                    continue;
                }
                let window = seat + 1 - quantity..seat + 1;
                let leaves_single = window.start - run.start == 1 || run.end - window.end == 1;
                let rank = self.rank(window.clone(), leaves_single);
                if best.as_ref().is_none_or(|(known, _)| rank < *known) {
                    best = Some((rank, window));
                }
            }
        }
        best.map(|(rank, window)| (rank, window.collect()))
    }

    fn nearest(&self, block: &Block, wanted: &Wanted) -> Option<(Rank, Vec<u32>)> {
        let fitting = block
            .seats
            .clone()
            .filter(|seat| self.is_for(wanted, *seat));
        let mut seats: Vec<u32> = fitting.collect();
        if seats.len() < wanted.quantity {
            return None;
        }
        seats.sort_by(|a, b| {
            self.seat_order(*a)
                .partial_cmp(&self.seat_order(*b))
                .unwrap_or(a.cmp(b))
        });
        seats.truncate(wanted.quantity);
        seats.sort_unstable();
        Some((self.rank(seats.iter().copied(), false), seats))
    }

    fn seat_order(&self, seat: u32) -> (bool, f64, u32) {
        (self.house.is_special(seat), self.house.distance(seat), seat)
    }

    fn rank(&self, seats: impl Iterator<Item = u32> + Clone, leaves_single: bool) -> Rank {
        Rank {
            n_special: seats
                .clone()
                .filter(|seat| self.house.is_special(*seat))
                .count(),
            leaves_single,
            distance: seats.clone().map(|seat| self.house.distance(seat)).sum(),
            first: seats.clone().next().unwrap_or_default(),
        }
    }

    /// Seats that can be had with no other seat or aisle between, as long as they go.
    fn runs(&self, block: &Block) -> Vec<Range<u32>> {
        let mut runs: Vec<Range<u32>> = Vec::new();
        for seat in block.seats.clone().filter(|seat| self.has(*seat)) {
            match runs.last_mut() {
                Some(run) if run.end == seat => run.end = seat + 1,
                _ => runs.push(seat..seat + 1),
            }
        }
        runs
    }

    /// Pieces of runs, the shortest runs first.
    fn find_apart(&self, wanted: &Wanted) -> Option<Vec<u32>> {
        let mut pieces = Vec::new();
        for block in self.blocks.iter().map(|at| &self.house.blocks[*at]) {
            for run in self.runs(block) {
                let fitting: Vec<u32> = run
                    .clone()
                    .filter(|seat| wanted.fits(self.house, *seat))
                    .collect();
                let n_special = fitting
                    .iter()
                    .filter(|seat| self.house.is_special(**seat))
                    .count();
                let distance = fitting
                    .iter()
                    .map(|seat| self.house.distance(*seat))
                    .sum::<f64>();
                if let Some(first) = fitting.first() {
                    let mean = distance / fitting.len() as f64;
                    pieces.push((n_special > 0, run.len(), mean, *first, fitting));
                }
            }
        }
        pieces.sort_by(|a, b| {
            let order = (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2));
            order.then(a.3.cmp(&b.3))
        });
        let seats = pieces.into_iter().flat_map(|(.., seats)| seats);
        let mut seats: Vec<u32> = seats.take(wanted.quantity).collect();
        seats.sort_unstable();
        (seats.len() == wanted.quantity).then_some(seats)
    }

    /// Seats to keep for a wish that cannot be met yet: those that can be had of the windows that
    /// lack least. `can_come` says whether a seat that somebody has may still come free.
    pub fn collect(&self, wanted: &Wanted, can_come: impl Fn(u32) -> bool) -> Vec<u32> {
        let most = wanted.quantity * COLLECTED_PER_WANTED;
        if !wanted.is_together {
            let blocks = self.blocks.iter().map(|at| &self.house.blocks[*at]);
            let seats = blocks.flat_map(|block| block.seats.clone());
            return seats
                .filter(|seat| self.is_for(wanted, *seat))
                .take(most)
                .collect();
        }
        let mut windows = self.windows(wanted, can_come);
        windows.sort_by(|a, b| {
            let n_free =
                |window: &Range<u32>| window.clone().filter(|seat| self.has(*seat)).count();
            Reverse(n_free(a)).cmp(&Reverse(n_free(b))).then_with(|| {
                let rank = |window: &Range<u32>| self.rank(window.clone(), false);
                rank(a)
                    .partial_cmp(&rank(b))
                    .unwrap_or(std::cmp::Ordering::Equal)
            })
        });
        let mut collected = BTreeSet::new();
        for window in windows {
            let seats = window.filter(|seat| self.has(*seat) && !collected.contains(seat));
            let more: Vec<u32> = seats.collect();
            if collected.len() + more.len() > most {
                break;
            }
            collected.extend(more);
        }
        collected.into_iter().collect()
    }

    /// Windows that fit, could come free as a whole, and of which some seat can be had.
    fn windows(&self, wanted: &Wanted, can_come: impl Fn(u32) -> bool) -> Vec<Range<u32>> {
        let Ok(quantity) = u32::try_from(wanted.quantity) else {
            return Vec::new();
        };
        let mut windows = Vec::new();
        for block in self.blocks.iter().map(|at| &self.house.blocks[*at]) {
            let (mut from, mut last_free) = (block.seats.start, None);
            for seat in block.seats.clone() {
                if self.has(seat) {
                    last_free = Some(seat);
                }
                if !wanted.fits(self.house, seat) || !(self.has(seat) || can_come(seat)) {
                    from = seat + 1;
                }
                let begins_at = (seat + 1).saturating_sub(quantity);
                if begins_at >= from && last_free.is_some_and(|free| free >= begins_at) {
                    windows.push(begins_at..seat + 1);
                }
            }
        }
        windows
    }
}

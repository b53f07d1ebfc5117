//! Finding seats for a wish among those that can be had.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::house::House;
use super::pool::Pool;
use super::shelf::Shelf;
use super::wish::Wanted;

/// Limit: seats collected for one person, as a multiple of what they want: several places to hope
/// for, so that not everything hangs on one pair of neighbours.
const COLLECTED_PER_WANTED: usize = 4;

/// What the wishes of a round have found so far, by what matters for it.
#[derive(Default)]
pub struct Shelves {
    /// The best window of each block, by quantity and zones.
    windows: HashMap<(usize, Vec<u64>), Shelf<Rank>>,
    /// All pieces of runs, by zones.
    pieces: HashMap<Vec<u64>, Shelf<PieceRank>>,
}

/// A distance that can be compared; there is none that is not a number.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Distance(f64);

impl Eq for Distance {}

impl PartialOrd for Distance {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Distance {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// How good seats are, the least first: without special seats, leaving no single seat over, near
/// the stage, and in the end by index.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    n_special: usize,
    leaves_single: bool,
    distance: Distance,
    first: u32,
}

/// How well a piece of a run serves somebody who can sit apart: without special seats, of the
/// shortest runs, near the stage, and in the end by index.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct PieceRank {
    is_special: bool,
    n_run: usize,
    mean_distance: Distance,
    first: u32,
}

impl Rank {
    fn of(house: &House, seats: impl Iterator<Item = u32> + Clone, leaves_single: bool) -> Self {
        let special = seats.clone().filter(|seat| house.is_special(*seat));
        Self {
            n_special: special.count(),
            leaves_single,
            first: seats.clone().next().unwrap_or_default(),
            distance: Distance(seats.map(|seat| house.distance(seat)).sum()),
        }
    }

    /// Only the distance could be better.
    fn is_ideal(&self) -> bool {
        self.n_special == 0 && !self.leaves_single
    }
}

impl Pool<'_> {
    /// The best seats for the wish, in index order; none where it cannot be met.
    pub fn find(&mut self, wanted: &Wanted) -> Option<Vec<u32>> {
        if self.n_fitting(wanted) < wanted.quantity {
            return None;
        }
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

    fn find_together(&mut self, wanted: &Wanted) -> Option<(Rank, Vec<u32>)> {
        let key = (wanted.quantity, wanted.zone_bits().to_vec());
        let mut shelf = self.shelves.windows.remove(&key).unwrap_or_default();
        let (changed, n_changes) = self.changed_since(shelf.n_changes);
        shelf.n_changes = n_changes;
        let was_searched = |block: &usize| self.house.rank_of_block(*block) < shelf.next_rank;
        for block in changed.into_iter().filter(was_searched).collect::<Vec<_>>() {
            shelf.put(block, self.best_of_block(block, wanted));
        }
        while let Some(rank) = self.ranks_from(shelf.next_rank).next() {
            let block = self.house.ranked(rank);
            let least = self.house.block_distance(block) * wanted.quantity as f64;
            // Blocks further away have nothing that is better.
            let is_found = |best: &Rank| best.is_ideal() && least >= best.distance.0;
            if shelf.best().is_some_and(|(best, _)| is_found(best)) {
                break;
            }
            shelf.put(block, self.best_of_block(block, wanted));
            shelf.next_rank = rank + 1;
        }
        let best = shelf
            .best()
            .map(|(rank, seats)| (rank.clone(), seats.clone()));
        self.shelves.windows.insert(key, shelf);
        best
    }

    /// One window, or none.
    fn best_of_block(&self, block: usize, wanted: &Wanted) -> Vec<(Rank, Vec<u32>)> {
        if !self.may_have(block, wanted, wanted.quantity) {
            return Vec::new();
        }
        let best = match self.house.blocks[block].is_loose {
            true => self.nearest(block, wanted),
            false => self.best_window(block, wanted),
        };
        Vec::from_iter(best)
    }

    fn best_window(&self, block: usize, wanted: &Wanted) -> Option<(Rank, Vec<u32>)> {
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
                let rank = Rank::of(self.house, window.clone(), leaves_single);
                if best.as_ref().is_none_or(|(known, _)| rank < *known) {
                    best = Some((rank, window));
                }
            }
        }
        best.map(|(rank, window)| (rank, window.collect()))
    }

    fn nearest(&self, block: usize, wanted: &Wanted) -> Option<(Rank, Vec<u32>)> {
        let fitting = self
            .in_order(block)
            .filter(|seat| wanted.fits(self.house, *seat));
        let mut seats: Vec<u32> = fitting.take(wanted.quantity).collect();
        if seats.len() < wanted.quantity {
            return None;
        }
        seats.sort_unstable();
        Some((Rank::of(self.house, seats.iter().copied(), false), seats))
    }

    /// Pieces of runs, the shortest runs first.
    fn find_apart(&mut self, wanted: &Wanted) -> Option<Vec<u32>> {
        let known = self.shelves.pieces.remove(wanted.zone_bits());
        let is_new = known.is_none();
        let mut shelf = known.unwrap_or_default();
        let (changed, n_changes) = self.changed_since(shelf.n_changes);
        shelf.n_changes = n_changes;
        let blocks: Vec<usize> = match is_new {
            true => self.blocks().collect(),
            false => changed.into_iter().collect(),
        };
        for block in blocks {
            shelf.put(block, self.pieces(block, wanted));
        }
        let mut seats: Vec<u32> = shelf.seats().take(wanted.quantity).collect();
        self.shelves
            .pieces
            .insert(wanted.zone_bits().to_vec(), shelf);
        seats.sort_unstable();
        (seats.len() == wanted.quantity).then_some(seats)
    }

    fn pieces(&self, block: usize, wanted: &Wanted) -> Vec<(PieceRank, Vec<u32>)> {
        if !self.may_have(block, wanted, 1) {
            return Vec::new();
        }
        let pieces = self.runs(block).into_iter().filter_map(|run| {
            let fitting = run.clone().filter(|seat| wanted.fits(self.house, *seat));
            let fitting: Vec<u32> = fitting.collect();
            let distance = fitting.iter().map(|seat| self.house.distance(*seat));
            let rank = PieceRank {
                is_special: fitting.iter().any(|seat| self.house.is_special(*seat)),
                n_run: run.len(),
                mean_distance: Distance(distance.sum::<f64>() / fitting.len() as f64),
                first: *fitting.first()?,
            };
            Some((rank, fitting))
        });
        pieces.collect()
    }

    /// Seats to keep for a wish that cannot be met yet: those that can be had of the windows that
    /// lack least. `can_come` says whether a seat that somebody has may still come free.
    pub fn collect(&self, wanted: &Wanted, can_come: impl Fn(u32) -> bool) -> Vec<u32> {
        let most = wanted.quantity * COLLECTED_PER_WANTED;
        let blocks = self
            .blocks()
            .filter(|block| self.may_have(*block, wanted, 1));
        if !wanted.is_together {
            let seats = blocks.flat_map(|block| self.house.blocks[block].seats.clone());
            return seats
                .filter(|seat| self.is_for(wanted, *seat))
                .take(most)
                .collect();
        }
        let windows = blocks.flat_map(|block| match self.house.blocks[block].is_loose {
            true => Vec::from_iter(self.loose_window(block, wanted, &can_come)),
            false => self.windows(block, wanted, &can_come),
        });
        let mut windows: Vec<_> = windows.collect();
        windows.sort();
        let mut collected = BTreeSet::new();
        for (_, _, free) in windows {
            let more: Vec<u32> = free
                .into_iter()
                .filter(|seat| !collected.contains(seat))
                .collect();
            if collected.len() + more.len() > most {
                break;
            }
            collected.extend(more);
        }
        collected.into_iter().collect()
    }

    /// Windows that fit, could come free as a whole, and of which some seat can be had: those
    /// seats, after how many they are and how good the window is.
    fn windows(
        &self,
        block: usize,
        wanted: &Wanted,
        can_come: impl Fn(u32) -> bool,
    ) -> Vec<(Reverse<usize>, Rank, Vec<u32>)> {
        let Ok(quantity) = u32::try_from(wanted.quantity) else {
            return Vec::new();
        };
        let mut windows = Vec::new();
        let seats = self.house.blocks[block].seats.clone();
        let (mut from, mut last_free) = (seats.start, None);
        for seat in seats {
            if self.has(seat) {
                last_free = Some(seat);
            }
            if !wanted.fits(self.house, seat) || !(self.has(seat) || can_come(seat)) {
                from = seat + 1;
            }
            if seat + 1 < from + quantity {
                continue;
            }
            let window = seat + 1 - quantity..seat + 1;
            if last_free.is_some_and(|free| free >= window.start) {
                let free: Vec<u32> = window.clone().filter(|seat| self.has(*seat)).collect();
                let rank = Rank::of(self.house, window, false);
                windows.push((Reverse(free.len()), rank, free));
            }
        }
        windows
    }

    /// Any places of a loose block are next to each other: all that can be had.
    fn loose_window(
        &self,
        block: usize,
        wanted: &Wanted,
        can_come: impl Fn(u32) -> bool,
    ) -> Option<(Reverse<usize>, Rank, Vec<u32>)> {
        let free = self
            .in_order(block)
            .filter(|seat| wanted.fits(self.house, *seat));
        let free: Vec<u32> = free.take(wanted.quantity).collect();
        let seats = self.house.blocks[block].seats.clone();
        let mut others = seats.filter(|seat| wanted.fits(self.house, *seat) && can_come(*seat));
        let is_enough = others
            .nth((wanted.quantity - free.len()).checked_sub(1)?)
            .is_some();
        let rank = Rank::of(self.house, free.iter().copied(), false);
        (is_enough && !free.is_empty()).then_some((Reverse(free.len()), rank, free))
    }
}

//! The seats that can be had in a round, taken away one offer after the other.

use std::collections::BTreeSet;
use std::ops::Range;

use super::house::House;
use super::seats::Shelves;
use super::wish::Wanted;

/// The pool only shrinks: what was found in a block stands until a seat is taken there.
pub struct Pool<'a> {
    pub(super) house: &'a House,
    /// By index.
    is_free: Vec<bool>,
    /// By block.
    blocks: Vec<BlockNow>,
    /// Ranks of the blocks with any: the nearest first.
    ranks: BTreeSet<usize>,
    /// By zone.
    n_free: Vec<usize>,
    /// Blocks in which seats were taken, each time, in that order.
    changed: Vec<usize>,
    pub(super) shelves: Shelves,
}

#[derive(Clone, Default)]
struct BlockNow {
    n_free: usize,
    /// The most that are side by side.
    longest: usize,
    /// Where the block is loose: places in its order, so that the best are found at once.
    order: BTreeSet<u32>,
}

impl<'a> Pool<'a> {
    pub fn new(house: &'a House, seats: impl IntoIterator<Item = u32>) -> Self {
        let mut pool = Self {
            house,
            is_free: vec![false; house.n_seats() as usize],
            blocks: vec![BlockNow::default(); house.blocks.len()],
            ranks: BTreeSet::new(),
            n_free: vec![0; house.zones.len()],
            changed: Vec::new(),
            shelves: Shelves::default(),
        };
        for seat in seats.into_iter().filter(|seat| *seat < house.n_seats()) {
            if !std::mem::replace(&mut pool.is_free[seat as usize], true) {
                let block = house.block_of(seat);
                pool.blocks[block].n_free += 1;
                pool.n_free[house.zone(seat)] += 1;
                pool.ranks.insert(house.rank_of(seat));
                if house.blocks[block].is_loose {
                    pool.blocks[block].order.insert(house.place_in_order(seat));
                }
            }
        }
        for rank in pool.ranks.clone() {
            pool.measure(house.ranked(rank));
        }
        pool
    }

    pub fn has(&self, seat: u32) -> bool {
        self.is_free
            .get(seat as usize)
            .is_some_and(|is_free| *is_free)
    }

    pub fn is_empty(&self) -> bool {
        self.ranks.is_empty()
    }

    pub fn take(&mut self, seats: &[u32]) {
        let mut blocks = BTreeSet::new();
        for seat in seats
            .iter()
            .copied()
            .filter(|seat| *seat < self.house.n_seats())
        {
            if std::mem::replace(&mut self.is_free[seat as usize], false) {
                let block = self.house.block_of(seat);
                self.blocks[block].n_free -= 1;
                self.blocks[block]
                    .order
                    .remove(&self.house.place_in_order(seat));
                self.n_free[self.house.zone(seat)] -= 1;
                blocks.insert(block);
            }
        }
        for block in blocks {
            self.measure(block);
            self.changed.push(block);
            if self.blocks[block].n_free == 0 {
                self.ranks.remove(&self.house.rank_of_block(block));
            }
        }
    }

    fn measure(&mut self, block: usize) {
        self.blocks[block].longest = match self.house.blocks[block].is_loose {
            true => self.blocks[block].n_free,
            false => self.runs(block).iter().map(Range::len).max().unwrap_or(0),
        };
    }

    /// How many there are that fit, side by side or not.
    pub fn n_fitting(&self, wanted: &Wanted) -> usize {
        wanted.zones().map(|zone| self.n_free[zone]).sum()
    }

    pub(super) fn is_for(&self, wanted: &Wanted, seat: u32) -> bool {
        self.has(seat) && wanted.fits(self.house, seat)
    }

    /// Whether it is worth looking there for so many side by side.
    pub(super) fn may_have(&self, block: usize, wanted: &Wanted, n_together: usize) -> bool {
        self.blocks[block].longest >= n_together && wanted.is_any_of(self.house.zones_of(block))
    }

    /// Blocks with any, from that rank on, the nearest first.
    pub(super) fn ranks_from(&self, rank: usize) -> impl Iterator<Item = usize> {
        self.ranks.range(rank..).copied()
    }

    /// The blocks with any.
    pub(super) fn blocks(&self) -> impl Iterator<Item = usize> {
        self.ranks_from(0).map(|rank| self.house.ranked(rank))
    }

    /// Blocks in which seats were taken since so many changes, each once; and how many changes
    /// there are by now.
    pub(super) fn changed_since(&self, n_known: usize) -> (BTreeSet<usize>, usize) {
        let changed = self.changed.iter().skip(n_known).copied();
        (changed.collect(), self.changed.len())
    }

    /// Seats that can be had with no other seat or aisle between, as long as they go.
    pub(super) fn runs(&self, block: usize) -> Vec<Range<u32>> {
        let mut runs: Vec<Range<u32>> = Vec::new();
        let seats = self.house.blocks[block].seats.clone();
        for seat in seats.filter(|seat| self.has(*seat)) {
            match runs.last_mut() {
                Some(run) if run.end == seat => run.end = seat + 1,
                _ => runs.push(seat..seat + 1),
            }
        }
        runs
    }

    /// Places of a loose block that can be had, the best first.
    pub(super) fn in_order(&self, block: usize) -> impl Iterator<Item = u32> {
        let order = self.house.order_of(block);
        let places = self.blocks[block].order.iter();
        places.map(move |place| order[*place as usize])
    }
}

//! A house as the waitlist sees it: which seats are neighbours, of what kind, how far from the
//! stage.

use std::collections::HashMap;
use std::ops::Range;

use crate::venues::{Layout, Point, Section};

/// Seats that stand side by side with no aisle between them, as a range of indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub seats: Range<u32>,
    /// Places without a fixed seat: any of them are next to each other.
    pub is_loose: bool,
}

/// Seats of one section and category: whoever wants one of them wants all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Zone {
    pub section: String,
    pub category: String,
}

/// A layout's seats by index.
#[derive(Debug)]
pub struct House {
    pub blocks: Vec<Block>,
    /// Places of blocks in `blocks`, the one nearest the stage first.
    nearest: Vec<usize>,
    /// By block.
    details: Vec<Details>,
    pub zones: Vec<Zone>,
    seats: Vec<Place>,
}

#[derive(Debug)]
struct Details {
    /// The block's place in `nearest`.
    rank: usize,
    /// From its nearest seat to the stage.
    distance: f64,
    /// A bit for each zone that has seats in it.
    zones: Vec<u64>,
    /// Where it is loose: its places, the best first.
    order: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    block: u32,
    zone: u16,
    is_special: bool,
    distance: f64,
    /// In its block's order.
    in_order: u32,
}

/// Limit: kinds of seats that are told apart; a template has far fewer.
const ZONES_MAX: usize = u16::MAX as usize;

impl House {
    /// Invariant: indexes go up by one along each row, as layouts have them.
    pub fn of(layout: &Layout) -> Self {
        let mut house = Self {
            blocks: Vec::new(),
            nearest: Vec::new(),
            details: Vec::new(),
            zones: Vec::new(),
            seats: Vec::with_capacity(layout.seat_count as usize),
        };
        let mut zones = HashMap::new();
        for section in &layout.sections {
            house.add(section, layout.focal_point, &mut zones);
        }
        house.details = (0..house.blocks.len())
            .map(|block| house.details_of(block))
            .collect();
        house.rank_blocks();
        house
    }

    fn details_of(&mut self, block: usize) -> Details {
        let Block { seats, is_loose } = self.blocks[block].clone();
        let mut zones = vec![0; self.zones.len().div_ceil(64)];
        for zone in seats.clone().map(|seat| self.zone(seat)) {
            zones[zone / 64] |= 1 << (zone % 64);
        }
        let distances = seats.clone().map(|seat| self.distance(seat));
        let distance = distances.fold(f64::INFINITY, f64::min);
        let mut order: Vec<u32> = seats.filter(|_| is_loose).collect();
        order.sort_by(|a, b| {
            let by_distance = self.distance(*a).total_cmp(&self.distance(*b));
            let by_kind = self.is_special(*a).cmp(&self.is_special(*b));
            by_kind.then(by_distance).then(a.cmp(b))
        });
        for (at, seat) in (0..).zip(&order) {
            self.seats[*seat as usize].in_order = at;
        }
        Details {
            rank: 0,
            distance,
            zones,
            order,
        }
    }

    fn rank_blocks(&mut self) {
        let mut nearest: Vec<usize> = (0..self.blocks.len()).collect();
        nearest.sort_by(|a, b| self.block_distance(*a).total_cmp(&self.block_distance(*b)));
        for (rank, block) in nearest.iter().enumerate() {
            self.details[*block].rank = rank;
        }
        self.nearest = nearest;
    }

    /// From the block's nearest seat to the stage.
    pub fn block_distance(&self, block: usize) -> f64 {
        self.details[block].distance
    }

    /// A bit for each zone that has seats in the block.
    pub fn zones_of(&self, block: usize) -> &[u64] {
        &self.details[block].zones
    }

    /// The places of a loose block, the best first; nothing for any other.
    pub fn order_of(&self, block: usize) -> &[u32] {
        &self.details[block].order
    }

    /// Where a place of a loose block stands in its order.
    pub fn place_in_order(&self, seat: u32) -> u32 {
        self.seats[seat as usize].in_order
    }

    fn add(&mut self, section: &Section, stage: Option<Point>, zones: &mut HashMap<Zone, u16>) {
        let is_loose = section.is_general_admission();
        for row in &section.rows {
            let mut begins_at = self.n_seats();
            for seat in &row.seats {
                let zone = Zone {
                    section: section.key.clone(),
                    category: seat.category.clone(),
                };
                let zone = self.zone_of(zone, zones);
                self.seats.push(Place {
                    block: u32::try_from(self.blocks.len()).unwrap_or(u32::MAX),
                    zone,
                    is_special: !seat.flags.is_empty(),
                    distance: stage.map_or(0.0, |stage| (seat.x - stage.x).hypot(seat.y - stage.y)),
                    in_order: 0,
                });
                if seat.gap_after && !is_loose {
                    self.end_block(begins_at, is_loose);
                    begins_at = self.n_seats();
                }
            }
            self.end_block(begins_at, is_loose);
        }
    }

    fn zone_of(&mut self, zone: Zone, zones: &mut HashMap<Zone, u16>) -> u16 {
        let next = u16::try_from(self.zones.len().min(ZONES_MAX)).unwrap_or(u16::MAX);
        *zones.entry(zone.clone()).or_insert_with(|| {
            self.zones.push(zone);
            next
        })
    }

    fn end_block(&mut self, begins_at: u32, is_loose: bool) {
        let seats = begins_at..self.n_seats();
        if !seats.is_empty() {
            self.blocks.push(Block { seats, is_loose });
        }
    }

    pub fn n_seats(&self) -> u32 {
        u32::try_from(self.seats.len()).unwrap_or(u32::MAX)
    }

    pub fn block_of(&self, seat: u32) -> usize {
        self.seats[seat as usize].block as usize
    }

    /// How many blocks are nearer the stage than the seat's.
    pub fn rank_of(&self, seat: u32) -> usize {
        self.rank_of_block(self.block_of(seat))
    }

    pub fn rank_of_block(&self, block: usize) -> usize {
        self.details[block].rank
    }

    /// The block of that rank.
    pub fn ranked(&self, rank: usize) -> usize {
        self.nearest[rank]
    }

    pub fn zone(&self, seat: u32) -> usize {
        usize::from(self.seats[seat as usize].zone)
    }

    /// For wheelchairs, for a companion, or with a restricted view: for others only when nothing
    /// else is left.
    pub fn is_special(&self, seat: u32) -> bool {
        self.seats[seat as usize].is_special
    }

    /// From the stage, or whatever everybody looks at.
    pub fn distance(&self, seat: u32) -> f64 {
        self.seats[seat as usize].distance
    }
}

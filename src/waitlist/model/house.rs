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
    pub zones: Vec<Zone>,
    seats: Vec<Place>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    block: u32,
    zone: u16,
    is_special: bool,
    distance: f64,
}

/// Limit: kinds of seats that are told apart; a template has far fewer.
const ZONES_MAX: usize = u16::MAX as usize;

impl House {
    /// Invariant: indexes go up by one along each row, as layouts have them.
    pub fn of(layout: &Layout) -> Self {
        let mut house = Self {
            blocks: Vec::new(),
            zones: Vec::new(),
            seats: Vec::with_capacity(layout.seat_count as usize),
        };
        let mut zones = HashMap::new();
        for section in &layout.sections {
            house.add(section, layout.focal_point, &mut zones);
        }
        house
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

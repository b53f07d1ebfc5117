//! The seats of one board as the public sees them, now and as viewers were last told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::availability::live::Message;
use crate::availability::model::shown;
use crate::board::{Change, Position, SeatState, Snapshot};

use super::ring::Frame;

#[derive(Debug)]
pub struct Picture {
    position: Position,
    seats: Vec<u8>,
    told: Told,
    /// Seats that have changed since, whatever they are now: who resumes from a position in
    /// between has to be told of a seat that changed and changed back.
    touched: BTreeSet<u32>,
    is_whole: bool,
}

#[derive(Debug)]
struct Told {
    position: Position,
    seats: Vec<u8>,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Taken,
    /// It is known already.
    Old,
    /// Others came in between that were not heard.
    Missed,
}

/// What became of a board that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Viewers can be told what is different.
    Continued,
    /// Viewers need everything anew.
    Replaced,
    /// It is behind what is known.
    Old,
}

impl Picture {
    pub fn of(snapshot: &Snapshot) -> Self {
        let seats = public_seats(snapshot);
        Self {
            position: snapshot.position,
            told: Told {
                position: snapshot.position,
                seats: seats.clone(),
            },
            seats,
            touched: BTreeSet::new(),
            is_whole: true,
        }
    }

    pub fn position(&self) -> Position {
        self.position
    }

    pub fn seats(&self) -> &[u8] {
        &self.seats
    }

    pub fn told_position(&self) -> Position {
        self.told.position
    }

    pub fn told_seats(&self) -> &[u8] {
        &self.told.seats
    }

    /// Takes a change over, if it is the next one.
    pub fn apply(&mut self, change: &Change) -> Step {
        if change.position <= self.position {
            return Step::Old;
        }
        let next = Position {
            revision: self.position.revision + 1,
            ..self.position
        };
        let n_seats = self.seats.len();
        let is_inside = |(index, _): &(u32, SeatState)| (*index as usize) < n_seats;
        if change.position != next || !change.seats.iter().all(is_inside) {
            return Step::Missed;
        }
        for (index, state) in &change.seats {
            let seat = &mut self.seats[*index as usize];
            if *seat != shown(Some(*state)) {
                *seat = shown(Some(*state));
                self.touched.insert(*index);
            }
        }
        self.position = next;
        Step::Taken
    }

    /// Takes over a board that was read because changes may have been missed.
    pub fn renew(&mut self, snapshot: &Snapshot) -> Renewal {
        if snapshot.position < self.position {
            return Renewal::Old;
        }
        let seats = public_seats(snapshot);
        let is_same_epoch = snapshot.position.epoch == self.position.epoch;
        if !is_same_epoch || seats.len() != self.seats.len() {
            *self = Self::of(snapshot);
            return Renewal::Replaced;
        }
        let pairs = (0..).zip(self.seats.iter().zip(&seats));
        let differing = pairs.filter(|(_, (old, new))| old != new);
        self.touched.extend(differing.map(|(index, _)| index));
        self.is_whole &= snapshot.position == self.position;
        self.position = snapshot.position;
        self.seats = seats;
        Renewal::Continued
    }

    /// What has changed since viewers were told the last time, if anything.
    pub fn tick(&mut self) -> Option<Frame> {
        let from = self.told.position;
        if from == self.position {
            return None;
        }
        let mut changes: BTreeMap<u8, Vec<u32>> = BTreeMap::new();
        for index in std::mem::take(&mut self.touched) {
            let state = self.seats[index as usize];
            self.told.seats[index as usize] = state;
            changes.entry(state).or_default().push(index);
        }
        self.told.position = self.position;
        Some(Frame {
            from,
            to: self.position,
            is_whole: std::mem::replace(&mut self.is_whole, true),
            message: Arc::new(Message::changes(self.position, &changes)),
        })
    }
}

fn public_seats(snapshot: &Snapshot) -> Vec<u8> {
    let states = snapshot.seats.iter();
    states
        .map(|byte| shown(SeatState::of_byte(*byte)))
        .collect()
}

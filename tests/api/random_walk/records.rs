//! What the model knows of holds and bookings.

use std::collections::{BTreeMap, BTreeSet};

pub type Seat = usize;

pub const MINUTE: i64 = 60_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Held,
    Confirmed,
    Released,
    Expired,
}

#[derive(Clone, Debug)]
pub struct Hold {
    pub holder: usize,
    /// With the price that was quoted.
    pub seats: BTreeMap<Seat, i64>,
    pub state: State,
    pub deadline: i64,
    pub placed_at: i64,
    /// When a sweep ends it, or forgets it when it has ended.
    pub due: i64,
    pub memory: i64,
    /// What was asked for with an idempotency key.
    pub asked: Option<BTreeSet<Seat>>,
}

#[derive(Clone, Debug)]
pub struct Booking {
    pub holder: usize,
    /// Price, and whether it was cancelled.
    pub seats: BTreeMap<Seat, (i64, bool)>,
}

/// A hold token, read.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub deadline: i64,
    pub seats: BTreeMap<Seat, i64>,
}

impl Hold {
    /// A hold at its deadline has expired, swept or not.
    pub fn state_at(&self, now: i64) -> State {
        match self.state {
            State::Held if self.deadline <= now => State::Expired,
            state => state,
        }
    }

    pub fn end(&mut self, state: State, now: i64) {
        let memory_min = match state {
            State::Confirmed if self.asked.is_some() => 24 * 60 * MINUTE,
            State::Confirmed | State::Expired => 15 * MINUTE,
            State::Held | State::Released => 0,
        };
        self.state = state;
        self.due = now + self.memory.max(memory_min);
    }

    /// Of an id that has become a booking, or never can.
    pub fn end_for_good(&mut self, now: i64) {
        self.end(State::Expired, now);
        if self.asked.is_some() {
            self.due = now + 24 * 60 * MINUTE;
        }
    }
}

impl Booking {
    pub fn live_seats(&self) -> impl Iterator<Item = Seat> {
        let live = self
            .seats
            .iter()
            .filter(|(_, (_, is_cancelled))| !is_cancelled);
        live.map(|(seat, _)| *seat)
    }
}

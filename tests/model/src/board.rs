//! An event's board in Redis: its scripts, each of which happens whole.

use crate::{BUYERS, Mutant, SEATS};

/// Seats, holds or attempts as bits.
pub type Bits = u8;

/// Epoch and revision.
pub type Position = (u8, u8);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Seat {
    Free,
    Held,
    Confirming,
    Booked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoldState {
    Unknown,
    Held,
    Confirming,
    Confirmed,
    Released,
    Expired,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    pub state: HoldState,
    pub seats: Bits,
    pub attempts: Bits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Board {
    /// 0: there is no board.
    pub epoch: u8,
    pub loading: u8,
    pub revision: u8,
    pub seats: [Seat; SEATS],
    /// Each buyer has one hold, whose id is the buyer's number.
    pub holds: [Record; BUYERS],
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// Now, or before by the same request.
    Placed,
    Conflicts,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    Confirming { seats: Bits },
    Ended(HoldState),
    UnknownHold,
}

/// What the reconciler saw at a seat, and what it is to be.
pub type Repairs = [Option<(Seat, Seat)>; SEATS];

pub fn seats_in(seats: Bits) -> impl Iterator<Item = usize> {
    (0..SEATS).filter(move |seat| seats & (1 << seat) != 0)
}

impl Record {
    const NONE: Self = Self {
        state: HoldState::Unknown,
        seats: 0,
        attempts: 0,
    };

    pub fn is_live(self) -> bool {
        matches!(self.state, HoldState::Held | HoldState::Confirming)
    }
}

impl Board {
    pub const MISSING: Self = Self {
        epoch: 0,
        loading: 0,
        revision: 0,
        seats: [Seat::Free; SEATS],
        holds: [Record::NONE; BUYERS],
    };

    pub fn position(&self) -> Position {
        (self.epoch, self.revision)
    }

    fn set(&mut self, seats: Bits, state: Seat) {
        for seat in seats_in(seats) {
            self.seats[seat] = state;
        }
    }

    /// A seat that has been repaired is not the hold's any more.
    fn turn(&mut self, seats: Bits, from: Seat, to: Seat) {
        for seat in seats_in(seats) {
            if self.seats[seat] == from {
                self.seats[seat] = to;
            }
        }
    }

    fn free(&mut self, hold: usize, state: HoldState) {
        let record = self.holds[hold];
        let from = match record.state {
            HoldState::Confirming => Seat::Confirming,
            _ => Seat::Held,
        };
        self.turn(record.seats, from, Seat::Free);
        self.end(hold, state);
    }

    fn end(&mut self, hold: usize, state: HoldState) {
        self.holds[hold].state = state;
        self.holds[hold].attempts = 0;
        self.revision += 1;
    }

    pub fn place_hold(&mut self, hold: usize, seats: Bits) -> Placed {
        if self.holds[hold].state != HoldState::Unknown {
            return Placed::Placed;
        }
        if seats_in(seats).any(|seat| self.seats[seat] != Seat::Free) {
            return Placed::Conflicts;
        }
        self.holds[hold] = Record {
            state: HoldState::Held,
            seats,
            attempts: 0,
        };
        self.set(seats, Seat::Held);
        self.revision += 1;
        Placed::Placed
    }

    pub fn release_hold(&mut self, hold: usize, is_late: bool) {
        if self.holds[hold].state == HoldState::Held && !is_late {
            self.free(hold, HoldState::Released);
        }
    }

    pub fn begin_confirm(&mut self, hold: usize, attempt: Bits, is_late: bool) -> Begun {
        let record = &mut self.holds[hold];
        let is_held = record.state == HoldState::Held;
        match record.state {
            HoldState::Unknown => return Begun::UnknownHold,
            HoldState::Confirming => {}
            HoldState::Held if !is_late => {}
            HoldState::Held => return Begun::Ended(HoldState::Expired),
            ended => return Begun::Ended(ended),
        }
        record.state = HoldState::Confirming;
        record.attempts |= attempt;
        let seats = record.seats;
        if is_held {
            self.turn(seats, Seat::Held, Seat::Confirming);
            self.revision += 1;
        }
        Begun::Confirming { seats }
    }

    pub fn finish_confirm(&mut self, hold: usize) {
        if self.holds[hold].is_live() {
            self.set(self.holds[hold].seats, Seat::Booked);
            self.end(hold, HoldState::Confirmed);
        }
    }

    pub fn abort_confirm(&mut self, hold: usize, attempt: Bits, booked: Bits, mutant: Mutant) {
        let record = &mut self.holds[hold];
        if record.state != HoldState::Confirming {
            return;
        }
        record.attempts &= !attempt;
        if record.attempts != 0 && mutant != Mutant::AbortEndsOtherAttempts {
            return;
        }
        record.attempts = 0;
        let (kept, taken) = (record.seats & !booked, record.seats & booked);
        record.seats = kept;
        record.state = match kept {
            0 => HoldState::Released,
            _ => HoldState::Held,
        };
        self.turn(kept, Seat::Confirming, Seat::Held);
        self.turn(taken, Seat::Confirming, Seat::Booked);
        self.revision += 1;
    }

    pub fn expire_confirming(&mut self, hold: usize) {
        if self.holds[hold].is_live() {
            self.free(hold, HoldState::Expired);
        }
    }

    /// Frees what has lapsed; answers the confirming holds whose lease has passed.
    pub fn expire_holds(&mut self, late: Bits, unleased: Bits, mutant: Mutant) -> Bits {
        let revision = self.revision;
        let mut overdue = 0;
        for hold in 0..BUYERS {
            let bit = 1 << hold;
            match self.holds[hold].state {
                HoldState::Held if late & bit != 0 => {
                    self.free(hold, HoldState::Expired);
                }
                HoldState::Confirming if unleased & bit != 0 => {
                    if mutant == Mutant::ExpiryByTimer {
                        self.free(hold, HoldState::Expired);
                    } else {
                        overdue |= bit;
                    }
                }
                _ => {}
            }
        }
        // One script is one revision.
        self.revision = revision + u8::from(self.revision > revision);
        overdue
    }

    /// The first step of `load_board`; false when a newer load has been here.
    pub fn load_begin(&mut self, epoch: u8, booked: Bits) -> bool {
        if epoch <= self.epoch.max(self.loading) {
            return false;
        }
        *self = Self {
            loading: epoch,
            ..Self::MISSING
        };
        self.set(booked, Seat::Booked);
        true
    }

    /// Its last step.
    pub fn load_end(&mut self, epoch: u8) {
        if self.loading == epoch {
            self.loading = 0;
            self.epoch = epoch;
        }
    }

    pub fn repair_board(&mut self, repairs: &Repairs) {
        let before = self.seats;
        for (seat, repair) in self.seats.iter_mut().zip(repairs) {
            if let Some((seen, right)) = repair
                && *seat == *seen
            {
                *seat = *right;
            }
        }
        self.revision += u8::from(self.seats != before);
    }

    /// What `reconcile` finds and may mend. A booked seat that PostgreSQL has not is a lost
    /// booking, which nobody frees.
    pub fn differences(&self, booked: Bits) -> Repairs {
        let live = self.holds.iter().filter(|record| record.is_live());
        let held = live.fold(0, |bits, record| bits | record.seats);
        std::array::from_fn(|seat| {
            let (state, is_booked) = (self.seats[seat], booked & (1 << seat) != 0);
            match state {
                Seat::Booked | Seat::Confirming if is_booked => None,
                _ if is_booked => Some((state, Seat::Booked)),
                Seat::Held | Seat::Confirming if held & (1 << seat) == 0 => {
                    Some((state, Seat::Free))
                }
                _ => None,
            }
        })
    }
}

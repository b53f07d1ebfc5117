//! What PostgreSQL knows of the event, and its transactions.

use crate::board::{Bits, seats_in};
use crate::{BUYERS, Mutant, SEATS};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    None,
    Confirmed,
    Expired,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Postgres {
    /// `events.board_epoch`
    pub epoch: u8,
    /// `hold_outcomes`
    pub outcomes: [Outcome; BUYERS],
    /// `seat_bookings`: the buyers who have a row for the seat.
    pub owners: [Bits; SEATS],
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Confirmed,
    Repeated,
    Expired,
    OtherEpoch,
    SeatsBooked(Bits),
}

impl Postgres {
    pub fn booked(&self) -> Bits {
        let booked = (0..SEATS).filter(|seat| self.owners[*seat] != 0);
        booked.fold(0, |bits, seat| bits | (1 << seat))
    }

    pub fn seats_of(&self, buyer: usize) -> Bits {
        let has = (0..SEATS).filter(|seat| self.owners[*seat] & (1 << buyer) != 0);
        has.fold(0, |bits, seat| bits | (1 << seat))
    }

    /// The confirming transaction, under the event's lock.
    pub fn commit(&mut self, hold: usize, epoch: u8, seats: Bits, mutant: Mutant) -> Answer {
        match self.outcomes[hold] {
            Outcome::Confirmed => return Answer::Repeated,
            Outcome::Expired if mutant != Mutant::OutcomesNotUnique => return Answer::Expired,
            Outcome::Expired | Outcome::None => {}
        }
        if epoch != self.epoch && mutant != Mutant::NoEpochCheck {
            return Answer::OtherEpoch;
        }
        let taken = seats & self.booked();
        if taken != 0 && mutant != Mutant::NoUniqueConstraint {
            return Answer::SeatsBooked(taken);
        }
        self.outcomes[hold] = Outcome::Confirmed;
        for seat in seats_in(seats) {
            self.owners[seat] |= 1 << hold;
        }
        Answer::Confirmed
    }

    /// Ends a hold as expired, unless it has an outcome; answers the outcome it has.
    pub fn expire(&mut self, hold: usize) -> Outcome {
        if self.outcomes[hold] == Outcome::None {
            self.outcomes[hold] = Outcome::Expired;
        }
        self.outcomes[hold]
    }

    /// The transaction of a load: raises the epoch and reads what is booked.
    pub fn load_above(&mut self, above: u8, mutant: Mutant) -> (u8, Bits) {
        let raise = u8::from(mutant != Mutant::LoadKeepsEpoch);
        self.epoch = self.epoch.max(above) + raise;
        (self.epoch, self.booked())
    }
}

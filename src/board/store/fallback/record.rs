//! A hold's record, whole: as scripts write it, and as a row.

use std::time::Duration;

use super::super::super::model::{HeldSeat, HoldState, LOADED_OFFER, parse_seats, write_seats};
use super::super::seats::{ENDED_MEMORY, KEYED_MEMORY};
use crate::id::{CallerId, HoldId};

/// What a board remembers of a hold; times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub state: HoldState,
    pub holder: CallerId,
    pub deadline: i64,
    pub placed_at: i64,
    /// When its confirm began, or when it ended; zero while it is held.
    pub since: i64,
    /// How long it is remembered once it has ended.
    pub memory: i64,
    pub asked: String,
    /// The confirms under way: eight digits and a space each.
    pub attempts: String,
    pub seats: Vec<HeldSeat>,
}

/// A hold that goes with its board from one store to the other.
#[derive(Clone, Debug)]
pub struct Carried {
    pub hold_id: HoldId,
    pub record: Record,
    pub due: i64,
}

impl Record {
    /// Reads `state|holder|deadline|placed|since|memory|asked|attempts|seats`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split('|');
        let mut next = || fields.next();
        Some(Self {
            state: HoldState::of_word(next()?)?,
            holder: next()?.parse().ok()?,
            deadline: next()?.parse().ok()?,
            placed_at: next()?.parse().ok()?,
            since: next()?.parse().ok()?,
            memory: next()?.parse().ok()?,
            asked: next()?.to_owned(),
            attempts: next()?.to_owned(),
            seats: parse_seats(next()?)?,
        })
    }

    pub fn write(&self) -> String {
        format!(
            "{}|{}|{}|{}|{}|{}|{}|{}|{}",
            self.state.word(),
            self.holder,
            self.deadline,
            self.placed_at,
            self.since,
            self.memory,
            self.asked,
            self.attempts,
            write_seats(&self.seats)
        )
    }

    pub fn is_live(&self) -> bool {
        matches!(self.state, HoldState::Held | HoldState::Confirming)
    }

    pub fn indexes(&self) -> Vec<u32> {
        self.seats.iter().map(|seat| seat.index).collect()
    }

    /// Takes away what says that the board was loaded with this offer; answers whether it was.
    pub fn take_loaded(&mut self) -> bool {
        let is_loaded = self.asked == LOADED_OFFER;
        if is_loaded {
            self.asked.clear();
        }
        is_loaded
    }

    /// Ends the hold; answers when it is to be forgotten.
    pub fn end(&mut self, state: HoldState, now: i64) -> i64 {
        self.state = state;
        self.since = now;
        self.attempts.clear();
        self.forgotten_at()
    }

    /// As [`Record::end`], of a hold that PostgreSQL has recorded as expired: nothing under its id
    /// can be confirmed any more, so it is remembered as long as the key that the id comes from.
    pub fn end_for_good(&mut self, now: i64) -> i64 {
        let due = self.end(HoldState::Expired, now);
        if self.asked.is_empty() {
            return due;
        }
        due.max(now + i64::try_from(KEYED_MEMORY.as_millis()).unwrap_or(i64::MAX))
    }

    /// When a hold that has ended is to be forgotten.
    pub fn forgotten_at(&self) -> i64 {
        let memory_min = match self.state {
            HoldState::Confirmed if !self.asked.is_empty() => KEYED_MEMORY,
            HoldState::Confirmed | HoldState::Expired => ENDED_MEMORY,
            _ => Duration::ZERO,
        };
        let memory_min = i64::try_from(memory_min.as_millis()).unwrap_or(i64::MAX);
        self.since + self.memory.max(memory_min)
    }

    /// Holds it again, with the time that was left when its confirm began.
    pub fn give_back(&mut self, now: i64) -> i64 {
        self.state = HoldState::Held;
        self.deadline = now + (self.deadline - self.since).max(0);
        self.since = 0;
        self.attempts.clear();
        self.deadline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "confirming|01890000-0000-7000-8000-000000000001|2000|1000|1500|30000|abc|\
                        0badcafe |3:4950,17:0";

    #[test]
    fn a_record_is_written_as_it_was_read() {
        let record = Record::parse(TEXT).unwrap();

        assert_eq!(record.write(), TEXT);
        assert_eq!(record.indexes(), [3, 17]);
        assert_eq!(Record::parse("held|x|1|1|0|0|||"), None);
    }

    #[test]
    fn a_hold_that_is_given_back_has_the_time_that_was_left() {
        let mut record = Record::parse(TEXT).unwrap();

        assert_eq!(record.give_back(9_000), 9_500);
        assert_eq!(record.state, HoldState::Held);
        assert_eq!(record.attempts, "");
    }

    #[test]
    fn a_booking_is_remembered_as_long_as_its_key() {
        let ended = |state, asked: &str| {
            let mut record = Record::parse(TEXT).unwrap();
            record.asked = asked.to_owned();
            record.end(state, 0)
        };

        assert_eq!(ended(HoldState::Confirmed, "abc"), 24 * 60 * 60 * 1_000);
        assert_eq!(ended(HoldState::Confirmed, ""), 15 * 60 * 1_000);
        assert_eq!(ended(HoldState::Expired, "abc"), 15 * 60 * 1_000);
        assert_eq!(ended(HoldState::Released, "abc"), 30_000);
        let mut record = Record::parse(TEXT).unwrap();
        assert_eq!(record.end_for_good(0), 24 * 60 * 60 * 1_000);
    }
}

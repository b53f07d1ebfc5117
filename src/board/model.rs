//! What stands on a board: seats' states, holds and their records.

use crate::clock::{Instant, from_ms};
use crate::id::{CallerId, HoldId};

/// Limit: seats in one call, whoever makes it.
pub const SEATS_PER_CALL_MAX: usize = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SeatState {
    Free,
    Held,
    Confirming,
    Booked,
    Blocked,
    /// Freed while people wait: for the waitlist only.
    Kept,
}

impl SeatState {
    pub fn of_byte(byte: u8) -> Option<Self> {
        match byte {
            b'.' => Some(Self::Free),
            b'h' => Some(Self::Held),
            b'c' => Some(Self::Confirming),
            b'b' => Some(Self::Booked),
            b'x' => Some(Self::Blocked),
            b'w' => Some(Self::Kept),
            _ => None,
        }
    }

    pub fn byte(self) -> u8 {
        match self {
            Self::Free => b'.',
            Self::Held => b'h',
            Self::Confirming => b'c',
            Self::Booked => b'b',
            Self::Blocked => b'x',
            Self::Kept => b'w',
        }
    }

    /// Why a seat in this state cannot be had, as callers see it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Held | Self::Confirming => "held",
            Self::Booked => "booked",
            Self::Blocked => "blocked",
            Self::Kept => "kept",
        }
    }
}

/// How far a board has come. Never goes backwards for an observer (I6), unless Redis lost data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub epoch: i64,
    pub revision: i64,
}

/// Every seat's state, a byte each at the seat's index, as of one position.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub position: Position,
    /// The board's clock when it was read.
    pub now: Instant,
    pub seats: Vec<u8>,
}

/// A seat that cannot be had; the index is its place in the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    pub index: u32,
    pub state: SeatState,
}

/// A seat of a hold with the price it was quoted, in the currency's minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldSeat {
    pub index: u32,
    pub amount: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldState {
    Held,
    Confirming,
    Confirmed,
    Released,
    Expired,
}

impl HoldState {
    pub(super) fn of_word(word: &str) -> Option<Self> {
        match word {
            "held" => Some(Self::Held),
            "confirming" => Some(Self::Confirming),
            "confirmed" => Some(Self::Confirmed),
            "released" => Some(Self::Released),
            "expired" => Some(Self::Expired),
            _ => None,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Confirming => "confirming",
            Self::Confirmed => "confirmed",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }
}

/// A hold as its board remembers it. `now` is the board's clock when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub hold_id: HoldId,
    pub holder: CallerId,
    pub state: HoldState,
    pub deadline: Instant,
    pub placed_at: Instant,
    /// The request that placed it, so that a repeated one can be told from another.
    pub asked: String,
    /// In index order.
    pub seats: Vec<HeldSeat>,
    pub now: Instant,
}

/// In place of a request, of a hold that a board was loaded with: an offer of the waitlist, with
/// the seats of which PostgreSQL had been told. Gone with the holder's next change.
pub(super) const LOADED_OFFER: &str = "offer";

impl Hold {
    pub fn is_loaded_offer(&self) -> bool {
        self.asked == LOADED_OFFER
    }

    /// Reads a record: `state|holder|deadline|placed|since|memory|asked|attempts|seats`.
    pub(super) fn parse(hold_id: HoldId, record: &str, now_ms: i64) -> Option<Self> {
        let mut fields = record.split('|');
        let state = HoldState::of_word(fields.next()?)?;
        let holder = fields.next()?.parse().ok()?;
        let deadline: i64 = fields.next()?.parse().ok()?;
        let placed_at = fields.next()?.parse().ok()?;
        let asked = fields.nth(2)?.to_owned();
        let seats = parse_seats(fields.nth(1)?)?;
        // A lapsed hold that no sweep has met yet is expired all the same.
        let is_lapsed = state == HoldState::Held && deadline <= now_ms;
        Some(Self {
            hold_id,
            holder,
            state: if is_lapsed { HoldState::Expired } else { state },
            deadline: from_ms(deadline),
            placed_at: from_ms(placed_at),
            asked,
            seats,
            now: from_ms(now_ms),
        })
    }
}

/// Seats and prices as scripts read them: `index:amount,…` in index order.
pub(super) fn write_seats(seats: &[HeldSeat]) -> String {
    let mut sorted = seats.to_vec();
    sorted.sort_unstable();
    join(
        sorted
            .iter()
            .map(|seat| format!("{}:{}", seat.index, seat.amount)),
    )
}

pub(super) fn join(items: impl Iterator<Item = impl ToString>) -> String {
    items
        .map(|item| item.to_string())
        .collect::<Vec<_>>()
        .join(",")
}

pub(super) fn parse_seats(text: &str) -> Option<Vec<HeldSeat>> {
    let seats = text.split(',').filter(|part| !part.is_empty()).map(|part| {
        let (index, amount) = part.split_once(':')?;
        Some(HeldSeat {
            index: index.parse().ok()?,
            amount: amount.parse().ok()?,
        })
    });
    seats.collect()
}

pub(super) fn parse_conflicts(text: &str) -> Vec<Conflict> {
    let parts = text.split(',').filter_map(|part| {
        let (index, byte) = part.split_once(':')?;
        let state = SeatState::of_byte(*byte.as_bytes().first()?)?;
        Some(Conflict {
            index: index.parse().ok()?,
            state,
        })
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str =
        "held|01890000-0000-7000-8000-000000000001|2000|1000|0|30000|abc||3:4950,17:0";

    #[test]
    fn a_record_is_read_whole() {
        let hold = Hold::parse(HoldId(uuid::Uuid::nil()), RECORD, 1500).unwrap();

        assert_eq!(hold.state, HoldState::Held);
        assert_eq!(hold.deadline, from_ms(2000));
        assert_eq!(hold.asked, "abc");
        let expected = [
            HeldSeat {
                index: 3,
                amount: 4950,
            },
            HeldSeat {
                index: 17,
                amount: 0,
            },
        ];
        assert_eq!(hold.seats, expected);
    }

    #[test]
    fn a_hold_at_its_deadline_is_expired_swept_or_not() {
        let hold = Hold::parse(HoldId(uuid::Uuid::nil()), RECORD, 2000).unwrap();

        assert_eq!(hold.state, HoldState::Expired);
    }

    #[test]
    fn a_garbled_record_is_no_hold() {
        for record in ["", "held", "held|x|1|1|0|0|||", "odd|a|b|c|d|e|f|g|h"] {
            assert_eq!(
                Hold::parse(HoldId(uuid::Uuid::nil()), record, 0),
                None,
                "{record}"
            );
        }
    }

    #[test]
    fn seats_are_written_in_index_order() {
        let seats = [
            HeldSeat {
                index: 17,
                amount: 1,
            },
            HeldSeat {
                index: 3,
                amount: 2,
            },
        ];

        assert_eq!(write_seats(&seats), "3:2,17:1");
    }
}

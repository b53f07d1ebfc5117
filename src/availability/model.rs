//! Seats' states as anybody may see them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::board::{Position, SeatState};

/// Every seat's state as of one revision.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Availability {
    pub epoch: i64,
    pub revision: i64,
    /// One character for each seat, in index order: `.` free, `h` held, `b` booked, `x` not for
    /// sale.
    #[schema(examples("..hb...x"))]
    pub states: String,
}

/// How many seats are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SeatCounts {
    pub total: usize,
    pub free: usize,
    pub held: usize,
    pub booked: usize,
    pub blocked: usize,
}

impl Availability {
    /// `states`: as [`shown`] says.
    pub fn new(position: Position, states: &[u8]) -> Self {
        Self {
            epoch: position.epoch,
            revision: position.revision,
            states: String::from_utf8_lossy(states).into_owned(),
        }
    }
}

/// A seat's character on the map: what is being confirmed shows as held, what is kept for the
/// waitlist as not for sale.
pub fn shown(state: Option<SeatState>) -> u8 {
    match state {
        Some(SeatState::Free) => b'.',
        Some(SeatState::Held | SeatState::Confirming) => b'h',
        Some(SeatState::Booked) => b'b',
        Some(SeatState::Blocked | SeatState::Kept) | None => b'x',
    }
}

impl SeatCounts {
    pub fn of(states: &[u8]) -> Self {
        let mut counts = Self {
            total: states.len(),
            ..Self::default()
        };
        for state in states {
            match state {
                b'.' => counts.free += 1,
                b'h' => counts.held += 1,
                b'b' => counts.booked += 1,
                _ => counts.blocked += 1,
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_sees_neither_confirming_nor_kept() {
        let states: Vec<u8> = b".hcbxw?"
            .iter()
            .map(|byte| shown(SeatState::of_byte(*byte)))
            .collect();

        assert_eq!(states, b".hhbxxx");
        let counts = SeatCounts {
            total: 7,
            free: 1,
            held: 2,
            booked: 1,
            blocked: 3,
        };
        assert_eq!(SeatCounts::of(&states), counts);
    }
}

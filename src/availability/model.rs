//! Seats' states as anybody may see them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::board::{SeatState, Snapshot};

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
    /// What is being confirmed shows as held, what is kept for the waitlist as not for sale.
    pub fn of(snapshot: &Snapshot) -> Self {
        let states = snapshot
            .seats
            .iter()
            .map(|byte| match SeatState::of_byte(*byte) {
                Some(SeatState::Free) => '.',
                Some(SeatState::Held | SeatState::Confirming) => 'h',
                Some(SeatState::Booked) => 'b',
                Some(SeatState::Blocked | SeatState::Kept) | None => 'x',
            });
        let position = snapshot.position;
        Self {
            epoch: position.epoch,
            revision: position.revision,
            states: states.collect(),
        }
    }

    pub fn etag(&self) -> String {
        format!("\"{}-{}\"", self.epoch, self.revision)
    }

    pub fn counts(&self) -> SeatCounts {
        let mut counts = SeatCounts {
            total: self.states.len(),
            ..SeatCounts::default()
        };
        for state in self.states.bytes() {
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
    use crate::board::Position;

    #[test]
    fn the_public_sees_neither_confirming_nor_kept() {
        let position = Position {
            epoch: 2,
            revision: 7,
        };
        let snapshot = Snapshot {
            position,
            now: crate::clock::from_ms(0),
            seats: b".hcbxw".to_vec(),
        };

        let availability = Availability::of(&snapshot);

        assert_eq!(availability.states, ".hhbxx");
        assert_eq!(availability.etag(), "\"2-7\"");
        let counts = SeatCounts {
            total: 6,
            free: 1,
            held: 2,
            booked: 1,
            blocked: 2,
        };
        assert_eq!(availability.counts(), counts);
    }
}

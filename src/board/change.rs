//! A change of a board, as its channel tells it.

use std::collections::HashMap;

use serde::Deserialize;

use super::model::{Position, SeatState};

/// The seats that one step of a board has changed, and the position after it. A board that was
/// loaded says so with a new epoch and no seats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub position: Position,
    pub seats: Vec<(u32, SeatState)>,
}

#[derive(Deserialize)]
struct Text {
    epoch: i64,
    revision: i64,
    changes: HashMap<char, Vec<u32>>,
}

impl Change {
    /// None where the message is not one that a script of the board publishes.
    pub fn parse(message: &[u8]) -> Option<Self> {
        let text: Text = serde_json::from_slice(message).ok()?;
        let mut seats = Vec::new();
        for (byte, indexes) in text.changes {
            let state = SeatState::of_byte(u8::try_from(byte).ok()?)?;
            seats.extend(indexes.into_iter().map(|index| (index, state)));
        }
        Some(Self {
            position: Position {
                epoch: text.epoch,
                revision: text.revision,
            },
            seats,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_whole_or_not_at_all() {
        let read = Change::parse(br#"{"epoch":3,"revision":17,"changes":{"h":[4,9]}}"#).unwrap();

        let position = Position {
            epoch: 3,
            revision: 17,
        };
        assert_eq!(read.position, position);
        assert_eq!(read.seats, [(4, SeatState::Held), (9, SeatState::Held)]);
        for garbled in [
            &b""[..],
            b"{}",
            b"null",
            b"\xff",
            br#"{"epoch":3,"revision":17}"#,
            br#"{"epoch":"x","revision":17,"changes":{}}"#,
            br#"{"epoch":3,"revision":17,"changes":{"?":[1]}}"#,
            br#"{"epoch":3,"revision":17,"changes":{"hb":[1]}}"#,
            br#"{"epoch":3,"revision":17,"changes":{"h":[-1]}}"#,
        ] {
            assert_eq!(Change::parse(garbled), None);
        }
    }
}

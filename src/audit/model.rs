//! What an audit finds.

use std::fmt;

use serde::Serialize;
use uuid::Uuid;

/// The invariants that an audit checks; I7 is for viewers to check.
pub const INVARIANTS: [&str; 9] = ["I1", "I2", "I3", "I4", "I5", "I6", "I8", "I9", "I10"];

/// One breach of an invariant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breach {
    /// Such as `I4`.
    pub invariant: &'static str,
    /// The rule that is broken, as a sentence.
    pub rule: &'static str,
    /// All zero for what is true of the whole database.
    pub event_id: Uuid,
    /// The booking, hold, seat or person that breaks it.
    pub subject: String,
    /// The board has been mended; PostgreSQL never is.
    pub is_repaired: bool,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            invariant,
            rule,
            event_id,
            subject,
            ..
        } = self;
        write!(f, "{invariant}: {rule}; event {event_id}, {subject}")?;
        if self.is_repaired {
            write!(f, " (repaired)")
        } else {
            Ok(())
        }
    }
}

//! The states of an event and the verbs between them.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum EventState {
    /// Only its owner sees it, also if it is cancelled without ever being opened.
    Draft,
    /// Seats can be held, within the sale window.
    OnSale,
    /// Not for sale for now: nothing is held or confirmed until it is opened again.
    Paused,
    /// Not for sale any more.
    Closed,
    /// Will not take place; every hold of it has ended.
    Cancelled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Open,
    Pause,
    Close,
    Cancel,
}

/// The event's state does not allow the verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a {state} event cannot be {}", verb.participle())]
pub struct StateConflict {
    pub state: EventState,
    pub verb: Verb,
}

impl EventState {
    /// The state that the verb leads to. A verb that has been done already leads nowhere else: it
    /// answers the state as it is, so that a request can be repeated.
    pub fn after(self, verb: Verb) -> Result<Self, StateConflict> {
        use EventState::{Cancelled, Closed, Draft, OnSale, Paused};
        match (self, verb) {
            (Draft | OnSale | Paused, Verb::Open) => Ok(OnSale),
            (OnSale | Paused, Verb::Pause) => Ok(Paused),
            (OnSale | Paused | Closed, Verb::Close) => Ok(Closed),
            (_, Verb::Cancel) => Ok(Cancelled),
            (Closed | Cancelled, Verb::Open)
            | (Draft | Closed | Cancelled, Verb::Pause)
            | (Draft | Cancelled, Verb::Close) => Err(StateConflict { state: self, verb }),
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::OnSale => "on_sale",
            Self::Paused => "paused",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for EventState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Verb {
    pub fn participle(self) -> &'static str {
        match self {
            Self::Open => "opened",
            Self::Pause => "paused",
            Self::Close => "closed",
            Self::Cancel => "cancelled",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::EventState::{Cancelled, Closed, Draft, OnSale, Paused};
    use super::*;

    #[test]
    fn every_verb_leads_from_every_state_where_the_table_says() {
        let verbs = [Verb::Open, Verb::Pause, Verb::Close, Verb::Cancel];
        let table = [
            (Draft, [Some(OnSale), None, None, Some(Cancelled)]),
            (OnSale, [OnSale, Paused, Closed, Cancelled].map(Some)),
            (Paused, [OnSale, Paused, Closed, Cancelled].map(Some)),
            (Closed, [None, None, Some(Closed), Some(Cancelled)]),
            (Cancelled, [None, None, None, Some(Cancelled)]),
        ];

        for (state, row) in table {
            for (verb, expected) in verbs.into_iter().zip(row) {
                assert_eq!(state.after(verb).ok(), expected, "{state} {verb:?}");
            }
        }
    }
}

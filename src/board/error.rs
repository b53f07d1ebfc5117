//! What can go wrong with a board, beside the answers of its verbs.

use std::sync::Arc;

use thiserror::Error;

use super::model::Conflict;
use crate::events::EventError;
use crate::problem::{Code, Problem};
use crate::venues::Seating;

#[derive(Debug, Error)]
pub enum BoardError {
    /// The board could not be brought to a state that the verb could act on, in several tries.
    #[error("the board does not settle")]
    Unsettled,
    /// Redis is away, and more want to be served by PostgreSQL than it serves at a time.
    #[error("too many verbs wait for PostgreSQL")]
    Busy,
    /// The event was edited meanwhile: look at it again, and repeat.
    #[error("the event has changed")]
    SaleChanged,
    #[error("a script answered {0:?}, which its header does not name")]
    UnknownAnswer(String),
    #[error("some seats are not free")]
    SeatsUnavailable(Vec<(String, Conflict)>),
    #[error(transparent)]
    Event(#[from] EventError),
    #[error(transparent)]
    Redis(#[from] fred::error::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The failure of a call that several callers waited for.
    #[error(transparent)]
    Shared(Arc<BoardError>),
}

impl BoardError {
    /// Whether what was asked may have happened: a store did not answer.
    pub fn is_outcome_unknown(&self) -> bool {
        match self {
            Self::Redis(_) | Self::Database(_) => true,
            Self::Shared(error) => error.is_outcome_unknown(),
            _ => false,
        }
    }

    /// Names the seats in conflict, for callers.
    pub fn conflicts(seating: &Seating, conflicts: &[Conflict]) -> Self {
        let named = conflicts
            .iter()
            .filter_map(|conflict| Some((seating.at(conflict.index)?.label.clone(), *conflict)));
        Self::SeatsUnavailable(named.collect())
    }
}

impl From<BoardError> for Problem {
    fn from(error: BoardError) -> Self {
        Self::from(&error)
    }
}

impl From<&BoardError> for Problem {
    fn from(error: &BoardError) -> Self {
        match error {
            BoardError::Unsettled | BoardError::SaleChanged => Self::unavailable("redis", error),
            BoardError::Busy => Self::unavailable("postgresql", error),
            BoardError::UnknownAnswer(_) => Self::internal(error),
            BoardError::SeatsUnavailable(conflicts) => seats_unavailable(conflicts),
            BoardError::Event(error) => error.into(),
            BoardError::Redis(error) => error.into(),
            BoardError::Database(error) => error.into(),
            BoardError::Shared(error) => Self::from(&**error),
        }
    }
}

fn seats_unavailable(conflicts: &[(String, Conflict)]) -> Problem {
    let members: Vec<_> = conflicts
        .iter()
        .map(
            |(seat, conflict)| serde_json::json!({"seat": seat, "reason": conflict.state.reason()}),
        )
        .collect();
    let names: Vec<_> = conflicts
        .iter()
        .map(|(seat, conflict)| format!("{seat} is {}", conflict.state.reason()))
        .collect();
    Problem::new(Code::SeatsUnavailable, format!("{}.", names.join(", ")))
        .with("conflicts", members)
}

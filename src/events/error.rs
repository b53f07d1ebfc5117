//! What can go wrong with events.

use std::sync::Arc;

use thiserror::Error;

use super::model::{EventState, StateConflict};
use crate::postgres;
use crate::problem::{Code, FieldError, Problem};
use crate::venues::VenueError;

#[derive(Debug, Error)]
pub enum EventError {
    #[error("there is no such event")]
    NotFound,
    /// Public, and somebody else's.
    #[error("the event is not the caller's")]
    Forbidden,
    #[error(transparent)]
    StateConflict(#[from] StateConflict),
    #[error("a cancelled event cannot be changed")]
    Cancelled,
    #[error("the event is at version {version}")]
    VersionConflict { version: i32 },
    #[error("the caller's role cannot be read")]
    RoleUnreadable(Problem),
    #[error("{} members are not acceptable", .0.len())]
    Invalid(Vec<FieldError>),
    #[error(transparent)]
    Venue(#[from] VenueError),
    #[error("the stored layout cannot be read")]
    LayoutUnreadable(#[from] serde_json::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The failure of a read that several callers waited for.
    #[error(transparent)]
    Shared(Arc<EventError>),
}

impl From<EventError> for Problem {
    fn from(error: EventError) -> Self {
        Self::from(&error)
    }
}

impl From<&EventError> for Problem {
    fn from(error: &EventError) -> Self {
        match error {
            EventError::NotFound => Self::not_found("event"),
            EventError::Forbidden => {
                Self::new(Code::Forbidden, "Only the event's owner may do this.")
            }
            EventError::StateConflict(StateConflict { state, verb }) => {
                let detail = format!("A {state} event cannot be {}.", verb.participle());
                Self::new(Code::EventStateConflict, detail).with("state", state)
            }
            EventError::Cancelled => {
                let detail = "A cancelled event cannot be changed.";
                Self::new(Code::EventStateConflict, detail).with("state", EventState::Cancelled)
            }
            EventError::VersionConflict { version } => {
                let detail = format!("The event is at version {version}: read it again.");
                Self::new(Code::VersionConflict, detail).with("version", version)
            }
            EventError::Invalid(faults) => Self::invalid(faults),
            EventError::Database(cause) | EventError::Venue(VenueError::Database(cause))
                if postgres::is_away(cause) =>
            {
                Self::unavailable("postgresql", cause)
            }
            EventError::RoleUnreadable(problem) => problem.clone(),
            EventError::Shared(error) => Self::from(&**error),
            EventError::Venue(_) | EventError::LayoutUnreadable(_) | EventError::Database(_) => {
                Self::internal(error)
            }
        }
    }
}

//! What can go wrong with a waitlist.

use thiserror::Error;

use crate::board::BoardError;
use crate::bookings::BookingError;
use crate::events::EventError;
use crate::holds::HoldError;
use crate::problem::{Code, FieldError, Problem};
use crate::venues::VenueError;

#[derive(Debug, Error)]
pub enum WaitlistError {
    #[error("there is no such entry")]
    NotFound,
    #[error("there is no offer")]
    NoOffer,
    #[error("the person or the mail address is on the list already")]
    AlreadyWaiting,
    /// The wish can be met now: these seats are free.
    #[error("there are free seats")]
    SeatsAvailable(Vec<String>),
    /// Of the terms, or of an entry.
    #[error("it is at version {version}")]
    VersionConflict { version: i32 },
    #[error("nobody can join the waitlist: {reason}")]
    Closed { reason: &'static str },
    #[error("{} members are not acceptable", .0.len())]
    Invalid(Vec<FieldError>),
    #[error(transparent)]
    Hold(#[from] HoldError),
    #[error(transparent)]
    Booking(#[from] BookingError),
    #[error(transparent)]
    Board(#[from] BoardError),
    #[error(transparent)]
    Event(#[from] EventError),
    #[error(transparent)]
    Venue(#[from] VenueError),
    #[error("the stored layout cannot be read")]
    LayoutUnreadable(#[from] serde_json::Error),
    #[error("the work was given up")]
    GivenUp(#[from] tokio::task::JoinError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<WaitlistError> for Problem {
    fn from(error: WaitlistError) -> Self {
        match error {
            WaitlistError::NotFound => Self::not_found("waitlist entry"),
            WaitlistError::NoOffer => Self::not_found("offer"),
            WaitlistError::AlreadyWaiting => Self::new(
                Code::AlreadyWaiting,
                "You, or somebody with this mail address, are on the waitlist already.",
            ),
            WaitlistError::SeatsAvailable(seats) => {
                let detail = "Seats that meet the wish are free now: hold them.";
                Self::new(Code::SeatsAvailable, detail).with("seats", seats)
            }
            WaitlistError::Closed { reason } => {
                let detail = "Nobody can join this waitlist now.";
                Self::new(Code::WaitlistClosed, detail).with("reason", reason)
            }
            WaitlistError::VersionConflict { version } => {
                let detail = format!("It is at version {version} by now: read it again.");
                Self::new(Code::VersionConflict, detail).with("version", version)
            }
            WaitlistError::Invalid(errors) => Self::invalid(&errors),
            WaitlistError::Hold(error) => error.into(),
            WaitlistError::Booking(error) => error.into(),
            WaitlistError::Board(error) => error.into(),
            WaitlistError::Event(error) => error.into(),
            WaitlistError::Venue(error) => error.into(),
            WaitlistError::LayoutUnreadable(_) | WaitlistError::GivenUp(_) => {
                Self::internal(&error)
            }
            WaitlistError::Database(error) => error.into(),
        }
    }
}

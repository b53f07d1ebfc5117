//! What can go wrong with bookings.

use thiserror::Error;

use crate::board::BoardError;
use crate::events::EventError;
use crate::holds::HoldError;
use crate::problem::{Code, Problem};

#[derive(Debug, Error)]
pub enum BookingError {
    #[error("there is no such booking")]
    NotFound,
    #[error("the booking cannot be cancelled: {reason}")]
    NotCancellable { reason: &'static str },
    #[error("the booking has no seats {}", .0.join(", "))]
    UnknownSeats(Vec<String>),
    /// The connection was lost at the commit: it may have happened.
    #[error("the outcome is unknown")]
    OutcomeUnknown(#[source] sqlx::Error),
    /// Too many confirms wait already.
    #[error("too many confirms are waiting")]
    QueueFull,
    #[error(transparent)]
    Hold(#[from] HoldError),
    #[error(transparent)]
    Board(#[from] BoardError),
    #[error(transparent)]
    Event(#[from] EventError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<BookingError> for Problem {
    fn from(error: BookingError) -> Self {
        match error {
            BookingError::NotFound => Self::not_found("booking"),
            BookingError::NotCancellable { reason } => {
                let detail = "Bookings can be cancelled until the sale closes.";
                Self::new(Code::BookingNotCancellable, detail).with("reason", reason)
            }
            BookingError::UnknownSeats(seats) => {
                let detail = format!("The booking has no seats {}.", seats.join(", "));
                Self::new(Code::UnknownSeats, detail).with("seats", seats)
            }
            BookingError::OutcomeUnknown(cause) => {
                tracing::warn!(cause = %cause, "what became of a commit is not known");
                let detail = "It may have happened: repeat the request to learn its outcome.";
                Self::new(Code::OutcomeUnknown, detail).retry_after(1)
            }
            BookingError::QueueFull => Self::new(
                Code::Unavailable,
                "Too many confirms are waiting; try again.",
            )
            .retry_after(1),
            BookingError::Hold(error) => error.into(),
            BookingError::Board(error) => error.into(),
            BookingError::Event(error) => error.into(),
            BookingError::Database(error) => error.into(),
        }
    }
}

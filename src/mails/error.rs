//! Why a mail cannot be composed.

use thiserror::Error;

use crate::bookings::BookingError;
use crate::events::EventError;

#[derive(Debug, Error)]
pub enum MailError {
    #[error("the template fails: {0}")]
    Template(#[from] minijinja::Error),
    #[error("{0} is no mail address")]
    Address(String),
    #[error("the mail cannot be put together: {0}")]
    Format(#[from] lettre::error::Error),
    #[error("the picture cannot be drawn: {0}")]
    Picture(String),
    #[error(transparent)]
    Booking(#[from] BookingError),
    #[error(transparent)]
    Event(#[from] EventError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

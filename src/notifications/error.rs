//! What can go wrong with notifications.

use thiserror::Error;

use crate::problem::Problem;

#[derive(Debug, Error)]
pub enum NotificationError {
    #[error("there is no such notification")]
    NotFound,
}

impl From<NotificationError> for Problem {
    fn from(error: NotificationError) -> Self {
        match error {
            NotificationError::NotFound => Self::not_found("notification"),
        }
    }
}

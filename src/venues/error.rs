//! What can go wrong with venues.

use thiserror::Error;

use crate::problem::Problem;

#[derive(Debug, Error)]
pub enum VenueError {
    #[error("there is no such venue")]
    NotFound,
    #[error("the stored layout cannot be read")]
    LayoutUnreadable(#[from] serde_json::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<VenueError> for Problem {
    fn from(error: VenueError) -> Self {
        match error {
            VenueError::NotFound => Self::not_found("venue"),
            VenueError::LayoutUnreadable(error) => Self::internal(&error),
            VenueError::Database(error) => error.into(),
        }
    }
}

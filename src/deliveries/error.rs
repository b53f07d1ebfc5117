//! What can go wrong with deliveries.

use thiserror::Error;

use crate::problem::Problem;

#[derive(Debug, Error)]
pub enum DeliveryError {
    #[error("there is no such delivery")]
    NotFound,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<DeliveryError> for Problem {
    fn from(error: DeliveryError) -> Self {
        match error {
            DeliveryError::NotFound => Self::not_found("delivery"),
            DeliveryError::Database(error) => error.into(),
        }
    }
}

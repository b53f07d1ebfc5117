//! What can go wrong with endpoints.

use thiserror::Error;

use super::model::ENDPOINTS_MAX;
use crate::problem::{FieldError, Problem};

#[derive(Debug, Error)]
pub enum WebhookError {
    #[error("there is no such endpoint")]
    NotFound,
    #[error("there is no such delivery")]
    DeliveryNotFound,
    #[error("an owner has at most {ENDPOINTS_MAX} endpoints")]
    TooMany,
    #[error("{} members are not acceptable", .0.len())]
    Invalid(Vec<FieldError>),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<WebhookError> for Problem {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::NotFound => Self::not_found("endpoint"),
            WebhookError::DeliveryNotFound => Self::not_found("delivery"),
            WebhookError::TooMany => Self::invalid_member("", error.to_string()),
            WebhookError::Invalid(errors) => Self::invalid(&errors),
            WebhookError::Database(error) => error.into(),
        }
    }
}

//! What can go wrong with accounts.

use thiserror::Error;

use crate::problem::{Code, Problem};

#[derive(Debug, Error)]
pub enum AccountError {
    #[error("there is no such account")]
    NotFound,
    #[error("an account with this email exists")]
    EmailTaken,
    #[error("email or password is wrong")]
    BadCredentials,
    #[error("the last admin must stay one")]
    LastAdmin,
    #[error("{0}")]
    Unacceptable(String),
    #[error("too many passwords are being checked")]
    Busy,
    #[error("the password cannot be hashed")]
    Hashing(#[from] argon2::password_hash::Error),
    #[error("the hashing was cut off")]
    HashingCutOff(#[from] tokio::task::JoinError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::NotFound => Self::not_found("account"),
            AccountError::EmailTaken => {
                Self::new(Code::EmailTaken, "Sign in, or use another email.")
            }
            AccountError::BadCredentials => Self::new(
                Code::BadCredentials,
                "No account has this email and password.",
            ),
            AccountError::LastAdmin => Self::invalid_member(
                "/role",
                "this is the last admin: make somebody else one first",
            ),
            AccountError::Unacceptable(detail) => Self::new(Code::ValidationFailed, detail),
            AccountError::Busy => Self::new(
                Code::Unavailable,
                "Too many people are signing in; try again.",
            )
            .retry_after(1),
            AccountError::Hashing(error) => Self::internal(&error),
            AccountError::HashingCutOff(error) => Self::internal(&error),
            AccountError::Database(error) => error.into(),
        }
    }
}

//! What can go wrong with venues.

use thiserror::Error;

use super::template::{Severity, TemplateProblem};
use crate::problem::{Code, Problem};

#[derive(Debug, Error)]
pub enum VenueError {
    #[error("there is no such venue")]
    NotFound,
    #[error("the template has mistakes")]
    Invalid(Vec<TemplateProblem>),
    #[error("somebody else stored a version first")]
    VersionConflict,
    #[error("too many templates are being read")]
    Busy,
    #[error("the generator failed")]
    GeneratorFailed(#[from] tokio::task::JoinError),
    #[error("the stored layout cannot be read")]
    LayoutUnreadable(#[from] serde_json::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<VenueError> for Problem {
    fn from(error: VenueError) -> Self {
        match error {
            VenueError::NotFound => Self::not_found("venue"),
            VenueError::Invalid(problems) => invalid(&problems),
            VenueError::VersionConflict => Self::new(
                Code::VersionConflict,
                "Somebody else stored a version of this venue first; look at it, then try again.",
            ),
            VenueError::Busy => Self::new(
                Code::Unavailable,
                "Too many templates are being read at this moment; try again.",
            )
            .retry_after(2),
            VenueError::GeneratorFailed(error) => Self::internal(&error),
            VenueError::LayoutUnreadable(error) => Self::internal(&error),
            VenueError::Database(error) => error.into(),
        }
    }
}

fn invalid(problems: &[TemplateProblem]) -> Problem {
    let errors = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error);
    let detail = match problems
        .iter()
        .find(|problem| problem.severity == Severity::Error)
    {
        Some(first) => format!(
            "{} mistakes; the first on line {}: {}",
            errors.count(),
            first.line,
            first.detail
        ),
        None => "The template cannot be used.".to_owned(),
    };
    Problem::new(Code::TemplateInvalid, detail).with("problems", problems)
}

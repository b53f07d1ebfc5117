//! Work that goes on when nobody waits for it any more.

use super::super::error::BookingError;
use crate::context::Context;

/// Runs work to its end (F11). Its answer is waited for as long as the request leaves time to say
/// that it may yet happen.
pub async fn run<T: Send + 'static>(
    ctx: &Context,
    work: impl Future<Output = Result<T, BookingError>> + Send + 'static,
) -> Result<T, BookingError> {
    let patience = ctx.config.request_timeout * 2 / 3;
    match tokio::time::timeout(patience, ctx.tasks.spawn(work)).await {
        Ok(Ok(answer)) => answer,
        // A task that panicked may have committed before.
        Ok(Err(_)) => Err(BookingError::OutcomeUnknown(sqlx::Error::WorkerCrashed)),
        Err(_) => Err(BookingError::OutcomeUnknown(sqlx::Error::PoolTimedOut)),
    }
}

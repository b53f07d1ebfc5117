//! What becomes of confirms that were cut off, and of bookings of cancelled events.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::{StreamExt, stream};
use tokio::sync::Semaphore;

use super::actions::{Cancel, cancel_keeping, finish_booked};
use super::error::BookingError;
use super::store::{self, Outcome};
use crate::board;
use crate::context::Context;
use crate::events::Reach;
use crate::holds;
use crate::id::{BookingId, EventId, HoldId};
use crate::jobs::Progress;
use crate::postgres;

/// Limit: bookings cancelled in one step.
const CANCELLED_AT_ONCE_MAX: i64 = 100;

/// Limit: bookings that are being cancelled at a time; each takes a connection that requests use,
/// too, and keeps it for as long as PostgreSQL does not answer a commit.
const CANCELLING_MAX: usize = 4;

/// Limit: failures after which a step cancels no more, where it is PostgreSQL that is away.
const FAILURES_MAX: usize = 4;

/// What one step leaves to the next.
struct Cancelling {
    /// Taken by each booking that is being cancelled until that has ended, whenever it does.
    permits: Arc<Semaphore>,
    /// The last booking that was begun with, if there were more.
    last: Mutex<Option<BookingId>>,
}

impl Default for Cancelling {
    fn default() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(CANCELLING_MAX)),
            last: Mutex::default(),
        }
    }
}

impl Cancelling {
    fn last(&self) -> MutexGuard<'_, Option<BookingId>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends confirming holds whose lease has passed. PostgreSQL decides: only a hold that it has
/// recorded as expired is freed, so a commit that was merely slow never meets a seat that was given
/// away. A hold whose commit has to be waited for does not keep the others.
pub async fn settle_confirming_holds(ctx: &Context) -> Result<Progress, BookingError> {
    let mut outcome = Ok(Progress::Idle);
    for (event_id, hold_id) in holds::take_overdue(ctx) {
        let settled = settle(ctx, event_id, hold_id).await;
        outcome = outcome.and(settled.map(|()| Progress::Idle));
    }
    outcome
}

async fn settle(ctx: &Context, event_id: EventId, hold_id: HoldId) -> Result<(), BookingError> {
    // A board that is loaded from now on has seen the booking.
    let epoch = board::position_seen(ctx, event_id).epoch;
    let outcome = store::expire(&ctx.db, event_id, hold_id, ctx.clock.imposed()).await?;
    tracing::info!(event.id = %event_id, hold.id = %hold_id, ?outcome, "confirm settled");
    let Outcome::Confirmed(booking_id) = outcome else {
        return Ok(board::expire_confirming(ctx, event_id, hold_id).await?);
    };
    let mut connection = ctx.db.acquire().await?;
    let booking = store::find(&mut connection, booking_id, Reach::EVERYTHING).await?;
    drop(connection);
    let booking = booking.ok_or(BookingError::NotFound)?;
    let (hold, _) = board::find_hold(ctx, event_id, hold_id).await?;
    if let Some(hold) = hold {
        finish_booked(ctx, &hold, epoch, &booking).await?;
    }
    Ok(())
}

/// Cancels and refunds what was booked for events that will not take place, a few bookings at a
/// time, beginning where the last step ended. One that cannot be cancelled keeps no others; while
/// those of an earlier step are not done, no more are begun.
pub async fn cancel_bookings_of_cancelled_events(ctx: &Context) -> Result<Progress, BookingError> {
    let state = ctx.memory::<Cancelling>();
    if state.permits.available_permits() == 0 {
        tracing::warn!("bookings of cancelled events wait for cancellations without an answer");
        return Ok(Progress::Idle);
    }
    let behind = *state.last();
    let mut connection = ctx.db.acquire().await?;
    let bookings =
        store::list_of_cancelled_events(&mut connection, behind, CANCELLED_AT_ONCE_MAX).await?;
    drop(connection);
    let n_bookings = bookings.len() as u64;
    let is_full = i64::try_from(bookings.len()) == Ok(CANCELLED_AT_ONCE_MAX);
    let begun = cancel_each(ctx, &state, bookings).await;
    if !is_full && begun.is_ok() {
        *state.last() = None;
    }
    begun.map(|()| Progress::of(n_bookings))
}

async fn cancel_each(
    ctx: &Context,
    state: &Cancelling,
    bookings: Vec<BookingId>,
) -> Result<(), BookingError> {
    let n_free = state.permits.available_permits();
    let cancelling = bookings.into_iter().map(|booking_id| async move {
        let Ok(permit) = state.permits.clone().try_acquire_owned() else {
            return (
                booking_id,
                Err(BookingError::Database(sqlx::Error::PoolTimedOut)),
            );
        };
        *state.last() = Some(booking_id);
        let asked = Cancel {
            seats: None,
            reason: Some("the event was cancelled".to_owned()),
        };
        let cancelled = cancel_keeping(ctx, Reach::EVERYTHING, booking_id, asked, permit);
        (booking_id, cancelled.await)
    });
    let mut cancelling = pin!(stream::iter(cancelling).buffer_unordered(n_free));
    let (mut n_away, mut last_failure) = (0, None);
    while let Some((booking_id, outcome)) = cancelling.next().await {
        let Err(error) = outcome else {
            continue;
        };
        tracing::debug!(booking.id = %booking_id, cause = %error, "a booking is not cancelled");
        n_away += usize::from(is_away(&error));
        last_failure = Some(error);
        if n_away == FAILURES_MAX {
            break;
        }
    }
    last_failure.map_or(Ok(()), Err)
}

fn is_away(error: &BookingError) -> bool {
    match error {
        BookingError::Database(cause) | BookingError::OutcomeUnknown(cause) => {
            postgres::is_away(cause)
        }
        _ => false,
    }
}

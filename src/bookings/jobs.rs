//! What becomes of confirms that were cut off, and of bookings of cancelled events.

use super::actions::{Cancel, cancel, finish_booked};
use super::error::BookingError;
use super::store::{self, Outcome};
use crate::board;
use crate::context::Context;
use crate::events::Reach;
use crate::holds;
use crate::id::{EventId, HoldId};
use crate::jobs::Progress;

/// Limit: bookings cancelled in one step.
const CANCELLED_AT_ONCE_MAX: i64 = 100;

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

/// Cancels and refunds what was booked for events that will not take place.
pub async fn cancel_bookings_of_cancelled_events(ctx: &Context) -> Result<Progress, BookingError> {
    let mut connection = ctx.db.acquire().await?;
    let bookings = store::list_of_cancelled_events(&mut connection, CANCELLED_AT_ONCE_MAX).await?;
    drop(connection);
    let n_bookings = bookings.len() as u64;
    for booking_id in bookings {
        let reason = Some("the event was cancelled".to_owned());
        cancel(
            ctx,
            Reach::EVERYTHING,
            booking_id,
            Cancel {
                seats: None,
                reason,
            },
        )
        .await?;
    }
    Ok(Progress::of(n_bookings))
}

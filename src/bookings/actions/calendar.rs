//! Making the calendar file of a booking.

use super::super::calendar;
use super::super::error::BookingError;
use super::super::store;
use crate::context::Context;
use crate::events::{self, Reach};
use crate::id::BookingId;

/// The booking's reference, and its calendar file.
pub async fn calendar(
    ctx: &Context,
    booking_id: BookingId,
    reach: Reach,
) -> Result<(String, String), BookingError> {
    let mut connection = ctx.db.acquire().await?;
    let booking = store::find(&mut connection, booking_id, reach).await?;
    let booking = booking.ok_or(BookingError::NotFound)?;
    // Who may see the booking may see its event.
    let event = events::find(&mut *connection, booking.event_id, Reach::EVERYTHING).await?;
    drop(connection);
    let event = event.ok_or(BookingError::NotFound)?;
    let sale = events::sale(ctx, booking.event_id).await?;
    let file = calendar::calendar(&booking, &event, &sale.seating, ctx.clock.now());
    Ok((booking.reference, file))
}

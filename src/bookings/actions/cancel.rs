//! Cancel: seats go back on sale and their price to the buyer, in one transaction.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::super::error::BookingError;
use super::super::model::{self, Booking, CancelledBy};
use super::super::store::{self, Cancellation};
use super::task;
use crate::board::{self, BoardError, FreeingTerm};
use crate::context::Context;
use crate::events::{self, Reach, Sale};
use crate::id::BookingId;

/// What to cancel.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    /// Labels; none for the whole booking.
    pub seats: Option<Vec<String>>,
    pub reason: Option<String>,
}

/// Cancels a booking, or seats of it. What has been cancelled already is left as it is, so that the
/// same cancellation again answers the same.
pub async fn cancel(
    ctx: &Context,
    reach: Reach,
    booking_id: BookingId,
    asked: Cancel,
) -> Result<Booking, BookingError> {
    cancel_keeping(ctx, reach, booking_id, asked, ()).await
}

/// Limit: how long a cancellation may keep what it was given. Only one whose connection died
/// without a word takes longer.
const KEPT_MAX: Duration = Duration::from_secs(600);

/// As [`cancel`]; `kept` is dropped when the work has ended, which may be after the answer.
pub async fn cancel_keeping<K: Send + 'static>(
    ctx: &Context,
    reach: Reach,
    booking_id: BookingId,
    asked: Cancel,
    kept: K,
) -> Result<Booking, BookingError> {
    let work = run(ctx.clone(), reach, booking_id, asked);
    let work = async move {
        let mut work = pin!(work);
        let ended = tokio::time::timeout(KEPT_MAX, work.as_mut()).await;
        drop(kept);
        match ended {
            Ok(answer) => answer,
            Err(_) => work.await,
        }
    };
    task::run(ctx, work).await
}

async fn run(
    ctx: Context,
    reach: Reach,
    booking_id: BookingId,
    asked: Cancel,
) -> Result<Booking, BookingError> {
    let booking = find(&ctx, reach, booking_id).await?;
    let sale = events::sale(&ctx, booking.event_id).await?;
    let seats = seats_to_cancel(&booking, &sale, asked.seats.as_deref())?;
    if seats.is_empty() {
        return Ok(booking);
    }
    let term = board::begin_freeing(&ctx, booking.event_id).await;
    let mut tx = ctx.db.begin().await?;
    let imposed = ctx.clock.imposed();
    let (epoch, now) = store::lock_booking(&mut tx, booking.event_id, booking_id, imposed).await?;
    let by = by(reach, &sale, &booking);
    if let Some(reason) = model::refusal(&sale, by, now) {
        return Err(BookingError::NotCancellable { reason });
    }
    let cancellation = Cancellation {
        event_id: booking.event_id,
        booking_id,
        refund_id: ctx.ids.next(),
        message_id: ctx.ids.next(),
        seats: &seats,
        reason: asked.reason.as_deref(),
        by,
        at: now,
    };
    let cancelled = store::move_seats(&mut tx, &cancellation).await?;
    // The last word before the answer: what is lost here may have happened.
    tx.commit().await.map_err(BookingError::OutcomeUnknown)?;

    let freed: Vec<_> = cancelled.iter().map(|seat| seat.index).collect();
    if let Err(error) = free(&ctx, (&booking, epoch), &freed, term).await {
        tracing::warn!(booking.id = %booking_id, cause = %error, "seats wait for the reconciler");
    }
    find(&ctx, reach, booking_id).await
}

async fn free(
    ctx: &Context,
    (booking, epoch): (&Booking, i64),
    seats: &[u32],
    term: Result<FreeingTerm, BoardError>,
) -> Result<(), BoardError> {
    if seats.is_empty() {
        return Ok(());
    }
    let which = (epoch, booking.holder);
    board::free_booked_seats(ctx, booking.event_id, which, seats, term?).await
}

fn by(reach: Reach, sale: &Sale, booking: &Booking) -> CancelledBy {
    let is_owner = reach.is_admin || reach.owner_id == Some(sale.owner_id);
    let is_holder = reach.holder == Some(booking.holder);
    if is_holder && !is_owner {
        CancelledBy::Holder
    } else {
        CancelledBy::Owner
    }
}

/// The indexes of the seats that are asked for and booked still.
fn seats_to_cancel(
    booking: &Booking,
    sale: &Arc<Sale>,
    labels: Option<&[String]>,
) -> Result<Vec<u32>, BookingError> {
    let booked = booking
        .seats
        .iter()
        .filter(|seat| !seat.is_cancelled())
        .map(|seat| seat.index);
    let Some(labels) = labels else {
        return Ok(booked.collect());
    };
    let index_of = |label: &String| {
        let index = sale.seating.find(label)?.index;
        booking
            .seats
            .iter()
            .any(|seat| seat.index == index)
            .then_some(index)
    };
    let unknown: Vec<_> = labels
        .iter()
        .filter(|label| index_of(label).is_none())
        .cloned()
        .collect();
    if !unknown.is_empty() {
        return Err(BookingError::UnknownSeats(unknown));
    }
    let wanted: Vec<_> = labels.iter().filter_map(index_of).collect();
    Ok(booked.filter(|index| wanted.contains(index)).collect())
}

async fn find(ctx: &Context, reach: Reach, booking_id: BookingId) -> Result<Booking, BookingError> {
    let mut connection = ctx.db.acquire().await?;
    let booking = store::find(&mut connection, booking_id, reach).await?;
    booking.ok_or(BookingError::NotFound)
}

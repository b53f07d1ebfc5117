//! Bookings as callers see them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use iso_currency::Currency;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::error::BookingError;
use super::super::model::{Booking, BookingState, Contact};
use crate::context::Context;
use crate::events::{self, Sale};
use crate::holds::HeldSeatView;
use crate::id::{BookingId, EventId, HoldId};
use crate::money::Amount;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Booking)]
pub struct BookingView {
    booking_id: BookingId,
    /// The booking's name for people.
    #[schema(examples("7K3QM-4XRT9"))]
    reference: String,
    event_id: EventId,
    hold_id: HoldId,
    state: BookingState,
    seats: Vec<BookedSeatView>,
    /// What was paid.
    total: Amount,
    /// ISO 4217.
    #[schema(value_type = String, examples("EUR"))]
    currency: Currency,
    contact: Contact,
    payment_reference: Option<String>,
    /// Goes up with each cancellation.
    version: i32,
    confirmed_at: DateTime<Utc>,
    cancelled_at: Option<DateTime<Utc>>,
    /// What is given back, in all; none where nothing was cancelled.
    refund: Option<RefundView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BookedSeat)]
pub struct BookedSeatView {
    #[serde(flatten)]
    seat: HeldSeatView,
    is_cancelled: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Refund)]
pub struct RefundView {
    amount: Amount,
    #[schema(value_type = String, examples("EUR"))]
    currency: Currency,
}

/// A page of bookings, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BookingPage)]
pub struct BookingPage {
    pub items: Vec<BookingView>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

impl BookingView {
    fn of(booking: Booking, sale: &Sale) -> Self {
        let seats = booking.seats.iter().filter_map(|seat| {
            let place = sale.seating.at(seat.index)?;
            let seat_view = HeldSeatView::of(place, exact(seat.price, booking.currency));
            Some(BookedSeatView {
                seat: seat_view,
                is_cancelled: seat.is_cancelled(),
            })
        });
        Self {
            seats: seats.collect(),
            booking_id: booking.booking_id,
            reference: booking.reference,
            event_id: booking.event_id,
            hold_id: booking.hold_id,
            state: booking.state,
            total: exact(booking.total, booking.currency),
            currency: booking.currency,
            contact: booking.contact,
            payment_reference: booking.payment_reference,
            version: booking.version,
            confirmed_at: booking.confirmed_at,
            cancelled_at: booking.cancelled_at,
            refund: booking.refund.map(|amount| RefundView {
                amount: exact(amount, booking.currency),
                currency: booking.currency,
            }),
        }
    }
}

/// PostgreSQL keeps four decimal places; callers get the currency's.
fn exact(amount: Amount, currency: Currency) -> Amount {
    Amount::from_minor(amount.to_minor(currency), currency)
}

pub async fn view(ctx: &Context, booking: Booking) -> Result<BookingView, BookingError> {
    let sale = events::sale(ctx, booking.event_id).await?;
    Ok(BookingView::of(booking, &sale))
}

pub async fn views(
    ctx: &Context,
    bookings: Vec<Booking>,
) -> Result<Vec<BookingView>, BookingError> {
    let mut sales = HashMap::new();
    for booking in &bookings {
        if let std::collections::hash_map::Entry::Vacant(unknown) = sales.entry(booking.event_id) {
            unknown.insert(events::sale(ctx, booking.event_id).await?);
        }
    }
    let views = bookings.into_iter().filter_map(|booking| {
        let sale = sales.get(&booking.event_id)?;
        Some(BookingView::of(booking, sale))
    });
    Ok(views.collect())
}

//! Finding bookings. Whose they are stands in every WHERE clause.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use iso_currency::Currency;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::model::{BookedSeat, Booking, BookingState, Contact};
use crate::events::Reach;
use crate::id::{BookingId, CallerId, EventId, HoldId};
use crate::money::Amount;
use crate::page::PageRequest;

struct Row {
    booking_id: Uuid,
    event_id: Uuid,
    hold_id: Uuid,
    holder_id: Uuid,
    reference: String,
    state: String,
    contact_name: String,
    contact_email: String,
    payment_reference: Option<String>,
    total: Decimal,
    currency: String,
    version: i32,
    confirmed_at: DateTime<Utc>,
    cancelled_at: Option<DateTime<Utc>>,
}

impl Row {
    fn booking(
        self,
        seats: Vec<BookedSeat>,
        refund: Option<Amount>,
    ) -> Result<Booking, sqlx::Error> {
        let currency = Currency::from_code(&self.currency)
            .ok_or_else(|| sqlx::Error::Decode("a booking's currency is not known".into()))?;
        Ok(Booking {
            booking_id: BookingId(self.booking_id),
            event_id: EventId(self.event_id),
            hold_id: HoldId(self.hold_id),
            holder: CallerId(self.holder_id),
            reference: self.reference,
            state: BookingState::of_text(&self.state),
            contact: Contact {
                name: self.contact_name,
                email: self.contact_email,
            },
            payment_reference: self.payment_reference,
            total: Amount(self.total),
            currency,
            version: self.version,
            confirmed_at: self.confirmed_at,
            cancelled_at: self.cancelled_at,
            seats,
            refund,
        })
    }
}

/// A booking, for its holder, for the owner of its event, or for an admin.
pub async fn find(
    db: &mut PgConnection,
    booking_id: BookingId,
    reach: Reach,
) -> Result<Option<Booking>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT b.booking_id, b.event_id, b.hold_id, b.holder_id, b.reference, b.state,
            b.contact_name, b.contact_email, b.payment_reference, b.total, b.currency, b.version,
            b.confirmed_at, b.cancelled_at
        FROM bookings AS b JOIN events AS e USING (event_id)
        WHERE b.booking_id = $1 AND (b.holder_id = $2 OR e.owner_id = $3 OR $4)
        "#,
        booking_id.0,
        reach.holder(),
        reach.owner(),
        reach.is_admin
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(with_seats(db, rows).await?.pop())
}

/// A booking by what its holder knows of it: the reference and the mail address together.
pub async fn find_by_reference(
    db: &mut PgConnection,
    reference: &str,
    email: &str,
) -> Result<Option<Booking>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT booking_id, event_id, hold_id, holder_id, reference, state, contact_name,
            contact_email, payment_reference, total, currency, version, confirmed_at, cancelled_at
        FROM bookings
        WHERE reference = $1 AND lower(contact_email) = lower($2)
        "#,
        reference,
        email
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(with_seats(db, rows).await?.pop())
}

/// A holder's bookings, newest first.
pub async fn list_by_holder(
    db: &mut PgConnection,
    holder: CallerId,
    page: PageRequest,
) -> Result<Vec<Booking>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT booking_id, event_id, hold_id, holder_id, reference, state, contact_name,
            contact_email, payment_reference, total, currency, version, confirmed_at, cancelled_at
        FROM bookings
        WHERE holder_id = $1 AND ($2::uuid IS NULL OR booking_id < $2)
        ORDER BY booking_id DESC LIMIT $3
        "#,
        holder.0,
        page.after,
        page.n_rows()
    )
    .fetch_all(&mut *db)
    .await?;
    with_seats(db, rows).await
}

/// Which bookings of an event.
#[derive(Debug, Default)]
pub struct EventFilter {
    pub reference: Option<String>,
    pub email: Option<String>,
    pub seat_index: Option<u32>,
}

/// An event's bookings, newest first; the caller has been found to be its owner.
pub async fn list_by_event(
    db: &mut PgConnection,
    event_id: EventId,
    filter: &EventFilter,
    page: PageRequest,
) -> Result<Vec<Booking>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT booking_id, event_id, hold_id, holder_id, reference, state, contact_name,
            contact_email, payment_reference, total, currency, version, confirmed_at, cancelled_at
        FROM bookings AS booking
        WHERE event_id = $1 AND ($2::uuid IS NULL OR booking_id < $2)
          AND ($4::text IS NULL OR reference = $4)
          AND ($5::text IS NULL OR lower(contact_email) = lower($5))
          AND ($6::integer IS NULL
              OR EXISTS (SELECT FROM seat_bookings AS seat WHERE seat.event_id = $1
                  AND seat.booking_id = booking.booking_id AND seat.seat_index = $6)
              OR EXISTS (SELECT FROM cancelled_seats AS seat WHERE seat.event_id = $1
                  AND seat.booking_id = booking.booking_id AND seat.seat_index = $6))
        ORDER BY booking_id DESC LIMIT $3
        "#,
        event_id.0,
        page.after,
        page.n_rows(),
        filter.reference,
        filter.email,
        filter.seat_index.map(u32::cast_signed)
    )
    .fetch_all(&mut *db)
    .await?;
    with_seats(db, rows).await
}

/// A batch of bookings that are still to be cancelled because their event was. What is cancelled
/// has no seats any more, so an event that is done costs one look into an index.
pub async fn list_of_cancelled_events(
    db: &mut PgConnection,
    behind: Option<BookingId>,
    n_max: i64,
) -> Result<Vec<BookingId>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        r#"
        SELECT booked.booking_id
        FROM events AS e CROSS JOIN LATERAL (
            SELECT DISTINCT seat.booking_id FROM seat_bookings AS seat
            WHERE seat.event_id = e.event_id AND ($2::uuid IS NULL OR seat.booking_id > $2)
            ORDER BY seat.booking_id LIMIT $1
        ) AS booked
        WHERE e.state = 'cancelled'
        ORDER BY booked.booking_id LIMIT $1
        "#,
        n_max,
        behind.map(|booking_id| booking_id.0)
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(BookingId).collect())
}

async fn with_seats(db: &mut PgConnection, rows: Vec<Row>) -> Result<Vec<Booking>, sqlx::Error> {
    let event_ids: Vec<_> = rows.iter().map(|row| row.event_id).collect();
    let booking_ids: Vec<_> = rows.iter().map(|row| row.booking_id).collect();
    let seats = sqlx::query!(
        r#"
        WITH wanted AS (SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS w (event_id, booking_id))
        SELECT booking_id AS "booking_id!", seat_index AS "seat_index!", price AS "price!",
            NULL::numeric AS refund, NULL::timestamptz AS cancelled_at
        FROM seat_bookings JOIN wanted USING (event_id, booking_id)
        UNION ALL
        SELECT booking_id, seat_index, price, refund, cancelled_at
        FROM cancelled_seats JOIN wanted USING (event_id, booking_id)
        ORDER BY 2
        "#,
        &event_ids,
        &booking_ids
    )
    .fetch_all(db)
    .await?;
    let mut by_booking: HashMap<Uuid, (Vec<BookedSeat>, Option<Amount>)> = HashMap::new();
    for seat in seats {
        let (booked, refund) = by_booking.entry(seat.booking_id).or_default();
        booked.push(BookedSeat {
            index: seat.seat_index.cast_unsigned(),
            price: Amount(seat.price),
            cancelled_at: seat.cancelled_at,
        });
        if let Some(amount) = seat.refund {
            *refund = Some(refund.iter().copied().chain([Amount(amount)]).sum());
        }
    }
    let bookings = rows.into_iter().map(|row| {
        let (seats, refund) = by_booking.remove(&row.booking_id).unwrap_or_default();
        row.booking(seats, refund)
    });
    bookings.collect()
}

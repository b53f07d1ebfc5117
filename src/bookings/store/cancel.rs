//! Cancelling: seats move from `seat_bookings` to `cancelled_seats`, keyed by their booking.

use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::super::model::{BookingState, CancelledBy};
use crate::clock::Instant;
use crate::id::{BookingId, EventId, MessageId, RefundId};
use crate::postgres;

/// A cancellation to be written.
pub struct Cancellation<'a> {
    pub event_id: EventId,
    pub booking_id: BookingId,
    pub refund_id: RefundId,
    pub message_id: MessageId,
    /// Indexes of the seats to cancel.
    pub seats: &'a [u32],
    pub reason: Option<&'a str>,
    pub by: CancelledBy,
    pub at: Instant,
}

pub struct CancelledSeat {
    pub index: u32,
    pub refund: Decimal,
}

/// Locks a booking for a change; no confirm of its event can be kept waiting by it. Answers the
/// epoch of the event's board, which cannot be loaded before the transaction has ended, and what
/// time it is.
pub async fn lock_booking(
    tx: &mut PgConnection,
    event_id: EventId,
    booking_id: BookingId,
    imposed_now: Option<Instant>,
) -> Result<(i64, Instant), sqlx::Error> {
    let lock = postgres::event_lock(event_id);
    sqlx::query!(r#"SELECT pg_advisory_xact_lock_shared($1)"#, lock)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        r#"SELECT FROM bookings WHERE booking_id = $1 AND event_id = $2 FOR UPDATE"#,
        booking_id.0,
        event_id.0
    )
    .execute(&mut *tx)
    .await?;
    let row = sqlx::query!(
        r#"
        SELECT board_epoch, COALESCE($2, clock_timestamp()) AS "now!" FROM events
        WHERE event_id = $1
        "#,
        event_id.0,
        imposed_now
    )
    .fetch_one(tx)
    .await?;
    Ok((row.board_epoch, row.now))
}

/// Cancels those of the seats that the booking still has; a seat that was sold to somebody else
/// since is not among them, because its row carries another booking (F16). The whole price is
/// refunded.
pub async fn move_seats(
    tx: &mut PgConnection,
    cancellation: &Cancellation<'_>,
) -> Result<Vec<CancelledSeat>, sqlx::Error> {
    let indexes: Vec<_> = cancellation
        .seats
        .iter()
        .map(|index| index.cast_signed())
        .collect();
    let moved = sqlx::query!(
        r#"
        WITH moved AS (
            DELETE FROM seat_bookings
            WHERE event_id = $1 AND booking_id = $2 AND seat_index = ANY ($3)
            RETURNING seat_id, seat_index, price
        )
        INSERT INTO cancelled_seats
            (event_id, booking_id, seat_id, seat_index, price, refund, refund_id, cancelled_at)
        SELECT $1, $2, seat_id, seat_index, price, price, $4, $5 FROM moved
        RETURNING seat_index, refund
        "#,
        cancellation.event_id.0,
        cancellation.booking_id.0,
        &indexes,
        cancellation.refund_id.0,
        cancellation.at
    )
    .fetch_all(&mut *tx)
    .await?;
    let moved: Vec<_> = moved
        .into_iter()
        .map(|row| CancelledSeat {
            index: row.seat_index.cast_unsigned(),
            refund: row.refund,
        })
        .collect();
    if !moved.is_empty() {
        write_refund(tx, cancellation, moved.iter().map(|seat| seat.refund).sum()).await?;
    }
    Ok(moved)
}

async fn write_refund(
    tx: &mut PgConnection,
    cancellation: &Cancellation<'_>,
    amount: Decimal,
) -> Result<(), sqlx::Error> {
    let n_left = sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "n!" FROM seat_bookings WHERE event_id = $1 AND booking_id = $2
        "#,
        cancellation.event_id.0,
        cancellation.booking_id.0
    )
    .fetch_one(&mut *tx)
    .await?;
    let state = BookingState::with_seats_left(usize::try_from(n_left).unwrap_or_default());
    sqlx::query!(
        r#"
        WITH changed AS (
            UPDATE bookings SET state = $3, cancelled_at = $4, version = version + 1
            WHERE event_id = $1 AND booking_id = $2
            RETURNING currency
        ), told AS (
            INSERT INTO outbox (event_id, message_id, kind, subject_id, body, created_at)
            VALUES ($1, $5, 'booking.cancelled', $2,
                jsonb_build_object('booking_id', $2::uuid, 'refund_id', $6::uuid,
                    'is_by_owner', $9::boolean), $4)
        )
        INSERT INTO refunds (event_id, refund_id, booking_id, amount, currency, reason, created_at)
        SELECT $1, $6, $2, $7, currency, $8, $4 FROM changed
        "#,
        cancellation.event_id.0,
        cancellation.booking_id.0,
        state.as_str(),
        cancellation.at,
        cancellation.message_id.0,
        cancellation.refund_id.0,
        amount,
        cancellation.reason,
        cancellation.by == CancelledBy::Owner
    )
    .execute(tx)
    .await?;
    Ok(())
}

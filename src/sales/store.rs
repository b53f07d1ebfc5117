//! Reading what was booked, cancelled and blocked. Whose event it is stands in every WHERE clause.

use rust_decimal::Decimal;
use sqlx::PgExecutor;
use sqlx::postgres::types::PgInterval;

use super::model::{Bucket, SeatBlock, SeatBooking, SeatContact, interval};
use crate::clock::Instant;
use crate::events::Reach;
use crate::id::{BookingId, CallerId, EventId};
use crate::money::Amount;

/// What was paid for the seats of one category, and given back.
pub struct Taking {
    /// Index of the category.
    pub category: i32,
    pub n_booked: i64,
    pub paid: Decimal,
    pub refunded: Decimal,
}

/// A stretch of time: from the first instant until before the second.
#[derive(Clone, Copy, Debug, Default)]
pub struct Range {
    pub since: Option<Instant>,
    pub until: Option<Instant>,
}

/// Takings by category; `category_of_seat` has a byte for each seat of the event, at its index.
pub async fn list_takings(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    reach: Reach,
    category_of_seat: &[u8],
) -> Result<Vec<Taking>, sqlx::Error> {
    sqlx::query_as!(
        Taking,
        r#"
        WITH owned AS (
            SELECT event_id FROM events WHERE event_id = $1 AND (owner_id = $2 OR $3)
        ), seats AS (
            SELECT seat_index, price, 0 AS refund, 1 AS n_booked
            FROM seat_bookings JOIN owned USING (event_id)
            UNION ALL
            SELECT seat_index, price, refund, 0
            FROM cancelled_seats JOIN owned USING (event_id)
        )
        SELECT get_byte($4, seat_index) AS "category!", sum(n_booked) AS "n_booked!",
            sum(price) AS "paid!", sum(refund) AS "refunded!"
        FROM seats GROUP BY 1 ORDER BY 1
        "#,
        event_id.0,
        reach.owner(),
        reach.is_admin,
        category_of_seat
    )
    .fetch_all(db)
    .await
}

/// The first and the last time in a range at which a seat was booked or cancelled.
pub async fn find_span(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    reach: Reach,
    range: Range,
) -> Result<Option<(Instant, Instant)>, sqlx::Error> {
    let span = sqlx::query!(
        r#"
        WITH owned AS (
            SELECT event_id FROM events WHERE event_id = $1 AND (owner_id = $2 OR $3)
        ), happened AS (
            SELECT confirmed_at AS at FROM bookings JOIN owned USING (event_id)
            UNION ALL
            SELECT cancelled_at FROM cancelled_seats JOIN owned USING (event_id)
        )
        SELECT min(at) AS first, max(at) AS last FROM happened
        WHERE ($4::timestamptz IS NULL OR at >= $4) AND ($5::timestamptz IS NULL OR at < $5)
        "#,
        event_id.0,
        reach.owner(),
        reach.is_admin,
        range.since,
        range.until
    )
    .fetch_one(db)
    .await?;
    Ok(span.first.zip(span.last))
}

/// What happened in each bucket of a range in which something did.
pub async fn list_buckets(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    reach: Reach,
    (range, bucket_seconds): (Range, i64),
) -> Result<Vec<Bucket>, sqlx::Error> {
    let length = PgInterval::try_from(interval(bucket_seconds)).map_err(sqlx::Error::Encode)?;
    sqlx::query_as!(
        Bucket,
        r#"
        WITH owned AS (
            SELECT event_id FROM events WHERE event_id = $1 AND (owner_id = $2 OR $3)
        ), happened AS (
            SELECT b.confirmed_at AS at, 1 AS booked, 0 AS cancelled, s.price AS revenue
            FROM owned JOIN bookings AS b USING (event_id)
            JOIN seat_bookings AS s USING (event_id, booking_id)
            UNION ALL
            SELECT b.confirmed_at, 1, 0, c.price
            FROM owned JOIN bookings AS b USING (event_id)
            JOIN cancelled_seats AS c USING (event_id, booking_id)
            UNION ALL
            SELECT cancelled_at, 0, 1, -refund
            FROM cancelled_seats JOIN owned USING (event_id)
        )
        SELECT date_bin($6, at, 'epoch') AS "at!", sum(booked) AS "booked!",
            sum(cancelled) AS "cancelled!", sum(revenue) AS "revenue!: Amount"
        FROM happened
        WHERE ($4::timestamptz IS NULL OR at >= $4) AND ($5::timestamptz IS NULL OR at < $5)
        GROUP BY 1 ORDER BY 1
        "#,
        event_id.0,
        reach.owner(),
        reach.is_admin,
        range.since,
        range.until,
        length
    )
    .fetch_all(db)
    .await
}

/// The booking that has a seat now.
pub async fn find_booking(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    reach: Reach,
    index: u32,
) -> Result<Option<SeatBooking>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        SELECT b.booking_id, b.reference, b.contact_name, b.contact_email, b.confirmed_at
        FROM events AS e JOIN seat_bookings AS s USING (event_id)
        JOIN bookings AS b USING (event_id, booking_id)
        WHERE event_id = $1 AND (e.owner_id = $2 OR $3) AND s.seat_index = $4
        "#,
        event_id.0,
        reach.owner(),
        reach.is_admin,
        index.cast_signed()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| SeatBooking {
        booking_id: BookingId(row.booking_id),
        reference: row.reference,
        contact: SeatContact {
            name: row.contact_name,
            email: row.contact_email,
        },
        confirmed_at: row.confirmed_at,
    }))
}

pub async fn find_block(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    reach: Reach,
    index: u32,
) -> Result<Option<SeatBlock>, sqlx::Error> {
    sqlx::query_as!(
        SeatBlock,
        r#"
        SELECT b.reason, b.blocked_at FROM events AS e JOIN seat_blocks AS b USING (event_id)
        WHERE event_id = $1 AND (e.owner_id = $2 OR $3) AND b.seat_index = $4
        "#,
        event_id.0,
        reach.owner(),
        reach.is_admin,
        index.cast_signed()
    )
    .fetch_optional(db)
    .await
}

/// The mail address of a holder who has an account.
pub async fn find_email(
    db: impl PgExecutor<'_>,
    holder: CallerId,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT email FROM accounts WHERE account_id = $1"#,
        holder.0
    )
    .fetch_optional(db)
    .await
}

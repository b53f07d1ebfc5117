//! Telling an owner that an event has sold out, once each time that it does.

use sqlx::PgConnection;

use super::derive::Taken;
use crate::clock::Instant;

/// Whatever changes how many seats can be had.
const ABOUT_SEATS: [&str; 4] = [
    "booking.confirmed",
    "booking.cancelled",
    "seats.blocked",
    "seats.unblocked",
];

/// Looks at the events whose seats messages are about; answers whether there was something to
/// tell. Sold out is an event whose every seat is booked or blocked. One that had seats again can
/// sell out again: it did where it has seats now, or where a booking was cancelled and every seat
/// is taken all the same.
pub async fn tell_sold_out(
    tx: &mut PgConnection,
    taken: &Taken,
    imposed_now: Option<Instant>,
) -> Result<bool, sqlx::Error> {
    let told = sqlx::query!(
        r#"
        WITH concerned AS (
            SELECT message.event_id, bool_or(kind = 'booking.cancelled') AS had_seats
            FROM unnest($1::uuid[], $2::uuid[]) AS taken (event_id, message_id)
            CROSS JOIN LATERAL (SELECT * FROM outbox WHERE outbox.event_id = taken.event_id
                AND outbox.message_id = taken.message_id LIMIT 1) AS message
            WHERE kind = ANY ($4)
            GROUP BY message.event_id
        ), counted AS (
            SELECT event_id, had_seats, seat_count <= (
                    SELECT count(*) FROM seat_bookings AS seat
                    WHERE seat.event_id = event.event_id)
                + (SELECT count(*) FROM seat_blocks AS seat
                    WHERE seat.event_id = event.event_id
                      AND NOT EXISTS (SELECT FROM seat_bookings AS booked
                          WHERE booked.seat_id = seat.seat_id
                            AND booked.event_id = event.event_id)) AS is_sold_out
            FROM concerned JOIN events AS event USING (event_id)
            JOIN venue_versions AS version
                ON version.venue_id = event.venue_id AND version.version = event.venue_version
            WHERE event.state IN ('on_sale', 'paused')
        ), turned AS (
            UPDATE events AS event
            SET sold_out_at = CASE WHEN is_sold_out THEN COALESCE($3, clock_timestamp()) END
            FROM counted
            WHERE event.event_id = counted.event_id
              AND (is_sold_out = (event.sold_out_at IS NULL) OR is_sold_out AND had_seats)
            RETURNING event.event_id, event.sold_out_at
        )
        INSERT INTO outbox (event_id, message_id, kind, subject_id, body, created_at)
        SELECT event_id, gen_random_uuid(), 'event.sold_out', event_id, '{}', sold_out_at
        FROM turned WHERE sold_out_at IS NOT NULL
        "#,
        &taken.event_ids,
        &taken.message_ids,
        imposed_now,
        &ABOUT_SEATS.map(str::to_owned)
    )
    .execute(tx)
    .await?;
    Ok(told.rows_affected() > 0)
}

//! Telling an owner that an event has sold out, once each time that it does.

use sqlx::PgConnection;

use super::derive::Taken;
use crate::clock::Instant;

/// Looks at the events of bookings that were confirmed or cancelled; answers whether there was
/// something to tell. Sold out is an event on sale whose every seat is booked or blocked; one that
/// has seats again can sell out again.
pub async fn tell_sold_out(
    tx: &mut PgConnection,
    taken: &Taken,
    imposed_now: Option<Instant>,
) -> Result<bool, sqlx::Error> {
    let told = sqlx::query!(
        r#"
        WITH concerned AS (
            SELECT DISTINCT message.event_id FROM outbox AS message
            JOIN unnest($1::uuid[], $2::uuid[]) AS taken (event_id, message_id)
                USING (event_id, message_id)
            WHERE kind IN ('booking.confirmed', 'booking.cancelled')
        ), counted AS (
            SELECT event_id, seat_count <= (SELECT count(*) FROM seat_bookings AS seat
                    WHERE seat.event_id = event.event_id)
                + (SELECT count(*) FROM seat_blocks AS seat
                    WHERE seat.event_id = event.event_id) AS is_sold_out
            FROM concerned JOIN events AS event USING (event_id)
            JOIN venue_versions AS version
                ON version.venue_id = event.venue_id AND version.version = event.venue_version
            WHERE event.state = 'on_sale'
        ), turned AS (
            UPDATE events AS event
            SET sold_out_at = CASE WHEN is_sold_out THEN COALESCE($3, clock_timestamp()) END
            FROM counted
            WHERE event.event_id = counted.event_id
              AND is_sold_out = (event.sold_out_at IS NULL)
            RETURNING event.event_id, event.sold_out_at
        )
        INSERT INTO outbox (event_id, message_id, kind, subject_id, body, created_at)
        SELECT event_id, gen_random_uuid(), 'event.sold_out', event_id, '{}', sold_out_at
        FROM turned WHERE sold_out_at IS NOT NULL
        "#,
        &taken.event_ids,
        &taken.message_ids,
        imposed_now
    )
    .execute(tx)
    .await?;
    Ok(told.rows_affected() > 0)
}

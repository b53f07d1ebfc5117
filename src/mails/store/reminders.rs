//! Reminders of events that begin soon.

use sqlx::PgExecutor;

use crate::clock::Instant;

/// Writes a batch of reminders: of events that begin within a day, to bookings that were made
/// before that day. The message's id is derived from the booking's, so that there is one.
pub async fn remind(
    db: impl PgExecutor<'_>,
    n_max: i64,
    imposed_now: Option<Instant>,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        INSERT INTO outbox (event_id, message_id, kind, subject_id, body, created_at)
        SELECT booking.event_id, reminder.message_id, 'event.reminder', booking_id,
            jsonb_build_object('booking_id', booking_id), now.at
        FROM (SELECT COALESCE($2, clock_timestamp()) AS at) AS now
        JOIN events AS event ON event.starts_at > now.at
            AND event.starts_at <= now.at + interval '24 hours'
        JOIN bookings AS booking USING (event_id)
        CROSS JOIN LATERAL delivery_id_of(booking_id, 'event.reminder', booking_id)
            AS reminder (message_id)
        WHERE event.state IN ('on_sale', 'paused', 'closed') AND booking.state <> 'cancelled'
          AND booking.confirmed_at < event.starts_at - interval '24 hours'
          AND NOT EXISTS (SELECT FROM outbox AS told
              WHERE told.event_id = booking.event_id AND told.message_id = reminder.message_id)
        LIMIT $1
        ON CONFLICT (event_id, message_id) DO NOTHING
        "#,
        n_max,
        imposed_now
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

//! From messages to notifications: what people find in the pages.

use sqlx::PgConnection;

use super::derive::Taken;

/// One notification for each person whom a message concerns; the statement reads into no body.
pub async fn derive_notifications(tx: &mut PgConnection, taken: &Taken) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        WITH message AS (
            SELECT message.* FROM unnest($1::uuid[], $2::uuid[]) AS taken (event_id, message_id)
            CROSS JOIN LATERAL (SELECT * FROM outbox WHERE outbox.event_id = taken.event_id
                AND outbox.message_id = taken.message_id LIMIT 1) AS message
        ), concerned AS (
            SELECT message.*, holder_id FROM message
            CROSS JOIN LATERAL (SELECT holder_id FROM bookings
                WHERE bookings.event_id = message.event_id
                  AND bookings.booking_id = message.subject_id LIMIT 1) AS booking
            WHERE kind IN ('booking.confirmed', 'booking.cancelled', 'event.reminder')
            UNION ALL
            SELECT message.*, holder_id FROM message
            CROSS JOIN LATERAL (SELECT holder_id FROM waitlist_entries AS entry
                WHERE entry.event_id = message.event_id
                  AND entry.entry_id = message.subject_id LIMIT 1) AS entry
            WHERE kind LIKE 'waitlist.%'
            UNION ALL
            SELECT DISTINCT ON (message_id, holder_id) message.*, holder_id FROM message
            JOIN bookings AS booking ON booking.event_id = message.event_id
            WHERE kind = 'event.changed' AND body ? 'before'
              AND booking.state <> 'cancelled' AND booking.confirmed_at <= message.created_at
        )
        INSERT INTO notifications (event_id, notification_id, caller_id, kind, subject_id,
            happened_at)
        SELECT event_id, delivery_id_of(message_id, 'page', holder_id, created_at), holder_id,
            kind, subject_id, created_at
        FROM concerned
        ON CONFLICT (event_id, notification_id) DO NOTHING
        "#,
        &taken.event_ids,
        &taken.message_ids
    )
    .execute(tx)
    .await?;
    Ok(())
}

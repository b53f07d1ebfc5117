//! From messages to notifications: what people find in the pages.

use sqlx::PgConnection;

use super::derive::Taken;

/// One notification for each person whom a message concerns; the statement reads into no body.
pub async fn derive_notifications(tx: &mut PgConnection, taken: &Taken) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        WITH message AS (
            SELECT outbox.* FROM outbox
            JOIN unnest($1::uuid[], $2::uuid[]) AS taken (event_id, message_id)
                USING (event_id, message_id)
        ), concerned AS (
            SELECT message.message_id, holder_id FROM message
            JOIN bookings AS booking
                ON booking.event_id = message.event_id AND booking.booking_id = message.subject_id
            WHERE kind IN ('booking.confirmed', 'booking.cancelled', 'event.reminder')
            UNION
            SELECT message_id, holder_id FROM message
            JOIN waitlist_entries AS entry
                ON entry.event_id = message.event_id AND entry.entry_id = message.subject_id
            WHERE kind LIKE 'waitlist.%'
            UNION
            SELECT message_id, holder_id FROM message
            JOIN bookings AS booking ON booking.event_id = message.event_id
            WHERE kind = 'event.changed' AND body ? 'before'
              AND booking.state <> 'cancelled' AND booking.confirmed_at <= message.created_at
        )
        INSERT INTO notifications (event_id, notification_id, caller_id, kind, subject_id,
            happened_at)
        SELECT event_id, delivery_id_of(message_id, 'page', holder_id, created_at), holder_id,
            kind, subject_id, created_at
        FROM concerned JOIN message USING (message_id)
        ON CONFLICT (event_id, notification_id) DO NOTHING
        "#,
        &taken.event_ids,
        &taken.message_ids
    )
    .execute(tx)
    .await?;
    Ok(())
}

//! From messages to notifications: what people find in the pages.

use sqlx::PgConnection;
use uuid::Uuid;

use super::take::{Message, Taken};

const ABOUT_BOOKINGS: [&str; 3] = ["booking.confirmed", "booking.cancelled", "event.reminder"];

/// One notification for each person whom a message concerns.
pub async fn derive_notifications(tx: &mut PgConnection, taken: &Taken) -> Result<(), sqlx::Error> {
    let about_bookings: Vec<_> = taken.of_kinds(&ABOUT_BOOKINGS).collect();
    if !about_bookings.is_empty() {
        notify_of_bookings(tx, Columns::of(&about_bookings)).await?;
    }
    let about_entries: Vec<_> = taken.about_waitlists().collect();
    if !about_entries.is_empty() {
        notify_of_entries(tx, Columns::of(&about_entries)).await?;
    }
    if let Some(change) = taken.told_change() {
        notify_of_change(tx, change).await?;
    }
    Ok(())
}

struct Columns<'a> {
    event_ids: Vec<Uuid>,
    message_ids: Vec<Uuid>,
    kinds: Vec<&'a str>,
    subject_ids: Vec<Uuid>,
    times: Vec<chrono::DateTime<chrono::Utc>>,
}

impl<'a> Columns<'a> {
    fn of(messages: &[&'a Message]) -> Self {
        Self {
            event_ids: messages.iter().map(|it| it.event_id).collect(),
            message_ids: messages.iter().map(|it| it.message_id).collect(),
            kinds: messages.iter().map(|it| it.kind.as_str()).collect(),
            subject_ids: messages.iter().map(|it| it.subject_id).collect(),
            times: messages.iter().map(|it| it.created_at).collect(),
        }
    }
}

/// Holders are looked up one by one (`LATERAL`, `LIMIT 1`): a planner that knows nothing of young
/// tables would read all bookings.
async fn notify_of_bookings(
    tx: &mut PgConnection,
    messages: Columns<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        INSERT INTO notifications (event_id, notification_id, caller_id, kind, subject_id,
            happened_at)
        SELECT event_id, delivery_id_of(message_id, 'page', holder_id, created_at), holder_id,
            kind, subject_id, created_at
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::timestamptz[])
            AS message (event_id, message_id, kind, subject_id, created_at)
        CROSS JOIN LATERAL (SELECT holder_id FROM bookings
            WHERE bookings.event_id = message.event_id
              AND bookings.booking_id = message.subject_id LIMIT 1) AS booking
        ON CONFLICT (caller_id, notification_id, event_id) DO NOTHING
        "#,
        &messages.event_ids,
        &messages.message_ids,
        &messages.kinds as &[&str],
        &messages.subject_ids,
        &messages.times
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn notify_of_entries(
    tx: &mut PgConnection,
    messages: Columns<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        INSERT INTO notifications (event_id, notification_id, caller_id, kind, subject_id,
            happened_at)
        SELECT event_id, delivery_id_of(message_id, 'page', holder_id, created_at), holder_id,
            kind, subject_id, created_at
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::timestamptz[])
            AS message (event_id, message_id, kind, subject_id, created_at)
        CROSS JOIN LATERAL (SELECT holder_id FROM waitlist_entries AS entry
            WHERE entry.event_id = message.event_id
              AND entry.entry_id = message.subject_id LIMIT 1) AS entry
        ON CONFLICT (caller_id, notification_id, event_id) DO NOTHING
        "#,
        &messages.event_ids,
        &messages.message_ids,
        &messages.kinds as &[&str],
        &messages.subject_ids,
        &messages.times
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn notify_of_change(tx: &mut PgConnection, change: &Message) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        INSERT INTO notifications (event_id, notification_id, caller_id, kind, subject_id,
            happened_at)
        SELECT DISTINCT $1::uuid, delivery_id_of($2, 'page', holder_id, $5), holder_id, $3,
            $4::uuid, $5::timestamptz
        FROM bookings
        WHERE event_id = $1 AND state <> 'cancelled' AND confirmed_at <= $5
        ON CONFLICT (caller_id, notification_id, event_id) DO NOTHING
        "#,
        change.event_id,
        change.message_id,
        change.kind,
        change.subject_id,
        change.created_at
    )
    .execute(tx)
    .await?;
    Ok(())
}

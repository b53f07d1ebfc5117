//! Reminders of events that begin soon.

use sqlx::{PgConnection, PgExecutor};

use crate::clock::Instant;

/// `pg_advisory_xact_lock` of whoever writes reminders.
const REMINDING_LOCK: i64 = 0x7265_6d69_6e64_6572;

/// Reminds alone until the transaction ends, or answers that another process does.
pub async fn lock_reminding(tx: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT pg_try_advisory_xact_lock($1) AS "is_locked!""#,
        REMINDING_LOCK
    )
    .fetch_one(tx)
    .await
}

/// Writes the reminders of one event that begins within a day, to bookings that were made before
/// that day; answers how many, or that there is no such event. It is passed over from then on,
/// until it is put off by half a day: who is told of less is not reminded twice in a day. A
/// message's id is derived from the booking and the start reminded of before, so that there is one.
///
/// The day begins a minute late: by then all bookings that were made before it have committed.
pub async fn remind(
    db: impl PgExecutor<'_>,
    imposed_now: Option<Instant>,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        WITH now AS MATERIALIZED (
            SELECT COALESCE($1, clock_timestamp()) AS at
        ), soon AS MATERIALIZED (
            SELECT event_id, starts_at, reminded_for FROM events
            WHERE starts_at > (SELECT at FROM now)
              AND starts_at <= (SELECT at FROM now) + interval '23 hours 59 minutes'
              AND COALESCE(starts_at >= reminded_for + interval '12 hours', true)
              AND state IN ('on_sale', 'paused', 'closed')
            ORDER BY starts_at LIMIT 1
        ), told AS (
            INSERT INTO outbox (event_id, message_id, kind, subject_id, body, created_at)
            SELECT booking.event_id, delivery_id_of(booking_id,
                    concat_ws(' ', 'event.reminder', extract(epoch FROM reminded_for)), booking_id),
                'event.reminder', booking_id,
                jsonb_build_object('booking_id', booking_id, 'starts_at', soon.starts_at), now.at
            FROM soon JOIN bookings AS booking USING (event_id) CROSS JOIN now
            WHERE booking.state <> 'cancelled'
              AND booking.confirmed_at < soon.starts_at - interval '24 hours'
            ON CONFLICT (event_id, message_id) DO NOTHING
            RETURNING message_id
        ), counted AS (
            SELECT count(*) AS n FROM told
        )
        UPDATE events AS event SET reminded_for = soon.starts_at
        FROM soon CROSS JOIN counted
        WHERE event.event_id = soon.event_id
        RETURNING n AS "n!"
        "#,
        imposed_now
    )
    .fetch_optional(db)
    .await
}

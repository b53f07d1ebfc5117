//! From messages to deliveries. No statement here reads into a body further than asking whether it
//! has a key, so that no message can keep the others from being derived. Messages are looked up one
//! by one (`LATERAL`, `LIMIT 1`): a planner that knows nothing of a young outbox would read all of
//! it.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::clock::Instant;

/// `pg_advisory_xact_lock` of whoever derives; any number that no event's lock is likely to be.
const DERIVATION_LOCK: i64 = 0x686f_6c64_6661_7374;

/// Messages about a booking or a waitlist entry, told by mail to its contact.
const TO_SUBJECT: [&str; 6] = [
    "booking.confirmed",
    "booking.cancelled",
    "event.reminder",
    "waitlist.joined",
    "waitlist.offered",
    "waitlist.lapsed",
];

/// Messages about an event, told by mail to the contacts of all its bookings, where they say what
/// was `before`.
const TO_BOOKINGS_OF_EVENT: &str = "event.changed";

/// The messages that a batch derives, as columns.
#[derive(Debug, Default)]
pub struct Taken {
    pub event_ids: Vec<Uuid>,
    pub message_ids: Vec<Uuid>,
    /// Whether one of them concerns every booking of an event: others may have been left for it.
    pub is_wide: bool,
}

/// Derives alone until the transaction ends, or answers that another process does: deliveries of
/// one subject must come to be in the order of its messages.
pub async fn lock_derivation(tx: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT pg_try_advisory_xact_lock($1) AS "is_locked!""#,
        DERIVATION_LOCK
    )
    .fetch_one(tx)
    .await
}

/// Takes the first messages that have not been derived, which are nobody else's while the
/// derivation is locked. A message is found by its state and not by its position, so that one which
/// commits late is found late, but found (F45). Of those that concern every booking of an event a
/// batch has one: a house is work enough for a transaction.
pub async fn take_messages(
    tx: &mut PgConnection,
    n_max: i64,
    imposed_now: Option<Instant>,
) -> Result<Taken, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        WITH first AS (
            SELECT event_id, message_id, kind, position FROM outbox
            WHERE derived_at IS NULL
            ORDER BY position LIMIT $1
        ), counted AS (
            SELECT event_id, message_id,
                count(*) FILTER (WHERE kind = $3) OVER (ORDER BY position) AS n_wide
            FROM first
        )
        UPDATE outbox SET derived_at = COALESCE($2, clock_timestamp())
        FROM counted
        WHERE outbox.event_id = counted.event_id AND outbox.message_id = counted.message_id
          AND n_wide <= 1
        RETURNING outbox.event_id, outbox.message_id, outbox.kind
        "#,
        n_max,
        imposed_now,
        TO_BOOKINGS_OF_EVENT
    )
    .fetch_all(tx)
    .await?;
    let is_wide = rows.iter().any(|row| row.kind == TO_BOOKINGS_OF_EVENT);
    let (event_ids, message_ids) = rows
        .into_iter()
        .map(|row| (row.event_id, row.message_id))
        .unzip();
    Ok(Taken {
        event_ids,
        message_ids,
        is_wide,
    })
}

/// One mail for each contact that a message concerns. Who booked after an event was changed knows
/// it only as it now is.
pub async fn derive_mails(
    tx: &mut PgConnection,
    taken: &Taken,
    imposed_now: Option<Instant>,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        WITH message AS (
            SELECT message.* FROM unnest($1::uuid[], $2::uuid[]) AS taken (event_id, message_id)
            CROSS JOIN LATERAL (SELECT * FROM outbox WHERE outbox.event_id = taken.event_id
                AND outbox.message_id = taken.message_id LIMIT 1) AS message
        ), recipient AS (
            SELECT event_id, message_id, position, created_at, subject_id AS recipient_id
            FROM message
            WHERE kind = ANY ($3)
            UNION ALL
            SELECT message.event_id, message_id, position, created_at, booking_id
            FROM message JOIN bookings AS booking ON booking.event_id = message.event_id
            WHERE kind = $4 AND body ? 'before'
              AND booking.state <> 'cancelled' AND booking.confirmed_at <= message.created_at
        )
        INSERT INTO deliveries (event_id, delivery_id, message_id, channel, recipient_id,
            subject_id, position, due_at)
        SELECT event_id, delivery_id_of(message_id, 'mail', recipient_id, created_at),
            message_id, 'mail', recipient_id, recipient_id, position,
            COALESCE($5, clock_timestamp())
        FROM recipient
        ON CONFLICT ON CONSTRAINT message_delivered_once_to_recipient DO NOTHING
        "#,
        &taken.event_ids,
        &taken.message_ids,
        &TO_SUBJECT.map(str::to_owned),
        TO_BOOKINGS_OF_EVENT,
        imposed_now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// What an endpoint's owner asks for to see it work; its subject is the endpoint.
const WEBHOOK_TEST: &str = "webhook.test";

/// One webhook for each enabled endpoint of the event's owner that asks for messages of that kind.
/// The endpoints are locked, so that none is deleted without its deliveries.
pub async fn derive_webhooks(
    tx: &mut PgConnection,
    taken: &Taken,
    imposed_now: Option<Instant>,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        INSERT INTO deliveries (event_id, delivery_id, message_id, channel, recipient_id,
            subject_id, position, due_at)
        SELECT message.event_id,
            delivery_id_of(message.message_id, 'webhook', endpoint_id, message.created_at),
            message.message_id, 'webhook', endpoint_id, subject_id, position,
            COALESCE($3, clock_timestamp())
        FROM unnest($1::uuid[], $2::uuid[]) AS taken (event_id, message_id)
        CROSS JOIN LATERAL (SELECT * FROM outbox WHERE outbox.event_id = taken.event_id
            AND outbox.message_id = taken.message_id LIMIT 1) AS message
        JOIN events AS event ON event.event_id = message.event_id
        JOIN webhook_endpoints AS endpoint ON endpoint.owner_id = event.owner_id
        WHERE endpoint.state = 'enabled' AND message.kind = ANY (endpoint.kinds)
        FOR KEY SHARE OF endpoint
        ON CONFLICT ON CONSTRAINT message_delivered_once_to_recipient DO NOTHING
        "#,
        &taken.event_ids,
        &taken.message_ids,
        imposed_now
    )
    .execute(&mut *tx)
    .await?;
    let tests = sqlx::query!(
        r#"
        INSERT INTO deliveries (event_id, delivery_id, message_id, channel, recipient_id,
            subject_id, position, due_at)
        SELECT message.event_id,
            delivery_id_of(message.message_id, 'webhook', endpoint_id, message.created_at),
            message.message_id, 'webhook', endpoint_id, subject_id, position,
            COALESCE($3, clock_timestamp())
        FROM unnest($1::uuid[], $2::uuid[]) AS taken (event_id, message_id)
        CROSS JOIN LATERAL (SELECT * FROM outbox WHERE outbox.event_id = taken.event_id
            AND outbox.message_id = taken.message_id LIMIT 1) AS message
        JOIN webhook_endpoints AS endpoint ON endpoint.endpoint_id = message.subject_id
        WHERE message.kind = $4
        FOR KEY SHARE OF endpoint
        ON CONFLICT ON CONSTRAINT message_delivered_once_to_recipient DO NOTHING
        "#,
        &taken.event_ids,
        &taken.message_ids,
        imposed_now,
        WEBHOOK_TEST
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() + tests.rows_affected())
}

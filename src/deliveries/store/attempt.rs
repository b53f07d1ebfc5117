//! Claiming what is due, and writing down what came of it.

use std::time::Duration;

use serde_json::Value;
use sqlx::PgExecutor;
use sqlx::postgres::types::PgInterval;
use tokio::time::Instant as Moment;
use uuid::Uuid;

use super::super::model::{Attempt, Claim, LEASE};
use crate::clock::Instant;
use crate::id::{DeliveryId, EventId, MessageId};

struct Row {
    event_id: Uuid,
    delivery_id: Uuid,
    message_id: Uuid,
    recipient_id: Uuid,
    subject_id: Uuid,
    position: i64,
    kind: String,
    body: Value,
    created_at: Instant,
    n_attempts: i32,
    n_attempts_before: i32,
    attempted_at: Instant,
}

impl Row {
    fn claim(self, claimed: Moment) -> Claim {
        Claim {
            event_id: EventId(self.event_id),
            delivery_id: DeliveryId(self.delivery_id),
            message_id: MessageId(self.message_id),
            recipient_id: self.recipient_id,
            subject_id: self.subject_id,
            position: self.position,
            kind: self.kind,
            body: self.body,
            happened_at: self.created_at,
            attempt: Attempt {
                n: self.n_attempts,
                n_counted: self.n_attempts - self.n_attempts_before,
                claimed,
                claimed_at: self.attempted_at,
            },
        }
    }
}

/// Claims mails that are due and first in their lanes, for as long as the lease; at most 64. That
/// number stands in the statement so that the planner, too, knows that they are few. Each rank is
/// asked for by itself: what is due of it lies side by side, before what is to be tried later.
pub async fn claim_mails(
    db: impl PgExecutor<'_>,
    n_max: i64,
    imposed_now: Option<Instant>,
) -> Result<Vec<Claim>, sqlx::Error> {
    let claimed = Moment::now();
    let rows = sqlx::query_as!(
        Row,
        r#"
        WITH now AS MATERIALIZED (
            SELECT COALESCE($2, clock_timestamp()) AS at
        ), first AS (
            SELECT * FROM (
                SELECT delivery.event_id, delivery.delivery_id, delivery.message_id
                FROM (VALUES (0::smallint), (1::smallint)) AS wanted (rank)
                CROSS JOIN LATERAL (
                    SELECT event_id, delivery_id, message_id FROM deliveries AS delivery
                    WHERE channel = 'mail' AND state = 'due' AND delivery.rank = wanted.rank
                      AND due_at <= (SELECT at FROM now)
                      AND NOT EXISTS (SELECT FROM deliveries AS earlier
                          WHERE earlier.recipient_id = delivery.recipient_id
                            AND earlier.subject_id = delivery.subject_id AND earlier.state = 'due'
                            AND earlier.channel = 'mail' AND earlier.position < delivery.position)
                    ORDER BY due_at LIMIT 64
                    FOR UPDATE SKIP LOCKED
                ) AS delivery
                LIMIT 64
            ) AS few LIMIT $1
        )
        UPDATE deliveries AS delivery
        SET n_attempts = n_attempts + 1, attempted_at = now.at, due_at = now.at + $3
        FROM now, first CROSS JOIN LATERAL (SELECT kind, body, created_at FROM outbox
            WHERE outbox.event_id = first.event_id AND outbox.message_id = first.message_id
            LIMIT 1) AS message
        WHERE delivery.event_id = first.event_id AND delivery.delivery_id = first.delivery_id
        RETURNING delivery.event_id, delivery.delivery_id, delivery.message_id,
            delivery.recipient_id, delivery.subject_id, delivery.position, message.kind,
            message.body, message.created_at, delivery.n_attempts, delivery.n_attempts_before,
            delivery.attempted_at AS "attempted_at!"
        "#,
        n_max,
        imposed_now,
        interval(LEASE)
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.claim(claimed)).collect())
}

/// Claims webhooks that are due and first in their lanes: of each endpoint a few, so that none
/// keeps the others waiting, and of one that has failed again and again a single one. Endpoints
/// that are disabled, paused or busy are passed over; the others come in any order, at most 64
/// deliveries in all.
pub async fn claim_webhooks(
    db: impl PgExecutor<'_>,
    limits: ClaimLimits,
    busy: &[Uuid],
    imposed_now: Option<Instant>,
) -> Result<Vec<Claim>, sqlx::Error> {
    let claimed = Moment::now();
    let rows = sqlx::query_as!(
        Row,
        r#"
        WITH now AS MATERIALIZED (
            SELECT COALESCE($2, clock_timestamp()) AS at
        ), first AS (
            SELECT * FROM (
                SELECT delivery.event_id, delivery.delivery_id, delivery.message_id
                FROM (SELECT endpoint_id, n_failures FROM webhook_endpoints
                    WHERE state = 'enabled' AND endpoint_id <> ALL ($6)
                      AND COALESCE(paused_until <= (SELECT at FROM now), true)
                    ORDER BY random()) AS endpoint
                CROSS JOIN LATERAL (
                    SELECT event_id, delivery_id, message_id FROM deliveries AS delivery
                    WHERE delivery.recipient_id = endpoint.endpoint_id
                      AND channel = 'webhook' AND delivery.state = 'due'
                      AND due_at <= (SELECT at FROM now)
                      AND NOT EXISTS (SELECT FROM deliveries AS earlier
                          WHERE earlier.recipient_id = delivery.recipient_id
                            AND earlier.subject_id = delivery.subject_id AND earlier.state = 'due'
                            AND earlier.channel = 'webhook'
                            AND earlier.position < delivery.position)
                    ORDER BY due_at
                    LIMIT CASE WHEN endpoint.n_failures >= $5 THEN 1 ELSE $4::bigint END
                    FOR UPDATE SKIP LOCKED
                ) AS delivery
                LIMIT 64
            ) AS few LIMIT $1
        )
        UPDATE deliveries AS delivery
        SET n_attempts = n_attempts + 1, attempted_at = now.at, due_at = now.at + $3
        FROM now, first CROSS JOIN LATERAL (SELECT kind, body, created_at FROM outbox
            WHERE outbox.event_id = first.event_id AND outbox.message_id = first.message_id
            LIMIT 1) AS message
        WHERE delivery.event_id = first.event_id AND delivery.delivery_id = first.delivery_id
        RETURNING delivery.event_id, delivery.delivery_id, delivery.message_id,
            delivery.recipient_id, delivery.subject_id, delivery.position, message.kind,
            message.body, message.created_at, delivery.n_attempts, delivery.n_attempts_before,
            delivery.attempted_at AS "attempted_at!"
        "#,
        limits.n_max,
        imposed_now,
        interval(LEASE),
        limits.n_of_endpoint_max,
        limits.n_failures_max,
        busy
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.claim(claimed)).collect())
}

/// How much is claimed at a time.
#[derive(Clone, Copy, Debug)]
pub struct ClaimLimits {
    pub n_max: i64,
    pub n_of_endpoint_max: i64,
    /// An endpoint that has failed so often in a row gets a single attempt.
    pub n_failures_max: i32,
}

/// What an attempt changes.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// `due`, `sent`, `dead` or `dropped`.
    pub state: &'a str,
    /// Where it stays due.
    pub due_in: Duration,
    pub answer: &'a str,
}

/// Writes down what came of an attempt, unless a later one has been claimed since.
pub async fn settle(
    db: impl PgExecutor<'_>,
    claim: &Claim,
    change: Change<'_>,
    imposed_now: Option<Instant>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        UPDATE deliveries
        SET state = $4, answer = $6, due_at = now.at + $5,
            settled_at = CASE WHEN $4 = 'due' THEN NULL ELSE now.at END
        FROM (SELECT COALESCE($7, clock_timestamp()) AS at) AS now
        WHERE event_id = $1 AND delivery_id = $2 AND n_attempts = $3 AND state = 'due'
        "#,
        claim.event_id.0,
        claim.delivery_id.0,
        claim.attempt.n,
        change.state,
        interval(change.due_in),
        change.answer,
        imposed_now
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

fn interval(duration: Duration) -> PgInterval {
    PgInterval {
        months: 0,
        days: 0,
        microseconds: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX),
    }
}

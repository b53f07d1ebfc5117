//! The outbox: what happened, written in the transaction in which it happened.
//!
//! Mails, webhooks and notifications are made from it afterwards, so that they are told of what
//! was committed and of nothing else. Confirms and cancels write their rows in statements of their
//! own; everybody else calls [`append`].

use serde_json::Value;
use sqlx::PgConnection;

use crate::clock::Instant;
use crate::id::{EventId, MessageId};

/// The job that makes mails, webhooks and notifications of messages.
pub const DERIVE_NUDGE: &str = "derive_deliveries";

/// Something that happened to a subject: a booking, an event, an entry.
pub struct Message<'a> {
    pub event_id: EventId,
    pub message_id: MessageId,
    /// Noun and participle, such as `event.opened`.
    pub kind: &'a str,
    pub subject_id: uuid::Uuid,
    pub body: Value,
}

/// Invariant: the transaction holds a lock on the subject's row, so that two messages of one
/// subject get their positions in the order in which they commit.
pub async fn append(
    tx: &mut PgConnection,
    message: &Message<'_>,
    imposed_now: Option<Instant>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        INSERT INTO outbox (event_id, message_id, kind, subject_id, body, created_at)
        VALUES ($1, $2, $3, $4, $5, COALESCE($6, clock_timestamp()))
        "#,
        message.event_id.0,
        message.message_id.0,
        message.kind,
        message.subject_id,
        message.body,
        imposed_now
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// As [`append`], of many that happened before, in the order given.
pub async fn append_all(
    tx: &mut PgConnection,
    messages: &[(Message<'_>, Instant)],
) -> Result<(), sqlx::Error> {
    let column = |of: fn(&Message<'_>) -> uuid::Uuid| -> Vec<_> {
        messages.iter().map(|(message, _)| of(message)).collect()
    };
    let kinds: Vec<_> = messages.iter().map(|(it, _)| it.kind.to_owned()).collect();
    let bodies: Vec<_> = messages.iter().map(|(it, _)| it.body.clone()).collect();
    let times: Vec<_> = messages.iter().map(|(_, at)| *at).collect();
    sqlx::query!(
        r#"
        INSERT INTO outbox (event_id, message_id, kind, subject_id, body, created_at)
        SELECT event_id, message_id, kind, subject_id, body, created_at
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::jsonb[],
            $6::timestamptz[]) WITH ORDINALITY
            AS message (event_id, message_id, kind, subject_id, body, created_at, n)
        ORDER BY n
        "#,
        &column(|it| it.event_id.0),
        &column(|it| it.message_id.0),
        &kinds,
        &column(|it| it.subject_id),
        &bodies,
        &times
    )
    .execute(tx)
    .await?;
    Ok(())
}

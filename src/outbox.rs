//! The outbox: what happened, written in the transaction in which it happened.
//!
//! Mails, webhooks and notifications are made from it afterwards, so that they are told of what
//! was committed and of nothing else. Confirms and cancels write their rows in statements of their
//! own; everybody else calls [`append`].

use serde_json::Value;
use sqlx::PgConnection;

use crate::clock::Instant;
use crate::id::{EventId, MessageId};

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

//! Reading deliveries, and making them due again.

use sqlx::PgExecutor;
use uuid::Uuid;

use super::super::model::{Delivery, DeliveryFilter, DeliveryState};
use crate::clock::Instant;
use crate::id::DeliveryId;
use crate::page::PageRequest;

/// A page of deliveries, newest first.
pub async fn list(
    db: impl PgExecutor<'_>,
    filter: DeliveryFilter,
    page: PageRequest,
) -> Result<Vec<Delivery>, sqlx::Error> {
    sqlx::query_as!(
        Delivery,
        r#"
        SELECT delivery_id AS "delivery_id: _", event_id AS "event_id: _",
            message_id AS "message_id: _", message.kind, channel, recipient_id,
            delivery.subject_id, delivery.state, n_attempts, due_at, attempted_at, settled_at,
            answer, message.created_at AS happened_at
        FROM deliveries AS delivery JOIN outbox AS message USING (event_id, message_id)
        WHERE ($1::uuid IS NULL OR recipient_id = $1)
          AND ($2::text IS NULL OR delivery.state = $2)
          AND ($3::uuid IS NULL OR delivery_id < $3)
        ORDER BY delivery_id DESC LIMIT $4
        "#,
        filter.recipient_id,
        filter.state.map(DeliveryState::as_str),
        page.after,
        page.n_rows()
    )
    .fetch_all(db)
    .await
}

/// Makes a settled delivery due at once, with all its attempts ahead of it; one that is due is left
/// as it is. With a recipient, only one of theirs; none whose endpoint is gone.
pub async fn send_again(
    db: impl PgExecutor<'_>,
    delivery_id: DeliveryId,
    recipient_id: Option<Uuid>,
    imposed_now: Option<Instant>,
) -> Result<Option<Delivery>, sqlx::Error> {
    sqlx::query_as!(
        Delivery,
        r#"
        UPDATE deliveries AS delivery
        SET state = 'due', settled_at = NULL,
            due_at = CASE WHEN delivery.state = 'due' THEN due_at
                          ELSE COALESCE($3, clock_timestamp()) END,
            n_attempts_before = CASE WHEN delivery.state = 'due' THEN n_attempts_before
                                     ELSE n_attempts END
        FROM outbox AS message
        WHERE delivery_id = $1 AND ($2::uuid IS NULL OR recipient_id = $2)
          AND (channel <> 'webhook' OR EXISTS (SELECT FROM webhook_endpoints AS endpoint
              WHERE endpoint.endpoint_id = recipient_id))
          AND message.event_id = delivery.event_id AND message.message_id = delivery.message_id
        RETURNING delivery_id AS "delivery_id: _", delivery.event_id AS "event_id: _",
            delivery.message_id AS "message_id: _", message.kind, channel, recipient_id,
            delivery.subject_id, delivery.state, n_attempts, due_at, attempted_at, settled_at,
            answer, message.created_at AS happened_at
        "#,
        delivery_id.0,
        recipient_id,
        imposed_now
    )
    .fetch_optional(db)
    .await
}

//! Deleting what nobody needs any more, in batches.

use sqlx::{PgConnection, PgExecutor};

/// What one process at a time deletes; by `pg_advisory_xact_lock` of these numbers.
#[derive(Clone, Copy)]
#[repr(i64)]
pub enum Pruned {
    Deliveries = 0x6f75_7462_6f78_2121,
    Messages,
    Notifications,
}

/// Prunes that alone until the transaction ends, or answers that another process does.
pub async fn lock_pruning(tx: &mut PgConnection, pruned: Pruned) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT pg_try_advisory_xact_lock($1) AS "is_locked!""#,
        pruned as i64
    )
    .fetch_one(tx)
    .await
}

/// Deletes a batch of messages older than 30 days with their deliveries; one that is still owed to
/// somebody, or lies as a dead letter, stays.
pub async fn delete_old_messages(db: impl PgExecutor<'_>, n_max: i64) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        r#"
        DELETE FROM outbox
        WHERE (event_id, message_id) IN (
            SELECT event_id, message_id FROM outbox AS message
            WHERE created_at < now() - interval '30 days' AND derived_at IS NOT NULL
              AND NOT EXISTS (SELECT FROM deliveries AS delivery
                  WHERE delivery.event_id = message.event_id
                    AND delivery.message_id = message.message_id
                    AND delivery.state IN ('due', 'dead'))
            LIMIT $1
        )
        "#,
        n_max
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}

/// As [`delete_old_messages`], of messages about holds, which are many: after 3 days.
pub async fn delete_old_hold_messages(
    db: impl PgExecutor<'_>,
    n_max: i64,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        r#"
        DELETE FROM outbox
        WHERE (event_id, message_id) IN (
            SELECT event_id, message_id FROM outbox AS message
            WHERE kind LIKE 'hold.%' AND created_at < now() - interval '3 days'
              AND derived_at IS NOT NULL
              AND NOT EXISTS (SELECT FROM deliveries AS delivery
                  WHERE delivery.event_id = message.event_id
                    AND delivery.message_id = message.message_id
                    AND delivery.state IN ('due', 'dead'))
            LIMIT $1
        )
        "#,
        n_max
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}

/// Deletes a batch of dead letters that nobody has sent anew for 90 days.
pub async fn delete_old_deliveries(
    db: impl PgExecutor<'_>,
    n_max: i64,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        r#"
        DELETE FROM deliveries
        WHERE (event_id, delivery_id) IN (
            SELECT event_id, delivery_id FROM deliveries
            WHERE state = 'dead' AND settled_at < now() - interval '90 days'
            LIMIT $1
        )
        "#,
        n_max
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}

/// Drops webhooks, which are all of rank 0, that nobody could attempt for 30 days: their endpoint
/// is gone, or disabled.
pub async fn drop_stranded_deliveries(
    db: impl PgExecutor<'_>,
    n_max: i64,
) -> Result<u64, sqlx::Error> {
    let dropped = sqlx::query!(
        r#"
        UPDATE deliveries
        SET state = 'dropped', answer = 'no endpoint for 30 days', settled_at = clock_timestamp()
        WHERE (event_id, delivery_id) IN (
            SELECT event_id, delivery_id FROM deliveries
            WHERE channel = 'webhook' AND rank = 0 AND state = 'due'
              AND due_at < now() - interval '30 days'
            LIMIT $1
        )
        "#,
        n_max
    )
    .execute(db)
    .await?;
    Ok(dropped.rows_affected())
}

/// Deletes a batch of notifications older than 90 days.
pub async fn delete_old_notifications(
    db: impl PgExecutor<'_>,
    n_max: i64,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        r#"
        DELETE FROM notifications
        WHERE (caller_id, notification_id, event_id) IN (
            SELECT caller_id, notification_id, event_id FROM notifications
            WHERE happened_at < now() - interval '90 days'
            LIMIT $1
        )
        "#,
        n_max
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}

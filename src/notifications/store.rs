//! Reading and marking; whose they are stands in every statement.

use sqlx::PgExecutor;
use uuid::Uuid;

use crate::clock::Instant;
use crate::id::{CallerId, EventId, NotificationId};
use crate::page::PageRequest;

pub struct Row {
    pub notification_id: NotificationId,
    pub event_id: EventId,
    pub event_name: String,
    pub kind: String,
    pub subject_id: Uuid,
    pub happened_at: Instant,
    pub read_at: Option<Instant>,
}

/// A caller's notifications, newest first.
pub async fn list(
    db: impl PgExecutor<'_>,
    caller_id: CallerId,
    page: PageRequest,
) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"
        SELECT notification_id, notification.event_id, event.name AS event_name, kind, subject_id,
            happened_at, read_at
        FROM notifications AS notification JOIN events AS event USING (event_id)
        WHERE caller_id = $1 AND ($2::uuid IS NULL OR notification_id < $2)
        ORDER BY notification_id DESC LIMIT $3
        "#,
        caller_id.0,
        page.after,
        page.n_rows()
    )
    .fetch_all(db)
    .await
}

pub async fn count_unread(
    db: impl PgExecutor<'_>,
    caller_id: CallerId,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "n!" FROM notifications WHERE caller_id = $1 AND read_at IS NULL
        "#,
        caller_id.0
    )
    .fetch_one(db)
    .await
}

/// Marks one as read; answers whether it is the caller's. One that was read stays as it is.
pub async fn mark_read(
    db: impl PgExecutor<'_>,
    caller_id: CallerId,
    notification_id: NotificationId,
    now: Instant,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        UPDATE notifications SET read_at = COALESCE(read_at, $3)
        WHERE caller_id = $1 AND notification_id = $2
        "#,
        caller_id.0,
        notification_id.0,
        now
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn mark_all_read(
    db: impl PgExecutor<'_>,
    caller_id: CallerId,
    now: Instant,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"UPDATE notifications SET read_at = $2 WHERE caller_id = $1 AND read_at IS NULL"#,
        caller_id.0,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

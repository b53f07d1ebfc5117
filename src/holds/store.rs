//! What PostgreSQL knows of holds: how far they have been told of. They live on the board.

use sqlx::{PgExecutor, PgPool};

use crate::board::{TOLD_KINDS, ToldPosition};
use crate::clock::Instant;
use crate::id::EventId;
use crate::outbox::{self, Message};
use uuid::Uuid;

/// An event of whose holds somebody is told, or was.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    pub event_id: EventId,
    pub board_epoch: i64,
    /// None before it is begun.
    pub stream_id: Option<Uuid>,
    /// The last entry taken.
    pub position: ToldPosition,
    pub is_wanted: bool,
}

/// Events whose owners have an endpoint that is told of holds, while they are on sale and for a day
/// after; and those that are told of, though nobody wants it any more.
pub async fn list_streams(db: impl PgExecutor<'_>) -> Result<Vec<Stream>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        WITH wanted AS (
            SELECT DISTINCT event.event_id FROM webhook_endpoints AS endpoint
            JOIN events AS event USING (owner_id)
            WHERE endpoint.state = 'enabled' AND endpoint.kinds && $1 AND event.board_epoch > 0
              AND (event.state IN ('on_sale', 'paused')
                   AND event.starts_at > now() - interval '2 days'
                   OR event.updated_at > now() - interval '1 day')
        )
        SELECT event_id AS "event_id!", board_epoch, COALESCE(stream.epoch, 0) AS "epoch!",
            COALESCE(stream.n, 0) AS "n!", stream.stream_id AS "stream_id?",
            wanted.event_id IS NOT NULL AS "is_wanted!"
        FROM wanted FULL JOIN hold_streams AS stream USING (event_id)
        JOIN events AS event USING (event_id)
        ORDER BY event_id
        "#,
        &TOLD_KINDS.map(str::to_owned)
    )
    .fetch_all(db)
    .await?;
    let streams = rows.into_iter().map(|row| Stream {
        event_id: EventId(row.event_id),
        board_epoch: row.board_epoch,
        stream_id: row.stream_id,
        position: ToldPosition {
            epoch: row.epoch,
            n: row.n,
        },
        is_wanted: row.is_wanted,
    });
    Ok(streams.collect())
}

/// Begins a stream; none where somebody else has.
pub async fn begin_stream(
    db: impl PgExecutor<'_>,
    event_id: EventId,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        INSERT INTO hold_streams (event_id) VALUES ($1) ON CONFLICT (event_id) DO NOTHING
        RETURNING stream_id
        "#,
        event_id.0
    )
    .fetch_optional(db)
    .await
}

pub async fn end_stream(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    stream_id: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"DELETE FROM hold_streams WHERE event_id = $1 AND stream_id = $2"#,
        event_id.0,
        stream_id
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What was read of a stream, as messages.
pub struct Taken {
    pub event_id: EventId,
    pub stream_id: Uuid,
    pub from: ToldPosition,
    pub to: ToldPosition,
    pub n_lost: i64,
    pub messages: Vec<(Message<'static>, Instant)>,
}

/// Moves a stream's position and writes the messages, both or neither; false where somebody else
/// has moved it since.
pub async fn take(db: &PgPool, taken: &Taken) -> Result<bool, sqlx::Error> {
    let mut tx = db.begin().await?;
    let moved = sqlx::query!(
        r#"
        UPDATE hold_streams SET epoch = $4, n = $5, n_lost = n_lost + $6
        WHERE event_id = $1 AND stream_id = $7 AND epoch = $2 AND n = $3
        "#,
        taken.event_id.0,
        taken.from.epoch,
        taken.from.n,
        taken.to.epoch,
        taken.to.n,
        taken.n_lost,
        taken.stream_id
    )
    .execute(&mut *tx)
    .await?;
    if moved.rows_affected() == 0 {
        return Ok(false);
    }
    outbox::append_all(&mut tx, &taken.messages).await?;
    tx.commit().await?;
    Ok(true)
}

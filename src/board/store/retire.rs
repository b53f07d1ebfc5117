//! Taking the boards of events that are over from Redis, which would keep them for ever.

use std::sync::LazyLock;

use fred::types::Value;
use fred::types::scripts::Script;

use super::super::error::BoardError;
use super::call::{key, now};
use crate::context::Context;
use crate::id::EventId;
use crate::redis;

static RETIRE_BOARD: LazyLock<Script> =
    LazyLock::new(|| Script::from_lua(include_str!("../../../lua/retire_board.lua")));

/// Limit: boards in one answer.
const OVER_MAX: usize = 100;

/// Boards, with their epochs, of events that began, or were cancelled, long enough ago that every
/// hold has ended and nothing is swept any more; not those that somebody has just had loaded. A
/// batch in the order of their ids, and behind which event the next one begins, if there is one.
pub async fn list_over(
    ctx: &Context,
    behind: Option<EventId>,
) -> Result<(Vec<(EventId, i64)>, Option<EventId>), BoardError> {
    let boards = sqlx::query!(
        r#"
        SELECT event_id, board_epoch FROM events
        WHERE board_epoch > board_retired AND board_mode = 'redis'
          AND ($1::uuid IS NULL OR event_id > $1)
          AND updated_at < now() - interval '2 days'
          AND (starts_at < now() - interval '2 days' OR state = 'cancelled')
          AND NOT EXISTS (SELECT FROM board_epochs AS loaded
              WHERE loaded.event_id = events.event_id AND loaded.epoch = board_epoch
                AND loaded.began_at > now() - interval '1 hour')
        ORDER BY event_id LIMIT $2
        "#,
        behind.map(|event_id| event_id.0),
        OVER_MAX as i64
    )
    .fetch_all(&ctx.db)
    .await?;
    let boards = boards.into_iter();
    let boards: Vec<_> = boards
        .map(|row| (EventId(row.event_id), row.board_epoch))
        .collect();
    let last = boards.get(OVER_MAX - 1).map(|(event_id, _)| *event_id);
    Ok((boards, last))
}

/// Takes the board from Redis, unless it has been loaded again since, or its event is on sale after
/// all. Of its epochs only the last one is remembered: each look at it may begin another.
pub async fn retire_board(
    ctx: &Context,
    event_id: EventId,
    epoch: i64,
) -> Result<bool, BoardError> {
    let nouns = ["seats", "holds", "deadlines", "holders", "meta", "told"];
    let keys = nouns.map(|noun| Value::from(key(event_id, noun)));
    let args = [now(ctx), Value::from(epoch)];
    let reply = redis::run(&ctx.redis, &RETIRE_BOARD, &keys, &args).await?;
    let status = reply.into_array().into_iter().next();
    if status.and_then(|status| status.as_string()).as_deref() != Some("retired") {
        return Ok(false);
    }
    sqlx::query!(
        r#"
        WITH retired AS (
            UPDATE events SET board_retired = $2 WHERE event_id = $1 AND board_retired < $2
        )
        DELETE FROM board_epochs AS past
        WHERE event_id = $1 AND epoch < $2
          AND NOT EXISTS (SELECT FROM fallback_boards AS rest
              WHERE rest.event_id = past.event_id AND rest.epoch = past.epoch)
        "#,
        event_id.0,
        epoch
    )
    .execute(&ctx.db)
    .await?;
    Ok(true)
}

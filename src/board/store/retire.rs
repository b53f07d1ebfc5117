//! Taking the boards of events that are over from Redis, which would keep them for ever.

use std::sync::LazyLock;

use fred::types::Value;
use fred::types::scripts::Script;

use super::super::error::BoardError;
use super::call::key;
use crate::context::Context;
use crate::id::EventId;
use crate::redis;

static RETIRE_BOARD: LazyLock<Script> =
    LazyLock::new(|| Script::from_lua(include_str!("../../../lua/retire_board.lua")));

/// Limit: boards in one answer.
const OVER_MAX: i64 = 100;

/// Boards, with their epochs, of events that began, or were cancelled, long enough ago that every
/// hold has ended and nothing is swept any more; not those that somebody has just had loaded.
pub async fn list_over(ctx: &Context) -> Result<Vec<(EventId, i64)>, BoardError> {
    let boards = sqlx::query!(
        r#"
        SELECT event_id, board_epoch FROM events
        WHERE board_epoch > board_retired AND board_mode = 'redis'
          AND updated_at < now() - interval '2 days'
          AND (starts_at < now() - interval '2 days' OR state = 'cancelled')
          AND NOT EXISTS (SELECT FROM board_epochs AS loaded
              WHERE loaded.event_id = events.event_id AND loaded.epoch = board_epoch
                AND loaded.began_at > now() - interval '1 hour')
        ORDER BY starts_at LIMIT $1
        "#,
        OVER_MAX
    )
    .fetch_all(&ctx.db)
    .await?;
    let boards = boards.into_iter();
    Ok(boards
        .map(|row| (EventId(row.event_id), row.board_epoch))
        .collect())
}

/// Takes the board from Redis, unless it has been loaded again since.
pub async fn retire_board(
    ctx: &Context,
    event_id: EventId,
    epoch: i64,
) -> Result<bool, BoardError> {
    let nouns = ["seats", "holds", "deadlines", "holders", "meta", "told"];
    let keys = nouns.map(|noun| Value::from(key(event_id, noun)));
    let reply = redis::run(&ctx.redis, &RETIRE_BOARD, &keys, &[Value::from(epoch)]).await?;
    let status = reply.into_array().into_iter().next();
    if status.and_then(|status| status.as_string()).as_deref() != Some("retired") {
        return Ok(false);
    }
    sqlx::query!(
        r#"UPDATE events SET board_retired = $2 WHERE event_id = $1 AND board_retired < $2"#,
        event_id.0,
        epoch
    )
    .execute(&ctx.db)
    .await?;
    Ok(true)
}

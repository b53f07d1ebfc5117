//! Who may load, compare or block a board alone, by advisory locks of PostgreSQL.

use sqlx::PgConnection;

use super::super::error::BoardError;
use crate::context::Context;
use crate::id::EventId;
use crate::postgres;

/// A connection that alone may load or repair the event's board, until it is closed.
pub async fn exclusively(ctx: &Context, event_id: EventId) -> Result<PgConnection, BoardError> {
    let mut connection = detached(ctx).await?;
    lock_board(&mut connection, event_id).await?;
    Ok(connection)
}

/// A connection that never goes back to the pool, for locks: they end with it, also when whoever
/// waits for one is gone.
pub async fn detached(ctx: &Context) -> Result<PgConnection, sqlx::Error> {
    Ok(ctx.db.acquire().await?.detach())
}

/// Lets nobody else load or repair the event's board until [`unlock_board`], or the connection's
/// end.
pub async fn lock_board(db: &mut PgConnection, event_id: EventId) -> Result<(), sqlx::Error> {
    lock(db, board_lock(event_id)).await
}

pub async fn unlock_board(db: &mut PgConnection, event_id: EventId) -> Result<(), sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT pg_advisory_unlock($1)"#, board_lock(event_id))
        .fetch_one(db)
        .await?;
    Ok(())
}

/// Not the lock that confirms share: that one is taken only for the moment of reading.
fn board_lock(event_id: EventId) -> i64 {
    postgres::event_lock(event_id) ^ 1
}

pub(super) async fn lock(db: &mut PgConnection, lock: i64) -> Result<(), sqlx::Error> {
    sqlx::query!(r#"SELECT pg_advisory_lock($1)"#, lock)
        .execute(db)
        .await?;
    Ok(())
}

/// Waits until no confirm or cancel of the event is under way, and lets none begin until the
/// transaction ends.
pub async fn lock_event(tx: &mut PgConnection, event_id: EventId) -> Result<(), sqlx::Error> {
    let lock = postgres::event_lock(event_id);
    sqlx::query!(r#"SELECT pg_advisory_xact_lock($1)"#, lock)
        .execute(tx)
        .await?;
    Ok(())
}

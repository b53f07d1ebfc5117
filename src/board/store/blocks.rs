//! Blocked seats in PostgreSQL, which is the authority on them.

use sqlx::PgExecutor;

use crate::clock::Instant;
use crate::id::{CallerId, EventId};
use crate::venues::SeatPlace;

/// Records seats as blocked; answers those that were not before.
pub async fn insert_blocks(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    seats: &[&SeatPlace],
    reason: &str,
    (blocked_by, blocked_at): (CallerId, Instant),
) -> Result<Vec<u32>, sqlx::Error> {
    let seat_ids: Vec<_> = seats.iter().map(|seat| seat.seat_id.0).collect();
    let indexes: Vec<_> = seats.iter().map(|seat| seat.index.cast_signed()).collect();
    let inserted = sqlx::query_scalar!(
        r#"
        INSERT INTO seat_blocks (event_id, seat_id, seat_index, reason, blocked_by, blocked_at)
        SELECT $1, seat_id, seat_index, $4, $5, $6
        FROM unnest($2::uuid[], $3::integer[]) AS seat (seat_id, seat_index)
        ORDER BY seat_index
        ON CONFLICT (event_id, seat_id) DO NOTHING
        RETURNING seat_index
        "#,
        event_id.0,
        &seat_ids,
        &indexes,
        reason,
        blocked_by.0,
        blocked_at
    )
    .fetch_all(db)
    .await?;
    Ok(inserted.into_iter().map(i32::cast_unsigned).collect())
}

pub async fn delete_blocks(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    seats: &[u32],
) -> Result<(), sqlx::Error> {
    let indexes: Vec<_> = seats.iter().map(|index| index.cast_signed()).collect();
    sqlx::query!(
        r#"DELETE FROM seat_blocks WHERE event_id = $1 AND seat_index = ANY ($2)"#,
        event_id.0,
        &indexes
    )
    .execute(db)
    .await?;
    Ok(())
}

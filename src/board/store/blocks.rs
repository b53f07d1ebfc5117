//! Blocked seats in PostgreSQL, which is the authority on them.

use sqlx::{Connection, PgConnection};

use crate::clock::Instant;
use crate::id::{CallerId, EventId};
use crate::postgres;
use crate::venues::SeatPlace;

/// Blocks are written, as bookings are, at no time between the two looks of whoever compares the
/// board with PostgreSQL, or one that is new would look like one that was lifted.
async fn wait_for_turn(tx: &mut PgConnection, event_id: EventId) -> Result<(), sqlx::Error> {
    let lock = postgres::event_lock(event_id);
    sqlx::query!(r#"SELECT pg_advisory_xact_lock_shared($1)"#, lock)
        .execute(tx)
        .await?;
    Ok(())
}

/// Records seats as blocked, with a message where some were not before; answers those.
pub async fn insert_blocks(
    db: &mut PgConnection,
    event_id: EventId,
    seats: &[&SeatPlace],
    reason: &str,
    (blocked_by, blocked_at): (CallerId, Instant),
) -> Result<Vec<u32>, sqlx::Error> {
    let seat_ids: Vec<_> = seats.iter().map(|seat| seat.seat_id.0).collect();
    let indexes: Vec<_> = seats.iter().map(|seat| seat.index.cast_signed()).collect();
    let mut tx = db.begin().await?;
    wait_for_turn(&mut tx, event_id).await?;
    let inserted = sqlx::query_scalar!(
        r#"
        WITH blocked AS (
            INSERT INTO seat_blocks (event_id, seat_id, seat_index, reason, blocked_by, blocked_at)
            SELECT $1, seat_id, seat_index, $4, $5, $6
            FROM unnest($2::uuid[], $3::integer[]) AS seat (seat_id, seat_index)
            ORDER BY seat_index
            ON CONFLICT (event_id, seat_id) DO NOTHING
            RETURNING seat_index
        ), told AS (
            INSERT INTO outbox (event_id, message_id, kind, subject_id, body, created_at)
            SELECT $1, gen_random_uuid(), 'seats.blocked', $1, '{}', $6
            WHERE EXISTS (SELECT FROM blocked)
        )
        SELECT seat_index FROM blocked
        "#,
        event_id.0,
        &seat_ids,
        &indexes,
        reason,
        blocked_by.0,
        blocked_at
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(inserted.into_iter().map(i32::cast_unsigned).collect())
}

/// Records seats as not blocked any more, with a message where some were.
pub async fn delete_blocks(
    db: &mut PgConnection,
    event_id: EventId,
    seats: &[u32],
) -> Result<(), sqlx::Error> {
    let indexes: Vec<_> = seats.iter().map(|index| index.cast_signed()).collect();
    let mut tx = db.begin().await?;
    wait_for_turn(&mut tx, event_id).await?;
    sqlx::query!(
        r#"
        WITH unblocked AS (
            DELETE FROM seat_blocks WHERE event_id = $1 AND seat_index = ANY ($2)
            RETURNING seat_index
        )
        INSERT INTO outbox (event_id, message_id, kind, subject_id, body)
        SELECT $1, gen_random_uuid(), 'seats.unblocked', $1, '{}'
        WHERE EXISTS (SELECT FROM unblocked)
        "#,
        event_id.0,
        &indexes
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

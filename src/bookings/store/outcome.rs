//! What became of holds: read by writing, and ended by the reconciler.

use sqlx::PgExecutor;

use crate::clock::Instant;
use crate::id::{BookingId, EventId, HoldId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Confirmed(BookingId),
    Expired,
}

/// The outcome of a hold, if it has one. Writes to the row: an acknowledgement from a read alone
/// could be of a booking that a synchronous standby does not have yet (F12).
pub async fn repeat(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    hold_id: HoldId,
) -> Result<Option<Outcome>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        UPDATE hold_outcomes SET n_repeats = n_repeats + 1
        WHERE event_id = $1 AND hold_id = $2
        RETURNING booking_id
        "#,
        event_id.0,
        hold_id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| match row.booking_id {
        Some(booking_id) => Outcome::Confirmed(BookingId(booking_id)),
        None => Outcome::Expired,
    }))
}

/// Ends a hold as expired, unless it has become a booking; answers what it has become.
pub async fn expire(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    hold_id: HoldId,
    imposed_now: Option<Instant>,
) -> Result<Outcome, sqlx::Error> {
    let booking_id = sqlx::query_scalar!(
        r#"
        INSERT INTO hold_outcomes AS known (event_id, hold_id, outcome, ended_at)
        VALUES ($1, $2, 'expired', COALESCE($3, clock_timestamp()))
        ON CONFLICT ON CONSTRAINT hold_ends_once DO UPDATE SET n_repeats = known.n_repeats + 1
        RETURNING booking_id
        "#,
        event_id.0,
        hold_id.0,
        imposed_now
    )
    .fetch_one(db)
    .await?;
    Ok(booking_id.map_or(Outcome::Expired, |id| Outcome::Confirmed(BookingId(id))))
}

//! What an event's owner sees besides entries: live offers, and how many people want how many
//! seats.

use std::collections::HashMap;

use chrono::TimeDelta;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::super::model::EntryState;
use crate::clock::Instant;
use crate::id::{EventId, HoldId};

#[derive(Clone, Debug)]
pub struct LiveOffer {
    pub hold_id: HoldId,
    /// Indexes, in order.
    pub seats: Vec<u32>,
    pub offered_at: Instant,
    pub expires_at: Instant,
    /// Until then, by PostgreSQL's clock.
    pub left: TimeDelta,
}

/// How many people are in one state, and how many seats they want altogether.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    pub n_people: i64,
    pub n_seats: i64,
}

/// Those of the holds that are live offers.
pub async fn find_live_offers(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    holds: &[HoldId],
    imposed_now: Option<Instant>,
) -> Result<HashMap<HoldId, LiveOffer>, sqlx::Error> {
    let holds: Vec<Uuid> = holds.iter().map(|hold_id| hold_id.0).collect();
    let rows = sqlx::query!(
        r#"
        SELECT hold_id, seats, offered_at, expires_at, COALESCE($3, clock_timestamp()) AS "now!"
        FROM waitlist_offers
        WHERE event_id = $1 AND hold_id = ANY($2) AND state = 'live'
        "#,
        event_id.0,
        &holds,
        imposed_now
    )
    .fetch_all(db)
    .await?;
    let offers = rows.into_iter().map(|row| LiveOffer {
        hold_id: HoldId(row.hold_id),
        seats: row.seats.into_iter().map(i32::cast_unsigned).collect(),
        offered_at: row.offered_at,
        expires_at: row.expires_at,
        left: row.expires_at - row.now,
    });
    Ok(offers.map(|offer| (offer.hold_id, offer)).collect())
}

/// Live entries by their state.
pub async fn count_by_state(
    db: impl PgExecutor<'_>,
    event_id: EventId,
) -> Result<Vec<(EntryState, Demand)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        SELECT state AS "state: EntryState", count(*) AS "n_people!", sum(quantity) AS "n_seats!"
        FROM waitlist_entries
        WHERE event_id = $1 AND state IN ('unverified', 'waiting', 'offered')
        GROUP BY state
        "#,
        event_id.0
    )
    .fetch_all(db)
    .await?;
    let demands = rows.into_iter().map(|row| {
        let (n_people, n_seats) = (row.n_people, row.n_seats);
        (row.state, Demand { n_people, n_seats })
    });
    Ok(demands.collect())
}

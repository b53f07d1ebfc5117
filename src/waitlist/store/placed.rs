//! What the board says of live offers: that it has their holds, and what their people have changed.

use sqlx::PgExecutor;

use crate::clock::Instant;
use crate::id::{EventId, HoldId, MessageId};

/// A hold that the board has placed for an offer.
#[derive(Clone, Copy, Debug)]
pub struct PlacedOffer {
    pub hold_id: HoldId,
    pub message_id: MessageId,
    pub expires_at: Instant,
}

/// Takes note that the board has the holds, and tells their people, once. Answers which of them are
/// live offers no more: as their rows are once they are locked, since somebody may end one while
/// this statement waits for it.
pub async fn mark_placed(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    placed: &[PlacedOffer],
    imposed_now: Option<Instant>,
) -> Result<Vec<HoldId>, sqlx::Error> {
    let holds: Vec<_> = placed.iter().map(|one| one.hold_id.0).collect();
    let messages: Vec<_> = placed.iter().map(|one| one.message_id.0).collect();
    let deadlines: Vec<_> = placed.iter().map(|one| one.expires_at).collect();
    let ended = sqlx::query_scalar!(
        r#"
        WITH asked AS (
            SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[])
                AS t (hold_id, message_id, expires_at)
        ), locked AS (
            SELECT hold_id, state, placed_at FROM waitlist_offers
            WHERE event_id = $1 AND hold_id = ANY ($2)
            ORDER BY hold_id FOR UPDATE
        ), placed AS (
            UPDATE waitlist_offers AS offer
            SET placed_at = COALESCE($5, clock_timestamp()), expires_at = asked.expires_at
            FROM locked JOIN asked USING (hold_id)
            WHERE offer.event_id = $1 AND offer.hold_id = locked.hold_id
              AND locked.state = 'live' AND locked.placed_at IS NULL
            RETURNING offer.hold_id, offer.entry_id, offer.seats, offer.placed_at, offer.expires_at
        ), told AS (
            INSERT INTO outbox (event_id, message_id, kind, subject_id, body, created_at)
            SELECT $1, message_id, 'waitlist.offered', entry_id,
                jsonb_build_object('entry_id', entry_id, 'hold_id', hold_id, 'name', name,
                    'email', email, 'quantity', quantity, 'seats', placed.seats,
                    'expires_at', placed.expires_at), placed_at
            FROM placed JOIN asked USING (hold_id)
            JOIN waitlist_entries AS entry USING (entry_id)
            WHERE entry.event_id = $1
        )
        SELECT hold_id AS "hold_id!" FROM asked LEFT JOIN locked USING (hold_id)
        WHERE state IS DISTINCT FROM 'live'
        "#,
        event_id.0,
        &holds,
        &messages,
        &deadlines,
        imposed_now
    )
    .fetch_all(db)
    .await?;
    Ok(ended.into_iter().map(HoldId).collect())
}

/// Brings what PostgreSQL knows of a live offer in line with its hold, which its person may have
/// extended or taken seats out of. An offer only loses seats, and only gains time: whoever looked
/// long ago takes nothing back.
pub async fn sync_offer(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    hold_id: HoldId,
    held: &[u32],
    expires_at: Instant,
) -> Result<(), sqlx::Error> {
    let held: Vec<_> = held.iter().map(|index| index.cast_signed()).collect();
    sqlx::query!(
        r#"
        WITH synced AS (
            UPDATE waitlist_offers
            SET seats = ARRAY(SELECT seat FROM unnest(seats, amounts) AS t (seat, amount)
                    WHERE seat = ANY ($3) ORDER BY seat),
                amounts = ARRAY(SELECT amount FROM unnest(seats, amounts) AS t (seat, amount)
                    WHERE seat = ANY ($3) ORDER BY seat),
                expires_at = greatest(expires_at, $4)
            WHERE event_id = $1 AND hold_id = $2 AND state = 'live'
            RETURNING hold_id
        )
        DELETE FROM waitlist_offer_seats AS seat USING synced
        WHERE seat.event_id = $1 AND seat.hold_id = synced.hold_id
          AND NOT seat.seat_index = ANY ($3)
        "#,
        event_id.0,
        hold_id.0,
        &held,
        expires_at
    )
    .execute(db)
    .await?;
    Ok(())
}

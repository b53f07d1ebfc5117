//! Who was passed over, and who rests.

use chrono::TimeDelta;
use sqlx::PgExecutor;

use super::super::model::SkipReason;
use crate::clock::Instant;
use crate::id::{EntryId, EventId};

/// Counts those who were passed over; a reason is logged when it is another than the last one.
pub async fn record_skips(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    skipped: &[(EntryId, SkipReason)],
    imposed_now: Option<Instant>,
) -> Result<(), sqlx::Error> {
    let entries: Vec<_> = skipped.iter().map(|(entry_id, _)| entry_id.0).collect();
    let reasons: Vec<_> = skipped
        .iter()
        .map(|(_, reason)| reason.as_str().to_owned())
        .collect();
    sqlx::query!(
        r#"
        WITH locked AS (
            SELECT event_id FROM waitlists WHERE event_id = $1 FOR UPDATE
        ), skipped AS (
            SELECT t.* FROM unnest($2::uuid[], $3::text[]) AS t (entry_id, reason), locked
        ), logged AS (
            INSERT INTO waitlist_log (event_id, kind, entry_id, reason, logged_at)
            SELECT $1, 'skipped', entry_id, reason, COALESCE($4, clock_timestamp())
            FROM skipped JOIN waitlist_entries AS entry USING (entry_id)
            WHERE entry.event_id = $1 AND entry.state = 'waiting'
              AND entry.skip_reason IS DISTINCT FROM reason
        )
        UPDATE waitlist_entries AS entry SET n_skips = n_skips + 1, skip_reason = reason
        FROM skipped
        WHERE event_id = $1 AND entry.entry_id = skipped.entry_id AND state = 'waiting'
        "#,
        event_id.0,
        &entries,
        &reasons,
        imposed_now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Lets people rest whom the limit of seats per person has kept from an offer: the shortest time,
/// and twice as long each time, up to the longest.
pub async fn rest(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    entries: &[EntryId],
    [shortest, longest]: [TimeDelta; 2],
    imposed_now: Option<Instant>,
) -> Result<(), sqlx::Error> {
    let entries: Vec<_> = entries.iter().map(|entry_id| entry_id.0).collect();
    sqlx::query!(
        r#"
        WITH locked AS (
            SELECT event_id FROM waitlists WHERE event_id = $1 FOR UPDATE
        )
        UPDATE waitlist_entries AS entry SET n_limited = n_limited + 1,
            retry_at = COALESCE($5, clock_timestamp()) + interval '1 second'
                * least($3::bigint << least(n_limited, 20), $4::bigint)
        FROM locked
        WHERE entry.event_id = $1 AND entry_id = ANY ($2)
        "#,
        event_id.0,
        &entries,
        shortest.num_seconds(),
        longest.num_seconds(),
        imposed_now
    )
    .execute(db)
    .await?;
    Ok(())
}

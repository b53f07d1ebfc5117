//! Who was passed over, and who rests.

use sqlx::PgExecutor;

use super::super::model::SkipReason;
use crate::clock::Instant;
use crate::id::{EntryId, EventId};

/// Counts those who were passed over; a reason is logged when it is another than the last one.
pub async fn record_skips(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    skipped: &[(EntryId, SkipReason)],
    at: Instant,
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
            SELECT $1, 'skipped', entry_id, reason, $4
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
        at
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Lets somebody rest who could not be offered seats for a reason of their own.
pub async fn rest(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    entry_id: EntryId,
    retry_at: Instant,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"UPDATE waitlist_entries SET retry_at = $3 WHERE event_id = $1 AND entry_id = $2"#,
        event_id.0,
        entry_id.0,
        retry_at
    )
    .execute(db)
    .await?;
    Ok(())
}

//! The log of decisions, for the event's owner.

use sqlx::PgExecutor;
use uuid::Uuid;

use crate::bookings::Contact;
use crate::clock::Instant;
use crate::id::{CallerId, EntryId, EventId, HoldId};
use crate::page::PageRequest;

/// Limit: rows that one pruning deletes.
const PRUNED_AT_ONCE_MAX: i64 = 5_000;

/// A decision that is not about one entry's state.
pub struct NewLog<'a> {
    pub kind: &'a str,
    pub entry_id: Option<EntryId>,
    pub seats: &'a [u32],
    pub reason: Option<&'a str>,
}

#[derive(Debug)]
pub struct LogItem {
    pub log_id: i64,
    pub kind: String,
    pub entry_id: Option<EntryId>,
    /// The entry's.
    pub contact: Option<Contact>,
    pub hold_id: Option<HoldId>,
    pub seats: Vec<u32>,
    pub reason: Option<String>,
    pub actor_id: Option<CallerId>,
    pub logged_at: Instant,
}

impl LogItem {
    /// For cursors, which are UUIDs.
    pub fn cursor(&self) -> Uuid {
        Uuid::from_u64_pair(0, self.log_id.cast_unsigned())
    }
}

pub async fn insert_log(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    log: &NewLog<'_>,
    imposed_now: Option<Instant>,
) -> Result<(), sqlx::Error> {
    let seats: Vec<_> = log.seats.iter().map(|seat| seat.cast_signed()).collect();
    sqlx::query!(
        r#"
        INSERT INTO waitlist_log (event_id, kind, entry_id, seats, reason, logged_at)
        VALUES ($1, $2, $3, $4, $5, COALESCE($6, clock_timestamp()))
        "#,
        event_id.0,
        log.kind,
        log.entry_id.map(|entry_id| entry_id.0),
        &seats,
        log.reason,
        imposed_now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Which decisions; without an entry or a kind, all of them.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    pub entry_id: Option<EntryId>,
    pub kind: Option<String>,
}

/// A page, the newest first. Each filter has its index, and so its own part of the statement: the
/// plan of one for all would read the event's whole log in search of what is rare.
pub async fn list_log(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    filter: &LogFilter,
    page: PageRequest,
) -> Result<Vec<LogItem>, sqlx::Error> {
    let after = page.after.map(|after| after.as_u64_pair().1.cast_signed());
    let before = after.unwrap_or(i64::MAX);
    let rows = sqlx::query!(
        r#"
        WITH page AS (
            (SELECT * FROM waitlist_log
                WHERE $2::uuid IS NULL AND $4::text IS NULL AND event_id = $1 AND log_id < $3
                ORDER BY log_id DESC LIMIT $5)
            UNION ALL
            (SELECT * FROM waitlist_log
                WHERE $2::uuid IS NULL AND event_id = $1 AND kind = $4 AND log_id < $3
                ORDER BY log_id DESC LIMIT $5)
            UNION ALL
            (SELECT * FROM waitlist_log
                WHERE event_id = $1 AND entry_id = $2 AND log_id < $3
                  AND ($4::text IS NULL OR kind = $4)
                ORDER BY log_id DESC LIMIT $5)
        )
        SELECT log_id AS "log_id!", kind AS "kind!", entry_id, entry.name AS "name?",
            entry.email AS "email?", hold_id, seats, reason, actor_id,
            logged_at AS "logged_at!"
        FROM page LEFT JOIN waitlist_entries AS entry USING (event_id, entry_id)
        ORDER BY log_id DESC
        "#,
        event_id.0,
        filter.entry_id.map(|entry_id| entry_id.0),
        before,
        filter.kind.as_deref(),
        page.n_rows()
    )
    .fetch_all(db)
    .await?;
    let items = rows.into_iter().map(|row| LogItem {
        log_id: row.log_id,
        kind: row.kind,
        entry_id: row.entry_id.map(EntryId),
        contact: row
            .name
            .zip(row.email)
            .map(|(name, email)| Contact { name, email }),
        hold_id: row.hold_id.map(HoldId),
        seats: row
            .seats
            .unwrap_or_default()
            .into_iter()
            .map(i32::cast_unsigned)
            .collect(),
        reason: row.reason,
        actor_id: row.actor_id.map(CallerId),
        logged_at: row.logged_at,
    });
    Ok(items.collect())
}

/// Deletes a batch of decisions older than 90 days.
pub async fn prune(db: impl PgExecutor<'_>) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        r#"
        DELETE FROM waitlist_log
        WHERE (event_id, log_id) IN (
            SELECT event_id, log_id FROM waitlist_log
            WHERE logged_at < now() - interval '90 days' LIMIT $1
        )
        "#,
        PRUNED_AT_ONCE_MAX
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}

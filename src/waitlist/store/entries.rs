//! Entries: joining, the order of the queue, and what becomes of each.

use sqlx::PgExecutor;
use uuid::Uuid;

use super::super::model::{Entry, EntryState, Wish};
use crate::bookings::Contact;
use crate::clock::Instant;
use crate::id::{CallerId, EntryId, EventId, HoldId, MessageId};
use crate::page::PageRequest;

struct EntryRow {
    entry_id: Uuid,
    holder_id: Uuid,
    name: String,
    email: String,
    quantity: i32,
    is_together: bool,
    sections: Option<Vec<String>>,
    categories: Option<Vec<String>>,
    price_max: Option<i64>,
    state: EntryState,
    version: i32,
    priority: i32,
    joined_at: Instant,
    n_skips: i32,
    skip_reason: Option<String>,
    ended_at: Option<Instant>,
    hold_id: Option<Uuid>,
}

impl From<EntryRow> for Entry {
    fn from(row: EntryRow) -> Self {
        Self {
            entry_id: EntryId(row.entry_id),
            holder: CallerId(row.holder_id),
            contact: Contact {
                name: row.name,
                email: row.email,
            },
            wish: Wish {
                quantity: row.quantity.unsigned_abs(),
                is_together: row.is_together,
                sections: row.sections,
                categories: row.categories,
                price_max: row.price_max,
            },
            state: row.state,
            version: row.version,
            priority: row.priority,
            joined_at: row.joined_at,
            n_skips: row.n_skips,
            skip_reason: row.skip_reason,
            ended_at: row.ended_at,
            hold_id: row.hold_id.map(HoldId),
        }
    }
}

pub struct NewEntry<'a> {
    pub event_id: EventId,
    pub entry_id: EntryId,
    pub holder: CallerId,
    pub contact: &'a Contact,
    pub wish: &'a Wish,
    pub state: EntryState,
    pub message_id: MessageId,
    pub imposed_now: Option<Instant>,
}

/// Puts an entry at the end of the queue; none where the event does not sell now, or the queue is
/// full.
/// They are counted under the lock of the waitlist's row, so that there is never one too many.
///
/// # Errors
/// A violation of `waitlist_person_waits_once` or `waitlist_mail_waits_once`.
pub async fn insert(
    db: impl PgExecutor<'_>,
    new: &NewEntry<'_>,
) -> Result<Option<EntryId>, sqlx::Error> {
    let wish = new.wish;
    let entry_id = sqlx::query_scalar!(
        r#"
        WITH now AS MATERIALIZED (
            SELECT COALESCE($12, clock_timestamp()) AS at
        ), waitlist AS (
            INSERT INTO waitlists (event_id, version) VALUES ($1, 1)
            ON CONFLICT (event_id) DO UPDATE SET version = waitlists.version + 1
            RETURNING entries_max
        ), entry AS (
            INSERT INTO waitlist_entries (event_id, entry_id, holder_id, name, email, quantity,
                is_together, sections, categories, price_max, state, joined_at)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now.at
            FROM now, waitlist JOIN events AS event ON event.event_id = $1
            WHERE event.state IN ('on_sale', 'paused')
              AND COALESCE(event.sales_open_at <= now.at, true)
              AND LEAST(event.sales_close_at, event.starts_at) > now.at
              AND entries_max > count_waitlist_entries($1)
            RETURNING entry_id, joined_at
        ), logged AS (
            INSERT INTO waitlist_log (event_id, kind, entry_id, logged_at)
            SELECT $1, 'joined', entry_id, joined_at FROM entry
        ), told AS (
            INSERT INTO outbox (event_id, message_id, kind, subject_id, body, created_at)
            SELECT $1, $13, 'waitlist.joined', entry_id,
                jsonb_build_object('entry_id', entry_id, 'name', $4::text, 'email', $5::text,
                    'quantity', $6::integer, 'verification_required', $11 = 'unverified'), joined_at
            FROM entry
        )
        SELECT entry_id FROM entry
        "#,
        new.event_id.0,
        new.entry_id.0,
        new.holder.0,
        new.contact.name,
        new.contact.email,
        wish.quantity.cast_signed(),
        wish.is_together,
        wish.sections.as_deref(),
        wish.categories.as_deref(),
        wish.price_max,
        new.state.as_str(),
        new.imposed_now,
        new.message_id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(entry_id.map(EntryId))
}

/// Entries with their live or last offers, in the order of the queue.
pub async fn find_all(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    entry_ids: &[EntryId],
) -> Result<Vec<Entry>, sqlx::Error> {
    let ids: Vec<_> = entry_ids.iter().map(|entry_id| entry_id.0).collect();
    let rows = sqlx::query_as!(
        EntryRow,
        r#"
        SELECT entry_id, holder_id, name, email, quantity, is_together, sections, categories,
            price_max, entry.state AS "state: EntryState", version, priority, joined_at, n_skips,
            skip_reason, entry.ended_at, offer.hold_id AS "hold_id?"
        FROM waitlist_entries AS entry
        LEFT JOIN LATERAL (SELECT hold_id FROM waitlist_offers AS offer
            WHERE offer.event_id = $1 AND offer.entry_id = entry.entry_id
            ORDER BY (offer.state = 'live') DESC, offered_at DESC, hold_id DESC LIMIT 1)
            AS offer ON true
        WHERE event_id = $1 AND entry_id = ANY ($2)
        ORDER BY priority DESC, joined_at, entry_id
        "#,
        event_id.0,
        &ids
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Entry::from).collect())
}

pub async fn find(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    entry_id: EntryId,
) -> Result<Option<Entry>, sqlx::Error> {
    Ok(find_all(db, event_id, &[entry_id]).await?.pop())
}

/// Somebody's entry: the live one, or the last.
pub async fn find_newest(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    holder: CallerId,
) -> Result<Option<EntryId>, sqlx::Error> {
    let entry_id = sqlx::query_scalar!(
        r#"
        SELECT entry_id FROM waitlist_entries
        WHERE event_id = $1 AND holder_id = $2
        ORDER BY (state IN ('unverified', 'waiting', 'offered')) DESC, entry_id DESC LIMIT 1
        "#,
        event_id.0,
        holder.0
    )
    .fetch_optional(db)
    .await?;
    Ok(entry_id.map(EntryId))
}

/// Which entries; without a state or a mail address, those that are live.
#[derive(Clone, Debug, Default)]
pub struct EntryFilter {
    pub state: Option<EntryState>,
    pub email: Option<String>,
}

/// A page of entries, in the order of the queue.
pub async fn list(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    filter: &EntryFilter,
    page: PageRequest,
) -> Result<Vec<EntryId>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        r#"
        SELECT entry_id AS "entry_id!" FROM (
            SELECT * FROM waitlist_entries WHERE event_id = $1 AND lower(email) = lower($5)
            UNION ALL
            SELECT * FROM waitlist_entries WHERE event_id = $1 AND $5::text IS NULL
        ) AS entry
        WHERE CASE WHEN $2::text IS NOT NULL THEN entry.state = $2
                   ELSE $5::text IS NOT NULL
                     OR entry.state IN ('unverified', 'waiting', 'offered') END
          AND ($3::uuid IS NULL OR (-priority, joined_at, entry_id) > (
              SELECT -priority, joined_at, entry_id FROM waitlist_entries AS last
              WHERE last.event_id = $1 AND last.entry_id = $3))
        ORDER BY priority DESC, joined_at, entry_id LIMIT $4
        "#,
        event_id.0,
        filter.state.map(EntryState::as_str),
        page.after,
        page.n_rows(),
        filter.email.as_deref()
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(EntryId).collect())
}

/// How many are ahead of somebody in the queue.
pub async fn count_ahead(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    entry: &Entry,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "n_ahead!" FROM waitlist_entries
        WHERE event_id = $1 AND state = 'waiting'
          AND state IN ('unverified', 'waiting', 'offered')
          AND (-priority, joined_at, entry_id) < (-$2::integer, $3, $4)
        "#,
        event_id.0,
        entry.priority,
        entry.joined_at,
        entry.entry_id.0
    )
    .fetch_one(db)
    .await
}

/// Counts an entry in from now on; false where it is verified already, or has ended.
pub async fn verify(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    entry_id: EntryId,
    imposed_now: Option<Instant>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        WITH raised AS (
            UPDATE waitlists SET version = version + 1 WHERE event_id = $1 RETURNING version
        ), verified AS (
            UPDATE waitlist_entries SET state = 'waiting'
            FROM raised
            WHERE event_id = $1 AND entry_id = $2 AND state = 'unverified'
            RETURNING entry_id
        )
        INSERT INTO waitlist_log (event_id, kind, entry_id, logged_at)
        SELECT $1, 'verified', entry_id, COALESCE($3, clock_timestamp()) FROM verified
        "#,
        event_id.0,
        entry_id.0,
        imposed_now
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes somebody out who is in one of those states and has no offer: `left`, or `removed` by an
/// owner with a reason, who has seen the entry's version. False where there is an offer by now, the
/// entry has ended, or its version is another one.
pub async fn take_out(
    db: impl PgExecutor<'_>,
    (event_id, entry_id): (EventId, EntryId),
    (from, state, version): (&[EntryState], EntryState, Option<i32>),
    (actor, reason): (Option<CallerId>, Option<&str>),
    imposed_now: Option<Instant>,
) -> Result<bool, sqlx::Error> {
    let from: Vec<_> = from.iter().map(|state| state.as_str().to_owned()).collect();
    let done = sqlx::query!(
        r#"
        WITH raised AS (
            UPDATE waitlists SET version = version + 1 WHERE event_id = $1 RETURNING version
        ), ended AS (
            UPDATE waitlist_entries AS entry
            SET state = $3, ended_at = COALESCE($6, clock_timestamp()),
                version = entry.version + ($8::integer IS NOT NULL)::integer
            FROM raised
            WHERE event_id = $1 AND entry_id = $2 AND state = ANY ($7)
              AND ($8::integer IS NULL OR entry.version = $8)
            RETURNING entry_id, ended_at
        )
        INSERT INTO waitlist_log (event_id, kind, entry_id, actor_id, reason, logged_at)
        SELECT $1, $3, entry_id, $4, $5, ended_at FROM ended
        "#,
        event_id.0,
        entry_id.0,
        state.as_str(),
        actor.map(|actor| actor.0),
        reason,
        imposed_now,
        &from,
        version
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a live entry of that version another priority; false where there is none.
pub async fn move_to(
    db: impl PgExecutor<'_>,
    (event_id, entry_id): (EventId, EntryId),
    (version, priority): (i32, i32),
    (actor, reason): (CallerId, &str),
    imposed_now: Option<Instant>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        WITH raised AS (
            UPDATE waitlists SET version = version + 1 WHERE event_id = $1 RETURNING version
        ), moved AS (
            UPDATE waitlist_entries AS entry SET priority = $3, version = entry.version + 1
            FROM raised
            WHERE event_id = $1 AND entry_id = $2 AND state IN ('unverified', 'waiting')
              AND entry.version = $7
            RETURNING entry_id
        )
        INSERT INTO waitlist_log (event_id, kind, entry_id, actor_id, reason, logged_at)
        SELECT $1, 'moved', entry_id, $4, $5, COALESCE($6, clock_timestamp()) FROM moved
        "#,
        event_id.0,
        entry_id.0,
        priority,
        actor.0,
        reason,
        imposed_now,
        version
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

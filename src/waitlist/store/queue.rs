//! The queue of an event as a whole: whether there is anything to do, and how many wait.

use std::collections::HashMap;

use chrono::TimeDelta;
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use super::super::model::{Policy, Queued, Terms, Wish};
use super::terms::TermsRow;
use crate::clock::Instant;
use crate::events::EventState;
use crate::id::{EntryId, EventId};

/// An event's waitlist, and what its rounds depend on, as of one moment.
#[derive(Debug)]
pub struct QueueNow {
    pub terms: Terms,
    pub version: i64,
    pub n_waiting: i64,
    /// Those who wait, those who have an offer, and those who are to verify their address.
    pub n_live: i64,
    pub event_state: EventState,
    pub opens_at: Option<Instant>,
    pub closes_at: Instant,
    pub time_zone: String,
    /// By PostgreSQL's clock.
    pub now: Instant,
}

/// How many wait as of a version.
#[derive(Clone, Copy, Debug)]
pub struct WaitCount {
    pub version: i64,
    pub n_waiting: i64,
}

/// Events with people waiting, or with kept seats that may still have to be let go.
pub async fn list_active_events(db: impl PgExecutor<'_>) -> Result<Vec<EventId>, sqlx::Error> {
    let events = sqlx::query_scalar!(
        r#"
        SELECT event_id FROM waitlists AS waitlist JOIN events AS event USING (event_id)
        WHERE waitlist.version <> waitlist.drained_version
           OR event.board_epoch <> waitlist.drained_epoch
        ORDER BY event_id
        "#
    )
    .fetch_all(db)
    .await?;
    Ok(events.into_iter().map(EventId).collect())
}

/// What time it is for PostgreSQL: this machine's clock may be wrong (F24).
pub async fn now(
    db: impl PgExecutor<'_>,
    imposed_now: Option<Instant>,
) -> Result<Instant, sqlx::Error> {
    let now = sqlx::query_scalar!(
        r#"SELECT COALESCE($1, clock_timestamp()) AS "now!""#,
        imposed_now
    );
    now.fetch_one(db).await
}

pub async fn queue(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    imposed_now: Option<Instant>,
) -> Result<Option<QueueNow>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        SELECT waitlist.version, waitlist.terms_version, waitlist.is_open,
            waitlist.policy AS "policy: Policy",
            waitlist.offer_ttl_seconds, waitlist.quantity_max, waitlist.entries_max,
            waitlist.skips_max, waitlist.waiting_max_seconds, waitlist.verification_required,
            waitlist.quiet_from, waitlist.quiet_until, event.state AS "event_state: EventState",
            event.sales_open_at, LEAST(event.sales_close_at, event.starts_at) AS "closes_at!",
            venue.time_zone, live.n_waiting AS "n_waiting!", live.n_live AS "n_live!",
            COALESCE($2, clock_timestamp()) AS "now!"
        FROM waitlists AS waitlist
        JOIN events AS event USING (event_id)
        JOIN venue_versions AS venue
          ON venue.venue_id = event.venue_id AND venue.version = event.venue_version,
        LATERAL (
            SELECT count(*) AS n_live, count(*) FILTER (WHERE entry.state = 'waiting') AS n_waiting
            FROM waitlist_entries AS entry
            WHERE entry.event_id = $1 AND entry.state IN ('unverified', 'waiting', 'offered')
        ) AS live
        WHERE waitlist.event_id = $1
        "#,
        event_id.0,
        imposed_now
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| QueueNow {
        terms: Terms::from(TermsRow {
            terms_version: row.terms_version,
            is_open: row.is_open,
            policy: row.policy,
            offer_ttl_seconds: row.offer_ttl_seconds,
            quantity_max: row.quantity_max,
            entries_max: row.entries_max,
            skips_max: row.skips_max,
            waiting_max_seconds: row.waiting_max_seconds,
            verification_required: row.verification_required,
            quiet_from: row.quiet_from,
            quiet_until: row.quiet_until,
        }),
        version: row.version,
        n_waiting: row.n_waiting,
        n_live: row.n_live,
        event_state: row.event_state,
        opens_at: row.sales_open_at,
        closes_at: row.closes_at,
        time_zone: row.time_zone,
        now: row.now,
    }))
}

/// How many wait. Version and count are of one snapshot, so two counts of one version are equal.
pub async fn count(db: impl PgExecutor<'_>, event_id: EventId) -> Result<WaitCount, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        SELECT version, (SELECT count(*) FROM waitlist_entries AS entry
            WHERE entry.event_id = $1 AND entry.state = 'waiting') AS "n_waiting!"
        FROM waitlists WHERE event_id = $1
        "#,
        event_id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map_or(
        WaitCount {
            version: 0,
            n_waiting: 0,
        },
        |row| WaitCount {
            version: row.version,
            n_waiting: row.n_waiting,
        },
    ))
}

/// Everybody who waits, in the order of the queue, and how many seats they have booked.
pub async fn list_waiting(
    db: &PgPool,
    event_id: EventId,
    n_max: i64,
) -> Result<Vec<Queued>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        SELECT entry_id, holder_id, quantity, is_together, sections, categories, price_max,
            joined_at, n_skips, retry_at
        FROM waitlist_entries
        WHERE event_id = $1 AND state = 'waiting'
          AND state IN ('unverified', 'waiting', 'offered')
        ORDER BY priority DESC, joined_at, entry_id LIMIT $2
        "#,
        event_id.0,
        n_max
    )
    .fetch_all(db)
    .await?;
    let holders: Vec<Uuid> = rows.iter().map(|row| row.holder_id).collect();
    let n_booked = count_booked(db, event_id, &holders).await?;
    let queued = rows.into_iter().map(|row| Queued {
        entry_id: EntryId(row.entry_id),
        wish: Wish {
            quantity: row.quantity.unsigned_abs(),
            is_together: row.is_together,
            sections: row.sections,
            categories: row.categories,
            price_max: row.price_max,
        },
        joined_at: row.joined_at,
        n_skips: row.n_skips,
        retry_at: row.retry_at,
        n_booked: n_booked.get(&row.holder_id).copied().unwrap_or_default(),
    });
    Ok(queued.collect())
}

/// How many seats of the event those people have booked, who have any. Not by a join with the
/// queue: as long as statistics do not know how long that is, one would go through all bookings for
/// each who waits; and the tables of bookings are each told the event, or all events' are read.
async fn count_booked(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    holders: &[Uuid],
) -> Result<HashMap<Uuid, i64>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        SELECT holder_id, count(*) AS "n_booked!"
        FROM bookings AS booking JOIN seat_bookings AS seat USING (booking_id)
        WHERE booking.event_id = $1 AND seat.event_id = $1 AND holder_id = ANY ($2)
        GROUP BY holder_id
        "#,
        event_id.0,
        holders
    )
    .fetch_all(db)
    .await?;
    let counts = rows.into_iter().map(|row| (row.holder_id, row.n_booked));
    Ok(counts.collect())
}

/// The seats of live offers, by index.
pub async fn list_offered_seats(
    db: impl PgExecutor<'_>,
    event_id: EventId,
) -> Result<Vec<u32>, sqlx::Error> {
    let seats = sqlx::query_scalar!(
        r#"SELECT seat_index FROM waitlist_offer_seats WHERE event_id = $1"#,
        event_id.0
    )
    .fetch_all(db)
    .await?;
    Ok(seats.into_iter().map(i32::cast_unsigned).collect())
}

/// Takes note that nobody is on the waitlist and no seat is kept, unless it changed meanwhile.
pub async fn mark_drained(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    version: i64,
    epoch: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        UPDATE waitlists SET drained_version = $2, drained_epoch = $3
        WHERE event_id = $1 AND version = $2
        "#,
        event_id.0,
        version,
        epoch
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether nobody is on the list, and every kept seat has been let go on the board of that epoch.
pub async fn is_drained(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    epoch: i64,
) -> Result<bool, sqlx::Error> {
    let is_drained = sqlx::query_scalar!(
        r#"
        SELECT version = drained_version AND drained_epoch = $2 AS "is_drained!"
        FROM waitlists WHERE event_id = $1
        "#,
        event_id.0,
        epoch
    )
    .fetch_optional(db)
    .await?;
    Ok(is_drained.unwrap_or(false))
}

/// Ends entries whose time is over, at most `n_max`: all of an event that sells no more, otherwise
/// those that were not verified in that time. Entries with an offer end with it. Where
/// somebody is to lapse, the event's row is locked, so that whoever puts off the end of the sale
/// comes before or after.
pub async fn lapse_entries(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    verification_max: TimeDelta,
    n_max: i64,
    imposed_now: Option<Instant>,
) -> Result<i64, sqlx::Error> {
    let lapsed: Vec<Uuid> = sqlx::query_scalar!(
        r#"
        WITH now AS MATERIALIZED (
            SELECT COALESCE($4, clock_timestamp()) AS at
        ), due AS (
            SELECT entry_id FROM waitlist_entries
            WHERE event_id = $1 AND state IN ('unverified', 'waiting')
              AND state IN ('unverified', 'waiting', 'offered')
              AND (SELECT state NOT IN ('on_sale', 'paused')
                       OR LEAST(sales_close_at, starts_at) <= (SELECT at FROM now)
                   FROM events WHERE event_id = $1)
            UNION ALL
            SELECT entry_id FROM waitlist_entries
            WHERE event_id = $1 AND state = 'unverified'
              AND joined_at < (SELECT at FROM now) - $2::bigint * interval '1 second'
            LIMIT $3
        ), event AS (
            SELECT CASE WHEN state = 'cancelled' THEN 'event_cancelled'
                WHEN state NOT IN ('on_sale', 'paused')
                    OR LEAST(sales_close_at, starts_at) <= (SELECT at FROM now) THEN 'sales_ended'
                END AS reason
            FROM events WHERE event_id = $1 AND EXISTS (SELECT FROM due)
            FOR SHARE
        ), raised AS (
            UPDATE waitlists SET version = version + 1
            WHERE event_id = $1 AND EXISTS (SELECT FROM event)
            RETURNING version
        ), lapsed AS (
            UPDATE waitlist_entries SET state = 'lapsed', ended_at = now.at
            FROM now, raised, event
            WHERE event_id = $1 AND entry_id IN (SELECT entry_id FROM due)
              AND (state = 'unverified' OR state = 'waiting' AND event.reason IS NOT NULL)
            RETURNING entry_id, name, email, quantity, ended_at,
                COALESCE(event.reason, 'not_verified') AS reason
        ), logged AS (
            INSERT INTO waitlist_log (event_id, kind, entry_id, reason, logged_at)
            SELECT $1, 'lapsed', entry_id, reason, ended_at FROM lapsed
        ), told AS (
            INSERT INTO outbox (event_id, message_id, kind, subject_id, body, created_at)
            SELECT $1, gen_random_uuid(), 'waitlist.lapsed', entry_id,
                jsonb_build_object('entry_id', entry_id, 'name', name, 'email', email,
                    'quantity', quantity, 'reason', reason), ended_at
            FROM lapsed
        )
        SELECT entry_id FROM lapsed
        "#,
        event_id.0,
        verification_max.num_seconds(),
        n_max,
        imposed_now
    )
    .fetch_all(db)
    .await?;
    Ok(i64::try_from(lapsed.len()).unwrap_or(i64::MAX))
}

//! How far the background audit has come, and what it has found.

use sqlx::{FromRow, PgConnection, PgExecutor};
use uuid::Uuid;

use super::super::model::Breach;
use crate::clock::Instant;
use crate::id::EventId;

/// How long after the beginning of a pass the next one begins.
const PASS_EVERY_SECONDS: f64 = 600.0;

/// A pass that this process, alone, goes on with.
#[derive(FromRow)]
pub struct Claimed {
    /// None at its beginning.
    pub last_event_id: Option<Uuid>,
    pub n_checks_done: i32,
}

/// Claims the pass that is under way or due, until the transaction ends; none where another
/// process has it, or none is due.
pub async fn claim(
    tx: &mut PgConnection,
    imposed_now: Option<Instant>,
) -> Result<Option<Claimed>, sqlx::Error> {
    let row: Option<(bool, bool)> = sqlx::query_as(
        "SELECT is_running, began_at + make_interval(secs => $2) <= coalesce($1, clock_timestamp())
         FROM audit_passes FOR UPDATE SKIP LOCKED",
    )
    .bind(imposed_now)
    .bind(PASS_EVERY_SECONDS)
    .fetch_optional(&mut *tx)
    .await?;
    match row {
        None | Some((false, false)) => return Ok(None),
        Some((true, _)) => {}
        Some((false, true)) => {
            sqlx::query(
                "UPDATE audit_passes SET began_at = coalesce($1, clock_timestamp()),
                     is_running = true, last_event_id = NULL, n_checks_done = 0",
            )
            .bind(imposed_now)
            .execute(&mut *tx)
            .await?;
        }
    }
    sqlx::query_as("SELECT last_event_id, n_checks_done FROM audit_passes")
        .fetch_optional(tx)
        .await
}

/// Notes how far the pass has come.
pub async fn move_on(
    tx: &mut PgConnection,
    event_id: Option<Uuid>,
    n_checks_done: i32,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE audit_passes SET last_event_id = $1, n_checks_done = $2")
        .bind(event_id)
        .bind(n_checks_done)
        .execute(tx)
        .await?;
    Ok(())
}

/// The pass has looked at everything.
pub async fn end_pass(
    tx: &mut PgConnection,
    imposed_now: Option<Instant>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE audit_passes
         SET is_running = false, last_finished_at = coalesce($1, clock_timestamp())",
    )
    .bind(imposed_now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Events in the order of their ids.
pub async fn list_events(
    db: impl PgExecutor<'_>,
    after: Option<Uuid>,
    n_max: i64,
) -> Result<Vec<EventId>, sqlx::Error> {
    let events: Vec<Uuid> = sqlx::query_scalar(
        "SELECT event_id FROM events WHERE $1::uuid IS NULL OR event_id > $1
         ORDER BY event_id LIMIT $2",
    )
    .bind(after)
    .bind(n_max)
    .fetch_all(db)
    .await?;
    Ok(events.into_iter().map(EventId).collect())
}

/// Replaces what a check had found of an event by what it finds now; answers what is new.
pub async fn record_findings(
    db: &mut PgConnection,
    (event_id, check_nth): (Uuid, i32),
    breaches: &[Breach],
    imposed_now: Option<Instant>,
) -> Result<Vec<(String, String)>, sqlx::Error> {
    let column = |of: fn(&Breach) -> &str| breaches.iter().map(of).collect::<Vec<_>>();
    let rules = column(|breach| breach.rule);
    let subjects = column(|breach| &breach.subject);
    sqlx::query(
        "DELETE FROM audit_findings WHERE event_id = $1 AND check_nth = $2
             AND (rule, subject) NOT IN (SELECT * FROM unnest($3::text[], $4::text[]))",
    )
    .bind(event_id)
    .bind(check_nth)
    .bind(&rules)
    .bind(&subjects)
    .execute(&mut *db)
    .await?;
    sqlx::query_as(
        "INSERT INTO audit_findings (event_id, check_nth, invariant, rule, subject, found_at)
         SELECT $1, $2, invariant, rule, subject, coalesce($6, clock_timestamp())
         FROM unnest($5::text[], $3::text[], $4::text[]) AS found (invariant, rule, subject)
         ON CONFLICT DO NOTHING
         RETURNING rule, subject",
    )
    .bind(event_id)
    .bind(check_nth)
    .bind(&rules)
    .bind(&subjects)
    .bind(column(|breach| breach.invariant))
    .bind(imposed_now)
    .fetch_all(db)
    .await
}

/// How many findings are open, by invariant.
pub async fn n_open(db: impl PgExecutor<'_>) -> Result<Vec<(String, i64)>, sqlx::Error> {
    sqlx::query_as("SELECT invariant, count(*) FROM audit_findings GROUP BY invariant")
        .fetch_all(db)
        .await
}

/// Seconds since the last pass came to its end; none before the first one has.
pub async fn pass_age(
    db: impl PgExecutor<'_>,
    imposed_now: Option<Instant>,
) -> Result<Option<f64>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT extract(epoch FROM coalesce($1, clock_timestamp()) - last_finished_at)::float8
         FROM audit_passes",
    )
    .bind(imposed_now)
    .fetch_one(db)
    .await
}

/// An event's epoch in PostgreSQL, and whether it is being sold.
pub async fn find_epoch(
    db: impl PgExecutor<'_>,
    event_id: EventId,
) -> Result<Option<(i64, bool)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT board_epoch, state IN ('on_sale', 'paused') FROM events WHERE event_id = $1",
    )
    .bind(event_id)
    .fetch_optional(db)
    .await
}

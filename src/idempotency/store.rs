//! All SQL about kept answers.

use std::time::Duration;

use sqlx::PgExecutor;

use crate::clock::Instant;
use crate::context::Context;
use crate::id::CallerId;
use crate::seal;

/// Limit: how long answers are kept, and how many one call of [`prune`] deletes.
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);
const PRUNED_AT_ONCE_MAX: i64 = 5_000;

/// One caller's use of one key.
pub(super) struct Slot {
    pub(super) caller_id: CallerId,
    pub(super) key: String,
    pub(super) request_hash: Vec<u8>,
}

impl Slot {
    /// What the answer of one run is sealed under; the next run has another lease.
    fn name(&self, lease_until: Instant) -> String {
        let (caller, lease) = (self.caller_id, lease_until.timestamp_micros());
        format!("kept answer {caller} {lease} {}", self.key)
    }
}

/// An answer as it is kept.
pub(super) struct Answer {
    pub(super) status: i16,
    pub(super) headers: serde_json::Value,
    pub(super) body: Vec<u8>,
}

pub(super) enum Begun {
    /// The slot is this request's own until then.
    Run {
        lease_until: Instant,
    },
    Answered(Answer),
    Running,
    Unusable(&'static str),
}

/// Takes the slot when it is new, or left by a run that died, or older than answers are kept.
pub(super) async fn begin(
    ctx: &Context,
    slot: &Slot,
    lease: Duration,
) -> Result<Begun, sqlx::Error> {
    let lease_until = sqlx::query_scalar!(
        r#"INSERT INTO idempotency_keys AS kept
               (caller_id, idempotency_key, request_hash, lease_until, created_at)
           SELECT $1, $2, $3, it.now + make_interval(secs => $5), it.now
           FROM (SELECT COALESCE($4, clock_timestamp()) AS now) AS it
           ON CONFLICT (caller_id, idempotency_key) DO UPDATE
           SET request_hash = EXCLUDED.request_hash, status = NULL, headers = NULL, body = NULL,
               lease_until = EXCLUDED.lease_until, created_at = EXCLUDED.created_at
           WHERE (kept.status IS NULL AND kept.lease_until <= EXCLUDED.created_at
                  AND kept.request_hash = EXCLUDED.request_hash)
              OR kept.created_at <= EXCLUDED.created_at - make_interval(secs => $6)
           RETURNING lease_until"#,
        slot.caller_id.0,
        slot.key,
        slot.request_hash,
        ctx.clock.imposed(),
        lease.as_secs_f64(),
        KEPT_FOR.as_secs_f64()
    )
    .fetch_optional(&ctx.db)
    .await?;
    match lease_until {
        Some(lease_until) => Ok(Begun::Run { lease_until }),
        None => look_up(ctx, slot).await,
    }
}

async fn look_up(ctx: &Context, slot: &Slot) -> Result<Begun, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT request_hash, status, headers, body, lease_until FROM idempotency_keys
           WHERE caller_id = $1 AND idempotency_key = $2"#,
        slot.caller_id.0,
        slot.key
    )
    .fetch_optional(&ctx.db)
    .await?;
    // A row that is gone by now was forgotten a moment ago: the client's next try will run.
    let Some(row) = row else {
        return Ok(Begun::Running);
    };
    if row.request_hash != slot.request_hash {
        let why = "The key belongs to a request with another method, path or body.";
        return Ok(Begun::Unusable(why));
    }
    let (Some(status), Some(headers), Some(body)) = (row.status, row.headers, row.body) else {
        return Ok(Begun::Running);
    };
    Ok(match seal::open(ctx, &slot.name(row.lease_until), body) {
        Some(body) => Begun::Answered(Answer {
            status,
            headers,
            body,
        }),
        None => Begun::Unusable("The answer that was kept can be read no more; use another key."),
    })
}

/// Invariant: only the run that holds the lease writes; a run that lost it changes nothing.
pub(super) async fn keep(
    ctx: &Context,
    slot: &Slot,
    lease_until: Instant,
    answer: Answer,
) -> Result<(), sqlx::Error> {
    let sealed = seal::seal(ctx, &slot.name(lease_until), answer.body);
    sqlx::query!(
        r#"UPDATE idempotency_keys SET status = $4, headers = $5, body = $6
           WHERE caller_id = $1 AND idempotency_key = $2 AND lease_until = $3 AND status IS NULL"#,
        slot.caller_id.0,
        slot.key,
        lease_until,
        answer.status,
        answer.headers,
        sealed
    )
    .execute(&ctx.db)
    .await
    .map(|_| ())
}

pub(super) async fn forget(
    db: impl PgExecutor<'_>,
    slot: &Slot,
    lease_until: Instant,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"DELETE FROM idempotency_keys
           WHERE caller_id = $1 AND idempotency_key = $2 AND lease_until = $3 AND status IS NULL"#,
        slot.caller_id.0,
        slot.key,
        lease_until
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Deletes a bounded number of answers that have been kept long enough; answers how many.
pub async fn prune(ctx: &Context) -> Result<u64, sqlx::Error> {
    let result = sqlx::query!(
        r#"DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
               SELECT ctid FROM idempotency_keys
               WHERE created_at <= COALESCE($1, clock_timestamp()) - make_interval(secs => $2)
               ORDER BY created_at LIMIT $3 FOR UPDATE SKIP LOCKED))"#,
        ctx.clock.imposed(),
        KEPT_FOR.as_secs_f64(),
        PRUNED_AT_ONCE_MAX
    )
    .execute(&ctx.db)
    .await?;
    Ok(result.rows_affected())
}

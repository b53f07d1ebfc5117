//! The audit in the background: a little at a time, by one process at a time.

use std::time::Duration;

use sqlx::Connection;
use tokio::time::Instant;
use uuid::Uuid;

use super::actions::{N_CHECKS, check_event, check_schema};
use super::model::{Breach, INVARIANTS};
use super::store;
use crate::context::Context;
use crate::id::EventId;
use crate::jobs::Progress;
use crate::waitlist::WaitlistError;

/// Limit: how long one step goes on beginning checks; the next one is seconds away.
const STEP_MAX: Duration = Duration::from_millis(500);

/// Goes on with the pass that is under way or due, and shows what is known. Findings are logged
/// when they are new.
pub async fn audit_in_background(ctx: &Context) -> Result<Progress, WaitlistError> {
    let mut connection = ctx.db.acquire().await?;
    // The row stays locked for the step: whoever else comes does nothing.
    let mut tx = connection.begin().await?;
    if let Some(claimed) = store::claim(&mut tx, ctx.clock.imposed()).await? {
        let mut at = At {
            event_id: claimed.last_event_id,
            n_done: usize::try_from(claimed.n_checks_done).unwrap_or_default(),
        };
        let began = Instant::now();
        let mut is_over = false;
        while !is_over && began.elapsed() < STEP_MAX {
            is_over = go_on(ctx, &mut at).await?;
        }
        let n_done = i32::try_from(at.n_done).unwrap_or_default();
        store::move_on(&mut tx, at.event_id, n_done).await?;
        if is_over {
            store::end_pass(&mut tx, ctx.clock.imposed()).await?;
        }
    }
    tx.commit().await?;
    drop(connection);
    show(ctx).await?;
    Ok(Progress::Idle)
}

/// Where a pass is: the event, none before the first, and how many of its checks are done.
struct At {
    event_id: Option<Uuid>,
    n_done: usize,
}

/// Makes the next check; true when there is none left.
async fn go_on(ctx: &Context, at: &mut At) -> Result<bool, WaitlistError> {
    let under_way = at.event_id.filter(|_| at.n_done < N_CHECKS);
    let event_id = match under_way {
        Some(event_id) => event_id,
        None => {
            if at.event_id.is_none() {
                let breaches = check_schema(ctx).await?;
                record(ctx, (Uuid::nil(), 0), &breaches).await?;
            }
            let next = store::list_events(&ctx.db, at.event_id, 1).await?;
            let Some(EventId(next)) = next.first().copied() else {
                return Ok(true);
            };
            at.event_id = Some(next);
            at.n_done = 0;
            next
        }
    };
    let nth = at.n_done;
    at.n_done += 1;
    match check_event(ctx, EventId(event_id), nth, false).await {
        Ok(breaches) => record(ctx, (event_id, nth), &breaches).await?,
        // One check that cannot be made does not keep the others.
        Err(error) => {
            metrics::counter!("holdfast_audit_checks_failed_total").increment(1);
            tracing::warn!(event.id = %event_id, cause = %error, "a check of the audit failed");
        }
    }
    Ok(false)
}

async fn record(
    ctx: &Context,
    (event_id, nth): (Uuid, usize),
    breaches: &[Breach],
) -> Result<(), sqlx::Error> {
    let which = (event_id, i32::try_from(nth).unwrap_or_default());
    let mut connection = ctx.db.acquire().await?;
    let new = store::record_findings(&mut connection, which, breaches, ctx.clock.imposed()).await?;
    for breach in breaches {
        let is_new =
            |(rule, subject): &(String, String)| *rule == breach.rule && *subject == breach.subject;
        if new.iter().any(is_new) {
            tracing::warn!(
                event.id = %event_id, invariant = breach.invariant, rule = breach.rule,
                subject = breach.subject, "an invariant is broken"
            );
        }
    }
    Ok(())
}

/// Every process shows the same: what is in PostgreSQL.
#[expect(clippy::cast_precision_loss, reason = "a few findings")]
async fn show(ctx: &Context) -> Result<(), sqlx::Error> {
    let open = store::n_open(&ctx.db).await?;
    for invariant in INVARIANTS {
        let n_open = open.iter().find(|(name, _)| name == invariant);
        let n_open = n_open.map_or(0, |(_, n)| *n);
        metrics::gauge!("holdfast_audit_open_findings", "invariant" => invariant)
            .set(n_open as f64);
    }
    // Before the first pass has ended there is no age to show.
    if let Some(age) = store::pass_age(&ctx.db, ctx.clock.imposed()).await? {
        metrics::gauge!("holdfast_audit_pass_age_seconds").set(age);
    }
    Ok(())
}

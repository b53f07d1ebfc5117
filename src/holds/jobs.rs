//! Sweeping lapsed holds, for the map and the waitlist; correctness does not wait for it.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::error::HoldError;
use crate::board;
use crate::context::Context;
use crate::id::{EventId, HoldId};
use crate::jobs::Progress;

/// The events to sweep, as last read: holds lapse while PostgreSQL is away, too.
#[derive(Default)]
struct LiveEvents(Mutex<Vec<EventId>>);

/// Confirming holds whose lease has passed, for the reconciler of confirms.
#[derive(Default)]
struct Overdue(Mutex<BTreeSet<(EventId, HoldId)>>);

/// Sweeps a batch of lapsed holds of every live event. An event that fails does not keep the
/// others.
pub async fn expire_due_holds(ctx: &Context) -> Result<Progress, HoldError> {
    let mut n_expired = 0;
    let mut is_more = false;
    let mut next_at = None;
    let mut failure = None;
    for event_id in live_events(ctx).await {
        match board::expire_holds(ctx, event_id).await {
            Ok(swept) => {
                n_expired += swept.expired.len() as u64;
                is_more |= swept.is_full();
                next_at = next_at.into_iter().chain(swept.next_at).min();
                let overdue = ctx.memory::<Overdue>();
                let mut overdue = overdue.0.lock().unwrap_or_else(PoisonError::into_inner);
                overdue.extend(swept.confirming.iter().map(|hold_id| (event_id, *hold_id)));
            }
            Err(error) => failure = Some(error),
        }
    }
    metrics::counter!("holdfast_holds_expired_total").increment(n_expired);
    match (failure, next_at) {
        (Some(error), _) => Err(error.into()),
        (None, _) if is_more => Ok(Progress::Worked(n_expired)),
        (None, Some(due)) => Ok(Progress::Until(due)),
        (None, None) => Ok(Progress::Idle),
    }
}

async fn live_events(ctx: &Context) -> Vec<EventId> {
    let known = ctx.memory::<LiveEvents>();
    if let Ok(events) = board::list_live_events(&ctx.db).await {
        known
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&events);
        return events;
    }
    known
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

/// Takes the confirming holds that sweeps have found past their lease.
pub fn take_overdue(ctx: &Context) -> Vec<(EventId, HoldId)> {
    let overdue = ctx.memory::<Overdue>();
    let mut overdue = overdue.0.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut *overdue).into_iter().collect()
}

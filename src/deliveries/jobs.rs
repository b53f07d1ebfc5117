//! Making deliveries of what happened, and deleting old ones.

use super::store::{self, Pruned};
use crate::context::Context;
use crate::jobs::Progress;

pub use crate::outbox::DERIVE_NUDGE as DERIVE_DELIVERIES;

/// The jobs that send what has been derived. They stand above, and would find it by themselves.
const SENDERS: [&str; 2] = ["send_mails", "send_webhooks"];

/// Limit: messages derived in one step. More than are written in a second: each step counts the
/// seats of all events that they are about.
const DERIVED_AT_ONCE_MAX: i64 = 10_000;

/// Makes the deliveries of messages that have none yet. One process does it at a time; the others
/// find nothing to do.
pub async fn derive_deliveries(ctx: &Context) -> Result<Progress, sqlx::Error> {
    let now = ctx.clock.imposed();
    let mut tx = ctx.db.begin().await?;
    if !store::lock_derivation(&mut tx).await? {
        return Ok(Progress::Idle);
    }
    let taken = store::take_messages(&mut tx, DERIVED_AT_ONCE_MAX, now).await?;
    if taken.len() == 0 {
        return Ok(Progress::Idle);
    }
    if ctx.config.mail.is_sent() {
        store::derive_mails(&mut tx, &taken, now).await?;
    }
    store::derive_webhooks(&mut tx, &taken, now).await?;
    store::derive_notifications(&mut tx, &taken).await?;
    let is_news = store::tell_sold_out(&mut tx, &taken, now).await?;
    tx.commit().await?;
    for sender in SENDERS {
        ctx.tasks.nudge(sender);
    }
    // What came meanwhile waits for the next turn: a step costs about the same for one message as
    // for many, and each counts the seats of its events.
    let n_taken = taken.len();
    let is_cut = taken.is_wide() || n_taken as i64 == DERIVED_AT_ONCE_MAX;
    Ok(if is_news || is_cut {
        Progress::Worked(n_taken as u64)
    } else {
        Progress::Idle
    })
}

/// Limit: rows that one statement deletes.
const PRUNED_AT_ONCE_MAX: i64 = 5_000;

/// Deletes dead letters and messages about holds that are older than anybody needs, and gives up
/// what can be sent nowhere. Indexes lead to all of them.
pub async fn prune_deliveries(ctx: &Context) -> Result<Progress, sqlx::Error> {
    let n_max = PRUNED_AT_ONCE_MAX;
    let mut tx = ctx.db.begin().await?;
    if !store::lock_pruning(&mut tx, Pruned::Deliveries).await? {
        return Ok(Progress::Idle);
    }
    let pruned = [
        store::drop_stranded_deliveries(&mut *tx, n_max).await?,
        store::delete_old_deliveries(&mut *tx, n_max).await?,
        store::delete_old_hold_messages(&mut *tx, n_max).await?,
    ];
    tx.commit().await?;
    Ok(progress_of(&pruned))
}

/// Deletes messages that are older than anybody needs. What is old lies among what is not, and is
/// found by reading all of it.
pub async fn prune_outbox(ctx: &Context) -> Result<Progress, sqlx::Error> {
    let mut tx = ctx.db.begin().await?;
    if !store::lock_pruning(&mut tx, Pruned::Messages).await? {
        return Ok(Progress::Idle);
    }
    let n_pruned = store::delete_old_messages(&mut *tx, PRUNED_AT_ONCE_MAX).await?;
    tx.commit().await?;
    Ok(progress_of(&[n_pruned]))
}

/// As [`prune_outbox`], of notifications: either may take longer than a statement may.
pub async fn prune_notifications(ctx: &Context) -> Result<Progress, sqlx::Error> {
    let mut tx = ctx.db.begin().await?;
    if !store::lock_pruning(&mut tx, Pruned::Notifications).await? {
        return Ok(Progress::Idle);
    }
    let n_pruned = store::delete_old_notifications(&mut *tx, PRUNED_AT_ONCE_MAX).await?;
    tx.commit().await?;
    Ok(progress_of(&[n_pruned]))
}

/// Another look at once is worth its cost only where there was more than a batch.
fn progress_of(pruned: &[u64]) -> Progress {
    if pruned.contains(&PRUNED_AT_ONCE_MAX.unsigned_abs()) {
        Progress::Worked(pruned.iter().sum())
    } else {
        Progress::Idle
    }
}

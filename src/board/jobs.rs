//! Keeping boards in step in the background.

use super::actions::{keep, reconcile};
use super::error::BoardError;
use super::store;
use crate::context::Context;
use crate::jobs::Progress;

/// Brings recently changed events to their boards; [`reconcile_boards`] finds what this one misses.
pub async fn keep_boards(ctx: &Context) -> Result<Progress, BoardError> {
    for event_id in store::list_changed_events(&ctx.db).await? {
        keep(ctx, event_id).await?;
    }
    Ok(Progress::Idle)
}

/// Compares every live board with PostgreSQL and mends the board.
pub async fn reconcile_boards(ctx: &Context) -> Result<Progress, BoardError> {
    for event_id in store::list_live_events(&ctx.db).await? {
        keep(ctx, event_id).await?;
        reconcile(ctx, event_id, true).await?;
    }
    Ok(Progress::Idle)
}

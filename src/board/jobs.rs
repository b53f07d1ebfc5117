//! Keeping boards in step in the background.

use super::actions::{keep, reconcile};
use super::error::BoardError;
use super::mode::{self, Wish};
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

/// Says that this instance lives, and whether it has Redis.
pub async fn beat(ctx: &Context) -> Result<Progress, BoardError> {
    let has_redis = store::reaches_redis(ctx).await;
    store::beat(ctx, has_redis).await?;
    Ok(Progress::Idle)
}

/// Learns which boards are in PostgreSQL; what is in Redis of a board that has left it is ended.
pub async fn follow_boards(ctx: &Context) -> Result<Progress, BoardError> {
    let news = store::learn(ctx).await?;
    for (event_id, epoch) in news.fallen_back {
        tracing::info!(event.id = %event_id, epoch, "board is in PostgreSQL");
        if let Err(error) = store::fence(ctx, event_id, epoch).await {
            tracing::debug!(event.id = %event_id, cause = %error, "Redis is not told");
        }
    }
    for event_id in news.gone_back {
        tracing::info!(event.id = %event_id, "board is in Redis");
    }
    Ok(Progress::Idle)
}

/// Takes the boards of the events on sale to PostgreSQL when an instance has lacked Redis for a
/// while, and back when all have had it. Any instance may; one does. An event that fails does not
/// keep the others.
pub async fn move_boards(ctx: &Context) -> Result<Progress, BoardError> {
    let instances = store::list_instances(ctx).await?;
    let settings = &ctx.config.fallback;
    let mut outcome = Ok(Progress::Idle);
    match mode::decide(&instances, settings.down_after, settings.back_after) {
        Wish::Stay => {}
        Wish::FallBack => {
            for event_id in store::list_in_redis(ctx).await? {
                let moved = store::fall_back(ctx, event_id).await;
                outcome = outcome.and(moved.map(|_| Progress::Idle));
            }
        }
        Wish::GoBack => {
            for event_id in store::list_in_postgres(ctx).await? {
                let moved = store::go_back(ctx, event_id).await;
                outcome = outcome.and(moved.map(|_| Progress::Idle));
            }
        }
    }
    outcome
}

//! Keeping boards in step in the background.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};

use super::actions::{keep, reconcile_with};
use super::error::BoardError;
use super::mode::{self, Wish};
use super::store::{self, News};
use crate::context::Context;
use crate::id::EventId;
use crate::jobs::Progress;

/// Versions of recently changed events that this process has brought to their boards.
#[derive(Default)]
struct Kept(Mutex<HashMap<EventId, i32>>);

/// Brings recently changed events to their boards; [`reconcile_boards`] finds what this one misses.
/// An event that fails does not keep the others.
pub async fn keep_boards(ctx: &Context) -> Result<Progress, BoardError> {
    let kept = ctx.memory::<Kept>();
    let lock = || kept.0.lock().unwrap_or_else(PoisonError::into_inner);
    let changed = store::list_changed_events(&ctx.db).await?;
    let before = std::mem::take(&mut *lock());
    let mut outcome = Ok(Progress::Idle);
    for (event_id, version) in changed {
        if before.get(&event_id) == Some(&version) {
            lock().insert(event_id, version);
            continue;
        }
        match keep(ctx, event_id).await {
            Ok(version) => {
                lock().insert(event_id, version);
            }
            Err(error) => outcome = outcome.and(Err(error)),
        }
    }
    outcome
}

/// Limit: how long one turn compares boards. A thousand take some seconds.
const RECONCILE_FOR: Duration = Duration::from_secs(45);

/// Where the last turn ended.
#[derive(Default)]
struct LastReconciled(Mutex<Option<EventId>>);

/// Compares live boards with PostgreSQL and mends them, beginning where the last turn ended: all of
/// them unless they are too many for one. An event that fails does not keep the others.
pub async fn reconcile_boards(ctx: &Context) -> Result<Progress, BoardError> {
    let began = Instant::now();
    let (stopping, last) = (ctx.tasks.stopping(), ctx.memory::<LastReconciled>());
    let lock = || last.0.lock().unwrap_or_else(PoisonError::into_inner);
    let events = store::list_live_events(&ctx.db).await?;
    let events = going_on_behind(*lock(), events);
    let mut connection = None;
    let mut outcome = store::clear_left(ctx).await.map(|()| Progress::Idle);
    for event_id in events {
        if stopping.is_cancelled() || began.elapsed() > RECONCILE_FOR {
            break;
        }
        *lock() = Some(event_id);
        let compared = compare(ctx, &mut connection, event_id).await;
        outcome = outcome.and(compared.map(|()| Progress::Idle));
    }
    if let Some(connection) = connection {
        connection.close().await?;
    }
    outcome
}

/// In the order of their ids, beginning behind one.
fn going_on_behind(last: Option<EventId>, mut events: Vec<EventId>) -> Vec<EventId> {
    events.sort_unstable();
    let n_done = events.partition_point(|event_id| Some(*event_id) <= last);
    events.rotate_left(n_done);
    events
}

/// The connection is left behind where all went well: to make one for each board would cost more
/// than to compare it.
async fn compare(
    ctx: &Context,
    kept: &mut Option<PgConnection>,
    event_id: EventId,
) -> Result<(), BoardError> {
    keep(ctx, event_id).await?;
    let mut connection = match kept.take() {
        Some(connection) => connection,
        None => store::detached(ctx).await?,
    };
    reconcile_with(ctx, &mut connection, event_id, true).await?;
    *kept = Some(connection);
    Ok(())
}

/// Says that this instance lives, and whether it has Redis.
pub async fn beat(ctx: &Context) -> Result<Progress, BoardError> {
    let has_redis = store::reaches_redis(ctx).await;
    store::beat(ctx, has_redis).await?;
    if has_redis && store::lacks_redis(ctx) {
        // Others may have moved boards meanwhile; from now on they know that this one has Redis.
        let news = store::learn(ctx).await?;
        store::regain_redis(ctx);
        tell(ctx, news).await;
    }
    Ok(Progress::Idle)
}

/// Learns which boards are in PostgreSQL; what is in Redis of a board that has left it is ended.
pub async fn follow_boards(ctx: &Context) -> Result<Progress, BoardError> {
    let news = store::learn(ctx).await?;
    tell(ctx, news).await;
    Ok(Progress::Idle)
}

async fn tell(ctx: &Context, news: News) {
    for (event_id, epoch) in news.fallen_back {
        tracing::info!(event.id = %event_id, epoch, "board is in PostgreSQL");
        if let Err(error) = store::fence(ctx, event_id, epoch).await {
            tracing::debug!(event.id = %event_id, cause = %error, "Redis is not told");
        }
    }
    for event_id in news.gone_back {
        tracing::info!(event.id = %event_id, "board is in Redis");
    }
}

/// Takes the boards of the events on sale to PostgreSQL when an instance has lacked Redis for a
/// while, and back when all have had it. Any instance may; one does. An event that fails does not
/// keep the others.
pub async fn move_boards(ctx: &Context) -> Result<Progress, BoardError> {
    let mut outcome = Ok(Progress::Idle);
    let (events, wish) = match wish(ctx).await? {
        Wish::Stay => return outcome,
        wish @ Wish::FallBack => (store::list_in_redis(ctx).await?, wish),
        wish @ Wish::GoBack => (store::list_in_postgres(ctx).await?, wish),
    };
    for event_id in events {
        // There may be thousands, and somebody may have found Redis meanwhile.
        let moved = match self::wish(ctx).await? {
            now if now != wish => break,
            Wish::FallBack => store::fall_back(ctx, event_id).await,
            _ => store::go_back(ctx, event_id).await,
        };
        outcome = outcome.and(moved.map(|_| Progress::Idle));
    }
    outcome
}

/// Where the last turn ended.
#[derive(Default)]
struct LastRetired(Mutex<Option<EventId>>);

/// Takes boards of events that are over from Redis, a batch at a time, beginning where the last
/// turn ended. One that fails does not keep the others.
pub async fn retire_boards(ctx: &Context) -> Result<Progress, BoardError> {
    let last = ctx.memory::<LastRetired>();
    let lock = || last.0.lock().unwrap_or_else(PoisonError::into_inner);
    let behind = *lock();
    let (boards, next) = store::list_over(ctx, behind).await?;
    *lock() = next;
    let (mut n_retired, mut outcome) = (0, Ok(()));
    for (event_id, epoch) in boards {
        match store::retire_board(ctx, event_id, epoch).await {
            Ok(is_retired) => n_retired += u64::from(is_retired),
            Err(error) => outcome = outcome.and(Err(error)),
        }
    }
    if n_retired > 0 {
        tracing::info!(boards = n_retired, "boards of past events left Redis");
    }
    outcome.map(|()| Progress::of(n_retired))
}

async fn wish(ctx: &Context) -> Result<Wish, BoardError> {
    let instances = store::list_instances(ctx).await?;
    let settings = &ctx.config.fallback;
    Ok(mode::decide(
        &instances,
        settings.down_after,
        settings.back_after,
    ))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_turn_goes_on_behind_the_last_one() {
        let [first, second, third] = [1, 2, 3].map(|n| EventId(Uuid::from_u128(n)));
        let events = vec![third, first, second];
        for (last, expected) in [
            (None, [first, second, third]),
            (Some(first), [second, third, first]),
            (Some(third), [first, second, third]),
            // One that is not live any more.
            (Some(EventId(Uuid::max())), [first, second, third]),
        ] {
            assert_eq!(going_on_behind(last, events.clone()), expected, "{last:?}");
        }
    }
}

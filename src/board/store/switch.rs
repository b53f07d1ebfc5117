//! A board goes from one store to the other: mode and epoch change together, by one comparison.

use std::collections::HashMap;

use fred::interfaces::{HashesInterface, SortedSetsInterface};
use sqlx::{Connection, PgConnection};

use super::super::error::BoardError;
use super::super::model::Position;
use super::call::{Positions, key};
use super::fallback::{self, Carried, Record};
use super::instances::lacks_redis;
use super::load::{self, Truth, truth};
use super::locks::{exclusively, lock_event};
use super::modes;
use crate::context::Context;
use crate::events;
use crate::id::EventId;
use crate::redis;

/// Takes a board to PostgreSQL, with the holds that Redis still tells of. False where somebody else
/// has, or its event is not on sale any more.
pub async fn fall_back(ctx: &Context, event_id: EventId) -> Result<bool, BoardError> {
    let mut connection = exclusively(ctx, event_id).await?;
    let fallen_back = write_fallback(ctx, &mut connection, event_id).await;
    connection.close().await?;
    let Some(epoch) = fallen_back? else {
        return Ok(false);
    };
    take_note(ctx, event_id, Some(epoch), "postgres");
    // A board in Redis that nobody had told of the change would go on taking holds.
    fence(ctx, event_id, epoch).await.ok();
    Ok(true)
}

async fn write_fallback(
    ctx: &Context,
    connection: &mut PgConnection,
    event_id: EventId,
) -> Result<Option<i64>, BoardError> {
    let (epoch, is_fallen_back) = load::board_epoch(connection, event_id).await?;
    if is_fallen_back {
        return Ok(None);
    }
    let sale = events::reload_sale(ctx, event_id).await?;
    let seen = ctx.memory::<Positions>().seen(event_id);
    let in_redis = read_redis(ctx, event_id, (epoch, seen)).await;
    let mut tx = connection.begin().await?;
    lock_event(&mut tx, event_id).await?;
    let changed = sqlx::query!(
        r#"
        UPDATE events SET board_mode = 'postgres', board_epoch = greatest(board_epoch, $3) + 1
        WHERE event_id = $1 AND board_mode = 'redis' AND board_epoch = $2
          AND state IN ('on_sale', 'paused')
        "#,
        event_id.0,
        epoch,
        seen.epoch
    )
    .execute(&mut *tx)
    .await?;
    if changed.rows_affected() == 0 {
        return Ok(None);
    }
    let mut truth = truth(&mut tx, event_id).await?;
    truth.holds = match in_redis {
        Some(holds) => fallback::carry_over(ctx, &mut tx, event_id, holds).await?,
        // What is left of a board that did not get back to Redis.
        None => fallback::read_left(ctx, &mut tx, event_id, epoch).await?,
    };
    fallback::write(&mut tx, &sale, &truth).await?;
    tx.commit().await?;
    Ok(Some(truth.epoch))
}

/// Takes a board back to Redis, with all its holds. False where somebody else has.
pub async fn go_back(ctx: &Context, event_id: EventId) -> Result<bool, BoardError> {
    let mut connection = exclusively(ctx, event_id).await?;
    let gone_back = leave_fallback(ctx, &mut connection, event_id).await;
    if let Ok(Some(truth)) = &gone_back {
        take_note(ctx, event_id, None, "redis");
        // Where this fails, whoever finds no board in Redis loads it, holds and all.
        if let Err(error) = load::write_board(ctx, &mut connection, event_id, truth).await {
            tracing::warn!(event.id = %event_id, cause = %error, "the board waits to be loaded");
        }
    }
    connection.close().await?;
    Ok(gone_back?.is_some())
}

async fn leave_fallback(
    ctx: &Context,
    connection: &mut PgConnection,
    event_id: EventId,
) -> Result<Option<Truth>, BoardError> {
    let mut tx = connection.begin().await?;
    lock_event(&mut tx, event_id).await?;
    fallback::close(&mut tx, event_id).await?;
    let changed = sqlx::query!(
        r#"
        UPDATE events SET board_mode = 'redis', board_epoch = board_epoch + 1
        WHERE event_id = $1 AND board_mode = 'postgres'
        "#,
        event_id.0
    )
    .execute(&mut *tx)
    .await?;
    if changed.rows_affected() == 0 {
        return Ok(None);
    }
    let mut truth = truth(&mut tx, event_id).await?;
    truth.holds = fallback::read_carried(ctx, &mut tx, event_id).await?;
    tx.commit().await?;
    Ok(Some(truth))
}

/// Forgets what PostgreSQL has left of boards that are back in Redis: whoever brought one there may
/// have ended before, and later it would bring back what has been let go since. A board that is not
/// there after all is loaded, with its holds. An event that fails does not keep the others.
pub async fn clear_left(ctx: &Context) -> Result<(), BoardError> {
    let mut outcome = Ok(());
    for event_id in modes::list_left(ctx).await? {
        let seen = ctx.memory::<Positions>().seen(event_id);
        outcome = outcome.and(load::load_if_behind(ctx, event_id, seen).await);
    }
    outcome
}

/// A board in PostgreSQL that is not in its event's epoch, or that a failover of PostgreSQL has
/// thrown back behind `floor`, goes on in a new epoch.
pub async fn renew(
    ctx: &Context,
    connection: &mut PgConnection,
    event_id: EventId,
    (known, floor): (i64, Position),
) -> Result<(), BoardError> {
    let there = fallback::find_position(ctx, event_id).await?;
    let positions = ctx.memory::<Positions>();
    if there.epoch == known && there >= floor {
        positions.see(event_id, there);
        return Ok(());
    }
    let sale = events::reload_sale(ctx, event_id).await?;
    let mut tx = connection.begin().await?;
    lock_event(&mut tx, event_id).await?;
    let changed = sqlx::query!(
        r#"
        UPDATE events SET board_epoch = greatest(board_epoch, $3) + 1
        WHERE event_id = $1 AND board_mode = 'postgres' AND board_epoch = $2
        "#,
        event_id.0,
        known,
        floor.epoch
    )
    .execute(&mut *tx)
    .await?;
    if changed.rows_affected() == 0 {
        return Ok(());
    }
    let mut truth = truth(&mut tx, event_id).await?;
    truth.holds = fallback::read_carried(ctx, &mut tx, event_id).await?;
    fallback::write(&mut tx, &sale, &truth).await?;
    tx.commit().await?;
    take_note(ctx, event_id, Some(truth.epoch), "postgres");
    let (epoch, revision) = (truth.epoch, 0);
    positions.see(event_id, Position { epoch, revision });
    Ok(())
}

fn take_note(ctx: &Context, event_id: EventId, epoch: Option<i64>, mode: &'static str) {
    modes::see(ctx, event_id, epoch);
    if let Some(epoch) = epoch {
        let positions = ctx.memory::<Positions>();
        positions.see(event_id, Position { epoch, revision: 0 });
    }
    tracing::warn!(event.id = %event_id, mode, "board goes to another store");
    metrics::counter!("holdfast_board_mode_changes_total", "to" => mode).increment(1);
}

/// The holds of the board in Redis; none where Redis does not answer, or has not the board of that
/// epoch as far as it was seen.
async fn read_redis(
    ctx: &Context,
    event_id: EventId,
    (epoch, seen): (i64, Position),
) -> Option<Vec<Carried>> {
    if lacks_redis(ctx) {
        return None;
    }
    let there = load::redis_position(ctx, event_id).await.ok()?;
    if there.epoch != epoch || there < seen {
        return None;
    }
    let client = redis::client(&ctx.redis);
    let records: HashMap<String, String> = client.hgetall(key(event_id, "holds")).await.ok()?;
    let all = client.zrange(key(event_id, "deadlines"), 0, -1, None, false, None, true);
    let due: Vec<(String, f64)> = all.await.ok()?;
    let due: HashMap<String, f64> = due.into_iter().collect();
    let carried = records.iter().filter_map(|(id, record)| {
        let record = Record::parse(record)?;
        // Of one that has ended, when it is forgotten; of a live one it is reckoned anew.
        let due = due.get(id).map(|ms| *ms as i64);
        Some(Carried {
            hold_id: id.parse().ok()?,
            due: due.unwrap_or_else(|| record.forgotten_at()),
            record,
        })
    });
    Some(carried.collect())
}

/// Ends the board in Redis, if it can be reached: verbs of older epochs find none there.
pub async fn fence(ctx: &Context, event_id: EventId, epoch: i64) -> Result<(), BoardError> {
    if lacks_redis(ctx) {
        return Ok(());
    }
    let begin = ("begin", String::new());
    load::step(ctx, event_id, epoch, begin).await.map(|_| ())
}

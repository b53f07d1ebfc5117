//! Processes that serve, and whether they reach Redis.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fred::interfaces::KeysInterface;
use fred::types::Expiration;

use super::super::error::BoardError;
use super::super::mode::Instance;
use crate::context::Context;
use crate::id::InstanceId;
use crate::redis;

/// An instance that has not been seen for so long is gone. Longer than a few missed beats.
const LIVE: Duration = Duration::from_secs(10);

/// How long a row of an instance that is gone is kept.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// How long a key of the probe may stay.
const PROBE_SECONDS: i64 = 60;

#[derive(Default)]
struct Me {
    instance_id: OnceLock<InstanceId>,
    lacks_redis: AtomicBool,
}

fn me(ctx: &Context) -> InstanceId {
    let me = ctx.memory::<Me>();
    *me.instance_id.get_or_init(|| ctx.ids.next())
}

/// Whether Redis was away the last time that this instance tried: then nothing that can be done
/// without it should wait for it. Until it has learnt which boards have left Redis since, it still
/// counts as lacking it.
pub fn lacks_redis(ctx: &Context) -> bool {
    ctx.memory::<Me>().lacks_redis.load(Ordering::SeqCst)
}

/// Takes note that Redis is back, and that this instance has learnt what has left it.
pub fn regain_redis(ctx: &Context) {
    let me = ctx.memory::<Me>();
    me.lacks_redis.store(false, Ordering::SeqCst);
}

/// Whether Redis takes what this instance writes: one that is full, or only a replica, sells
/// nothing either.
pub async fn reaches_redis(ctx: &Context) -> bool {
    let key = format!("holdfast:instance:{}", me(ctx));
    let expiration = Some(Expiration::EX(PROBE_SECONDS));
    let client = redis::client(&ctx.redis);
    let written: Result<(), _> = client.set(key, 1, expiration, None, false).await;
    if written.is_err() {
        let me = ctx.memory::<Me>();
        me.lacks_redis.store(true, Ordering::SeqCst);
    }
    written.is_ok()
}

/// Says that this instance lives, and whether it has Redis.
pub async fn beat(ctx: &Context, has_redis: bool) -> Result<(), BoardError> {
    sqlx::query!(
        r#"
        INSERT INTO instances (instance_id, has_redis, since, seen_at)
        SELECT $1, $2, at, at FROM (SELECT COALESCE($3, clock_timestamp()) AS at) AS now
        ON CONFLICT (instance_id) DO UPDATE SET seen_at = excluded.seen_at,
            has_redis = excluded.has_redis,
            since = CASE WHEN instances.has_redis = excluded.has_redis THEN instances.since
                         ELSE excluded.since END
        "#,
        me(ctx).0,
        has_redis,
        ctx.clock.imposed()
    )
    .execute(&ctx.db)
    .await?;
    sqlx::query!(
        r#"
        DELETE FROM instances
        WHERE seen_at < COALESCE($1, clock_timestamp()) - $2::bigint * interval '1 second'
        "#,
        ctx.clock.imposed(),
        KEPT.as_secs().cast_signed()
    )
    .execute(&ctx.db)
    .await?;
    Ok(())
}

/// The instances that live. How long one has had Redis, or lacked it, is what it has seen itself:
/// one that stands still after a missed beat has lacked it for no time.
pub async fn list(ctx: &Context) -> Result<Vec<Instance>, BoardError> {
    let rows = sqlx::query!(
        r#"
        SELECT instance_id, has_redis,
            (extract(epoch FROM seen_at - since) * 1000)::bigint AS "since_ms!"
        FROM instances, (SELECT COALESCE($1, clock_timestamp()) AS at) AS now
        WHERE seen_at > now.at - $2::bigint * interval '1 second'
        "#,
        ctx.clock.imposed(),
        LIVE.as_secs().cast_signed()
    )
    .fetch_all(&ctx.db)
    .await?;
    let me = me(ctx);
    let instances = rows.into_iter().map(|row| Instance {
        is_me: row.instance_id == me.0,
        has_redis: row.has_redis,
        since: Duration::from_millis(row.since_ms.max(0).cast_unsigned()),
    });
    Ok(instances.collect())
}

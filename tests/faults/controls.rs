//! Negative controls: a suite that never failed proves nothing. Each takes away one thing that
//! protects a sale, without a line of the service being changed, and plays the scene that needs it:
//! the breach must be found.

use std::time::Duration;

use sqlx::Executor as _;

use super::checks::{ACKNOWLEDGED, Breach, ONE_BOOKING, REGISTER};
use super::cluster::Cluster;
use super::scenes::{self, Played};
use super::without_redis::{self, GOES_ALONG};

/// Limit: how often a scene may be played until the breach shows.
const TRIES_MAX: u32 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Seats fall free when their hold's time is over, whatever is under way: as with keys of
    /// Redis that expire.
    KeysExpire,
    /// A commit is answered before the standby has it.
    AsynchronousStandby,
    /// A repeated confirm is answered from what is visible, without waiting for the standby.
    RetryReads,
    /// A board that goes back to Redis leaves its holds behind.
    HoldsStayBehind,
    /// PostgreSQL no longer refuses a seat that is booked.
    NoConstraint,
}

/// Those that need a cluster as it comes, in this order: the last one cannot be taken back.
pub const ALL: [Control; 4] = [
    Control::KeysExpire,
    Control::AsynchronousStandby,
    Control::RetryReads,
    Control::NoConstraint,
];

/// An update of an outcome is what a repeated confirm writes so as to wait for the standby. With
/// this it waits for nothing, as if it had only read.
const DO_NOT_WAIT: &str = "
    CREATE FUNCTION do_not_wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM set_config('synchronous_commit', 'local', true);
        RETURN NEW;
    END $$;
    CREATE TRIGGER do_not_wait BEFORE UPDATE ON hold_outcomes
        FOR EACH ROW EXECUTE FUNCTION do_not_wait()";
const WAIT_AGAIN: &str = "DROP FUNCTION do_not_wait CASCADE";
const LEAVE_HOLDS: &str = "
    CREATE FUNCTION leave_holds() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        DELETE FROM fallback_seats WHERE event_id = NEW.event_id;
        DELETE FROM fallback_holds WHERE event_id = NEW.event_id;
        RETURN NEW;
    END $$;
    CREATE TRIGGER leave_holds AFTER UPDATE OF is_open ON fallback_boards
        FOR EACH ROW WHEN (NOT NEW.is_open) EXECUTE FUNCTION leave_holds()";
const TAKE_HOLDS_ALONG: &str = "DROP FUNCTION leave_holds CASCADE";
const DROP_CONSTRAINT: &str =
    "ALTER TABLE seat_bookings DROP CONSTRAINT IF EXISTS seat_booked_once_per_event";

/// What a key with a time to live would do.
const EXPIRE_KEYS: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, holds in ipairs(redis.call('KEYS', 'holdfast:*:holds')) do
  local base, records = holds:sub(1, -6), redis.call('HGETALL', holds)
  for nth = 1, #records, 2 do
    local state, deadline, quote = records[nth + 1]:match('^(%a+)|[^|]*|(%d+)|.*|([^|]*)$')
    if (state == 'held' or state == 'confirming') and tonumber(deadline) <= now then
      for index in quote:gmatch('(%d+):') do redis.call('SETRANGE', base .. 'seats', index, '.') end
      redis.call('HDEL', holds, records[nth])
      redis.call('ZREM', base .. 'deadlines', records[nth])
    end
  end
end
return 'OK'";

impl Control {
    pub fn name(self) -> &'static str {
        match self {
            Self::KeysExpire => "control: expiry by the time to live of keys",
            Self::AsynchronousStandby => "control: an asynchronous standby",
            Self::RetryReads => "control: a retry acknowledged by a read",
            Self::HoldsStayBehind => "control: holds stay behind when a board goes to Redis",
            Self::NoConstraint => "control: without the unique constraint",
        }
    }

    /// The rule that must be found broken.
    fn rule(self) -> &'static str {
        match self {
            Self::KeysExpire => REGISTER,
            Self::AsynchronousStandby | Self::RetryReads => ACKNOWLEDGED,
            Self::HoldsStayBehind => GOES_ALONG,
            Self::NoConstraint => ONE_BOOKING,
        }
    }

    /// Plays the scene with the protection taken away until the breach is found; answers in which
    /// try that was.
    pub async fn expect_breach(self, cluster: &Cluster) -> anyhow::Result<u32> {
        let mut found = Vec::new();
        for nth in 1..=TRIES_MAX {
            self.take_away(cluster).await?;
            let played = self.play(cluster).await;
            self.put_back(cluster).await?;
            let breaches = played?.breaches;
            if breaches.iter().any(|breach| breach.rule == self.rule()) {
                return Ok(nth);
            }
            found = breaches;
        }
        let found: Vec<_> = found
            .iter()
            .map(|Breach { rule, what }| format!("{rule}: {what}"))
            .collect();
        anyhow::bail!(
            "nothing broke {:?}; found: {}",
            self.rule(),
            found.join("\n")
        )
    }

    async fn play(self, cluster: &Cluster) -> Played {
        match self {
            Self::KeysExpire => tokio::select! {
                played = scenes::late_commit(cluster) => played,
                () = expire_keys(cluster) => unreachable!("it goes on for ever"),
            },
            Self::AsynchronousStandby => scenes::lost_primary(cluster).await,
            Self::RetryReads => scenes::visible_too_soon(cluster).await,
            Self::HoldsStayBehind => without_redis::redis_killed(cluster).await,
            Self::NoConstraint => scenes::stale_replica(cluster).await,
        }
    }

    async fn take_away(self, cluster: &Cluster) -> anyhow::Result<()> {
        match self {
            Self::KeysExpire => Ok(()),
            Self::AsynchronousStandby => {
                cluster.be_synchronous(false);
                cluster.heal().await
            }
            Self::RetryReads => execute(cluster, DO_NOT_WAIT).await,
            Self::HoldsStayBehind => execute(cluster, LEAVE_HOLDS).await,
            Self::NoConstraint => execute(cluster, DROP_CONSTRAINT).await,
        }
    }

    async fn put_back(self, cluster: &Cluster) -> anyhow::Result<()> {
        match self {
            Self::KeysExpire | Self::NoConstraint => Ok(()),
            Self::AsynchronousStandby => {
                cluster.be_synchronous(true);
                cluster.heal().await
            }
            Self::RetryReads => execute(cluster, WAIT_AGAIN).await,
            Self::HoldsStayBehind => execute(cluster, TAKE_HOLDS_ALONG).await,
        }
    }
}

async fn execute(cluster: &Cluster, statements: &'static str) -> anyhow::Result<()> {
    let mut db = cluster.postgres.lock().await.primary().connect().await?;
    db.execute(sqlx::raw_sql(statements)).await?;
    Ok(())
}

async fn expire_keys(cluster: &Cluster) {
    loop {
        let redis = cluster.redis.lock().await;
        redis.primary().ask(&["EVAL", EXPIRE_KEYS, "0"]).await.ok();
        drop(redis);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

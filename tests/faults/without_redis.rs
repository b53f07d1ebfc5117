//! Scenes in which a board goes to PostgreSQL and back, because an instance lacks Redis (F6).

use std::time::Duration;

use tokio::sync::Mutex;

use super::caller::Asked;
use super::checks::Breach;
use super::cluster::Cluster;
use super::history::{HoldName, Seat, Verb};
use super::processes::until;
use super::round;
use super::scenes::Played;
use super::stage::{By, PATIENCE, Stage};

pub const GOES_ALONG: &str = "a hold goes along when its board goes to another store";

/// How long an instance is without Redis until the boards fall back, and with it until they go
/// back, in seconds.
pub const SOON: (u32, u32) = (1, 2);
pub const LATER: (u32, u32) = (60, 2);

/// Holds outlast a scene.
const TIMES: (Duration, Duration) = (Duration::from_secs(100), Duration::from_secs(200));

/// The seats that nobody fights for.
const QUIET: Seat = 4;

struct Play<'a> {
    stage: Stage<'a>,
    breaches: Vec<Breach>,
    /// What was held in fights, by whom.
    fought: Mutex<Vec<(By, Asked)>>,
}

/// Redis is killed under both instances. Holds and confirms go on; holds of before come back by
/// their tokens, and holds of meanwhile go back with their board.
pub async fn redis_killed(cluster: &Cluster) -> Played {
    let mut play = Play::begin(cluster).await?;
    let [early, late] = [
        play.place(By(0, 0), 0, 1).await?,
        play.place(By(1, 1), 1, 2).await?,
    ];
    let falling = async {
        cluster.redis.lock().await.primary_mut().kill();
        play.stage.until_mode("postgres").await
    };
    play.stage.history.losing(falling).await?;
    let [sold, kept] = [
        play.place(By(0, 0), 2, 3).await?,
        play.place(By(1, 1), 3, 4).await?,
    ];
    play.refuse(By(1, 1), 2, 5).await?;
    play.refuse(By(0, 0), 3, 6).await?;
    play.confirm(By(0, 1), &sold).await?;
    play.confirm(By(0, 0), &early).await?;
    cluster.heal().await?;
    play.stage.until_mode("redis").await?;
    play.expect_held(By(1, 0), &kept).await;
    play.refuse(By(0, 0), 3, 7).await?;
    play.confirm(By(1, 0), &without_token(kept)).await?;
    play.confirm(By(1, 1), &late).await?;
    play.end().await
}

/// One instance is cut off from Redis and the other is not: both go on, on the same board, while
/// people fight for its seats; holds of before go along, there and back.
pub async fn one_cut_off(cluster: &Cluster) -> Played {
    let mut play = Play::begin(cluster).await?;
    let [one, other] = [
        play.place(By(0, 0), 0, 1).await?,
        play.place(By(1, 1), 1, 2).await?,
    ];
    let [one, other] = [without_token(one), without_token(other)];
    cluster.services[1].to_redis.refuse(true);
    // Who has not heard yet goes on in Redis for a second (decision 0027).
    let falling = play.fight_until("postgres", 100);
    play.stage.history.losing(falling).await?;
    play.expect_held(By(0, 1), &one).await;
    play.expect_held(By(1, 0), &other).await;
    let [sold, kept] = [
        play.place(By(0, 0), 2, 3).await?,
        play.place(By(1, 1), 3, 4).await?,
    ];
    play.refuse(By(1, 1), 2, 5).await?;
    play.refuse(By(0, 0), 3, 6).await?;
    play.confirm(By(0, 1), &without_token(sold)).await?;
    play.confirm(By(0, 0), &one).await?;
    cluster.services[1].to_redis.heal();
    play.fight_until("redis", 1_000).await?;
    play.expect_held(By(1, 0), &other).await;
    play.expect_held(By(1, 1), &kept).await;
    play.refuse(By(0, 0), 1, 7).await?;
    play.confirm(By(1, 0), &other).await?;
    play.confirm(By(1, 1), &without_token(kept)).await?;
    play.end().await
}

fn without_token(held: Asked) -> Asked {
    Asked {
        hold_token: None,
        ..held
    }
}

impl<'a> Play<'a> {
    async fn begin(cluster: &'a Cluster) -> anyhow::Result<Self> {
        let stage = Stage::set_with(cluster, TIMES).await?;
        // An instance that has just started may have been without Redis at its first beat.
        until("every instance has Redis", PATIENCE * 6, async || {
            let all_have = "SELECT bool_and(has_redis) FROM instances
                WHERE seen_at > clock_timestamp() - interval '10 seconds'";
            let postgres = cluster.postgres.lock().await;
            postgres
                .primary()
                .ask::<bool>(all_have)
                .await
                .unwrap_or_default()
        })
        .await?;
        stage.until_mode("redis").await?;
        Ok(Self {
            stage,
            breaches: Vec::new(),
            fought: Mutex::default(),
        })
    }

    async fn place(&self, by: By, seat: Seat, hold: HoldName) -> anyhow::Result<Asked> {
        let held = self.stage.place(by, seat, hold).await?;
        held.ok_or_else(|| anyhow::anyhow!("seat {seat} cannot be had for hold {hold}"))
    }

    async fn refuse(&mut self, by: By, seat: Seat, hold: HoldName) -> anyhow::Result<()> {
        if let Some(held) = self.stage.place(by, seat, hold).await? {
            self.stage.release(by, &held).await?;
            self.complain(format!("hold {hold} has seat {seat} of another"));
        }
        Ok(())
    }

    fn complain(&mut self, what: String) {
        self.breaches.push(Breach {
            rule: GOES_ALONG,
            what,
        });
    }

    async fn expect_held(&mut self, by: By, held: &Asked) {
        let mut found = self.stage.ask(Verb::Find, by, held).await;
        for _ in 0..20 {
            if !found.is_unknown() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
            found = self.stage.ask(Verb::Find, by, held).await;
        }
        if found.told.state.as_deref() != Some("held") || found.told.seats != held.wanted {
            self.complain(format!("hold {} is {:?}", held.hold, found.told));
        }
    }

    /// Asks until it is known.
    async fn confirm(&mut self, by: By, held: &Asked) -> anyhow::Result<()> {
        self.stage.settle(by, held).await?;
        let answer = self.stage.confirm(by, held, PATIENCE).await;
        if !answer.is_done() {
            self.complain(format!("hold {} became {:?}", held.hold, answer.told));
        }
        Ok(())
    }

    /// Both callers want the same seats, each at an instance of their own, until both instances
    /// have the board in that store.
    async fn fight_until(&self, mode: &str, first: HoldName) -> anyhow::Result<()> {
        let is_there = tokio_util::sync::CancellationToken::new();
        let watching = async {
            let moved = self.stage.until_mode(mode).await;
            // By then every instance has heard, which they do each second.
            tokio::time::sleep(Duration::from_secs(2)).await;
            is_there.cancel();
            moved
        };
        let fighting = async |caller: usize| {
            let mut hold = first + HoldName::try_from(caller).unwrap_or_default();
            while !is_there.is_cancelled() {
                let (by, seat) = (By(caller, caller), QUIET + hold as usize / 2 % 4);
                if let Some(held) = self.stage.place(by, seat, hold).await? {
                    self.stage.release(by, &held).await?;
                    self.fought.lock().await.push((by, held));
                }
                hold += 2;
                // Others need the machine, too.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            anyhow::Ok(())
        };
        let (moved, one, other) = tokio::join!(watching, fighting(0), fighting(1));
        moved.and(one).and(other)
    }

    async fn end(self) -> Played {
        // A release in the second in which the board fell back may have been one on the board that
        // was left: such a hold lasts until its time is over, or it is released again.
        for (by, held) in self.fought.lock().await.iter() {
            self.stage.release(*by, held).await?;
        }
        self.stage.until_shown().await?;
        let mut breaches = self.breaches;
        breaches.extend(round::audit(self.stage.cluster).await?);
        let mut ended = self.stage.end().await?;
        ended.breaches.extend(breaches);
        Ok(ended)
    }
}

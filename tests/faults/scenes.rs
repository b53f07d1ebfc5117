//! Scenes: one fault, step by step. The service as it is plays each without a breach; with what
//! protects it taken away, the same scene must be found out (controls.rs).

use std::time::Duration;

use anyhow::Context as _;
use holdfast::postgres::event_lock;
use nix::sys::signal::Signal;
use sqlx::Connection;
use tokio::time::sleep;

use super::cluster::Cluster;
use super::history::Verb;
use super::nemesis::time_library;
use super::processes::until;
use super::proxy::Way;
use super::stage::{By, Ended, PATIENCE, Stage};

pub type Played = anyhow::Result<Ended>;

const SHORT: Duration = Duration::from_secs(2);

/// F4: a replica that knows nothing of a booking becomes the primary, and the only instance that
/// could know better is stopped. The seat is held again; PostgreSQL must not sell it again.
pub async fn stale_replica(cluster: &Cluster) -> Played {
    let stage = Stage::set(cluster).await?;
    let [first, second] = &cluster.services;
    second.to_redis.refuse(true);
    cluster.to_primary_redis.hole(Way::Back, true);
    if let Some(held) = stage.place(By(0, 0), 0, 1).await? {
        stage.confirm(By(0, 0), &held, PATIENCE).await;
    }
    first.signal(Signal::SIGSTOP);
    stage.history.aging(cluster.promote_redis()).await?;
    second.to_redis.heal();
    if let Some(held) = stage.place(By(1, 1), 0, 2).await? {
        stage.confirm(By(1, 1), &held, PATIENCE).await;
    }
    cluster.heal().await?;
    stage.end().await
}

/// F13: the primary is lost while the standby hears nothing of it.
pub async fn lost_primary(cluster: &Cluster) -> Played {
    let stage = Stage::set(cluster).await?;
    let held = stage.place(By(0, 0), 0, 1).await?;
    deafen_standby(cluster);
    if let Some(held) = &held {
        stage.confirm(By(0, 0), held, SHORT).await;
    }
    cluster.promote_postgres().await?;
    cluster.heal().await?;
    if let Some(held) = &held {
        stage.settle(By(0, 1), held).await?;
    }
    stage.end().await
}

/// F12: as before; but the primary restarts first, which makes the commit visible that the standby
/// does not have, and the buyer asks again.
pub async fn visible_too_soon(cluster: &Cluster) -> Played {
    let stage = Stage::set(cluster).await?;
    let held = stage.place(By(0, 0), 0, 1).await?;
    deafen_standby(cluster);
    if let Some(held) = &held {
        stage.confirm(By(0, 0), held, SHORT).await;
    }
    {
        let mut postgres = cluster.postgres.lock().await;
        postgres.primary_mut().kill();
        postgres.primary_mut().start().await?;
    }
    if let Some(held) = &held {
        stage.confirm(By(0, 1), held, Duration::from_secs(8)).await;
    }
    cluster.promote_postgres().await?;
    cluster.heal().await?;
    if let Some(held) = &held {
        stage.settle(By(0, 1), held).await?;
    }
    stage.end().await
}

fn deafen_standby(cluster: &Cluster) {
    cluster.to_primary_postgres.hole(Way::Out, true);
    cluster.to_primary_postgres.hole(Way::Back, true);
}

/// F1: a confirm begins in time, and its commit takes until the hold's time is over.
pub async fn late_commit(cluster: &Cluster) -> Played {
    let stage = Stage::set(cluster).await?;
    let Some(held) = stage.place(By(0, 0), 0, 1).await? else {
        return stage.end().await;
    };
    sleep(Duration::from_millis(3_500)).await;
    // What commits waits for the event's lock.
    let mut stalling = cluster.postgres.lock().await.primary().connect().await?;
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(event_lock(stage.event_id()?))
        .execute(&mut stalling)
        .await?;
    let others = async {
        sleep(Duration::from_millis(2_500)).await;
        let other = stage.place(By(1, 1), 0, 2).await;
        stalling.close().await?;
        other
    };
    let (_, other) = tokio::join!(stage.confirm(By(0, 0), &held, PATIENCE), others);
    if let Some(other) = other? {
        stage.confirm(By(1, 1), &other, PATIENCE).await;
    }
    stage.settle(By(0, 0), &held).await?;
    stage.end().await
}

/// F5: each instance has a Redis of its own for a while. Both let the seat be held; one sells it.
pub async fn two_redis(cluster: &Cluster) -> Played {
    let stage = Stage::set(cluster).await?;
    stage.history.aging(cluster.split_redis()).await?;
    let held = stage.place(By(0, 0), 0, 1).await?;
    let other = stage.place(By(1, 1), 0, 2).await?;
    let (Some(held), Some(other)) = (held, other) else {
        anyhow::bail!("the two were to hold the seat at once");
    };
    let answers = tokio::join!(
        stage.confirm(By(0, 0), &held, PATIENCE),
        stage.confirm(By(1, 1), &other, PATIENCE)
    );
    cluster.unite().await;
    cluster.heal().await?;
    stage.settle(By(0, 1), &held).await?;
    stage.settle(By(1, 0), &other).await?;
    anyhow::ensure!(
        answers.0.is_done() != answers.1.is_done(),
        "both or neither was confirmed"
    );
    stage.end().await
}

/// F14: the old primary of PostgreSQL goes on beside the new one, and an instance still uses it.
pub async fn two_postgres(cluster: &Cluster) -> Played {
    let stage = Stage::set(cluster).await?;
    let held = stage.place(By(0, 0), 0, 1).await?;
    let other = stage.place(By(1, 1), 1, 2).await?;
    cluster.split_postgres().await?;
    if let (Some(held), Some(other)) = (&held, &other) {
        tokio::join!(
            stage.confirm(By(0, 0), held, SHORT),
            stage.confirm(By(1, 1), other, PATIENCE)
        );
    }
    cluster.unite().await;
    cluster.heal().await?;
    for (by, held) in [(By(0, 1), held), (By(1, 0), other)] {
        if let Some(held) = held {
            stage.settle(by, &held).await?;
        }
    }
    stage.end().await
}

/// F6: an instance that starts while Redis is away finds it when it is back.
pub async fn no_redis_at_first(cluster: &Cluster) -> Played {
    let stage = Stage::set(cluster).await?;
    let service = &cluster.services[0];
    service.kill();
    cluster.redis.lock().await.primary_mut().kill();
    service.start()?;
    until("the instance misses Redis", PATIENCE, async || {
        let seen = reqwest::get(format!("{}/readyz", service.url)).await;
        seen.is_ok_and(|answer| answer.status() == 503)
    })
    .await?;
    cluster.heal().await?;
    if let Some(held) = stage.place(By(0, 0), 0, 1).await? {
        stage.confirm(By(0, 0), &held, PATIENCE).await;
    }
    stage.until_shown().await?;
    stage.end().await
}

/// F8: while PostgreSQL is down seats are held; a confirm is answered 503, and succeeds later.
pub async fn postgres_down(cluster: &Cluster) -> Played {
    // Holds outlast the scene.
    let times = (Duration::from_secs(100), Duration::from_secs(200));
    let stage = Stage::set_with(cluster, times).await?;
    cluster.postgres.lock().await.primary_mut().kill();
    let held = stage.place(By(0, 0), 0, 1).await?;
    let other = stage.place(By(1, 1), 1, 2).await?;
    let (Some(held), Some(other)) = (held, other) else {
        anyhow::bail!("no seat could be held while PostgreSQL was down");
    };
    let refused = stage.confirm(By(0, 0), &held, PATIENCE).await;
    anyhow::ensure!(
        refused.told.status == 503,
        "a confirm was answered {:?}",
        refused.told
    );
    stage.ask(Verb::Release, By(1, 0), &other).await;
    cluster.postgres.lock().await.primary_mut().start().await?;
    stage.settle(By(0, 1), &held).await?;
    let again = stage.confirm(By(0, 0), &held, PATIENCE).await;
    anyhow::ensure!(
        again.is_done(),
        "a confirm was answered {:?} in the end",
        again.told
    );
    cluster.heal().await?;
    stage.end().await
}

/// F24: an instance whose clock is an hour ahead. What it writes down bears PostgreSQL's time: a
/// seat that is cancelled through it is due to be freed in a minute, not in an hour.
pub async fn wrong_clock(cluster: &Cluster) -> Played {
    let library = time_library().context("there is no libfaketime")?;
    let stage = Stage::set(cluster).await?;
    let shifted = &cluster.services[0];
    shifted.kill();
    shifted.start_shifted(&library, 3_600)?;
    shifted.until_ready().await?;
    if let Some(mut held) = stage.place(By(0, 0), 0, 1).await? {
        let confirmed = stage.confirm(By(0, 0), &held, PATIENCE).await;
        held.booking_id = confirmed.told.booking_id.unwrap_or_default();
        stage.ask(Verb::Cancel, By(0, 0), &held).await;
    }
    let is_now = "SELECT count(*) > 0 AND bool_and(
            cancelled_at BETWEEN now() - interval '1 minute' AND clock_timestamp())
        FROM cancelled_seats";
    let is_now = cluster
        .postgres
        .lock()
        .await
        .primary()
        .ask::<bool>(is_now)
        .await?;
    anyhow::ensure!(is_now, "a seat was not cancelled at PostgreSQL's time");
    shifted.kill();
    cluster.heal().await?;
    stage.end().await
}

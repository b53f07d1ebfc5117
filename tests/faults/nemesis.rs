//! What goes wrong, and how it is mended.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;
use rand::RngExt;
use rand::rngs::StdRng;
use tokio::time::sleep;

use super::cluster::Cluster;
use super::history::History;
use super::proxy::{Proxy, Way};
use super::sale::Sale;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nemesis {
    KillService,
    StopService,
    KillPostgres,
    StopPostgres,
    KillRedis,
    StopRedis,
    CutPostgres,
    CutRedis,
    HolePostgres,
    HoleRedis,
    SlowPostgres,
    SlowRedis,
    FlushRedis,
    ForgetScripts,
    ForgetRedis,
    StaleRedis,
    FillRedis,
    PromotePostgres,
    BlockStandby,
    ShiftClock,
    FillPostgresDisk,
    FillRedisDisk,
    LackRedis,
}

use Nemesis::*;

pub const ALL: [(Nemesis, &str); 23] = [
    (KillService, "kill-service"),
    (StopService, "stop-service"),
    (KillPostgres, "kill-postgres"),
    (StopPostgres, "stop-postgres"),
    (KillRedis, "kill-redis"),
    (StopRedis, "stop-redis"),
    (CutPostgres, "cut-postgres"),
    (CutRedis, "cut-redis"),
    (HolePostgres, "hole-postgres"),
    (HoleRedis, "hole-redis"),
    (SlowPostgres, "slow-postgres"),
    (SlowRedis, "slow-redis"),
    (FlushRedis, "flush-redis"),
    (ForgetScripts, "forget-scripts"),
    (ForgetRedis, "forget-redis"),
    (StaleRedis, "stale-redis"),
    (FillRedis, "fill-redis"),
    (PromotePostgres, "promote-postgres"),
    (BlockStandby, "block-standby"),
    (ShiftClock, "shift-clock"),
    (FillPostgresDisk, "fill-postgres-disk"),
    (FillRedisDisk, "fill-redis-disk"),
    (LackRedis, "lack-redis"),
];

impl Nemesis {
    pub fn name(self) -> &'static str {
        let known = ALL.iter().find(|(nemesis, _)| *nemesis == self);
        known.map_or("?", |(_, name)| name)
    }

    pub fn of_name(name: &str) -> Option<Self> {
        let known = ALL.iter().find(|(_, known)| *known == name);
        known.map(|(nemesis, _)| *nemesis)
    }

    /// Why it cannot be had on this machine, if it cannot.
    pub async fn is_missing(self, cluster: &Cluster) -> Option<&'static str> {
        const NO_DISK: &str = "a small disk can only be mounted by root";
        match self {
            ShiftClock if time_library().is_none() => Some("there is no libfaketime"),
            FillPostgresDisk if !cluster.postgres.lock().await.primary().has_disk => Some(NO_DISK),
            FillRedisDisk if !cluster.redis.lock().await.primary().has_disk => Some(NO_DISK),
            _ => None,
        }
    }
}

/// How long a board may take to go to the other store while all else is well.
const MOVES_WITHIN: Duration = Duration::from_secs(8);

/// The library that shifts the clock of a process, where Debian and others put it.
pub fn time_library() -> Option<PathBuf> {
    let places = [
        "/usr/lib",
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
    ];
    let files = places.map(|place| Path::new(place).join("faketime/libfaketimeMT.so.1"));
    files.into_iter().find(|file| file.is_file())
}

pub struct Strike<'a> {
    pub cluster: &'a Cluster,
    pub history: &'a History,
    pub sale: &'a Sale,
    pub rng: StdRng,
}

impl Strike<'_> {
    /// Goes wrong once, for a while.
    pub async fn strike(&mut self, nemesis: Nemesis) -> anyhow::Result<()> {
        match nemesis {
            KillService | StopService | ShiftClock => self.at_service(nemesis).await,
            KillPostgres | StopPostgres | FillPostgresDisk => self.at_postgres(nemesis).await,
            KillRedis | StopRedis | FillRedisDisk | FillRedis => self.at_redis(nemesis).await,
            FlushRedis => self.flush_redis().await,
            ForgetScripts => self.forget_scripts().await,
            ForgetRedis => self.forget_redis().await,
            StaleRedis => self.promote_stale_redis().await,
            PromotePostgres => self.promote_postgres().await,
            LackRedis => self.lack_redis().await,
            BlockStandby => {
                let link = &self.cluster.to_primary_postgres;
                link.hole(Way::Out, true);
                link.hole(Way::Back, true);
                self.a_while(500..3_000).await;
                link.heal();
                Ok(())
            }
            CutPostgres | CutRedis | HolePostgres | HoleRedis | SlowPostgres | SlowRedis => {
                self.at_links(nemesis).await;
                Ok(())
            }
        }
    }

    async fn a_while(&mut self, ms: std::ops::Range<u64>) {
        let ms = self.rng.random_range(ms);
        sleep(Duration::from_millis(ms)).await;
    }

    async fn at_service(&mut self, nemesis: Nemesis) -> anyhow::Result<()> {
        let service = &self.cluster.services[self.rng.random_range(0..2)];
        match nemesis {
            StopService => {
                service.signal(Signal::SIGSTOP);
                self.a_while(300..3_000).await;
                service.signal(Signal::SIGCONT);
                return Ok(());
            }
            ShiftClock => {
                let seconds = [-3_600, -90, 90, 3_600][self.rng.random_range(0..4)];
                let Some(library) = time_library() else {
                    return Ok(());
                };
                service.kill();
                service.start_shifted(&library, seconds)?;
                self.a_while(2_000..3_500).await;
            }
            _ => {}
        }
        service.kill();
        self.a_while(50..1_500).await;
        service.start()
    }

    async fn at_postgres(&mut self, nemesis: Nemesis) -> anyhow::Result<()> {
        let cluster = self.cluster;
        match nemesis {
            StopPostgres => {
                cluster
                    .postgres
                    .lock()
                    .await
                    .primary()
                    .signal(Signal::SIGSTOP);
                self.a_while(300..2_500).await;
                cluster
                    .postgres
                    .lock()
                    .await
                    .primary()
                    .signal(Signal::SIGCONT);
                return Ok(());
            }
            FillPostgresDisk => {
                let ballast = cluster.postgres.lock().await.primary().ballast();
                fill(&ballast);
                self.a_while(1_000..3_000).await;
                std::fs::remove_file(ballast).ok();
            }
            _ => {
                cluster.postgres.lock().await.primary_mut().kill();
                self.a_while(50..1_500).await;
            }
        }
        cluster.postgres.lock().await.primary_mut().start().await
    }

    async fn at_redis(&mut self, nemesis: Nemesis) -> anyhow::Result<()> {
        let cluster = self.cluster;
        match nemesis {
            StopRedis => {
                cluster.redis.lock().await.primary().signal(Signal::SIGSTOP);
                self.a_while(300..2_500).await;
                cluster.redis.lock().await.primary().signal(Signal::SIGCONT);
                return Ok(());
            }
            FillRedis => {
                let limit = |bytes| ["CONFIG", "SET", "maxmemory", bytes];
                cluster
                    .redis
                    .lock()
                    .await
                    .primary()
                    .ask(&limit("1"))
                    .await
                    .ok();
                self.a_while(300..2_500).await;
                cluster
                    .redis
                    .lock()
                    .await
                    .primary()
                    .ask(&limit("0"))
                    .await
                    .ok();
                return Ok(());
            }
            FillRedisDisk => {
                self.history.excuses().is_disk_full = true;
                let ballast = cluster.redis.lock().await.primary().ballast();
                fill(&ballast);
                self.a_while(500..2_500).await;
                std::fs::remove_file(ballast).ok();
                return Ok(());
            }
            _ => {}
        }
        let is_written = cluster.redis.lock().await.primary().has_disk;
        let is_written = is_written && !self.history.excuses().is_disk_full;
        let kill = async { cluster.redis.lock().await.primary_mut().kill() };
        if is_written {
            kill.await;
        } else {
            // What a busy or full disk has not taken yet is lost with the process.
            self.history.aging(kill).await;
        }
        self.a_while(50..1_500).await;
        cluster.redis.lock().await.primary_mut().start(None).await
    }

    async fn flush_redis(&mut self) -> anyhow::Result<()> {
        for _ in 0..self.rng.random_range(1..=3) {
            let redis = self.cluster.redis.lock().await;
            self.history
                .losing(redis.primary().ask(&["FLUSHALL"]))
                .await
                .ok();
            drop(redis);
            self.a_while(20..700).await;
        }
        Ok(())
    }

    async fn forget_scripts(&mut self) -> anyhow::Result<()> {
        for _ in 0..self.rng.random_range(20..60) {
            let redis = self.cluster.redis.lock().await;
            redis.primary().ask(&["SCRIPT", "FLUSH"]).await.ok();
            drop(redis);
            self.a_while(5..40).await;
        }
        Ok(())
    }

    /// A restart without what was written.
    async fn forget_redis(&mut self) -> anyhow::Result<()> {
        let mut redis = self.cluster.redis.lock().await;
        let forget = async {
            redis.primary_mut().kill();
            redis.primary().forget();
        };
        self.history.losing(forget).await;
        self.a_while(0..500).await;
        redis.primary_mut().start(None).await
    }

    /// The replica hears nothing for a while, and then takes the primary's place.
    async fn promote_stale_redis(&mut self) -> anyhow::Result<()> {
        let cluster = self.cluster;
        if !cluster.redis.lock().await.other().is_running() {
            return Ok(());
        }
        cluster.to_primary_redis.hole(Way::Back, true);
        self.a_while(300..2_000).await;
        let promoted = self.history.aging(cluster.promote_redis()).await;
        cluster.to_primary_redis.heal();
        promoted
    }

    async fn promote_postgres(&mut self) -> anyhow::Result<()> {
        if self.cluster.postgres.lock().await.other().is_running() {
            self.cluster.promote_postgres().await?;
        }
        Ok(())
    }

    /// One instance, or each, is without Redis until the board is in PostgreSQL, and has it again
    /// until the board is back. Either may take too long where something else goes wrong, too.
    async fn lack_redis(&mut self) -> anyhow::Result<()> {
        let cluster = self.cluster;
        let chosen = self.rng.random_range(0..3);
        match cluster.services.get(chosen) {
            Some(service) => service.to_redis.refuse(true),
            None => cluster.redis.lock().await.primary_mut().kill(),
        }
        let moved = cluster.until_mode(self.sale, "postgres", MOVES_WITHIN);
        moved.await.ok();
        self.a_while(500..2_000).await;
        match cluster.services.get(chosen) {
            Some(service) => service.to_redis.heal(),
            None => cluster.redis.lock().await.primary_mut().start(None).await?,
        }
        cluster
            .until_mode(self.sale, "redis", MOVES_WITHIN)
            .await
            .ok();
        Ok(())
    }

    /// At the links of one instance, or of both.
    async fn at_links(&mut self, nemesis: Nemesis) {
        let services = &self.cluster.services;
        let chosen = match self.rng.random_range(0..3) {
            0 => &services[..1],
            1 => &services[1..],
            _ => &services[..],
        };
        let is_postgres = matches!(nemesis, CutPostgres | HolePostgres | SlowPostgres);
        let links: Vec<&Proxy> = chosen
            .iter()
            .map(|it| {
                if is_postgres {
                    &it.to_postgres
                } else {
                    &it.to_redis
                }
            })
            .collect();
        let ways = match self.rng.random_range(0..3) {
            0 => &[Way::Out][..],
            1 => &[Way::Back][..],
            _ => &[Way::Out, Way::Back][..],
        };
        let delay = Duration::from_millis(self.rng.random_range(20..400));
        let ends_in_a_cut = self.rng.random_bool(0.5);
        for link in &links {
            match nemesis {
                CutPostgres | CutRedis => link.refuse(true),
                SlowPostgres | SlowRedis => link.slow(delay),
                _ => ways.iter().for_each(|way| link.hole(*way, true)),
            }
        }
        self.a_while(200..2_500).await;
        for link in links {
            if ends_in_a_cut {
                link.cut();
            }
            link.heal();
        }
    }
}

/// Takes what room is left on a disk. A mistake would fill a disk that is not ours: there is a
/// bound.
fn fill(ballast: &Path) {
    let megabyte = vec![0; 1 << 20];
    let Ok(mut file) = File::create(ballast) else {
        return;
    };
    for _ in 0..256 {
        if file.write_all(&megabyte).is_err() {
            return;
        }
    }
}

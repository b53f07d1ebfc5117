//! The whole of it: two instances, PostgreSQL with a synchronous standby, Redis with a replica, and
//! a proxy on every link between them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use nix::sys::signal::Signal;
use sqlx::Connection as _;
use tokio::sync::Mutex;

use super::postgres::Postgres;
use super::processes::{Den, until};
use super::proxy::Proxy;
use super::redis::Redis;
use super::sale::Sale;
use super::service::Service;

/// Two servers, of which one is the primary.
pub struct Pair<S> {
    servers: [S; 2],
    primary: usize,
}

impl<S> Pair<S> {
    pub fn primary(&self) -> &S {
        &self.servers[self.primary]
    }

    pub fn primary_mut(&mut self) -> &mut S {
        &mut self.servers[self.primary]
    }

    pub fn other(&self) -> &S {
        &self.servers[1 - self.primary]
    }

    pub fn other_mut(&mut self) -> &mut S {
        &mut self.servers[1 - self.primary]
    }

    /// The other is the primary from now on.
    pub fn swap(&mut self) {
        self.primary = 1 - self.primary;
    }
}

pub struct Cluster {
    pub services: [Service; 2],
    pub postgres: Mutex<Pair<Postgres>>,
    pub redis: Mutex<Pair<Redis>>,
    /// Between a standby or replica and its primary.
    pub to_primary_postgres: Proxy,
    pub to_primary_redis: Proxy,
    /// Whether a commit waits for the standby; not in one of the negative controls.
    is_synchronous: AtomicBool,
    name: String,
}

pub const ADMIN: (&str, &str) = ("admin@example.org", "a password for tests only");

impl Cluster {
    pub async fn start(den: &'static Den, name: &str) -> anyhow::Result<Self> {
        let room = |what: &str| format!("{name}-{what}");
        let postgres = [
            Postgres::prepare(den, &room("pg0"))?,
            Postgres::prepare(den, &room("pg1"))?,
        ];
        let redis = [
            Redis::prepare(den, &room("redis0"))?,
            Redis::prepare(den, &room("redis1"))?,
        ];
        let (database, board) = (postgres[0].socket(), redis[0].socket());
        let service = async |nth: u32| {
            Service::prepare(den, &room(&format!("service{nth}")), &database, &board).await
        };
        let mut cluster = Self {
            services: [service(0).await?, service(1).await?],
            to_primary_postgres: Proxy::start(&database).await?,
            to_primary_redis: Proxy::start(&board).await?,
            postgres: Mutex::new(Pair {
                servers: postgres,
                primary: 0,
            }),
            redis: Mutex::new(Pair {
                servers: redis,
                primary: 0,
            }),
            is_synchronous: AtomicBool::new(true),
            name: name.to_owned(),
        };
        cluster.begin().await?;
        Ok(cluster)
    }

    async fn begin(&mut self) -> anyhow::Result<()> {
        {
            let mut postgres = self.postgres.lock().await;
            postgres.primary().init()?;
            postgres.primary_mut().start().await?;
            self.services[0].run("migrate", &[])?;
        }
        let admin = format!("admin create --email {} --name Admin", ADMIN.0);
        self.redis.lock().await.primary_mut().start(None).await?;
        self.services[0].run(&admin, &[("HOLDFAST_ADMIN_PASSWORD", ADMIN.1)])?;
        self.heal().await
    }

    /// Everything is as in the beginning: all run, follow their primaries, and reach each other.
    pub async fn heal(&self) -> anyhow::Result<()> {
        for link in self.links() {
            link.heal();
        }
        self.heal_postgres().await.context("PostgreSQL")?;
        self.heal_redis().await.context("Redis")?;
        for service in &self.services {
            service.signal(Signal::SIGCONT);
            service.start()?;
        }
        for service in &self.services {
            service.until_ready().await?;
        }
        Ok(())
    }

    fn links(&self) -> impl Iterator<Item = &Proxy> {
        let services = self.services.iter();
        services
            .flat_map(|service| [&service.to_postgres, &service.to_redis])
            .chain([&self.to_primary_postgres, &self.to_primary_redis])
    }

    async fn heal_postgres(&self) -> anyhow::Result<()> {
        let mut postgres = self.postgres.lock().await;
        std::fs::remove_file(postgres.primary().ballast()).ok();
        postgres.primary().signal(Signal::SIGCONT);
        postgres.primary_mut().start().await?;
        if !postgres.other().is_running() {
            // A former primary may have what its successor lacks: it begins anew as a copy.
            postgres.primary().unprotect()?;
            let port = self.to_primary_postgres.port;
            postgres.other().copy(postgres.primary(), port)?;
            postgres.other_mut().start().await?;
        }
        if self.is_synchronous.load(Ordering::SeqCst) {
            postgres.primary().protect().await
        } else {
            postgres.primary().unprotect()?;
            postgres.primary().until_followed().await
        }
    }

    async fn heal_redis(&self) -> anyhow::Result<()> {
        let mut redis = self.redis.lock().await;
        std::fs::remove_file(redis.primary().ballast()).ok();
        redis.primary().signal(Signal::SIGCONT);
        redis.primary_mut().start(None).await?;
        let limit = ["CONFIG", "SET", "maxmemory", "0"];
        redis.primary().ask(&limit).await?;
        if !redis.other().is_running() {
            redis.other().forget();
            let port = self.to_primary_redis.port;
            redis.other_mut().start(Some(port)).await?;
        }
        redis.other().until_following().await
    }

    /// Until PostgreSQL says that the event's board is in that store.
    pub async fn until_mode(&self, sale: &Sale, mode: &str, limit: Duration) -> anyhow::Result<()> {
        until(&format!("the board is in {mode}"), limit, async || {
            let work = async {
                let mut db = self.postgres.lock().await.primary().connect().await?;
                let now: String =
                    sqlx::query_scalar("SELECT board_mode FROM events WHERE event_id = $1::uuid")
                        .bind(&sale.event_id)
                        .fetch_one(&mut db)
                        .await?;
                db.close().await?;
                anyhow::Ok(now)
            };
            let asked = tokio::time::timeout(Duration::from_secs(2), work).await;
            asked.is_ok_and(|now| now.is_ok_and(|now| now == mode))
        })
        .await
    }

    /// How long instances are without Redis until boards fall back, and with it until they go back,
    /// in seconds; without it, as the service comes.
    pub async fn lose_patience(&self, patience: [Option<(u32, u32)>; 2]) -> anyhow::Result<()> {
        for (service, patience) in self.services.iter().zip(patience) {
            if service.lose_patience(patience) {
                service.kill();
            }
        }
        self.heal().await
    }

    /// From the next time that it heals, commits wait for the standby or not.
    pub fn be_synchronous(&self, is_synchronous: bool) {
        self.is_synchronous.store(is_synchronous, Ordering::SeqCst);
    }

    /// The primary is gone for good; its standby takes its place.
    pub async fn promote_postgres(&self) -> anyhow::Result<()> {
        let mut postgres = self.postgres.lock().await;
        postgres.primary_mut().kill();
        postgres.other().promote().await?;
        postgres.swap();
        self.lead_to_postgres(&postgres.primary().socket());
        Ok(())
    }

    /// The replica takes the place of the primary, which is gone for good.
    pub async fn promote_redis(&self) -> anyhow::Result<()> {
        let mut redis = self.redis.lock().await;
        redis.other().ask(&["REPLICAOF", "NO", "ONE"]).await?;
        redis.primary_mut().kill();
        redis.swap();
        self.lead_to_redis(&redis.primary().socket());
        Ok(())
    }

    /// The standby becomes a second primary, which the second instance alone sees.
    pub async fn split_postgres(&self) -> anyhow::Result<()> {
        let mut postgres = self.postgres.lock().await;
        postgres.other().promote().await?;
        postgres.swap();
        let socket = postgres.primary().socket();
        self.services[1].to_postgres.lead_to(&socket);
        Ok(())
    }

    /// The replica becomes a second primary, which the second instance alone sees.
    pub async fn split_redis(&self) -> anyhow::Result<()> {
        let mut redis = self.redis.lock().await;
        redis.other().ask(&["REPLICAOF", "NO", "ONE"]).await?;
        redis.swap();
        let socket = redis.primary().socket();
        self.services[1].to_redis.lead_to(&socket);
        Ok(())
    }

    /// Of two primaries the newer one stays.
    pub async fn unite(&self) {
        let mut postgres = self.postgres.lock().await;
        postgres.other_mut().kill();
        self.lead_to_postgres(&postgres.primary().socket());
        let mut redis = self.redis.lock().await;
        redis.other_mut().kill();
        self.lead_to_redis(&redis.primary().socket());
    }

    fn lead_to_postgres(&self, socket: &Path) {
        let services = self.services.iter();
        services.for_each(|service| service.to_postgres.lead_to(socket));
        self.to_primary_postgres.lead_to(socket);
    }

    fn lead_to_redis(&self, socket: &Path) {
        let services = self.services.iter();
        services.for_each(|service| service.to_redis.lead_to(socket));
        self.to_primary_redis.lead_to(socket);
    }

    pub fn logs(&self) -> Vec<PathBuf> {
        let pairs = ["pg0", "pg1", "redis0", "redis1"];
        let service = self.services.iter().map(Service::log).collect::<Vec<_>>();
        let beside = service[0].clone();
        let named = pairs.map(|what| beside.with_file_name(format!("{}-{what}.log", self.name)));
        service.into_iter().chain(named).collect()
    }
}

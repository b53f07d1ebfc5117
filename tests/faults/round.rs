//! One round: an event, buyers, what goes wrong meanwhile, and what must be true afterwards.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::process::Command;

use super::cast::{self, Cast};
use super::checks::{self, Breach, Truth};
use super::cluster::Cluster;
use super::excuses::Epoch;
use super::feed;
use super::history::{History, Outcome, micros};
use super::nemesis::{Nemesis, Strike};
use super::processes::{program, until};
use super::sale::Sale;
use super::viewers::Viewer;
use super::without_redis::SOON;

const N_SEATS: usize = 32;
/// How long the boards may take at once; what takes longer is looked at again in the end.
const BOARDS_SOON: Duration = Duration::from_secs(7);
/// How long the service may take for what nobody follows up: a lease, what is cancelled but not
/// freed for a minute, and then what mends it, once a minute.
pub const BOARDS_LATE: Duration = Duration::from_secs(150);

#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub nemeses: Vec<Nemesis>,
    pub lasts: Duration,
    pub n_buyers: usize,
    /// How many in a hundred confirms of unknown outcome nobody follows up.
    pub abandons: u32,
    /// Its history is wanted, whatever comes of it.
    pub is_kept: bool,
}

impl Plan {
    pub fn name(&self) -> String {
        let names: Vec<_> = self.nemeses.iter().map(|nemesis| nemesis.name()).collect();
        if names.is_empty() {
            "nothing".to_owned()
        } else {
            names.join(",")
        }
    }
}

/// What a round came to.
pub struct Report {
    pub sale: Arc<Sale>,
    pub history: Arc<History>,
    pub breaches: Vec<Breach>,
    pub n_bookings: usize,
    pub n_offers: usize,
    /// Maps that were compared with another's at the same position.
    pub n_compared: usize,
    /// Those who have not been shown what is so in the end, where the maps do not show it yet.
    pub waiting: Vec<Viewer>,
}

impl Report {
    pub fn figures(&self) -> String {
        let calls = self.history.calls();
        let count = |is: fn(&Outcome) -> bool| calls.iter().filter(|it| is(&it.outcome)).count();
        format!(
            "{} calls: {} done, {} refused, {} unknown; {} bookings, {} offers, {} maps",
            calls.len(),
            count(|it| *it == Outcome::Done),
            count(|it| matches!(it, Outcome::Refused(_))),
            count(|it| *it == Outcome::Unknown),
            self.n_bookings,
            self.n_offers,
            self.n_compared,
        )
    }
}

pub async fn run(cluster: &Cluster, plan: &Plan) -> anyhow::Result<Report> {
    let may_fall_back = plan.nemeses.contains(&Nemesis::LackRedis);
    cluster
        .lose_patience([may_fall_back.then_some(SOON); 2])
        .await?;
    let sale = Arc::new(Sale::open(cluster, N_SEATS).await?);
    let history = Arc::new(History::default());
    history.excuses().lags = !plan.nemeses.is_empty();
    let cast = Cast::begin(&sale, &history, plan).await?;
    let struck = go_wrong(cluster, (&sale, &history), plan).await;
    cast.stop();
    struck?;
    cluster.heal().await.context("the cluster does not heal")?;

    let (audience, mut breaches) = cast.settle().await?;
    let is_unsettled = settle(cluster, &sale, BOARDS_SOON).await.is_err();
    let truth = read(cluster, &sale).await?;
    let mut waiting = audience.leave().await?;
    if !is_unsettled {
        let states = truth.states(sale.n_seats());
        breaches.extend(cast::arrive(std::mem::take(&mut waiting), &states).await);
    }
    look_at_epochs(cluster, (&sale, &history), plan).await?;
    let (calls, excuses) = (history.calls().clone(), history.excuses().clone());
    breaches.extend(checks::check(&sale, &calls, &excuses, &truth));
    let (n_compared, differing) = feed::compare(&history.sights(), &calls, &excuses);
    breaches.extend(differing);
    breaches.extend(died(cluster));
    Ok(Report {
        n_bookings: truth.n_bookings(),
        n_offers: truth.n_offers(),
        n_compared,
        sale,
        history,
        breaches,
        waiting,
    })
}

/// Where a board fell back, and which epoch found an older one out, PostgreSQL has written down. A
/// board in PostgreSQL is no more durable than in Redis (decision 0026).
async fn look_at_epochs(
    cluster: &Cluster,
    (sale, history): (&Sale, &History),
    plan: &Plan,
) -> anyhow::Result<()> {
    let mut db = cluster.postgres.lock().await.primary().connect().await?;
    // Before it is asked how long ago an epoch began: rather too early than too late.
    let now = history.now();
    let rows: Vec<(i64, bool, i64)> = sqlx::query_as(
        "SELECT epoch, mode = 'postgres',
             (extract(epoch FROM clock_timestamp() - began_at) * 1000000)::bigint
         FROM board_epochs WHERE event_id = $1::uuid",
    )
    .bind(&sale.event_id)
    .fetch_all(&mut db)
    .await?;
    let ends = [
        Nemesis::KillPostgres,
        Nemesis::PromotePostgres,
        Nemesis::FillPostgresDisk,
    ];
    let is_durable = !plan.nemeses.iter().any(|nemesis| ends.contains(nemesis));
    let mut epochs = Vec::new();
    for (number, is_in_postgres, ago) in rows {
        let ago = Duration::from_micros(ago.cast_unsigned());
        let began = now.saturating_sub(micros(ago));
        epochs.push(Epoch { number, began });
        if is_in_postgres {
            history.fell_back(began, is_durable);
        }
    }
    history.end_stale(&epochs);
    Ok(())
}

pub async fn read(cluster: &Cluster, sale: &Sale) -> anyhow::Result<Truth> {
    let mut db = cluster.postgres.lock().await.primary().connect().await?;
    Truth::read(&mut db, sale).await
}

/// Every nemesis strikes once or twice while the round lasts, at times of its own.
async fn go_wrong(
    cluster: &Cluster,
    (sale, history): (&Sale, &History),
    plan: &Plan,
) -> anyhow::Result<()> {
    let nemeses = (1_u64..).zip(plan.nemeses.iter().copied());
    let striking = nemeses.map(|(nth, nemesis)| {
        let strike = Strike {
            cluster,
            history,
            sale,
            rng: StdRng::seed_from_u64(plan.seed.wrapping_add(nth << 32)),
        };
        again_and_again(strike, nemesis, plan.lasts)
    });
    let (struck, ()) = tokio::join!(join_all(striking), tokio::time::sleep(plan.lasts));
    struck.into_iter().collect()
}

async fn again_and_again(
    mut strike: Strike<'_>,
    nemesis: Nemesis,
    lasts: Duration,
) -> anyhow::Result<()> {
    let begun = std::time::Instant::now();
    let mut pause = strike.rng.random_range(300..1_200);
    loop {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        strike.strike(nemesis).await.context(nemesis.name())?;
        pause = strike.rng.random_range(300..1_500);
        if begun.elapsed() + Duration::from_millis(pause) > lasts.mul_f64(0.7) {
            return Ok(());
        }
    }
}

/// Instances that have ended though nobody has killed them.
pub fn died(cluster: &Cluster) -> impl Iterator<Item = Breach> {
    let dead = cluster.services.iter().filter(|service| service.has_died());
    dead.map(|service| Breach {
        rule: "an instance goes on, whatever the stores do",
        what: format!("see {}", service.log().display()),
    })
}

/// Waits until both instances show what PostgreSQL has, and no seat is held any more (I3, I5).
pub async fn settle(cluster: &Cluster, sale: &Sale, limit: Duration) -> anyhow::Result<()> {
    let mut seen = String::new();
    let settled = until("the maps agree with PostgreSQL", limit, async || {
        let Ok(truth) = read(cluster, sale).await else {
            return false;
        };
        let expected = truth.states(sale.n_seats());
        let mut is_same = true;
        seen = format!("PostgreSQL {expected}");
        for instance in 0..2 {
            let states = sale.states(instance).await.unwrap_or_default();
            is_same &= states == expected;
            seen.push_str(&format!(", instance {instance} {states}"));
        }
        is_same
    })
    .await;
    settled.with_context(|| format!("event {}: {seen}", sale.event_id))
}

/// What `holdfast audit` says, once it has mended what may be mended.
pub async fn audit(cluster: &Cluster) -> anyhow::Result<Vec<Breach>> {
    let database = cluster.postgres.lock().await.primary().url();
    let redis = cluster.redis.lock().await.primary().url();
    let output = Command::new(program())
        .args(["audit", "--repair"])
        .env_clear()
        .env("DATABASE_URL", database)
        .env("REDIS_URL", redis)
        .env("HOLDFAST_SECRET", "a secret for tests, and for tests only")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    anyhow::ensure!(
        text.contains(" breaches"),
        "the audit failed: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = text.lines().filter(|line| line.contains("; event "));
    let lines = lines.filter(|line| !line.ends_with("(repaired)"));
    let breaches = lines.map(|line| Breach {
        rule: "holdfast audit finds nothing",
        what: line.to_owned(),
    });
    Ok(breaches.collect())
}

//! A run of the suite: which rounds, in which clusters, and what is said of them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use tokio::runtime::Runtime;

use super::Options;
use super::cast;
use super::checks::Breach;
use super::cluster::Cluster;
use super::histories;
use super::nemesis::{ALL, Nemesis};
use super::processes::Den;
use super::round::{self, BOARDS_LATE, Plan, Report};
use super::sale::Sale;
use super::theatre::{self, MAIN, WITHOUT_REDIS};
use super::viewers::Viewer;

/// What the short run does, in two clusters side by side. What harms Redis comes first: seats that
/// were cancelled but not freed take a minute to be mended, which is waited for in the end.
const ROUNDS: [[&str; 7]; 2] = [
    [
        "nothing",
        "kill-service,cut-redis",
        "fill-redis,stop-postgres",
        "flush-redis,forget-scripts",
        "stale-redis,slow-redis",
        "kill-redis,hole-postgres",
        "promote-postgres,block-standby",
    ],
    [
        "random",
        "kill-postgres,hole-redis",
        "fill-postgres-disk,fill-redis-disk",
        "stop-redis,shift-clock",
        "forget-redis,cut-postgres",
        "stop-service,slow-postgres",
        "kill-service,promote-postgres",
    ],
];

/// Rounds in one cluster before a new one is made, in a long run.
const ROUNDS_PER_CLUSTER: u32 = 12;

/// After so many bookings, in several rounds, somebody has surely been offered a seat: some eight
/// have. In a round in which Redis is away most of the time nobody may be.
const OFFERS_FROM: usize = 60;

/// Where histories of rounds with breaches are kept.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/faults");

#[derive(Default)]
pub struct Tally {
    n_passed: AtomicU32,
    n_failed: AtomicU32,
}

impl Tally {
    pub fn note(&self, name: &str, outcome: Result<String, String>, began: Instant) {
        let seconds = began.elapsed().as_secs_f64();
        match outcome {
            Ok(figures) => {
                self.n_passed.fetch_add(1, Ordering::SeqCst);
                println!("test {name} ... ok ({figures}; {seconds:.1} s)");
            }
            Err(complaint) => {
                self.n_failed.fetch_add(1, Ordering::SeqCst);
                println!("test {name} ... FAILED ({seconds:.1} s)\n{complaint}");
            }
        }
    }

    fn counts(&self) -> (u32, u32) {
        let of = |count: &AtomicU32| count.load(Ordering::SeqCst);
        (of(&self.n_passed), of(&self.n_failed))
    }
}

pub fn run(den: &'static Den, options: &Options) -> anyhow::Result<bool> {
    let runtime = Runtime::new()?;
    let tally = Arc::new(Tally::default());
    let seed = options
        .seed
        .unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let same = format!("--seconds {}", options.seconds);
    println!("seed {seed}; repeat a round with ./test faults --seed SEED --nemesis NAMES {same}");
    let plan = Plan {
        seed,
        nemeses: options.nemeses()?,
        lasts: Duration::from_secs_f64(options.seconds),
        n_buyers: 8,
        abandons: 15,
        is_kept: options.keep,
    };
    if let Some(hours) = options.hours {
        let time = Duration::from_secs_f64(hours * 3600.0);
        runtime.block_on(play_for(den, time, &plan, &tally));
    } else if options.seed.is_some() || !options.nemesis.is_empty() {
        runtime.block_on(play_in(den, "cluster", vec![plan], &tally));
    } else {
        play_all(den, options, &plan, (&runtime, &tally))?;
    }
    let (n_passed, n_failed) = tally.counts();
    let verdict = if n_failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {verdict}. {n_passed} passed; {n_failed} failed");
    Ok(n_failed == 0)
}

/// The short run.
fn play_all(
    den: &'static Den,
    options: &Options,
    plan: &Plan,
    (runtime, tally): (&Runtime, &Arc<Tally>),
) -> anyhow::Result<()> {
    let mut playing = Vec::new();
    for (nth, names) in (0_u64..).zip(ROUNDS) {
        let wanted = names.into_iter().filter(|names| options.wants(names));
        let plans = (1..).zip(wanted).map(|(row, names)| {
            let mut plan = plan.clone();
            if names == "random" {
                plan.nemeses = random_pair(&mut StdRng::seed_from_u64(plan.seed));
            } else {
                // What is abandoned late would be waited for.
                plan.abandons = if row < 3 { 15 } else { 0 };
                plan.seed = nth * 100 + row;
                plan.nemeses = names.split(',').filter_map(Nemesis::of_name).collect();
            }
            plan
        });
        let plans: Vec<_> = plans.collect();
        let (name, tally) = (format!("cluster{nth}"), tally.clone());
        // Of its own, since starting servers blocks.
        playing.push(std::thread::spawn(move || {
            let runtime = Runtime::new()?;
            runtime.block_on(play_in(den, &name, plans, &tally));
            anyhow::Ok(())
        }));
    }
    histories::check_the_checkers(tally);
    let (again, beside) = (options.clone(), tally.clone());
    playing.push(std::thread::spawn(move || {
        let runtime = Runtime::new()?;
        runtime.block_on(theatre::play(den, &again, &beside, &WITHOUT_REDIS));
        anyhow::Ok(())
    }));
    runtime.block_on(theatre::play(den, options, tally, &MAIN));
    for played in playing {
        let lost = |_| anyhow::anyhow!("the suite itself has failed");
        played.join().map_err(lost)??;
    }
    Ok(())
}

/// New clusters, seeds and pairs until the time is over.
async fn play_for(den: &'static Den, time: Duration, plan: &Plan, tally: &Arc<Tally>) {
    let begun = Instant::now();
    let mut rng = StdRng::seed_from_u64(plan.seed);
    let mut nth = 0;
    while begun.elapsed() < time {
        let plans = (0..ROUNDS_PER_CLUSTER).map(|_| Plan {
            seed: u64::from(rng.random::<u32>()),
            nemeses: match &plan.nemeses[..] {
                [] => random_pair(&mut rng),
                chosen => chosen.to_vec(),
            },
            ..plan.clone()
        });
        let plans = plans.collect();
        play_in(den, &format!("cluster{nth}"), plans, tally).await;
        nth += 1;
    }
}

/// Sometimes one alone.
fn random_pair(rng: &mut StdRng) -> Vec<Nemesis> {
    let n_nemeses = if rng.random_bool(0.2) { 1 } else { 2 };
    let chosen = ALL.sample(rng, n_nemeses);
    chosen.map(|(nemesis, _)| *nemesis).collect()
}

/// Plays rounds one after the other in a cluster of their own, which ends with this.
async fn play_in(den: &'static Den, name: &str, plans: Vec<Plan>, tally: &Tally) {
    if plans.is_empty() {
        return;
    }
    let began = Instant::now();
    let cluster = match Cluster::start(den, name).await {
        Ok(cluster) => cluster,
        Err(error) => {
            let complaint = format!("the cluster does not start: {error:#}");
            return tally.note(name, Err(complaint), began);
        }
    };
    let mut reports = Vec::new();
    for plan in plans {
        let began = Instant::now();
        if let Some(missing) = missing(&cluster, &plan).await {
            println!("test {} ... skipped: {missing}", plan.name());
            continue;
        }
        let title = format!("{} seed {}", plan.name(), plan.seed);
        match round::run(&cluster, &plan).await {
            Ok(mut report) => {
                if plan.nemeses.is_empty() {
                    report.breaches.extend(untried(slice::from_ref(&report)));
                }
                tally.note(&title, judged(&plan, &cluster, &report), began);
                reports.push(report);
            }
            Err(error) => {
                keep(&plan, &cluster, None);
                return tally.note(&title, Err(format!("{error:#}")), began);
            }
        }
    }
    if reports.is_empty() {
        return;
    }
    let began = Instant::now();
    let n_late = reports.iter().filter(|report| !report.waiting.is_empty());
    let figures = format!("{} events, {} late", reports.len(), n_late.count());
    let untried = untried(&reports);
    let events = reports.into_iter().map(|it| (it.sale, it.waiting));
    let concluded = conclude(&cluster, events.collect()).await;
    let concluded = concluded.map(|breaches| breaches.into_iter().chain(untried).collect());
    let title = format!("{name}: the maps and the audit");
    tally.note(&title, outcome(concluded, || figures), began);
}

async fn missing(cluster: &Cluster, plan: &Plan) -> Option<&'static str> {
    for nemesis in &plan.nemeses {
        if let Some(missing) = nemesis.is_missing(cluster).await {
            return Some(missing);
        }
    }
    None
}

fn judged(plan: &Plan, cluster: &Cluster, report: &Report) -> Result<String, String> {
    if plan.is_kept || !report.breaches.is_empty() {
        keep(plan, cluster, Some(report));
    }
    if report.breaches.is_empty() {
        Ok(report.figures())
    } else {
        Err(list(&report.breaches))
    }
}

fn list(breaches: &[Breach]) -> String {
    let mut text = String::new();
    for breach in breaches.iter().take(10) {
        let _ = writeln!(text, "- {}: {}", breach.rule, breach.what);
    }
    let n_more = breaches.len().saturating_sub(10);
    if n_more > 0 {
        let _ = writeln!(text, "- and {n_more} more");
    }
    text
}

/// What needs its time: abandoned confirms, boards that lag, those who wait to be shown them, and
/// the audit of everything.
pub async fn conclude(
    cluster: &Cluster,
    events: Vec<(Arc<Sale>, Vec<Viewer>)>,
) -> anyhow::Result<Vec<Breach>> {
    let begun = Instant::now();
    let mut breaches = Vec::new();
    for (sale, waiting) in events {
        let left = BOARDS_LATE.saturating_sub(begun.elapsed());
        round::settle(cluster, &sale, left.max(Duration::from_secs(1))).await?;
        let states = round::read(cluster, &sale).await?.states(sale.n_seats());
        breaches.extend(cast::arrive(waiting, &states).await);
    }
    breaches.extend(round::audit(cluster).await?);
    breaches.extend(round::died(cluster));
    Ok(breaches)
}

/// Where nothing was sold, offered or compared, nothing was tried.
pub fn untried(reports: &[Report]) -> Option<Breach> {
    let sum = |of: fn(&Report) -> usize| -> usize { reports.iter().map(of).sum() };
    let tried = [
        ("bookings", sum(|it| it.n_bookings)),
        ("maps that were compared", sum(|it| it.n_compared)),
        ("offers", sum(|it| it.n_offers)),
    ];
    let is_short = reports.len() < 2 || tried[0].1 < OFFERS_FROM;
    let n_due = if is_short { 2 } else { 3 };
    let missing = tried[..n_due].iter().filter(|(_, n)| *n == 0);
    let missing: Vec<_> = missing.map(|(what, _)| *what).collect();
    (!missing.is_empty()).then(|| Breach {
        rule: "what the suite judges has happened",
        what: format!("there were no {}", missing.join(" and no ")),
    })
}

/// What is said of something that was judged.
pub fn outcome(
    judged: anyhow::Result<Vec<Breach>>,
    figures: impl FnOnce() -> String,
) -> Result<String, String> {
    match judged {
        Ok(breaches) if breaches.is_empty() => Ok(figures()),
        Ok(breaches) => Err(list(&breaches)),
        Err(error) => Err(format!("{error:#}")),
    }
}

/// Keeps the history of a round, and the logs.
fn keep(plan: &Plan, cluster: &Cluster, report: Option<&Report>) {
    let folder = Path::new(KEPT).join(format!("{}-{}", plan.name(), plan.seed));
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(&folder)?;
        if let Some(report) = report {
            let calls = report.history.calls();
            let lines = calls
                .iter()
                .filter_map(|call| serde_json::to_string(call).ok());
            fs::write(
                folder.join("history.jsonl"),
                lines.collect::<Vec<_>>().join("\n"),
            )?;
            let excuses = format!("{:#?}", report.history.excuses());
            fs::write(folder.join("excuses"), excuses)?;
            fs::write(folder.join("breaches"), list(&report.breaches))?;
        }
        for log in cluster.logs() {
            fs::copy(&log, folder.join(log.file_name().unwrap_or_default()))?;
        }
        Ok(())
    };
    match write() {
        Ok(()) => println!("kept in {}", folder.display()),
        Err(error) => println!("cannot keep {}: {error}", folder.display()),
    }
}

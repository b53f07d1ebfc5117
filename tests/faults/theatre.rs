//! The scenes as they must be, and the negative controls.

use std::time::Instant;

use super::Options;
use super::cluster::Cluster;
use super::controls::{self, Control};
use super::nemesis::Nemesis;
use super::processes::Den;
use super::round;
use super::scenes::{self, Played};
use super::session::{Tally, conclude, outcome};
use super::without_redis::{self, LATER, SOON};

/// What is played in one cluster, one after the other.
pub struct Programme {
    name: &'static str,
    /// How soon boards fall back, where that is part of the play.
    /// Of each instance.
    patience: [Option<(u32, u32)>; 2],
    scenes: &'static [&'static str],
    controls: &'static [Control],
}

pub static MAIN: Programme = Programme {
    name: "theatre",
    patience: [None; 2],
    scenes: &[
        "F1 a commit takes longer than its hold's time",
        "F4 a stale replica becomes the primary",
        "F5 two primaries of Redis",
        "F6 an instance starts while Redis is away",
        "F8 PostgreSQL is down",
        "F12 a commit is visible before the standby has it",
        "F13 the primary is lost",
        "F14 two primaries of PostgreSQL",
        "F24 an instance's clock is wrong",
    ],
    controls: &controls::ALL,
};

pub static WITHOUT_REDIS: Programme = Programme {
    name: "stage",
    // Of two instances the first is to decide, however late it is: where one is cut off it is the
    // other, which takes the holds along.
    patience: [Some(SOON), Some(LATER)],
    scenes: &[
        "F6a sales go on while Redis is down, and go back",
        "F6b one of two instances is cut off from Redis",
    ],
    controls: &[Control::HoldsStayBehind],
};

/// Plays in a cluster of its own what is wanted of it.
pub async fn play(den: &'static Den, options: &Options, tally: &Tally, programme: &Programme) {
    let scenes = programme.scenes.iter();
    let scenes: Vec<_> = scenes.filter(|name| options.wants(name)).collect();
    let controls = programme.controls.iter();
    let controls: Vec<_> = controls.filter(|it| options.wants(it.name())).collect();
    if scenes.is_empty() && controls.is_empty() {
        return;
    }
    let began = Instant::now();
    let cluster = match start(den, programme).await {
        Ok(cluster) => cluster,
        Err(error) => return tally.note(programme.name, Err(format!("{error:#}")), began),
    };
    play_scenes(&cluster, &scenes, tally, programme.name).await;
    for control in controls {
        let began = Instant::now();
        let found = control.expect_breach(&cluster).await;
        let outcome = found.map(|nth| format!("found out in try {nth}"));
        tally.note(
            control.name(),
            outcome.map_err(|error| format!("{error:#}")),
            began,
        );
    }
}

/// One after the other; in the end all of them are judged as rounds are, before a control takes
/// anything away.
async fn play_scenes(cluster: &Cluster, scenes: &[&&str], tally: &Tally, programme: &str) {
    let mut sales = Vec::new();
    for name in scenes {
        let began = Instant::now();
        if let Some(missing) = missing(cluster, name).await {
            println!("test {name} ... skipped: {missing}");
            continue;
        }
        let played = scene(cluster, name).await.map(|mut ended| {
            sales.push((ended.sale, Vec::new()));
            ended.breaches.extend(round::died(cluster));
            ended.breaches
        });
        tally.note(name, outcome(played, || "no breach".to_owned()), began);
    }
    if sales.is_empty() {
        return;
    }
    let (began, n_events) = (Instant::now(), sales.len());
    let concluded = conclude(cluster, sales).await;
    let title = format!("{programme}: the maps and the audit");
    tally.note(
        &title,
        outcome(concluded, || format!("{n_events} events")),
        began,
    );
}

/// Why a scene cannot be played on this machine, if it cannot.
async fn missing(cluster: &Cluster, name: &str) -> Option<&'static str> {
    match number(name) {
        "F24" => Nemesis::ShiftClock.is_missing(cluster).await,
        _ => None,
    }
}

fn number(name: &str) -> &str {
    &name[..name.find(' ').unwrap_or(name.len())]
}

async fn start(den: &'static Den, programme: &Programme) -> anyhow::Result<Cluster> {
    let cluster = Cluster::start(den, programme.name).await?;
    cluster.lose_patience(programme.patience).await?;
    Ok(cluster)
}

async fn scene(cluster: &Cluster, name: &str) -> Played {
    match number(name) {
        "F1" => scenes::late_commit(cluster).await,
        "F4" => scenes::stale_replica(cluster).await,
        "F5" => scenes::two_redis(cluster).await,
        "F14" => scenes::two_postgres(cluster).await,
        "F6" => scenes::no_redis_at_first(cluster).await,
        "F6a" => without_redis::redis_killed(cluster).await,
        "F6b" => without_redis::one_cut_off(cluster).await,
        "F8" => scenes::postgres_down(cluster).await,
        "F24" => scenes::wrong_clock(cluster).await,
        "F12" => scenes::visible_too_soon(cluster).await,
        "F13" => scenes::lost_primary(cluster).await,
        _ => anyhow::bail!("nobody plays it"),
    }
}

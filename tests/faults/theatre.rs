//! The scenes as they must be, the negative controls, and the checker's own test.

use std::time::Instant;

use super::Options;
use super::cluster::Cluster;
use super::controls;
use super::processes::Den;
use super::scenes;
use super::session::{Tally, list};

const SCENES: [&str; 9] = [
    "F1 a commit takes longer than its hold's time",
    "F4 a stale replica becomes the primary",
    "F5 two primaries of Redis",
    "F6 an instance starts while Redis is away",
    "F8 PostgreSQL is down",
    "F12 a commit is visible before the standby has it",
    "F13 the primary is lost",
    "F14 two primaries of PostgreSQL",
    "F24 an instance's clock is wrong",
];

/// Plays in a cluster of its own what is wanted of it.
pub async fn play(den: &'static Den, options: &Options, tally: &Tally) {
    let is_wanted = |name: &&str| options.wants(name);
    let scenes: Vec<_> = SCENES.into_iter().filter(is_wanted).collect();
    let controls = controls::ALL.into_iter();
    let controls: Vec<_> = controls.filter(|it| options.wants(it.name())).collect();
    if scenes.is_empty() && controls.is_empty() {
        return;
    }
    let began = Instant::now();
    let cluster = match Cluster::start(den, "theatre").await {
        Ok(cluster) => cluster,
        Err(error) => return tally.note("theatre", Err(format!("{error:#}")), began),
    };
    for name in scenes {
        let began = Instant::now();
        let played = match &name[..name.find(' ').unwrap_or(name.len())] {
            "F1" => scenes::late_commit(&cluster).await,
            "F4" => scenes::stale_replica(&cluster).await,
            "F5" => scenes::two_redis(&cluster).await,
            "F14" => scenes::two_postgres(&cluster).await,
            "F6" => scenes::no_redis_at_first(&cluster).await,
            "F8" => scenes::postgres_down(&cluster).await,
            "F24" => scenes::wrong_clock(&cluster).await,
            "F12" => scenes::visible_too_soon(&cluster).await,
            _ => scenes::lost_primary(&cluster).await,
        };
        let outcome = match played {
            Ok(breaches) if breaches.is_empty() => Ok("no breach".to_owned()),
            Ok(breaches) => Err(list(&breaches)),
            Err(error) => Err(format!("{error:#}")),
        };
        tally.note(name, outcome, began);
    }
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

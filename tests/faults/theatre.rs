//! The scenes as they must be, the negative controls, and the checker's own test.

use std::time::Instant;

use super::Options;
use super::cluster::Cluster;
use super::controls;
use super::processes::Den;
use super::register::Effect::{
    self, Book, Cancel, IsBooked, IsNotBooked, Leave, Take, TakenBesides,
};
use super::register::{Fate, Record, Step, Verdict, judge};
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

/// What was done to a seat, from when, until when.
type Done = (Effect, u64, u64);

/// Histories of one seat that are no register's.
const WRONG: [(&str, &[Done]); 8] = [
    ("two holders", &[(Take(1), 0, 1), (Take(2), 2, 3)]),
    (
        "booked by two",
        &[(Take(1), 0, 1), (Book(1), 2, 3), (Take(2), 4, 5)],
    ),
    (
        "booked and lost",
        &[(Take(1), 0, 1), (Book(1), 2, 3), (IsNotBooked, 9, 9)],
    ),
    (
        "booked by another",
        &[(Take(1), 0, 1), (Book(1), 2, 3), (IsBooked(2), 9, 9)],
    ),
    ("booked without a hold", &[(Book(1), 2, 3)]),
    (
        "taken from a confirm",
        &[(Take(1), 0, 1), (Take(2), 60, 61), (Book(1), 50, 70)],
    ),
    ("refused though free", &[(TakenBesides(1), 2, 3)]),
    (
        "released though booked",
        &[(Take(1), 0, 1), (Book(1), 2, 3), (Leave(1), 4, 5)],
    ),
];

const NEVER: u64 = u64::MAX;

/// Some that are one's.
const RIGHT: [(&str, &[Done]); 5] = [
    (
        "lapsed and taken",
        &[(Take(1), 0, 1), (Take(2), 60, 61), (Book(2), 62, 63)],
    ),
    (
        "at the same time",
        &[(Take(2), 0, 9), (Leave(2), 2, 9), (Take(1), 1, 8)],
    ),
    (
        "unknown and booked",
        &[(Take(1), 0, 1), (Book(1), 2, NEVER), (IsBooked(1), 9, 9)],
    ),
    (
        "unknown and not",
        &[(Take(1), 0, 1), (Book(1), 2, NEVER), (IsNotBooked, 99, 99)],
    ),
    (
        "cancelled and held",
        &[
            (Take(1), 0, 1),
            (Book(1), 2, 3),
            (Cancel(1), 4, 5),
            (Take(2), 6, 7),
        ],
    ),
];

pub fn check_the_checker(tally: &Tally) {
    let began = Instant::now();
    let is_explained = |steps: &[Done]| judge(&record(steps)) == Verdict::Explained;
    let wrong = WRONG.into_iter().filter(|(_, steps)| is_explained(steps));
    let right = RIGHT.into_iter().filter(|(_, steps)| !is_explained(steps));
    let mistaken: Vec<_> = wrong.chain(right).map(|(name, _)| name).collect();
    let outcome = if mistaken.is_empty() {
        Ok("8 wrong histories, 5 right ones".to_owned())
    } else {
        Err(format!("misjudged: {}", mistaken.join(", ")))
    };
    tally.note("the checker", outcome, began);
}

/// Holds 1 and 2 may lapse from 50 on.
fn record(steps: &[Done]) -> Record {
    let fate = |hold| Fate {
        hold,
        ends_from: 50,
        returns_from: None,
    };
    Record {
        steps: steps
            .iter()
            .map(|(effect, from, until)| Step {
                effect: *effect,
                from: *from,
                until: *until,
                is_excused: false,
                said: String::new(),
            })
            .collect(),
        fates: vec![fate(1), fate(2)],
        lags: false,
    }
}

//! What shows that the checkers can fail: histories of a seat and feeds of a map, right and wrong.

use std::sync::Arc;
use std::time::Instant;

use super::checks::among_calls;
use super::excuses::Excuses;
use super::feed::{Map, compare};
use super::history::Verb::{self, Confirm, Mine, Open, Pause};
use super::history::{Call, HoldName, Outcome, Sight, Told};
use super::older_boards;
use super::register::Effect::{
    self, Block, Book, BookedBesides, Cancel, IsBooked, IsNotBooked, Leave, SeenBlocked, SeenFree,
    SeenKept, Take, TakenBesides, Unblock,
};
use super::register::{Fate, Record, Step};
use super::round::Report;
use super::sale::Sale;
use super::search::{Verdict, judge};
use super::session::{Tally, untried};
use super::watch::counts_sleep;

/// What was done to a seat, from when, until when.
type Done = (Effect, u64, u64);

/// Histories of one seat that are no register's.
const WRONG: [(&str, &[Done]); 15] = [
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
        "seen booked though held",
        &[(Take(1), 0, 1), (BookedBesides(2), 2, 3)],
    ),
    (
        "released though booked",
        &[(Take(1), 0, 1), (Book(1), 2, 3), (Leave(1), 4, 5)],
    ),
    ("held though blocked", &[(Block, 0, 1), (Take(1), 2, 3)]),
    ("blocked though held", &[(Take(1), 0, 1), (Block, 2, 3)]),
    ("blocked by nobody", &[(SeenBlocked, 2, 3)]),
    (
        "blocked after all",
        &[(Block, 0, 1), (Unblock, 2, 3), (SeenBlocked, 4, 5)],
    ),
    ("kept for nobody", &[(SeenKept, 2, 3)]),
    (
        "offered twice",
        &[(SeenKept, 21, 22), (Take(1), 23, 24), (Take(2), 25, 26)],
    ),
];

const NEVER: u64 = u64::MAX;

/// Some that are one's.
const RIGHT: [(&str, &[Done]); 9] = [
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
    (
        "blocked and put back",
        &[(Block, 0, 1), (Unblock, 2, 3), (Take(1), 4, 5)],
    ),
    (
        "blocked perhaps",
        &[(Block, 30, NEVER), (SeenBlocked, 31, 32), (Take(1), 33, 34)],
    ),
    (
        "kept and offered",
        &[
            (Take(2), 0, 1),
            (Leave(2), 21, 22),
            (SeenKept, 23, 24),
            (Take(1), 25, 26),
        ],
    ),
    (
        "kept and let go",
        &[(SeenKept, 23, 24), (SeenFree, 25, 26), (Take(1), 27, 28)],
    ),
];

/// What a viewer is told, one message after the other, that nobody may be told.
const WRONG_FEEDS: [(&str, &[&str]); 6] = [
    ("a gap", &["1-5 snapshot ..", "2-1 changes h:0"]),
    ("twice", &["1-5 snapshot ..", "1-5 changes h:0"]),
    ("changes first", &["1-5 changes h:0"]),
    ("backwards", &["1-5 snapshot ..", "1-4 snapshot .."]),
    ("another house", &["1-5 snapshot ..", "1-6 changes h:2"]),
    ("an older epoch", &["2-0 snapshot ..", "1-9 snapshot .."]),
];

const RIGHT_FEED: [&str; 5] = [
    "1-5 snapshot ..",
    "1-6 changes h:0",
    "1-9 changes .:0 b:1",
    "1-9 snapshot .b",
    "2-0 snapshot .b",
];

pub fn check_the_checkers(tally: &Tally) {
    let began = Instant::now();
    let is_wrong = |record: &Record| matches!(judge(record), Verdict::Inexplicable(_));
    let is_right = |record: &Record| judge(record) == Verdict::Explained;
    let wrong = WRONG.into_iter().filter(|(_, it)| !is_wrong(&record(it)));
    let right = RIGHT.into_iter().filter(|(_, it)| !is_right(&record(it)));
    let wrong = wrong.chain(right).map(|(name, _)| name);
    let feeds = WRONG_FEEDS.into_iter();
    let fed = feeds.filter(|(_, lines)| read(lines).is_some());
    let mut mistaken: Vec<_> = wrong.chain(fed.map(|(name, _)| name)).collect();
    if read(&RIGHT_FEED).is_none_or(|map| map.position != (2, 0) || map.states != ".b") {
        mistaken.push("a right feed");
    }
    if !is_right(&crowded(&[(Take(1), 200, 201)])) {
        mistaken.push("a right crowd");
    }
    if !is_wrong(&crowded(&[(Take(1), 200, 201), (Take(2), 202, 203)])) {
        mistaken.push("two holders in a crowd");
    }
    if !counts_sleep() {
        mistaken.push("a machine that sleeps");
    }
    if !compares() {
        mistaken.push("two maps");
    }
    if !wants_to_see_something() {
        mistaken.push("rounds in which nothing happens");
    }
    mistaken.extend(older_boards::misjudged());
    let calls = WRONG_CALLS
        .into_iter()
        .map(|(name, calls)| (name, calls, false));
    let calls = calls.chain([("calls that may be", RIGHT_CALLS, true)]);
    for (name, calls, is_right) in calls {
        if is_right != among_calls(&told(calls)).is_empty() {
            mistaken.push(name);
        }
    }
    let n_wrong = WRONG.len() + older_boards::WRONG.len();
    let n_right = RIGHT.len() + older_boards::RIGHT.len();
    let outcome = if mistaken.is_empty() {
        let (n_feeds, n_calls) = (WRONG_FEEDS.len(), WRONG_CALLS.len());
        Ok(format!(
            "{n_wrong} wrong histories, {n_right} right; {n_feeds} wrong feeds, {n_calls} calls"
        ))
    } else {
        Err(format!("misjudged: {}", mistaken.join(", ")))
    };
    tally.note("the checkers", outcome, began);
}

/// What was asked, of which hold, from when, until when; all of it was done, by one client.
type Asked = (Verb, HoldName, u64, u64);

/// What cannot be among the calls of an owner and a buyer.
const WRONG_CALLS: [(&str, &[Asked]); 3] = [
    (
        "confirmed while paused",
        &[(Pause, 0, 0, 1), (Confirm, 1, 2, 3), (Open, 0, 4, 5)],
    ),
    (
        "confirmed and never opened",
        &[(Open, 0, 0, 1), (Pause, 0, 2, 3), (Confirm, 1, 4, 5)],
    ),
    (
        "two offers at once",
        &[(Mine, 7, 0, 1), (Mine, 8, 2, 3), (Mine, 7, 4, 5)],
    ),
];

const RIGHT_CALLS: &[Asked] = &[
    (Confirm, 1, 0, 3),
    (Pause, 0, 1, 2),
    (Confirm, 1, 4, 5),
    (Mine, 7, 4, 5),
    (Open, 0, 6, 9),
    (Confirm, 2, 7, 8),
    (Mine, 7, 8, 9),
    (Mine, 8, 10, 11),
];

fn told(calls: &[Asked]) -> Vec<Call> {
    let calls = calls.iter().map(|(verb, hold, invoked, returned)| Call {
        client: 0,
        instance: 0,
        verb: *verb,
        hold: (*hold > 0).then_some(*hold),
        wanted: Vec::new(),
        removed: Vec::new(),
        invoked: *invoked,
        returned: Some(*returned),
        outcome: Outcome::Done,
        told: Told::default(),
    });
    calls.collect()
}

/// The map in the end; none where something was found.
fn read(lines: &[&str]) -> Option<Map> {
    let mut map = Map::default();
    for line in lines {
        let mut words = line.split(' ');
        let (id, event) = (words.next()?, words.next()?);
        let (epoch, revision) = id.split_once('-')?;
        let rest = match event {
            "snapshot" => format!("\"states\":\"{}\"", words.next()?),
            _ => {
                let changes = words.filter_map(|word| word.split_once(':'));
                let changes = changes.map(|(state, seat)| format!("\"{state}\":[{seat}]"));
                format!("\"changes\":{{{}}}", changes.collect::<Vec<_>>().join(","))
            }
        };
        let data = format!("{{\"epoch\":{epoch},\"revision\":{revision},{rest}}}");
        let message = format!("id: {id}\nevent: {event}\ndata: {data}\n\n");
        if !map.take(&message).ok()? {
            return None;
        }
    }
    Some(map)
}

/// Whether two maps of one position that differ are found, and two of two positions are not.
fn compares() -> bool {
    let sight = |who: &str, revision, states: &str| Sight {
        who: who.to_owned(),
        instance: 0,
        at: 0,
        position: (1, revision),
        states: states.to_owned(),
        complaint: None,
    };
    let judged = |sights: &[Sight]| {
        let (n_compared, breaches) = compare(sights, &[], &Excuses::default());
        (n_compared, breaches.len())
    };
    judged(&[
        sight("a", 1, ".."),
        sight("b", 1, "h."),
        sight("b", 2, "hh"),
    ]) == (1, 1)
        && judged(&[
            sight("a", 1, ".."),
            sight("b", 1, ".."),
            sight("b", 2, "hh"),
        ]) == (1, 0)
}

/// Whether rounds that show nothing are found, and short ones may go without an offer.
fn wants_to_see_something() -> bool {
    let round = |n_bookings, n_compared| Report {
        sale: Arc::new(Sale::imagined(0)),
        history: Arc::default(),
        breaches: Vec::new(),
        n_bookings,
        n_offers: 0,
        n_compared,
        waiting: Vec::new(),
    };
    let is_tried = |rounds: &[Report]| untried(rounds).is_none();
    is_tried(&[round(1, 0), round(0, 1)])
        && !is_tried(&[round(0, 1)])
        && !is_tried(&[round(1, 0)])
        && is_tried(&[round(70, 1)])
        && !is_tried(&[round(30, 1), round(30, 1)])
}

/// Holds 1 and 2 may lapse from 50 on; people wait from 20 on; a block that nobody has answered may
/// come and go.
fn record(steps: &[Done]) -> Record {
    let fate = |hold| Fate {
        hold,
        ends_from: 50,
        returns_from: None,
    };
    let unsure = steps
        .iter()
        .filter(|(effect, _, until)| *effect == Block && *until == NEVER);
    Record {
        unsure_blocks: unsure.map(|(_, from, until)| (*from, *until)).collect(),
        waits_from: Some(20),
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

/// After so many holds of unknown outcome that trying all of them in all orders would not end. Each
/// time that the seat is taken it is one of theirs.
fn crowded(steps: &[Done]) -> Record {
    let holds = 10..40;
    let unknown = holds.clone().map(|hold| (Take(hold), 0, NEVER));
    let seen = (0..20).flat_map(|nth| {
        let at = 100 + 4 * nth;
        [(TakenBesides(1), at, at + 1), (SeenFree, at + 2, at + 3)]
    });
    let steps: Vec<_> = unknown.chain(seen).chain(steps.iter().copied()).collect();
    let fate = |hold| Fate {
        hold,
        ends_from: 50,
        returns_from: None,
    };
    Record {
        fates: holds.map(fate).collect(),
        ..record(&steps)
    }
}

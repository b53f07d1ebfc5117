//! What must be true after a round: the history against PostgreSQL, and against itself.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::{FromRow, PgConnection};

use super::excuses::Excuses;
use super::history::{Call, HoldName, Moment, OFFERS_FROM, Verb};
use super::model::{self, Booked, Last};
use super::sale::Sale;
use super::search::{self, Verdict};

/// Something that must not be, and which rule it breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub rule: &'static str,
    pub what: String,
}

pub const ACKNOWLEDGED: &str = "I2 every acknowledged confirm is there, with its seats";
pub const ONE_BOOKING: &str = "I1 no seat is booked twice";
pub const ONE_OUTCOME: &str = "I3 a hold has at most one outcome";
pub const ITS_SEATS: &str = "I4 a booking has exactly its hold's seats";
pub const FORWARDS: &str = "I6 epoch and revision never go backwards for an observer";
pub const REGISTER: &str = "each seat is a register: free, one holder, booked";
pub const ONE_OFFER: &str = "I9 an entry of the waitlist has at most one live offer";
pub const PAUSED: &str = "nothing is confirmed while the sale is paused";
pub const NO_FAILURE: &str = "a fault is answered as one, never as a failure of the service";

#[derive(Clone, Debug, FromRow)]
struct BookingRow {
    booking_id: String,
    hold_id: String,
    state: String,
    seats: Vec<i32>,
    cancelled: Vec<i32>,
}

/// What PostgreSQL has in the end.
pub struct Truth {
    bookings: HashMap<String, BookingRow>,
    ended: HashMap<String, String>,
    seats: Vec<(usize, String)>,
    blocked: Vec<i32>,
    /// What the waitlist has offered: hold and seats.
    offers: Vec<(String, Vec<i32>)>,
}

impl Truth {
    pub async fn read(db: &mut PgConnection, sale: &Sale) -> anyhow::Result<Self> {
        let bookings: Vec<BookingRow> = sqlx::query_as(
            "SELECT booking_id::text, hold_id::text, state::text,
                 array(SELECT seat_index FROM seat_bookings AS s
                     WHERE s.booking_id = b.booking_id ORDER BY 1) AS seats,
                 array(SELECT seat_index FROM cancelled_seats AS s
                     WHERE s.booking_id = b.booking_id ORDER BY 1) AS cancelled
             FROM bookings AS b WHERE event_id = $1::uuid",
        )
        .bind(&sale.event_id)
        .fetch_all(&mut *db)
        .await?;
        let ended = sqlx::query_as(
            "SELECT hold_id::text, outcome FROM hold_outcomes WHERE event_id = $1::uuid",
        )
        .bind(&sale.event_id)
        .fetch_all(&mut *db)
        .await?;
        let blocked =
            sqlx::query_scalar("SELECT seat_index FROM seat_blocks WHERE event_id = $1::uuid")
                .bind(&sale.event_id)
                .fetch_all(&mut *db)
                .await?;
        let offers = sqlx::query_as(
            "SELECT hold_id::text, seats FROM waitlist_offers WHERE event_id = $1::uuid",
        )
        .bind(&sale.event_id)
        .fetch_all(&mut *db)
        .await?;
        let seats = bookings.iter().flat_map(|booking| {
            let hold_id = &booking.hold_id;
            let seats = booking.seats.iter();
            seats.map(move |seat| (index(*seat), hold_id.clone()))
        });
        Ok(Self {
            seats: seats.collect(),
            ended: ended.into_iter().collect(),
            blocked,
            offers,
            bookings: bookings
                .into_iter()
                .map(|booking| (booking.booking_id.clone(), booking))
                .collect(),
        })
    }

    pub fn n_bookings(&self) -> usize {
        self.bookings.len()
    }

    pub fn n_offers(&self) -> usize {
        self.offers.len()
    }

    /// A character for each seat, as a map has to show them in the end.
    pub fn states(&self, n_seats: usize) -> String {
        let mut states = vec!['.'; n_seats];
        for seat in &self.blocked {
            states[index(*seat)] = 'x';
        }
        for (seat, _) in &self.seats {
            states[*seat] = 'b';
        }
        states.into_iter().collect()
    }
}

fn index(seat: i32) -> usize {
    usize::try_from(seat).unwrap_or_default()
}

/// All that the history and PostgreSQL say together.
pub fn check(sale: &Sale, calls: &[Call], excuses: &Excuses, truth: &Truth) -> Vec<Breach> {
    let mut breaches = Vec::new();
    breaches.extend(failures(calls));
    breaches.extend(positions(calls));
    breaches.extend(confirms(calls, truth));
    breaches.extend(cancellations(calls, truth));
    breaches.extend(outcomes(calls, truth));
    breaches.extend(among_calls(calls));
    let (booked, twice) = booked(calls, truth);
    breaches.extend(twice);
    let last = Last {
        booked,
        unseen_offers: unseen_offers(calls, truth),
    };
    let records = model::records(sale, calls, excuses, &last);
    for (seat, record) in records.iter().enumerate() {
        let complaint = match search::judge(record) {
            Verdict::Explained => continue,
            Verdict::Inexplicable(complaint) => complaint,
            Verdict::Undecided(furthest) => {
                format!("there are too many explanations to try; one got far:\n{furthest}")
            }
        };
        breaches.push(Breach {
            rule: REGISTER,
            what: format!("seat {}: {complaint}", sale.label(seat)),
        });
    }
    breaches
}

fn breach(rule: &'static str, what: impl Into<String>) -> Breach {
    Breach {
        rule,
        what: what.into(),
    }
}

/// A store that is away is 503: 500 means that the service did not expect it.
fn failures(calls: &[Call]) -> Option<Breach> {
    let failed: Vec<_> = calls
        .iter()
        .filter(|call| call.told.status == 500)
        .collect();
    let first = failed.first()?;
    let what = format!(
        "{} calls were answered with 500, first {first:?}",
        failed.len()
    );
    Some(breach(NO_FAILURE, what))
}

/// For one caller, at one instance, one call after the other.
fn positions(calls: &[Call]) -> Vec<Breach> {
    let mut furthest: HashMap<(usize, usize), ((i64, i64), Moment)> = HashMap::new();
    let mut breaches = Vec::new();
    for call in calls.iter().filter(|call| call.verb == Verb::Look) {
        let Some(position) = call.told.position else {
            continue;
        };
        let who = (call.client, call.instance);
        let (before, at) = furthest.get(&who).copied().unwrap_or_default();
        if position < before {
            let what = format!("{who:?} saw {before:?} at {at} and {position:?} after: {call:?}");
            breaches.push(breach(FORWARDS, what));
        } else {
            furthest.insert(who, (position, call.invoked));
        }
    }
    breaches
}

fn confirms(calls: &[Call], truth: &Truth) -> Vec<Breach> {
    let cancels = calls.iter().filter(|call| call.verb == Verb::Cancel);
    let cancelled: HashSet<_> = cancels.filter_map(|call| call.hold).collect();
    let done = calls
        .iter()
        .filter(|call| call.verb == Verb::Confirm && call.is_done());
    let mut bookings_of: BTreeMap<HoldName, String> = BTreeMap::new();
    let mut breaches = Vec::new();
    for call in done {
        let (Some(name), Some(booking_id)) = (call.hold, call.told.booking_id.clone()) else {
            continue;
        };
        let first = bookings_of
            .entry(name)
            .or_insert_with(|| booking_id.clone());
        if *first != booking_id {
            let what = format!("hold {name} became {first} and {booking_id}");
            breaches.push(breach(ONE_OUTCOME, what));
        }
        let Some(booking) = truth.bookings.get(&booking_id) else {
            let what = format!("booking {booking_id} of hold {name} is lost: {call:?}");
            breaches.push(breach(ACKNOWLEDGED, what));
            continue;
        };
        let mut told: Vec<_> = call.told.seats.clone();
        told.sort_unstable();
        let kept: Vec<_> = booking.seats.iter().copied().map(index).collect();
        let gone: Vec<_> = booking.cancelled.iter().copied().map(index).collect();
        let is_cancelled = cancelled.contains(&name);
        if told != kept && !(is_cancelled && told == gone && kept.is_empty()) {
            let what = format!("booking {booking_id} was told {told:?}, has {kept:?}");
            breaches.push(breach(ACKNOWLEDGED, what));
        }
        let is_its_hold = ids(calls, name).contains(&booking.hold_id);
        if !is_its_hold {
            let what = format!("booking {booking_id} is of another hold than {name}");
            breaches.push(breach(ITS_SEATS, what));
        }
    }
    breaches
}

/// The ids that a hold was given: one.
fn ids(calls: &[Call], name: HoldName) -> HashSet<String> {
    let of = calls.iter().filter(|call| call.hold == Some(name));
    of.filter_map(|call| call.told.hold_id.clone()).collect()
}

/// The holds by their ids.
fn names(calls: &[Call]) -> HashMap<&str, HoldName> {
    let named = calls.iter().filter_map(|call| {
        let id = call.told.hold_id.as_deref()?;
        Some((id, call.hold?))
    });
    named.collect()
}

fn cancellations(calls: &[Call], truth: &Truth) -> Vec<Breach> {
    let done = calls
        .iter()
        .filter(|call| call.verb == Verb::Cancel && call.is_done());
    done.filter_map(|call| {
        let booking = truth.bookings.get(call.told.booking_id.as_ref()?)?;
        let is_gone = booking.state == "cancelled" && booking.seats.is_empty();
        (!is_gone).then(|| breach(ONE_OUTCOME, format!("{booking:?} was cancelled: {call:?}")))
    })
    .collect()
}

/// Nothing is booked that nobody tried to confirm, nor what was refused for good.
fn outcomes(calls: &[Call], truth: &Truth) -> Vec<Breach> {
    let names = names(calls);
    let mut breaches = Vec::new();
    for booking in truth.bookings.values() {
        let confirms: Vec<_> = names.get(&*booking.hold_id).map_or_else(Vec::new, |name| {
            let of = calls.iter().filter(|call| call.hold == Some(*name));
            of.filter(|call| call.verb == Verb::Confirm).collect()
        });
        if confirms.is_empty() {
            let what = format!("nobody has asked for {booking:?}");
            breaches.push(breach(ITS_SEATS, what));
        }
        let refused = confirms.iter().find(|call| {
            let is_final = matches!(call.refusal(), Some("hold_expired" | "hold_released"));
            // An earlier answer may have been lost on its way; a later call cannot succeed.
            is_final && confirms.iter().all(|other| other.invoked <= call.invoked)
        });
        if let Some(call) = refused {
            let what = format!("{booking:?} was refused for good: {call:?}");
            breaches.push(breach(ONE_OUTCOME, what));
        }
        if truth.ended.get(&booking.hold_id).map(String::as_str) != Some("confirmed") {
            let what = format!("the hold of {booking:?} has another outcome");
            breaches.push(breach(ONE_OUTCOME, what));
        }
    }
    breaches
}

/// What the calls alone say of offers and pauses.
pub fn among_calls(calls: &[Call]) -> Vec<Breach> {
    let mut breaches = offers(calls);
    breaches.extend(paused(calls));
    breaches
}

/// Whoever is shown one offer after another has not the former any more.
fn offers(calls: &[Call]) -> Vec<Breach> {
    let mut shown: HashMap<usize, Vec<HoldName>> = HashMap::new();
    let mut breaches = Vec::new();
    let mines = calls.iter().filter(|call| call.verb == Verb::Mine);
    for (call, name) in mines.filter_map(|call| Some((call, call.hold?))) {
        let before = shown.entry(call.client).or_default();
        if before.contains(&name) && before.last() != Some(&name) {
            let what = format!("offer {name} was replaced, and shown again: {call:?}");
            breaches.push(breach(ONE_OFFER, what));
        }
        before.push(name);
    }
    breaches
}

fn unseen_offers(calls: &[Call], truth: &Truth) -> Vec<(HoldName, Vec<usize>)> {
    let names = names(calls);
    let unseen = truth.offers.iter();
    let unseen = unseen.filter(|(hold_id, _)| !names.contains_key(&**hold_id));
    let seats = unseen.map(|(_, seats)| seats.iter().copied().map(index).collect());
    (OFFERS_FROM * 2..).zip(seats).collect()
}

/// From the answer to a pause until somebody asks to open the sale, no hold becomes a booking.
fn paused(calls: &[Call]) -> Vec<Breach> {
    let pauses = calls
        .iter()
        .filter(|call| call.verb == Verb::Pause && call.is_done());
    let mut breaches = Vec::new();
    for pause in pauses {
        let from = pause.ended();
        let opened = calls.iter().filter(|call| call.verb == Verb::Open);
        let until = opened
            .map(|call| call.invoked)
            .filter(|at| *at > pause.invoked)
            .min();
        let until = until.unwrap_or(Moment::MAX);
        let confirms = calls.iter().filter(|call| call.verb == Verb::Confirm);
        let within =
            confirms.filter(|call| call.is_done() && call.invoked > from && call.ended() < until);
        for call in within {
            let is_first = |other: &&Call| other.hold == call.hold && other.invoked <= from;
            let mut confirms = calls.iter().filter(|other| other.verb == Verb::Confirm);
            if !confirms.any(|other| is_first(&other)) {
                breaches.push(breach(PAUSED, format!("{call:?}")));
            }
        }
    }
    breaches
}

/// Whose each booked seat is, and the seats that two bookings have.
fn booked(calls: &[Call], truth: &Truth) -> (Booked, Vec<Breach>) {
    let names = names(calls);
    let mut booked = Booked::new();
    let mut breaches = Vec::new();
    for (seat, hold_id) in &truth.seats {
        let name = names.get(&**hold_id).copied().unwrap_or(HoldName::MAX);
        if let Some(other) = booked.insert(*seat, name) {
            let what = format!("seat index {seat} is booked by holds {other} and {name}");
            breaches.push(breach(ONE_BOOKING, what));
        }
    }
    (booked, breaches)
}

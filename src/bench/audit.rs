//! After the load: what the interface says now, against what was acknowledged.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::Value;

use super::ledger::{Fate, Ledger, Seat};
use super::stage::Stage;

/// How long the board may take to show what was acknowledged.
const SETTLING_MAX: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(250);
const PAGE: usize = 200;

/// What was compared.
#[derive(Debug, Default, serde::Serialize)]
pub struct Audit {
    pub confirms_looked_up: usize,
    pub releases_acknowledged: u64,
    pub seats_compared: usize,
    pub refusals_judged: usize,
    /// Of a waitlist.
    pub offers_judged: usize,
    pub breaches_count: u64,
    /// The first hundred, as sentences.
    pub breaches: Vec<String>,
}

impl Audit {
    /// One that came to nothing.
    pub fn broken(breach: String) -> Self {
        let mut audit = Self::default();
        audit.add(breach);
        audit
    }

    pub fn add(&mut self, breach: String) {
        self.breaches_count += 1;
        self.breaches.push(breach);
    }
}

pub async fn audit(stage: &mut Stage, ledger: &mut Ledger) -> anyhow::Result<Audit> {
    let mut audit = Audit {
        releases_acknowledged: ledger.n_released,
        confirms_looked_up: ledger.confirmed.len(),
        refusals_judged: ledger.judge_refusals(),
        offers_judged: ledger.n_offers,
        ..Audit::default()
    };
    for event in 0..stage.event_ids.len() {
        audit.seats_compared += compare_seats(stage, ledger, event).await?;
        compare_bookings(stage, ledger, event).await?;
    }
    audit.breaches_count = ledger.n_breaches;
    audit.breaches = std::mem::take(&mut ledger.breaches);
    Ok(audit)
}

/// Every seat is as its last acknowledged change left it. The board may lag a little behind.
async fn compare_seats(
    stage: &mut Stage,
    ledger: &mut Ledger,
    event: usize,
) -> anyhow::Result<usize> {
    let path = format!("/v1/events/{}/availability", stage.event_ids[event]);
    let began = Instant::now();
    loop {
        let availability = stage.owner.get(&path).await?;
        let states = availability["states"].as_str();
        let states = states.context("the availability has no states")?.as_bytes();
        let wrong: Vec<usize> = (0..states.len())
            .filter(|&seat| !is_as_expected(ledger.seat(event, seat), states[seat]))
            .collect();
        if wrong.is_empty() {
            return Ok(states.len());
        }
        if began.elapsed() > SETTLING_MAX {
            for seat in wrong {
                let (state, fate) = (char::from(states[seat]), ledger.seat(event, seat).fate);
                ledger.breach(|house| difference(house.label(seat), fate, state));
            }
            return Ok(states.len());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn is_as_expected(seat: Seat, state: u8) -> bool {
    match seat.fate {
        _ if seat.is_unsure => true,
        Fate::Booked => state == b'b',
        Fate::Standing => state == b'h',
        Fate::Freed | Fate::Untouched => state == b'.',
        Fate::Held | Fate::Ending => true,
    }
}

fn difference(label: &str, fate: Fate, state: char) -> String {
    let was = match fate {
        Fate::Booked => "was confirmed",
        Fate::Standing => "was to stay held",
        Fate::Freed => "was released",
        _ => "was never held",
    };
    let is = match state {
        '.' => "free",
        'h' => "held",
        'b' => "booked",
        _ => "not for sale",
    };
    format!("seat {label} {was} but is {is}")
}

/// Every acknowledged confirm has its booking with its seats, no seat has two, and there is no
/// booking that nobody asked for.
async fn compare_bookings(
    stage: &mut Stage,
    ledger: &mut Ledger,
    event: usize,
) -> anyhow::Result<()> {
    let mut missing: HashSet<String> = ledger
        .confirmed
        .iter()
        .filter(|(_, confirmed)| confirmed.event == event)
        .map(|(booking_id, _)| booking_id.clone())
        .collect();
    let mut bookings_of_seats = HashMap::new();
    let mut after = String::new();
    loop {
        let event_id = &stage.event_ids[event];
        let path = format!("/v1/events/{event_id}/bookings?limit={PAGE}{after}");
        let page = stage.owner.get(&path).await?;
        for booking in page["items"].as_array().into_iter().flatten() {
            let booking_id = booking["booking_id"].as_str().unwrap_or_default();
            missing.remove(booking_id);
            compare_booking(ledger, booking_id, booking);
            for label in labels(booking) {
                let other = bookings_of_seats.insert(label.to_owned(), booking_id.to_owned());
                if let Some(other) = other {
                    ledger.breach(|_| {
                        format!("seat {label} is in two bookings, {booking_id} and {other}")
                    });
                }
            }
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    for booking_id in missing {
        ledger.breach(|_| format!("booking {booking_id} was confirmed but does not exist"));
    }
    Ok(())
}

fn compare_booking(ledger: &mut Ledger, booking_id: &str, booking: &Value) {
    let hold_id = booking["hold_id"].as_str().unwrap_or_default();
    match ledger.confirmed.get(booking_id) {
        Some(confirmed) => {
            let house = ledger.house();
            let mut wanted: Vec<&str> = confirmed.seats.iter().map(|&at| house.label(at)).collect();
            let mut has = labels(booking);
            wanted.sort_unstable();
            has.sort_unstable();
            let is_sure = !ledger.unsure_cancels.contains(booking_id);
            if confirmed.hold_id != hold_id || is_sure && wanted != has {
                let (wanted, has) = (wanted.join(", "), has.join(", "));
                ledger.breach(|_| {
                    format!("booking {booking_id} was confirmed with {wanted} but has {has}")
                });
            }
        }
        None if ledger.unsure_confirms.contains(hold_id) => {}
        None => {
            ledger.breach(|_| format!("booking {booking_id} was made but never acknowledged"));
        }
    }
}

/// The seats that the booking still has.
fn labels(booking: &Value) -> Vec<&str> {
    let seats = booking["seats"].as_array().into_iter().flatten();
    let kept = seats.filter(|seat| seat["is_cancelled"] != Value::Bool(true));
    kept.filter_map(|seat| seat["seat"].as_str()).collect()
}
